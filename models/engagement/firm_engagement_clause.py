from odoo import api, fields, models

CLAUSE_CODES = [
    ("object", "Purpose of the engagement"),
    ("price_basis", "Price and its basis"),
    ("disbursements", "Disbursements"),
    ("payment", "Payment"),
    ("early_end", "Early end"),
    ("aml", "Prevention of money laundering"),
    ("data_protection", "Data protection"),
    ("withdrawal", "Right of withdrawal"),
    ("arbitration", "Disputes"),
    ("other", "Other"),
]


class FirmEngagementClause(models.Model):
    """A general condition. Changing its text makes a new version; letters that were sent keep the one they had."""

    _name = "firm.engagement.clause"
    _description = "Clause of Engagement Letters"
    _inherit = ["firm.guarded.fields"]
    _order = "sequence, id"

    name = fields.Char("Title", required=True, translate=True)
    code = fields.Selection(CLAUSE_CODES, string="Subject", required=True, default="other")
    text = fields.Text(required=True, translate=True)
    version = fields.Integer(default=1, readonly=True, copy=False, help="Increases by one with every change of the text.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    area_ids = fields.Many2many("firm.practice.area", string="Practice Areas", help="Empty: in letters of every area.")
    is_required = fields.Boolean("Required", default=True, help="No letter of its areas is sent without it.")
    is_for_consumers = fields.Boolean(
        "Consumers Only", help="Only in letters to people who act outside their trade or profession."
    )

    def write(self, vals):
        """Count a new version when the text changes in any language."""
        before = {clause: clause.text for clause in self} if "text" in vals else {}
        result = super().write(vals)
        for clause, text in before.items():
            if clause.text != text:
                clause._write_protected({"version": clause.version + 1})
        return result

    def update_field_translations(self, field_name, translations, source_lang=""):
        """Count a new version when a translation is edited, which does not pass through `write`."""
        result = super().update_field_translations(field_name, translations, source_lang)
        if field_name == "text":
            for clause in self:
                clause._write_protected({"version": clause.version + 1})
        return result

    @api.model
    def _get_clauses(self, company, area, is_consumer):
        """Return the clauses that belong in a letter.

        :param company: `res.company` that sends it
        :param area: `firm.practice.area` of the letter
        :param bool is_consumer: whether the client acts as a consumer
        """
        clauses = self.search([("company_id", "in", [company.id, False]), ("area_ids", "in", [*area.ids, False])])
        return clauses if is_consumer else clauses.filtered(lambda clause: not clause.is_for_consumers)
