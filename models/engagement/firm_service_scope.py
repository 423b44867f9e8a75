from odoo import fields, models

SCOPE_KINDS = [("included", "Included"), ("excluded", "Not included")]


class FirmServiceScope(models.Model):
    """One line of what the fee of a service of the catalogue includes, or does not. Letters start from it."""

    _name = "firm.service.scope"
    _description = "Scope of a Service"
    _order = "product_tmpl_id, kind desc, sequence, id"
    _rec_name = "text"

    product_tmpl_id = fields.Many2one("product.template", string="Service", required=True, ondelete="cascade", index=True)
    kind = fields.Selection(SCOPE_KINDS, required=True, default="included")
    text = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
