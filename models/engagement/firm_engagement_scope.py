from odoo import api, fields, models

from .firm_service_scope import SCOPE_KINDS


class FirmEngagementScope(models.Model):
    """One line of what one letter includes or not: copied from the catalogue, and free to differ from it."""

    _name = "firm.engagement.scope"
    _inherit = ["firm.guarded.fields"]
    _description = "Scope of an Engagement Letter"
    _order = "letter_id, product_tmpl_id, kind desc, sequence, id"
    _rec_name = "text"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="letter_id.company_id", store=True)
    product_tmpl_id = fields.Many2one(
        "product.template", string="Service", ondelete="restrict", help="Empty: it holds for the whole letter."
    )
    kind = fields.Selection(SCOPE_KINDS, required=True, default="included")
    text = fields.Char(required=True, help="In the language of the client.")
    sequence = fields.Integer(default=10)

    @api.model_create_multi
    def create(self, vals_list):
        scopes = super().create(vals_list)
        scopes.letter_id._check_is_draft()
        return scopes

    def write(self, vals):
        self.letter_id._check_is_draft()
        result = super().write(vals)
        self.letter_id._check_is_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts(self):
        self.letter_id._check_is_draft()
