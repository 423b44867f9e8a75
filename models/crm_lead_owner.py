from collections import defaultdict

from odoo import api, models

from .crm_lead_first_contact import CALL, SEND_PROPOSAL


class CrmLeadOwner(models.AbstractModel):
    """Who coordinates a request: chosen on arrival, told about it, and whose tasks move along."""

    _name = "crm.lead.owner"
    _description = "Owner of a Lead"

    @api.model
    def _prepare_owner_values(self, area, company, team, count=1):
        """Choose who takes requests: the area's owners in turn, else the team's rule, else the unassigned pool.

        :param area: `firm.practice.area`, may be empty
        :param company: `res.company` of the requests
        :param team: `crm.team` of the requests, may be empty; the area's team goes before it
        :param int count: number of requests
        :return: list of `count` dicts with `user_id` (False: the pool) and, when it is known, `team_id`
        """
        team = area.team_id or team
        values = {"team_id": team.id} if team else {}
        owners = area._take_turns(company, count) if area else []
        if owners:
            return [values | {"user_id": owner.id} for owner in owners]
        leader_sudo = team.sudo().user_id  # the leader's companies, whoever asks
        if team and self._is_rule_based_assignment_activated():
            # Odoo's own job gives them away, by its domains and quotas; the transaction's end wakes it.
            self.env.ref("crm.ir_cron_crm_lead_assign").sudo()._trigger()  # any request may wake the job
        elif leader_sudo.active and company in leader_sudo.company_ids:
            values["user_id"] = leader_sudo.id
        return [{"user_id": False} | values for _number in range(count)]

    def _assign_owners(self):
        """Give leads of the pool an owner, as `_prepare_owner_values` chooses."""
        self.filtered(lambda lead: not lead.user_id)._assign_next_owners()

    def _assign_next_owners(self):
        """Give leads to who is next, whoever had them, as `_prepare_owner_values` chooses.

        :return: the leads nobody could be found for; they keep the owner they had
        """
        left = self.browse()
        for (area, company, team), leads in self.grouped(
            lambda lead: (lead.practice_area_id, lead._get_firm_company(), lead.team_id)
        ).items():
            choices = self._prepare_owner_values(area, company, team, len(leads))
            by_owner = defaultdict(self.browse)
            for lead, values in zip(leads, choices, strict=True):
                by_owner[values["user_id"]] |= lead
            left |= by_owner.pop(False, self.browse())
            for user_id, owned in by_owner.items():
                owned.write({"user_id": user_id} | {k: v for k, v in choices[0].items() if k == "team_id"})
        return left

    def _notify_owners(self):
        """Tell the owners of these leads by e-mail that they are theirs now, one e-mail for each owner.

        Nothing is sent within the transaction: the mail queue is filled, and woken when it ends.
        """
        # Whether to tell is a setting, whoever assigns.
        to_tell = self.filtered(
            lambda lead: (
                lead.user_id.active and lead.user_id != self.env.user and lead._get_firm_company().sudo().crm_firm_notify_owner
            )
        )
        if not to_tell or not self.env.registry.ready:
            return
        for owner, leads in to_tell.grouped("user_id").items():
            xmlid = "mail_template_owner_request" if len(leads) == 1 else "mail_template_owner_requests"
            # Whoever assigns needs no access to the owner's address or to templates: the content is the owner's.
            template_sudo = self.env.ref(f"crm_firm.{xmlid}", raise_if_not_found=False)
            if template_sudo:
                template_sudo.sudo().with_context(crm_firm_leads=leads.sudo())._crm_firm_queue(
                    leads if len(leads) == 1 else owner, note_on=leads
                )

    def _move_open_activities(self, old_owners):
        """Hand open activities over from a lead's old owner to the new one.

        A lead that had gone back to the pool has no old owner: its call and its proposal wait with whoever had it
        before, and are the new owner's now.

        :param dict old_owners: lead -> `res.users` before the change
        """
        concerned = self.filtered(lambda lead: lead.user_id and (old_owners[lead] or lead.channel_id))
        if not concerned:  # no query: Odoo's assignment comes here for each of its leads
            return
        owners_tasks = self.env.ref(CALL) + self.env.ref(SEND_PROPOSAL)
        leads = {lead.id: lead for lead in concerned}
        # The new owner is not always somebody who may change the old owner's activities.
        activities_sudo = (
            self.env["mail.activity"].sudo().search([("res_model", "=", "crm.lead"), ("res_id", "in", concerned.ids)])
        )

        def is_owners(activity):
            lead = leads[activity.res_id]
            if old_owners[lead]:
                return activity.user_id == old_owners[lead]
            return activity.activity_type_id in owners_tasks and activity.user_id != lead.specialist_id

        moved = activities_sudo.filtered(is_owners)
        for owner, activities in moved.grouped(lambda activity: leads[activity.res_id].user_id).items():
            # The owner is told of the lead once; a second e-mail for each task would be noise.
            activities.with_context(mail_activity_quick_update=True).write({"user_id": owner.id})
