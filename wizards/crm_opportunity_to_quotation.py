from odoo import models


class CrmQuotationPartner(models.TransientModel):
    _name = "crm.quotation.partner"
    _inherit = ["crm.quotation.partner", "crm.lead.link"]
