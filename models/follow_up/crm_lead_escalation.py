from datetime import timedelta

from odoo import api, fields, models

# A request whose deadline has just passed is looked for this far back; what is older was told long ago, or imported.
OLDEST = timedelta(days=60)


class CrmLeadEscalation(models.AbstractModel):
    """Overdue first contacts: the owner hears of them at the deadline, a manager some working hours later."""

    _name = "crm.lead.escalation"
    _description = "Escalation of Leads"

    overdue_owner_told_on = fields.Datetime("Owner Notified On", copy=False, readonly=True)
    overdue_manager_told_on = fields.Datetime("Manager Notified On", copy=False, readonly=True)
    follow_up_error = fields.Text(
        "Follow-up Error", copy=False, readonly=True, help="Why a scheduled job could not process this lead."
    )

    @api.model
    def _get_overdue_domain(self):
        return [
            ("type", "=", "lead"),
            ("active", "=", True),
            ("channel_id", "!=", False),
            ("contact_status", "=", "to_contact"),
            ("first_contact_deadline", "<=", fields.Datetime.now()),
            ("first_contact_deadline", ">=", fields.Datetime.now() - OLDEST),
        ]

    @api.model
    def _cron_tell_overdue(self):
        """Tell owners and managers about overdue first contacts: one digest each a run, each lead once."""
        Cron = self.env["ir.cron"]
        to_tell = self._find_overdue_for_owners(), self._find_overdue_for_managers()
        Cron._commit_progress(remaining=sum(len(digests) for digests in to_tell))
        for fname, digests in zip(("overdue_owner_told_on", "overdue_manager_told_on"), to_tell, strict=True):
            for user_id, lead_ids in digests.items():
                user, leads = self.env["res.users"].browse(user_id), self.browse(lead_ids)
                try:
                    with self.env.cr.savepoint():
                        leads._tell_overdue(user, fname)
                except Exception as error:
                    leads.write({"follow_up_error": self.env._("Escalation to %(user)s: %(error)s", user=user.name, error=error)})
                if not Cron._commit_progress(1):
                    return

    def _find_overdue_for_owners(self):
        companies = self.env["res.company"].search([("crm_firm_tell_overdue_owner", "=", True)])
        leads = self.search(
            [*self._get_overdue_domain(), ("overdue_owner_told_on", "=", False), ("user_id", "!=", False)]
        ).filtered(lambda lead: lead._get_firm_company() in companies)
        digests = {}
        for (owner, company), owned in leads.grouped(lambda lead: (lead.user_id, lead._get_firm_company())).items():
            if owner._filter_working_on("crm.lead", company):
                digests.setdefault(owner.id, []).extend(owned.ids)
        return digests

    def _find_overdue_for_managers(self):
        companies = self.env["res.company"].search([("crm_firm_tell_overdue_manager", "=", True)])
        now = fields.Datetime.now()
        leads = self.search([*self._get_overdue_domain(), ("overdue_manager_told_on", "=", False)])
        digests = {}
        for company, company_leads in leads.grouped(lambda lead: lead._get_firm_company()).items():
            if company not in companies:
                continue
            calendar, hours = company._get_crm_firm_calendar(), company.crm_firm_escalation_hours
            managers = {}
            moments = {}  # deadlines are few: most are the end of a day
            there = company_leads.user_id._filter_able_to_work_on("crm.lead", company)
            there -= there._filter_away()
            for lead in company_leads:
                deadline = lead.first_contact_deadline
                if deadline not in moments:
                    moments[deadline] = calendar._add_working_hours(company, deadline, hours)
                # Of what nobody owns, or somebody who is not there, the manager hears at once.
                if lead.user_id & there and now < moments[deadline]:
                    continue
                if lead.team_id not in managers:
                    managers[lead.team_id] = lead._get_managers_to_tell()
                for manager in managers[lead.team_id]:
                    digests.setdefault(manager.id, []).append(lead.id)
        return digests

    def _tell_overdue(self, user, fname):
        """Queue the digest for a user about these leads and remember that it was told, in one transaction."""
        xmlid = "mail_template_overdue_owner" if fname == "overdue_owner_told_on" else "mail_template_overdue_manager"
        template = self.env.ref(f"crm_firm.{xmlid}", raise_if_not_found=False)
        leads = self.try_lock_for_update().filtered_domain(self._get_overdue_domain())
        if not leads or not template:
            return
        template.with_context(crm_firm_leads=leads.sorted("first_contact_deadline"))._crm_firm_queue(user)
        leads.write({fname: fields.Datetime.now(), "follow_up_error": False})

    # === UNREACHABLE === #

    @api.model
    def _cron_list_unreachable(self):
        """Send managers the weekly list of leads whose plan is used up and which nobody discarded."""
        Cron = self.env["ir.cron"]
        template = self.env.ref("crm_firm.mail_template_unreachable", raise_if_not_found=False)
        leads = self.search(
            [("type", "=", "lead"), ("contact_status", "=", "unreachable"), ("active", "=", True)], order="write_date desc"
        )
        digests = {}
        for alike in leads.grouped(lambda lead: (lead.company_id, lead.team_id)).values():
            for manager in alike[0]._get_managers_to_tell():
                digests.setdefault(manager.id, []).extend(alike.ids)
        Cron._commit_progress(remaining=len(digests))
        for user_id, lead_ids in digests.items():
            if template:
                # A run after one that was killed does not write to those it had written to.
                template.with_context(crm_firm_leads=self.browse(lead_ids))._crm_firm_queue(
                    self.env["res.users"].browse(user_id), cause=f"unreachable {fields.Date.today()}"
                )
            if not Cron._commit_progress(1):
                return
