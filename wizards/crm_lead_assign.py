from odoo import fields, models


class CrmLeadAssign(models.TransientModel):
    _name = "crm.lead.assign"
    _description = "Assign an Owner to Leads"

    lead_ids = fields.Many2many("crm.lead", string="Leads")
    user_id = fields.Many2one("res.users", string="Owner", help="Empty: the owners of the practice area take turns.")

    def action_assign(self):
        self.ensure_one()
        self.lead_ids.assign_owner(self.user_id or None)
        if len(self.lead_ids) == 1 and not self.lead_ids.has_access("read"):
            # Handed over, it is out of sight: the form behind the dialog could not be read again.
            return self.env["ir.actions.actions"]._for_xml_id("crm_firm.crm_lead_first_contact_action") | {"target": "main"}
        return {"type": "ir.actions.act_window_close"}
