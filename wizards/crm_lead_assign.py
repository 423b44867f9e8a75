from odoo import fields, models


class CrmLeadAssign(models.TransientModel):
    _name = "crm.lead.assign"
    _description = "Assign an Owner to Leads"
    _inherit = ["crm.lead.link"]

    lead_ids = fields.Many2many("crm.lead", string="Leads")
    user_id = fields.Many2one("res.users", string="Owner", help="Empty: the owners of the practice area take turns.")

    def action_assign(self):
        self.ensure_one()
        leads = self.lead_ids  # read once: the dialog, too, shows only leads one may read
        leads.assign_owner(self.user_id or None)
        if len(leads) == 1 and not leads.has_access("read"):
            # Handed over, it is out of sight: the form behind the dialog could not be read again.
            is_lead = self.lead_ids.sudo().type == "lead"  # which list it was in, nothing of what it says
            xmlid = "crm_firm.crm_lead_first_contact_action" if is_lead else "crm.crm_lead_action_pipeline"
            return self.env["ir.actions.actions"]._for_xml_id(xmlid) | {"target": "main"}
        return {"type": "ir.actions.act_window_close"}
