from odoo import fields, models


class FirmEngagementRevise(models.TransientModel):
    _name = "firm.engagement.revise"
    _description = "New Version of an Engagement Letter"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        self.ensure_one()
        self.letter_id.revise(self.reason)
        return {"type": "ir.actions.act_window_close"}
