from odoo import api, fields, models


class CrmLostReason(models.Model):
    _inherit = "crm.lost.reason"

    letter_text = fields.Char(
        "As Clients Read It",
        translate=True,
        help="Clients who decline an engagement letter choose among the reasons that have such a text.",
    )

    @api.model
    def _get_letter_reasons(self):
        """Return the reasons among which clients choose, elevated: their texts are for anybody."""
        return self.sudo().search([("letter_text", "!=", False)])
