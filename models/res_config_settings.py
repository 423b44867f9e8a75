from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_firm_calendar_id = fields.Many2one(related="company_id.crm_firm_calendar_id", readonly=False)
    crm_firm_first_contact_days = fields.Integer(related="company_id.crm_firm_first_contact_days", readonly=False)
    crm_firm_second_contact_hours = fields.Selection(
        related="company_id.crm_firm_second_contact_hours", readonly=False, required=True
    )
    crm_firm_proposal_days = fields.Integer(related="company_id.crm_firm_proposal_days", readonly=False)
    crm_firm_undo_days = fields.Integer(related="company_id.crm_firm_undo_days", readonly=False)
    crm_firm_notify_owner = fields.Boolean(related="company_id.crm_firm_notify_owner", readonly=False)
    crm_firm_acknowledge_request = fields.Boolean(related="company_id.crm_firm_acknowledge_request", readonly=False)
    crm_firm_privacy_url = fields.Char(related="company_id.crm_firm_privacy_url", readonly=False, required=True)
    crm_firm_embed_origins = fields.Text(related="company_id.crm_firm_embed_origins", readonly=False)
