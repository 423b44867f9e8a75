from odoo import api, fields, models
from odoo.tools import email_normalize

CAPACITIES = [
    ("self", "In their own name"),
    ("sole_administrator", "As sole administrator"),
    ("joint_administrator", "As joint administrator"),
    ("attorney", "By power of attorney"),
]


class FirmEngagementSigner(models.Model):
    """Somebody who signs a letter for the client."""

    _name = "firm.engagement.signer"
    _description = "Signer of an Engagement Letter"
    _inherit = ["firm.guarded.fields"]
    _order = "letter_id, sequence, id"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="letter_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True)
    email = fields.Char("E-mail")
    vat = fields.Char("Identity Number", help="DNI, NIE or passport, as it stands in the letter.")
    capacity = fields.Selection(CAPACITIES, required=True, default="self")

    @api.model_create_multi
    def create(self, vals_list):
        signers = super().create(vals_list)
        signers.letter_id._check_is_draft()
        return signers

    def write(self, vals):
        if not self.env.su:
            self.letter_id._check_is_draft()
        result = super().write(vals)
        if not self.env.su:
            self.letter_id._check_is_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts(self):
        self.letter_id._check_is_draft()

    def _has_address(self):
        self.ensure_one()
        return bool(email_normalize(self.email))
