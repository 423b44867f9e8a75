from odoo import fields, models


class FirmLeadConversion(models.Model):
    """One conversion of a lead: what it made, and what is needed to take it back.

    Written by `crm.lead.convert_request` and `undo_conversion` alone.
    """

    _name = "firm.lead.conversion"
    _description = "Conversion of a Lead"
    _order = "date desc, id desc"
    _rec_name = "target"

    lead_id = fields.Many2one("crm.lead", required=True, index=True, ondelete="cascade", readonly=True)
    target = fields.Selection([("opportunity", "Opportunity"), ("case", "Case")], required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="By", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime("On", required=True, readonly=True)
    account_id = fields.Many2one("res.partner", readonly=True, ondelete="set null", index="btree_not_null")
    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True, ondelete="set null", index="btree_not_null")
    case_id = fields.Many2one("helpdesk.ticket", readonly=True, ondelete="set null", index="btree_not_null")
    state = fields.Selection([("done", "Done"), ("undone", "Undone")], default="done", required=True, readonly=True)
    undone_on = fields.Datetime(readonly=True)
    undone_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    kept = fields.Text("Kept Records and Reasons", readonly=True)

    # What undoing needs
    created_partner_ids = fields.Json(readonly=True, groups="base.group_system")
    joined_partner_ids = fields.Json(readonly=True, groups="base.group_system", help="Existing contacts added to the account.")
    lead_values = fields.Json(readonly=True, groups="base.group_system", help="The lead before conversion.")
    consent_ids = fields.Json(readonly=True, groups="base.group_system", help="Consents linked to the contact.")
    stopped_activities = fields.Json(readonly=True, groups="base.group_system")
    moved_messages = fields.Json(readonly=True, groups="base.group_system", help="Message and its subtype on the lead.")
    moved_attachment_ids = fields.Json(readonly=True, groups="base.group_system")
