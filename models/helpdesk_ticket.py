from odoo import fields, models


class HelpdeskTicket(models.Model):
    _inherit = "helpdesk.ticket"

    origin_lead_ids = fields.One2many("crm.lead", "case_id", string="Requests It Was Made From", context={"active_test": False})
