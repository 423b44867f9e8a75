from odoo import api, fields, models
from odoo.fields import Command


class CrmLeadVerify(models.TransientModel):
    _name = "crm.lead.verify"
    _description = "Verify the Data of a Lead"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Contact", compute="_compute_partner_id", store=True, readonly=False, precompute=True
    )
    line_ids = fields.One2many("crm.lead.verify.line", "wizard_id", compute="_compute_line_ids", store=True, readonly=False)

    @api.depends("lead_id")
    def _compute_partner_id(self):
        for wizard in self:
            wizard.partner_id = wizard.lead_id and wizard.lead_id._get_compared_partner()

    @api.depends("lead_id", "partner_id")
    def _compute_line_ids(self):
        for wizard in self:
            differences = wizard.lead_id.get_differences(wizard.partner_id) if wizard.partner_id else []
            wizard.line_ids = [Command.clear()] + [
                Command.create(
                    {
                        "field_name": difference["field"],
                        "label": difference["label"],
                        "request_value": difference["request"],
                        "contact_value": difference["contact"],
                        "holder": difference["partner_name"],
                    }
                )
                for difference in differences
            ]

    def action_confirm(self):
        self.ensure_one()
        taken = self.line_ids.filtered("is_taken").mapped("field_name")
        self.lead_id.take_over_differences(self.partner_id, taken)
        return self.lead_id._get_notification(self.env._("Data verified with %s.", self.partner_id.display_name))


class CrmLeadVerifyLine(models.TransientModel):
    _name = "crm.lead.verify.line"
    _description = "Difference between a Lead and a Contact"

    wizard_id = fields.Many2one("crm.lead.verify", required=True, ondelete="cascade")
    field_name = fields.Char(required=True)
    label = fields.Char("Data", required=True)
    request_value = fields.Char("The request says")
    contact_value = fields.Char("The contact has")
    holder = fields.Char("Of")
    is_taken = fields.Boolean("Update")
