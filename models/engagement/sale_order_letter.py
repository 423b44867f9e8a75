from odoo import fields, models


class SaleOrderLetter(models.AbstractModel):
    """An order that an engagement letter stands on: the order keeps prices and invoicing, the letter what is signed."""

    _name = "sale.order.letter"
    _description = "Order: engagement letter"

    letter_ids = fields.One2many("firm.engagement.letter", "order_id", string="Engagement Letters", copy=False)

    def action_view_letter(self):
        """Open the letter of the order."""
        self.ensure_one()
        return self.letter_ids[:1]._get_form_action()
