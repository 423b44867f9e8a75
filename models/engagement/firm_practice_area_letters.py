from odoo import fields, models


class FirmPracticeAreaLetters(models.AbstractModel):
    """What letters of a practice area start from."""

    _name = "firm.practice.area.letters"
    _description = "Practice Area: engagement letters"

    letter_template_id = fields.Many2one(
        "sale.order.template",
        string="Package of Services",
        ondelete="restrict",
        help="The services that letters of this area start with, as far as they are for such a client. Empty, or none of them "
        "is: the first service of the area in the catalogue that is.",
    )
    letter_document_set_id = fields.Many2one(
        "firm.document.set",
        string="First Documents",
        ondelete="set null",
        help="What the client is asked for when the letter has been signed.",
    )

    def _prepare_letter_lines(self, template=None, is_consumer=False):
        """Return the values of the order lines that a letter of the area starts with.

        :param template: `sale.order.template` to take in place of the area's, whole
        :param bool is_consumer: whether the client is a private person: services for others are left out
        """
        if template:
            return [line._prepare_order_line_values() for line in template.sale_order_template_line_ids]
        other_kind = "company" if is_consumer else "consumer"
        lines = self.letter_template_id.sale_order_template_line_ids
        fitting = lines.filtered(lambda line: line.product_id.client_kind != other_kind)
        if fitting.product_id:
            return [line._prepare_order_line_values() for line in fitting]
        of_area = [("practice_area_id", "=", self.id), ("sale_ok", "=", True), ("client_kind", "!=", other_kind)]
        products = self.env["product.product"].search(of_area if self else [(0, "=", 1)], order="id", limit=1)
        return [{"product_id": product.id} for product in products]
