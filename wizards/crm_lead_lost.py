from odoo import api, fields, models


class CrmLeadLost(models.TransientModel):
    _inherit = "crm.lead.lost"

    crm_firm_decline = fields.Boolean(
        "Tell them by e-mail", help="A polite e-mail says that the firm does not take the request on. Undo stops it for a moment."
    )

    @api.model
    def default_get(self, fields):
        """Begin with the reason of a client who has declined the engagement letter."""
        values = super().default_get(fields)
        # Ids or commands, as whoever opens the dialog wrote them
        chosen = values.get("lead_ids") or self.env.context.get("default_lead_ids") or []
        leads = self.new({"lead_ids": chosen}).lead_ids._origin
        return leads._prepare_refusal() | values if len(leads) == 1 else values

    def action_lost_reason_apply(self):
        """Lost by Odoo's button or by ours: there is one way to discard, and it asks why."""
        self.ensure_one()
        self.lead_ids.discard(self.lost_reason_id, note=self.lost_feedback, decline=self.crm_firm_decline)
        leads = self.lead_ids.filtered(lambda lead: lead.type == "lead")
        if not leads:
            return {"type": "ir.actions.act_window_close"}
        if len(leads) > 1:
            message = self.env._("%s leads discarded.", len(leads))
        else:
            message = self.env._("Discarded: %s.", leads.contact_name or leads.partner_name or leads.display_name)
        return leads._get_notification(message, undo="restore_discarded")
