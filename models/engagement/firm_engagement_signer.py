import base64

from odoo import api, fields, models
from odoo.tools import email_normalize

CAPACITIES = [
    ("self", "In their own name"),
    ("sole_administrator", "As sole administrator"),
    ("joint_administrator", "As joint administrator"),
    ("attorney", "By power of attorney"),
]
# Said of a person, and in words of their own: a signer is nobody's case, e-mail or letter
STATES = [("waiting", "Waiting"), ("viewed", "Has opened it"), ("signed", "Has signed"), ("refused", "Has declined")]
CHANNELS = [
    ("link", "By the link"),
    ("tablet", "On a device of the firm"),
    ("paper", "On paper, recorded by the firm"),
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

    # What became of it: written by the page of the link, or by a colleague who records paper
    state = fields.Selection(STATES, required=True, default="waiting", readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    signed_version_id = fields.Many2one("firm.engagement.version", readonly=True, copy=False, ondelete="restrict")
    signed_name = fields.Char("Signed As", readonly=True, copy=False)
    signed_capacity = fields.Selection(CAPACITIES, readonly=True, copy=False)
    channel = fields.Selection(CHANNELS, readonly=True, copy=False)
    signature = fields.Binary(readonly=True, copy=False, attachment=True)

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

    def action_open_for_signing(self):
        """Open the page of the signer on this device."""
        self.ensure_one()
        return self.letter_id.open_for_signing(self)

    def action_read_out_code(self):
        """Show a new code for the signer, once: it is to be read out, not written."""
        self.ensure_one()
        code = self.letter_id.read_out_code(self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Code for %(name)s: %(code)s", name=self.name, code=f"{code[:3]} {code[3:]}"),
                "message": self.env._(
                    "Call them on a number that you know, and read it out: it is shown this once and works for 15 minutes. "
                    "Do not send it by e-mail."
                ),
                "sticky": True,
            },
        }

    def _get_signed_facts(self):
        """Return what was signed, as the history keeps it."""
        self.ensure_one()
        signature = base64.b64decode(self.with_context(bin_size=False).signature or b"")
        return {
            "name": self.signed_name or "",
            "capacity": self.signed_capacity or "",
            "channel": self.channel or "",
            "email": self.email or "",
            "signature": self.env["firm.engagement.evidence"]._digest(signature) if signature else "",
            "moment": fields.Datetime.to_string(self.signed_on) or "",
        }

    def _has_address(self):
        self.ensure_one()
        return bool(email_normalize(self.email))
