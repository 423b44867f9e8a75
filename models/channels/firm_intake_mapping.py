from odoo import api, fields, models

from ...tools.lead_ads import get_key

TARGETS = [
    ("contact_name", "Name"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("partner_name", "Company"),
    ("email_from", "E-mail"),
    ("phone", "Phone"),
    ("practice_area", "Practice area"),
    ("vat", "VAT number"),
    ("description", "Remarks"),
    ("consent_handling", "Consent: handling of the request"),
    ("consent_commercial", "Consent: commercial communication"),
    ("ignore", "Nothing, leave it out"),
]


class FirmIntakeMapping(models.Model):
    """What one question of a source's form becomes. What no line and no well-known name says goes to the remarks."""

    _name = "firm.intake.mapping"
    _description = "Question of a Source"
    _inherit = ["firm.guarded.fields"]
    _order = "sequence, id"
    _rec_name = "question"

    source_id = fields.Many2one("firm.intake.source", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    question = fields.Char(required=True, help="As the form of the source calls it, or its column.")
    key = fields.Char(compute="_compute_key", store=True)
    target = fields.Selection(TARGETS, string="Becomes", required=True, default="description")
    wording = fields.Text(
        help="Exactly what stands beside the box in the advertisement. Without it a ticked box proves nothing, and is kept "
        "as a remark."
    )

    _key_uniq = models.UniqueIndex("(source_id, key)", "This question already has a line.")

    @api.depends("question")
    def _compute_key(self):
        for line in self:
            line.key = get_key(line.question or "") or line.question
