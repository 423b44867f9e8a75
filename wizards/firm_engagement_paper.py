from odoo import api, fields, models


class FirmEngagementPaper(models.TransientModel):
    _name = "firm.engagement.paper"
    _description = "Paper Signature of an Engagement Letter"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True)
    # With the rights of the user: it is the letter's
    signer_id = fields.Many2one(
        "firm.engagement.signer",
        required=True,
        compute="_compute_signer_id",
        compute_sudo=False,
        precompute=True,
        store=True,
        readonly=False,
        domain="[('letter_id', '=', letter_id), ('state', '!=', 'signed')]",
    )
    date = fields.Date("Date on the Paper", required=True, default=fields.Date.context_today)
    scan = fields.Binary(required=True, attachment=False)

    @api.depends("letter_id")
    def _compute_signer_id(self):
        """Choose whoever alone is to sign now."""
        for dialog in self:
            in_turn = dialog.letter_id._get_signers_in_turn()
            dialog.signer_id = in_turn if len(in_turn) == 1 else False

    def action_confirm(self):
        self.ensure_one()
        scan = self.with_context(bin_size=False).scan
        self.letter_id.record_paper_signature(self.signer_id, scan.decode() if isinstance(scan, bytes) else scan, self.date)
        return {"type": "ir.actions.act_window_close"}
