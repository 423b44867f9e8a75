from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    fee_kind = fields.Selection(related="product_id.fee_kind")
    fee_basis = fields.Char(related="product_id.fee_basis")

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.order_id.letter_ids._follow_services()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if "product_id" in vals:
            self.order_id.letter_ids._follow_services()
        return result

    def unlink(self):
        letters = self.order_id.letter_ids
        result = super().unlink()
        letters._follow_services()
        return result
