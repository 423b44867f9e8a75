from odoo import fields, models

VERDICTS = [
    ("clear", "Clear"),
    ("to_review", "To review"),
    ("refused", "Refused"),
]


class FirmPartyVerdict(models.Model):
    """What somebody decided about a conflict of interest. Written by `crm.lead.record_conflict_verdict` alone."""

    _name = "firm.party.verdict"
    _description = "Decision on a Conflict of Interest"
    _order = "date desc, id desc"
    _rec_name = "verdict"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    verdict = fields.Selection(VERDICTS, required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime("On", required=True, readonly=True, default=fields.Datetime.now)
    note = fields.Text("Reason", readonly=True)
    hit_count = fields.Integer("Matches Found", readonly=True)
    fingerprint = fields.Char(readonly=True, help="The person and the parties it was made for; it does not apply to others.")
