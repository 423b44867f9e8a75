from odoo import fields, models


class CrmLead2opportunityPartner(models.TransientModel):
    _name = "crm.lead2opportunity.partner"
    _inherit = ["crm.lead2opportunity.partner", "crm.lead.link"]

    # Odoo reads them as superuser: whoever knew the number of a lead could ask this dialog for the name.
    lead_partner_name = fields.Char(related_sudo=False)
    lead_contact_name = fields.Char(related_sudo=False)
