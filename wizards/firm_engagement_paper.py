from odoo import fields, models


class FirmEngagementPaper(models.TransientModel):
    _name = "firm.engagement.paper"
    _description = "Paper Signature of an Engagement Letter"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True)
    signer_id = fields.Many2one(
        "firm.engagement.signer", required=True, domain="[('letter_id', '=', letter_id), ('state', '!=', 'signed')]"
    )
    date = fields.Date("Date on the Paper", required=True, default=fields.Date.context_today)
    scan = fields.Binary(required=True, attachment=False)

    def action_confirm(self):
        self.ensure_one()
        scan = self.with_context(bin_size=False).scan
        self.letter_id.record_paper_signature(self.signer_id, scan.decode() if isinstance(scan, bytes) else scan, self.date)
        return {"type": "ir.actions.act_window_close"}
