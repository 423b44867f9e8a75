from odoo import models


class CrmMergeOpportunity(models.TransientModel):
    _name = "crm.merge.opportunity"
    _inherit = ["crm.merge.opportunity", "crm.lead.link"]
