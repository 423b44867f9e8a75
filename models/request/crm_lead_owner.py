from collections import defaultdict

from odoo import api, fields, models

from ..follow_up.crm_lead_first_contact import CALL
from ..follow_up.crm_lead_ready_for_proposal import SEND_PROPOSAL


class CrmLeadOwner(models.AbstractModel):
    """Who coordinates a request: chosen on arrival, told about it, and whose tasks move along."""

    _name = "crm.lead.owner"
    _description = "Owner of a Lead"

    owner_untold = fields.Boolean(
        "Owner Not Notified",
        copy=False,
        readonly=True,
        help="The owner, or the front desk, has not been notified yet: one e-mail for everything new will be sent shortly.",
    )

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
        leader = team.sudo().user_id._filter_working_on("crm.lead", company)  # a setting, whoever asks
        if team and self._is_rule_based_assignment_activated():
            # Odoo's own job gives them away, by its domains and quotas; the transaction's end wakes it.
            self.env.ref("crm.ir_cron_crm_lead_assign").sudo()._trigger()  # any request may wake the job
        elif leader:
            values["user_id"] = leader.id
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

    def _note_owners_to_tell(self):
        """Note whose owner is to be told by e-mail, the front desk of what nobody owns, and wake the job that does it.

        The e-mail is not made here: a visitor would wait for it, and leads that come one by one within a moment (an
        import, Odoo's rule-based assignment) would be as many e-mails.
        """
        if not self.env.registry.ready:  # data of modules
            return
        # Whether to tell is a setting, whoever assigns.
        to_tell = self.filtered(
            lambda lead: (
                (lead.user_id != self.env.user if lead.user_id else lead.channel_id and lead.won_status == "pending")
                and lead._get_firm_company().sudo().crm_firm_notify_owner
            )
        )
        # Not tracked, as is the deadline: what would be read for it is computed anew for every lead assigned.
        (self - to_tell).filtered("owner_untold").with_context(tracking_disable=True).owner_untold = False
        if to_tell:
            to_tell.with_context(tracking_disable=True).owner_untold = True
            # Once for the transaction, and by whoever assigns
            triggered = self.env.cr.precommit.data.setdefault("crm_firm.owners_to_tell", [])
            if not triggered:
                triggered.append(self.env.ref("crm_firm.ir_cron_tell_owners").sudo()._trigger())

    @api.model
    def _cron_tell_owners(self):
        """Tell owners what is theirs since the last run, and the front desk what is nobody's, one e-mail for each person."""
        untold = self.search([("owner_untold", "=", True)])
        commit_progress = self.env["ir.cron"]._commit_progress
        commit_progress(remaining=len(untold))
        for leads in untold.grouped("user_id").values():
            # What another process tells at this moment is told.
            leads.try_lock_for_update().filtered("owner_untold")._tell_owner()
            if not commit_progress(len(leads)):
                break

    def _tell_owner(self):
        """Queue the e-mail that tells the owner of these leads, who is one, that they are theirs now.

        The front desk is told of what nobody owns, and of what an owner has who cannot be told.
        """
        self.with_context(tracking_disable=True).owner_untold = False
        owner = self.user_id
        told = self.filtered(lambda lead: owner._filter_working_on("crm.lead", lead.company_id)) if owner else self.browse()
        (self - told)._tell_front_desk()
        told._tell_working_owner(owner)

    def _tell_working_owner(self, owner):
        if not self:
            return
        xmlid = "mail_template_owner_request" if len(self) == 1 else "mail_template_owner_requests"
        template = self.env.ref(f"crm_firm.{xmlid}", raise_if_not_found=False)
        if template:
            template.with_context(crm_firm_leads=self)._crm_firm_queue(self if len(self) == 1 else owner, note_on=self)

    def _tell_front_desk(self):
        """Queue one e-mail for each person of the front desk about requests that wait for an owner."""
        template = self.env.ref("crm_firm.mail_template_pool_requests", raise_if_not_found=False)
        if not template:
            return
        by_user = defaultdict(self.browse)
        for (_company, _team, creator), leads in self.grouped(lambda r: (r.company_id, r.team_id, r.create_uid)).items():
            for user in leads[0]._get_front_desk_to_tell() - creator:  # who registered it knows
                by_user[user] |= leads
        for user, leads in by_user.items():
            template.with_context(crm_firm_leads=leads)._crm_firm_queue(user, note_on=leads)

    def _get_front_desk_to_tell(self):
        """Return who gives the request an owner: the front desk of its company, else the managers, who work now."""
        self.ensure_one()
        desk_sudo = self.env.ref("crm_firm.crm_firm_group_front_desk").sudo().all_user_ids  # whoever's request it is
        return self.env["res.users"]._choose_working_on(
            "crm.lead", self._get_firm_company(), desk_sudo, self._get_managers_to_tell()
        )

    def _move_open_activities(self, old_owners):
        """Hand open activities over from a lead's old owner to the new one.

        A lead that had gone back to the pool has no old owner: its call and its proposal wait with whoever had it
        before, or with nobody, and are the new owner's now.

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
            if old_owners[lead] or not activity.user_id:
                return activity.user_id in (old_owners[lead], activity.user_id.browse())
            return activity.activity_type_id in owners_tasks and activity.user_id != lead.specialist_id

        moved = activities_sudo.filtered(is_owners)
        for owner, activities in moved.grouped(lambda activity: leads[activity.res_id].user_id).items():
            # The owner is told of the lead once; a second e-mail for each task would be noise.
            activities.with_context(mail_activity_quick_update=True).write({"user_id": owner.id})
