from odoo import api, fields, models
from odoo.tools import is_html_empty

from ..models.follow_up.crm_lead_ready_for_proposal import QUALIFICATION_FIELDS


class CrmLeadReady(models.TransientModel):
    _name = "crm.lead.ready"
    _description = "Ready for Proposal"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True)
    currency_id = fields.Many2one(related="lead_id.company_currency", related_sudo=False)
    area_specialist_ids = fields.Many2many(related="practice_area_id.specialist_ids", related_sudo=False)
    missing = fields.Char("Still missing", compute="_compute_missing")

    # The qualification, as on the lead
    contact_name = fields.Char()
    partner_name = fields.Char("Company")
    function = fields.Char("Job Position")
    email_from = fields.Char("E-mail")
    phone = fields.Char()
    vat = fields.Char("VAT Number")
    employee_count = fields.Integer("Employees")
    accounting_software = fields.Char()
    need_known = fields.Boolean(compute="_compute_need_known", store=True, readonly=False)
    description = fields.Html("What they need")
    expected_revenue = fields.Monetary("Budget or expected revenue")
    practice_area_id = fields.Many2one("firm.practice.area")
    specialist_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    proposal_on = fields.Date("Proposal Due", help="Until when the proposal is sent.")

    @api.model
    def default_get(self, fields):
        """Start from what the lead says, as far as the user may read it."""
        defaults = super().default_get(fields)
        lead = self.env["crm.lead"].browse(defaults.get("lead_id"))
        if not lead:
            return defaults
        said = {fname: lead._fields[fname].convert_to_write(lead[fname], lead) for fname in QUALIFICATION_FIELDS}
        said |= {"need_known": lead.need_known or lead._says_need(), "proposal_on": lead._get_proposal_day()}
        return {fname: value for fname, value in said.items() if fname in fields} | defaults

    @api.depends("description")
    def _compute_need_known(self):
        """What they need is known as soon as it is written."""
        for wizard in self:
            wizard.need_known = wizard.need_known or not is_html_empty(wizard.description)

    @api.depends(*QUALIFICATION_FIELDS)
    def _compute_missing(self):
        """Ask the lead what it would still miss with what stands in the dialog."""
        for wizard in self:
            lead = self.env["crm.lead"].new(wizard._prepare_qualification_values(), origin=wizard.lead_id)
            wizard.missing = ", ".join(label for _name, label in lead._get_missing_qualification())

    def _prepare_qualification_values(self):
        """Return what differs from the lead."""
        changed = [fname for fname in QUALIFICATION_FIELDS if self[fname] != self.lead_id[fname]]
        return {fname: self._fields[fname].convert_to_write(self[fname], self) for fname in changed}

    def action_confirm(self):
        self.ensure_one()
        # Left as proposed it follows the calendar; another day is a promise.
        promised_on = self.proposal_on if self.proposal_on != self.lead_id._get_proposal_day() else None
        activity = self.lead_id.mark_ready_for_proposal(self._prepare_qualification_values(), promised_on)
        return self.lead_id._get_notification(
            self.env._(
                "Ready for proposal. %(user)s sends it. Due: %(day)s.",
                user=activity.user_id.name,
                day=self.lead_id._get_firm_company()._describe_deadline(activity.date_deadline),
            )
        )
