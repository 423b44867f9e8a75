from odoo import fields, models


class CrmLeadAssign(models.TransientModel):
    _name = "crm.lead.assign"
    _description = "Assign an Owner to Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads")
    user_id = fields.Many2one("res.users", string="Owner", help="Empty: assigned in turn to the owners of the practice area.")

    def action_assign(self):
        self.ensure_one()
        leads = self.lead_ids
        xmlid = "crm.crm_lead_action_pipeline"
        if leads[:1].type == "lead":
            xmlid = "crm_firm.crm_lead_first_contact_action"
        leads.assign_owner(self.user_id or None)
        if len(leads) == 1 and not leads.has_access("read"):
            # Handed over, it is out of sight: the form behind the dialog could not be read again.
            return self.env["ir.actions.actions"]._for_xml_id(xmlid) | {"target": "main"}
        return {"type": "ir.actions.act_window_close"}
