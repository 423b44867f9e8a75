from odoo import fields, models


class FirmOpposingParty(models.Model):
    """Somebody on the other side of the matter a person comes with: whom the firm must not serve at the same time."""

    _name = "firm.opposing.party"
    _description = "Opposing Party"
    _inherit = ["firm.guarded.fields", "firm.match.keys"]
    _order = "id"

    # What the matcher reads, see `firm.matcher`
    _match_columns = {"vat": "vat_key", "tokens": "name_tokens", "names": ("name",)}
    _match_country = "lead_id.country_id"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True)
    vat = fields.Char("VAT Number")
    note = fields.Char()
    name_tokens = fields.Char(compute="_compute_match_tokens", store=True, groups="base.group_system")
    vat_key = fields.Char(compute="_compute_match_vat", store=True, index="btree_not_null", groups="base.group_system")

    _name_tokens_idx = models.Index("USING gin (string_to_array(name_tokens, ' '))")

    # === VERIFICATION === #

    def _prepare_match_values(self):
        self.ensure_one()
        return {
            "display_name": self.env._("%(party)s, against %(lead)s", party=self.name, lead=self.lead_id.display_name),
            "state": "opposing",
            "state_text": self.env._("opposing party of an earlier request"),
            "is_company": None,
            "partner_id": False,
        }

    def _get_match_users(self):
        return self.lead_id._get_match_users()

    def _get_match_generic_name(self):
        return self.env._("An opposing party in a request you cannot open")
