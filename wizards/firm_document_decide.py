from odoo import fields, models


class FirmDocumentDecide(models.TransientModel):
    """Say why a document is rejected, cancelled or opened again."""

    _name = "firm.document.decide"
    _description = "Decide on a Document"

    request_ids = fields.Many2many(
        "firm.document.request", default=lambda self: self.env.context.get("active_ids"), required=True
    )
    decision = fields.Selection(
        [("reject", "Reject"), ("cancel", "Cancel"), ("reopen", "Reopen")], required=True, default="reject"
    )
    reason = fields.Text(required=True)

    def action_decide(self):
        self.ensure_one()
        method = {"reject": "reject", "cancel": "cancel", "reopen": "reopen"}[self.decision]
        getattr(self.request_ids, method)(self.reason)
        return {"type": "ir.actions.act_window_close"}
