from odoo import api, fields, models

from .cases.helpdesk_ticket_stage import OPEN_STATES


class ResPartner(models.Model):
    _name = "res.partner"
    # Those that judge what is written stand before Odoo's own
    _inherit = [
        "firm.guarded.fields",
        "res.partner.portal",
        "firm.odoo.extras",
        "res.partner",
        "firm.consent.holder",
        "res.partner.reuse",
        "res.partner.verification",
        "res.partner.open.business",
        "res.partner.letters",
    ]

    _firm_own_companies_only = False  # as Odoo has it

    consent_ids = fields.One2many("firm.consent", "partner_id", string="Consents", groups="sales_team.group_sale_salesman")
    consent_state = fields.Selection(groups="sales_team.group_sale_salesman")
    open_case_count = fields.Integer(
        "Open Cases", compute="_compute_open_case_count", groups="crm_firm.crm_firm_group_case_specialist"
    )
    # When and with whom a client meets is seen by whoever sees the meeting (see `calendar.event`): a list of the numbers of
    # all of them, whose times everybody may read, would tell. The contact's button counts by `_compute_meeting`.
    meeting_ids = fields.Many2many(groups="base.group_system")
    request_count = fields.Integer("Open Requests", compute="_compute_request_count", groups="sales_team.group_sale_salesman")

    # Keys of verification
    _crm_firm_name_tokens_idx = models.Index("USING gin (string_to_array(crm_firm_name_tokens, ' '))")
    _crm_firm_name_key_idx = models.Index(
        lambda registry: "USING gin (crm_firm_name_key gin_trgm_ops)" if registry.has_trigram else ""
    )
    _crm_firm_email_idx = models.Index("(email_normalized) WHERE email_normalized IS NOT NULL")
    _crm_firm_phone_idx = models.Index("(phone_sanitized) WHERE phone_sanitized IS NOT NULL")
    _crm_firm_other_phones_idx = models.Index("USING gin (string_to_array(crm_firm_other_phones, ' '))")

    def _compute_meeting(self):
        meetings = super()._compute_meeting()
        ids = {meeting_id for found in meetings.values() for meeting_id in found}
        closed_ids = set(self.env["calendar.event"].browse(ids)._filtered_closed().ids)
        return {partner_id: [id_ for id_ in found if id_ not in closed_ids] for partner_id, found in meetings.items()}

    def _compute_request_count(self):
        """Count the open leads of each contact and of the contacts below it, as far as the user may see them."""
        self._set_counts("request_count", "crm.lead", self._get_open_requests_domain())

    def _get_open_requests_domain(self):
        return [("type", "=", "lead"), *self._get_contact_opportunities_domain()]

    def action_view_open_requests(self):
        """Open the leads that the button counts."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {
            "domain": self._get_open_requests_domain(),
            "context": {"default_type": "lead", "default_partner_id": self.id},
        }

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_open_case_count(self):
        """Count the open cases of each contact and of the contacts below it, as far as the user may see them."""
        domain = [("partner_id", "child_of", self.ids), ("case_state", "in", OPEN_STATES)]
        self._set_counts("open_case_count", "helpdesk.ticket", domain)

    def _set_counts(self, fname, model, domain):
        """Set a field of each contact to the number of records of it and of the contacts below it, as far as the user may see
        them.
        """
        self[fname] = 0
        for partner, count in self.env[model]._read_group(domain, ["partner_id"], ["__count"]):
            while partner:
                if partner in self:
                    partner[fname] += count
                partner = partner.parent_id

    def action_view_cases(self):
        """Open the cases of the contact and of those below it, the open ones first."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id("crm_firm.helpdesk_ticket_case_list_action")
        return action | {
            "domain": [("is_case", "=", True), ("partner_id", "child_of", self.ids)],
            "context": {"crm_firm_new_case": True, "default_partner_id": self.id, "search_default_open": 1},
        }

    def _get_consent_partner(self):
        return self
