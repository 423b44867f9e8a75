from odoo import api, fields, models


class CrmLead2opportunityPartnerMass(models.TransientModel):
    _inherit = "crm.lead2opportunity.partner.mass"

    # Odoo copies the fields of the single dialog; contacts are chosen one lead at a time.
    contact_line_ids = fields.One2many(
        "crm.lead2opportunity.partner.contact", inverse_name=None, compute="_compute_contact_line_ids"
    )
    leave_unclear = fields.Boolean(
        "Only clear matches",
        compute="_compute_leave_unclear",
        store=True,
        readonly=False,
        precompute=True,
        help="Convert leads whose contact is new or certain; list the others for review.",
    )

    @api.depends("lead_tomerge_ids")
    def _compute_leave_unclear(self):
        for wizard in self:
            wizard.leave_unclear = any(lead.channel_id for lead in wizard.lead_tomerge_ids)

    def _compute_contact_line_ids(self):
        self.contact_line_ids = False

    def action_mass_convert(self):
        """Convert what is clear and list what is left."""
        self.ensure_one()
        if not self.leave_unclear:
            return super().action_mass_convert()
        leads = self.lead_tomerge_ids.filtered(lambda lead: lead.type == "lead")
        converted, left = leads.convert_clear_requests(
            owners=self.user_ids.ids, team=self.team_id.id, force_owners=self.force_assignment
        )
        if not left:
            return converted._get_notification(self.env._("Converted: %s.", len(converted)))
        action = self.env["ir.actions.actions"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {
            "name": self.env._(
                "Converted: %(converted)s. Not converted, review one by one: %(left)s", converted=len(converted), left=len(left)
            ),
            "domain": [("id", "in", [lead.id for lead in left])],
            "context": {"default_type": "lead"},
        }
