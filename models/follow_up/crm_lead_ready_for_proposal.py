from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from ...tools import rpc_input

SEND_PROPOSAL = "crm_firm.mail_activity_type_send_proposal"

# What "Ready for proposal" may fill in; a script cannot write anything else through that door.
QUALIFICATION_FIELDS = (
    "need_known",
    "description",
    "expected_revenue",
    "function",
    "employee_count",
    "accounting_software",
    "vat",
    "practice_area_id",
    "specialist_id",
    "contact_name",
    "partner_name",
    "email_from",
    "phone",
)


class CrmLeadReadyForProposal(models.AbstractModel):
    """What is known of the need, and the first outcome of the call: ready for a proposal."""

    _name = "crm.lead.ready.for.proposal"
    _description = "Qualification of a Lead"

    # Qualification
    vat = fields.Char("VAT Number", tracking=True, help="As provided by the person; copied to the company on conversion.")
    employee_count = fields.Integer("Employees")
    accounting_software = fields.Char()
    need_known = fields.Boolean(tracking=True, help="We know what the person needs from the firm.")
    ready_on = fields.Datetime("Ready for Proposal On", copy=False, readonly=True)

    def mark_ready_for_proposal(self, values=None, proposal_on=None):
        """Complete the qualification and plan the owner's task “Send proposal”. Converts nothing.

        The call that led to it is logged as reached when no attempt says so yet.

        :param dict values: fields of the qualification, see `QUALIFICATION_FIELDS`; the need is known as well when something is
            written in `description`
        :param proposal_on: day by which the proposal is promised, in the firm's time zone; none: the company's number of
            working days from today
        :return: the `mail.activity` “Send proposal”
        :raise UserError: something is missing (all of it is named), a field is not one of the qualification, the day is over,
            or the lead is discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        if values is not None and not isinstance(values, dict):
            raise UserError(self.env._("The qualification is a list of fields with their values."))
        values = dict(values or {})
        unknown = set(values) - set(QUALIFICATION_FIELDS)
        if unknown:
            raise UserError(self.env._("Not part of the qualification: %s.", ", ".join(sorted(map(str, unknown)))))
        proposal_on = rpc_input.get_day(self.env, proposal_on)
        if proposal_on and proposal_on < self._get_firm_company()._get_crm_firm_today():
            raise UserError(self.env._("Choose a day for the proposal that is not over."))
        if values:
            self._write_qualification(values)
        if not self.need_known and self._says_need():
            self.need_known = True
        missing = self._get_missing_qualification()
        if missing:
            raise UserError(self.env._("Before the proposal, complete: %s.", ", ".join(label for _name, label in missing)))
        self._check_no_conflict()
        if self._get_last_contact_attempt().outcome != "reached":
            self.log_contact_attempt("reached")
        self._set_contact_status("ready", ready_on=fields.Datetime.now(), next_contact_on=False)
        return self._schedule_proposal(proposal_on)

    def _says_need(self):
        """Return whether it is written down what the person needs, in their words or after a call."""
        return not is_html_empty(self.description)

    def _write_qualification(self, values):
        for fname, value in values.items():
            field = self._fields[fname]
            label = field._description_string(self.env)
            if field.type == "many2one" and value:
                values[fname] = rpc_input.get_record(self.env, field.comodel_name, value).id
                if not values[fname]:
                    raise UserError(self.env._("%s: this record does not exist.", label))
            elif field.type in ("char", "html"):
                values[fname] = rpc_input.get_text(self.env, value, label) or False
            elif field.type in ("integer", "float", "monetary"):
                values[fname] = rpc_input.get_amount(self.env, value, label)
        self.write(values)

    def _get_missing_qualification(self):
        """Return what a proposal cannot do without: list of `(field name, label)`."""
        missing = []
        labels = self.fields_get(["need_known", "practice_area_id", "contact_name"], ["string"])
        if not (self.need_known or self._says_need()):
            missing.append("need_known")
        if not self.practice_area_id or self.practice_area_id == self.env["firm.practice.area"]._get_unclassified():
            missing.append("practice_area_id")
        if not (self.contact_name or self.partner_name or self.partner_id):
            missing.append("contact_name")
        return [(name, labels[name]["string"]) for name in missing]

    def _get_proposal_day(self):
        """Return the day by which a proposal is due that becomes ready today: the company's number of working days from now."""
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        return company_sudo._get_crm_firm_calendar()._get_working_day_after(
            company_sudo, company_sudo._get_crm_firm_today(), company_sudo.crm_firm_proposal_days
        )

    def _schedule_proposal(self, promised_on=None):
        """Plan “Send proposal” for the owner. There is one at a time.

        :param promised_on: day that was agreed; it stays when the calendar changes
        """
        self.ensure_one()
        day = promised_on or self._get_proposal_day()
        proposal_type = self.env.ref(SEND_PROPOSAL)
        self.activity_ids.sudo().filtered(lambda activity: activity.activity_type_id == proposal_type).unlink()
        self._write_protected({"proposal_due_on": day if not promised_on else False})
        activity_sudo = (
            self.sudo()  # the owner's task, planned by the specialist too
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                SEND_PROPOSAL,
                date_deadline=day,
                user_id=(self._get_task_owner() if self.user_id else self.env.user).id,
            )
        )
        return activity_sudo.sudo(self.env.su)
