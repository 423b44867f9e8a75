from odoo import fields, models


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "firm.consent.holder"]

    consent_ids = fields.One2many("firm.consent", "partner_id", string="Consents", groups="sales_team.group_sale_salesman")
    consent_state = fields.Selection(groups="sales_team.group_sale_salesman")

    def _get_consent_partner(self):
        return self
