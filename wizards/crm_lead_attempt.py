from odoo import fields, models

from ..models.follow_up.firm_contact_attempt import MEDIA, OUTCOMES


class CrmLeadAttempt(models.TransientModel):
    _name = "crm.lead.attempt"
    _description = "Log a Contact Attempt"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True)
    phone = fields.Char(related="lead_id.phone", related_sudo=False)
    outcome = fields.Selection(OUTCOMES, required=True, default="no_answer")
    medium = fields.Selection(MEDIA, required=True, default="call")
    note = fields.Text()
    next_contact_on = fields.Datetime("Next Try")  # empty: the follow-up plan decides

    def action_log(self):
        self.ensure_one()
        self.lead_id.log_contact_attempt(self.outcome, medium=self.medium, note=self.note, next_contact_on=self.next_contact_on)
        return self.lead_id.action_tell_attempt()
