from odoo import models

# In the context while a mail is at work; an object, which RPC cannot put there.
FROM_MAIL = object()


class HelpdeskTicketFollowers(models.AbstractModel):
    """Who follows a case sees it: who comes to follow one, and who stops."""

    _name = "helpdesk.ticket.followers"
    _description = "Case: followers"

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Who follows a case sees it: nobody comes to follow one because a mail names them, nor does the front desk.

        OCA subscribes everybody whom the sender of a mail copies. Of plain tickets the client and colleagues follow then.
        """
        partner_ids = list(partner_ids or [])
        is_case = any(ticket.is_case for ticket in self.sudo())  # whoever is subscribed
        if self.env.context.get("crm_firm_from_mail") is FROM_MAIL:
            if is_case:
                return True
            partners_sudo = self.env["res.partner"].sudo().browse(partner_ids)  # of whom is asked who works here
            colleagues_sudo = partners_sudo.filtered(lambda partner: any(not user.share for user in partner.user_ids))
            partner_ids = (partners_sudo & (self.partner_id.sudo() | colleagues_sudo)).ids
        elif is_case and partner_ids:
            users_sudo = self.env["res.users"].sudo().search([("partner_id", "in", partner_ids), ("share", "=", False)])
            unseen = users_sudo.filtered(
                lambda user: (
                    user.has_group("crm_firm.crm_firm_group_front_desk")
                    and not user.has_group("crm_firm.crm_firm_group_case_specialist")
                )
            )
            partner_ids = list(set(partner_ids) - set(unseen.partner_id.ids))
        return super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids) if partner_ids else True

    def write(self, vals):
        handed_over = vals.keys() & {"user_id", "specialist_id"}
        # Who had them, also of cases that are handed on.
        before = {case: case.user_id | case.specialist_id for case in self.sudo() if case.is_case} if handed_over else {}
        result = super().write(vals)
        for case_sudo, users_sudo in before.items():
            gone_sudo = users_sudo - case_sudo.user_id - case_sudo.specialist_id
            if gone_sudo:
                # Who had the case followed it for that; whoever hands over need not have rights on subscriptions.
                case_sudo.message_unsubscribe(gone_sudo.partner_id.ids)
        return result

    def message_get_followers(self, *args, **kwargs):
        self.check_access("read")
        return super().message_get_followers(*args, **kwargs)
