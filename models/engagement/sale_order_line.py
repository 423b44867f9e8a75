from odoo import fields, models


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    # Judges what is written before Odoo does
    _inherit = ["sale.order.line.letter", "sale.order.line"]

    fee_kind = fields.Selection(related="product_id.fee_kind")
    fee_basis = fields.Char(related="product_id.fee_basis")
