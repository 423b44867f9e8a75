from odoo import fields, models


class FirmMailQuarantineIgnore(models.TransientModel):
    _name = "firm.mail.quarantine.ignore"
    _description = "Ignore Mails in Quarantine"

    quarantine_ids = fields.Many2many(
        "firm.mail.quarantine", string="Mails", default=lambda self: self.env.context.get("active_ids"), required=True
    )
    reason = fields.Char(required=True)

    def action_ignore(self):
        return self.quarantine_ids.action_ignore(self.reason)
