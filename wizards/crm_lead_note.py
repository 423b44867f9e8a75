from odoo import api, fields, models

# What fits on a phone beside the box to write in; the lead has all of them.
NOTES_SHOWN = 8


class CrmLeadNote(models.TransientModel):
    _name = "crm.lead.note"
    _description = "Note on a Lead"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True)
    description = fields.Html("Remarks", related="lead_id.description", related_sudo=False)
    message_ids = fields.Many2many("mail.message", string="Latest notes", compute="_compute_message_ids")
    note = fields.Text()

    @api.depends("lead_id")
    def _compute_message_ids(self):
        """Show what people wrote and did, not what the system tells about itself."""
        robot, created = self.env.ref("base.partner_root"), self.env.ref("crm.mt_lead_create")
        for wizard in self:
            wizard.message_ids = wizard.lead_id.message_ids.filtered(
                lambda message: message.preview and message.author_id != robot and message.subtype_id != created
            )[:NOTES_SHOWN]

    def action_add(self):
        self.ensure_one()
        self.lead_id.add_note(self.note)
        return {"type": "ir.actions.act_window_close"}
