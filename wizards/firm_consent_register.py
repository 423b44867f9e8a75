from odoo import api, fields, models

from ..models.consent.firm_consent import PURPOSES


class FirmConsentRegister(models.TransientModel):
    _name = "firm.consent.register"
    _description = "Record a Consent or its Withdrawal"

    lead_id = fields.Many2one("crm.lead", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    purpose = fields.Selection(PURPOSES, required=True, default="commercial")
    state = fields.Selection(
        [("granted", "Yes, granted"), ("withdrawn", "No, not granted or withdrawn")], string="Answer", required=True
    )
    channel_id = fields.Many2one("helpdesk.ticket.channel", required=True)
    wording = fields.Text("Wording to read aloud", compute="_compute_wording")
    note = fields.Text("Evidence", help="How and by whom it was given, and where the document is kept.")

    @api.depends("purpose", "lead_id", "partner_id", "channel_id")
    def _compute_wording(self):
        for wizard in self:
            holder = wizard._get_holder()
            company = holder._get_consent_company()
            wordings = self.env["firm.consent.wording"]._get_wordings(company, wizard.channel_id.kind)
            wizard.wording = wordings[wizard.purpose]._get_text(company) if wizard.purpose in wordings else False

    def _get_holder(self):
        return self.lead_id or self.partner_id

    def action_record(self):
        self.ensure_one()
        self._get_holder().record_consent(
            self.purpose, self.state, channel=self.channel_id, evidence={"note": self.note} if self.note else None
        )
        return {"type": "ir.actions.act_window_close"}
