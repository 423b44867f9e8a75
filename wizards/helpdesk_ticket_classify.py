from odoo import api, fields, models


class HelpdeskTicketClassify(models.TransientModel):
    _name = "helpdesk.ticket.classify"
    _description = "Classify a Case"

    ticket_id = fields.Many2one("helpdesk.ticket", required=True, ondelete="cascade")
    category_id = fields.Many2one("helpdesk.ticket.category", required=True, domain="[('for_cases', '=', True)]")
    practice_area_id = fields.Many2one(
        "firm.practice.area", compute="_compute_from_category", store=True, readonly=False, help="Empty: that of the category."
    )
    specialist_id = fields.Many2one(
        "res.users", compute="_compute_from_category", store=True, readonly=False, domain="[('share', '=', False)]"
    )
    user_id = fields.Many2one(
        "res.users", string="In charge", domain="[('share', '=', False)]", help="Empty: the next one in turn for the category."
    )

    @api.depends("category_id")
    def _compute_from_category(self):
        for wizard in self:
            defaults = wizard.ticket_id._get_category_defaults(wizard.category_id, wizard.ticket_id.company_id)
            wizard.practice_area_id = defaults.get("practice_area_id")
            wizard.specialist_id = defaults.get("specialist_id")

    def action_classify(self):
        """Classify; whoever does not see the case any more goes back to the states of cases."""
        self.ensure_one()
        case = self.ticket_id
        case.classify_case(self.category_id, self.practice_area_id, self.user_id, self.specialist_id)
        if case.has_access("read"):
            return {"type": "ir.actions.act_window_close"}
        return self.env["ir.actions.actions"]._for_xml_id("crm_firm.firm_case_desk_action") | {"target": "main"}
