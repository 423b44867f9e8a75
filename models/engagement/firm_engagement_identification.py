import base64

from odoo import fields, models

DOCUMENTS = [
    ("dni", "National identity card (DNI)"),
    ("nie", "NIE or residence card"),
    ("passport", "Passport"),
    ("company", "Deed or register extract, and the identity document of who signs"),
    ("other", "Another official document"),
]


class FirmEngagementIdentification(models.Model):
    """Who a client is, seen in a document before work starts (Ley 10/2010, arts. 3 and 4), with who saw it and when."""

    _name = "firm.engagement.identification"
    _description = "Identification of a Client"
    _inherit = ["firm.engagement.evidence"]
    _order = "id desc"
    _rec_name = "person"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="letter_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", string="Client", required=True, readonly=True, ondelete="restrict", index=True)
    user_id = fields.Many2one("res.users", string="Identified By", required=True, readonly=True, ondelete="restrict")
    date = fields.Date("Seen On", required=True, readonly=True)
    person = fields.Char("Person Identified", required=True, readonly=True)
    document = fields.Selection(DOCUMENTS, required=True, readonly=True)
    number = fields.Char("Document Number", required=True, readonly=True)
    valid_until = fields.Date("Document Valid Until", readonly=True, help="Empty: the document does not expire.")
    beneficial_owners = fields.Text(
        readonly=True, help="Of a company: who owns or controls more than 25 %, or that nobody does and who manages it."
    )
    scan = fields.Binary("Copy", readonly=True, attachment=True)

    def _get_event(self):
        """Return the entry of the history that tells of it."""
        self.ensure_one()
        facts = self._get_facts()
        events = self.letter_id.event_ids.filtered(lambda event: event.kind == "identified" and event._get_facts() == facts)
        return events[-1:]

    def _get_facts(self):
        """Return what was recorded, as the history of the letter keeps it."""
        self.ensure_one()
        content = base64.b64decode(self.with_context(bin_size=False).scan or b"")
        return {
            **{name: self[name] or "" for name in ("person", "document", "number", "beneficial_owners")},
            **{name: fields.Date.to_string(self[name]) or "" for name in ("date", "valid_until")},
            "scan": self._digest(content) if content else "",
        }
