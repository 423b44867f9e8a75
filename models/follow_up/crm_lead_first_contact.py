from odoo import api, fields, models

CALL = "mail.mail_activity_data_call"


class CrmLeadFirstContact(models.AbstractModel):
    """The call on the day of arrival: its deadline, and how soon it was made."""

    _name = "crm.lead.first.contact"
    _description = "First Contact of a Lead"

    first_contact_deadline = fields.Datetime(copy=False, index=True, help="When the person should have been called.")
    first_contact_on = fields.Datetime(copy=False, index=True, readonly=True, help="First attempt to reach the person.")
    first_contact_hours = fields.Float(
        "Hours to First Contact",
        copy=False,
        readonly=True,
        aggregator="avg",
        help="Working hours from the arrival of the request to the first attempt.",
    )
    next_contact_on = fields.Datetime("Next Try", copy=False, index="btree_not_null")
    contact_attempt_ids = fields.One2many("firm.contact.attempt", "lead_id", string="Contact Attempts")
    contact_attempt_count = fields.Integer("Attempts", compute="_compute_contact_attempt_count")

    @api.depends("contact_attempt_ids")
    def _compute_contact_attempt_count(self):
        counts = dict(self.env["firm.contact.attempt"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.contact_attempt_count = counts.get(lead._origin, 0)

    def _get_last_contact_attempt(self):
        """Return the latest attempt. What this transaction has added stands last in the cache, not first."""
        return self.contact_attempt_ids.sorted(lambda attempt: (attempt.date, attempt.id))[-1:]

    # === ARRIVAL === #

    def _set_first_contact_deadline(self):
        """Set by when the person is to be called: the end of the working day of arrival, plus the company's days."""
        for company, leads in self.grouped(lambda lead: lead._get_firm_company()).items():
            company_sudo = company.sudo()  # settings and calendar of the company, whoever registers
            ends = company_sudo._get_crm_firm_calendar()._get_working_day_ends(
                company_sudo, leads.mapped("received_on"), company_sudo.crm_firm_first_contact_days
            )
            for deadline, due in leads.grouped(lambda lead, ends=ends: ends[lead.received_on][0]).items():
                due.with_context(tracking_disable=True)._write_protected({"first_contact_deadline": deadline})

    def _ensure_call_planned(self):
        """Give the owner of every lead that waits for one a call to make; leads of the pool get theirs with their owner."""
        if not self:
            return
        call_type = self.env.ref(CALL)
        # An open call counts whoever's it is.
        planned = (
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [("res_model", "=", "crm.lead"), ("res_id", "in", self.ids), ("activity_type_id", "=", call_type.id)],
                ["res_id"],
            )
        )
        planned_ids = {res_id for (res_id,) in planned}
        to_plan = self.filtered(lambda lead: lead.user_id and lead.id not in planned_ids)
        for (owner, moment, company), leads in to_plan.grouped(
            lambda lead: (
                lead._get_task_owner(),
                lead.next_contact_on or lead.first_contact_deadline or fields.Datetime.now(),
                lead._get_firm_company(),
            )
        ).items():
            leads._schedule_call(owner, company._get_crm_firm_due_day(moment))

    def _schedule_call(self, owner, day, summary=None, activity_type=None):
        # Whoever registers the request need not have access to what becomes somebody else's; the owner is told
        # of the lead itself, so the task sends no e-mail of its own.
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                "" if activity_type else CALL,
                date_deadline=day,
                summary=summary or self.with_context(lang=owner.sudo().lang).env._("First call"),
                user_id=owner.id,
                **({"activity_type_id": activity_type.id} if activity_type else {}),
            )
        )

    def _get_working_hours(self, start, stop):
        """Working hours of the company's calendar between two moments (naive UTC)."""
        if not start or stop <= start:
            return 0.0
        company_sudo = self._get_firm_company().sudo()  # calendar of the company, whoever calls
        return company_sudo._get_crm_firm_calendar()._count_working_hours(company_sudo, start, stop)
