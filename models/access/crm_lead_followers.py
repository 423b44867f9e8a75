from collections import defaultdict

from odoo import models

from . import crm_lead_access


class CrmLeadFollowers(models.AbstractModel):
    """Who follows a lead hears of it: who stops when the lead becomes somebody else's, and who may know the followers."""

    _name = "crm.lead.followers"
    _description = "Followers of Leads"

    def write(self, vals):
        handed_over = vals.keys() & {"user_id", "specialist_id"}
        had_access = {lead: lead.user_id | lead.specialist_id for lead in self} if handed_over else {}
        old_specialists = {lead: lead.specialist_id for lead in self} if "specialist_id" in vals else {}
        result = super().write(vals)
        lost_access = defaultdict(self.browse)
        for lead, users in had_access.items():
            for user in users - lead.user_id - lead.specialist_id:
                lost_access[user] |= lead
        for user, leads in lost_access.items():
            closed = leads - leads._filtered_readable_by(user)
            closed._unfollow_and_hand_on(user, closed.filtered(lambda lead, u=user: old_specialists.get(lead) == u))
        return result

    def _unfollow_and_hand_on(self, user, was_specialist):
        """End what still reaches somebody who had the leads: e-mails to followers, and tasks nobody else would do."""
        # Whoever hands over need not have rights on the subscriptions and tasks of a colleague.
        self.sudo().message_unsubscribe(user.sudo().partner_id.ids)
        if was_specialist:
            activities_sudo = (
                self.env["mail.activity"]
                .sudo()
                .search([("res_model", "=", "crm.lead"), ("res_id", "in", was_specialist.ids), ("user_id", "=", user.id)])
            )
            heirs = {lead.id: lead.specialist_id or lead.user_id for lead in was_specialist}
            for heir, activities in activities_sudo.grouped(lambda activity: heirs[activity.res_id]).items():
                if heir:
                    activities.with_context(mail_activity_quick_update=True).user_id = heir

    def _filtered_readable_by(self, user):
        """Return those of the leads that another user may read, in any of the user's companies."""
        return crm_lead_access.filter_readable_by(self, user)

    def message_get_followers(self, *args, **kwargs):
        self.check_access("read")
        return super().message_get_followers(*args, **kwargs)
