from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    # Judges what is written before Odoo does
    _inherit = ["sale.order.letter", "sale.order"]

    def _find_mail_template(self):
        """Send quotations with an e-mail of ours: the subject of Odoo's cannot be rendered in Spanish."""
        template = super()._find_mail_template()
        odoos = self.env.ref("sale.email_template_edi_sale", raise_if_not_found=False)
        if odoos and template == odoos:
            return self.env.ref("crm_firm.mail_template_quotation", raise_if_not_found=False) or template
        return template
