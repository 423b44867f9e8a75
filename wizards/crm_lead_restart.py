from odoo import fields, models


class CrmLeadRestart(models.TransientModel):
    """Say why the follow-up of leads starts again."""

    _name = "crm.lead.restart"
    _description = "Restart the Follow-up"

    lead_ids = fields.Many2many("crm.lead", default=lambda self: self.env.context.get("active_ids"), required=True)
    reason = fields.Char(required=True)

    def action_restart(self):
        self.lead_ids.restart_follow_up(self.reason)
        return self.lead_ids._get_notification(self.env._("The follow-up restarts today: %s.", len(self.lead_ids)))
