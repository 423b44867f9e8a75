"""What hangs on a lead or a case is seen by whoever sees the lead or the case."""

from odoo import api, models
from odoo.fields import Domain

from .crm_lead_access import GUARDED

ALL_LEADS = "sales_team.group_sale_salesman_all_leads"
SEES_ALL = (ALL_LEADS, "crm_firm.crm_firm_group_case_manager")

# Model -> method of `ir.rule` that returns, for a mode, the domain of its records whose lead is open to the user
SEEN_AS_LEAD = {
    "calendar.attendee": "_get_attendee_domain",
    "calendar.event": "_get_meeting_domain",
    "crm.activity.report": "_get_as_lead_domain",
    "firm.case.deadline": "_get_as_case_domain",
    "firm.case.deadline.change": "_get_as_case_domain",
    "firm.consent": "_get_consent_domain",
    "firm.contact.attempt": "_get_as_lead_domain",
    "firm.day.item": "_get_day_item_domain",
    "firm.engagement.letter": "_get_letter_domain",
    "firm.engagement.event": "_get_as_letter_domain",
    "firm.engagement.identification": "_get_as_letter_domain",
    "firm.engagement.scope": "_get_as_letter_domain",
    "firm.engagement.signer": "_get_as_letter_domain",
    "firm.engagement.version": "_get_as_letter_domain",
    "firm.follow.up.step": "_get_as_lead_domain",
    "firm.interview": "_get_interview_domain",
    "firm.lead.conversion": "_get_as_lead_domain",
    "firm.opposing.party": "_get_as_lead_domain",
    "firm.party.verdict": "_get_as_lead_domain",
    "sale.order": "_get_order_domain",
    "sale.order.line": "_get_order_line_domain",
}


class IrRule(models.Model):
    _name = "ir.rule"
    # Narrowed first for clients, then as what hangs on leads: both narrow, the order does not matter.
    _inherit = ["ir.rule.portal", "ir.rule"]

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        """Narrow the records that hang on a lead or a case to those the user may read.

        A rule of ours cannot say so: Odoo evaluates domains of rules as superuser, for whom `any` lead will do.
        The rules of leads stay in one place, and what is decided there holds here.
        """
        domain = super()._compute_domain(model_name, mode)
        if self.env.su:
            return domain
        if self.env[model_name].is_transient():
            return domain & self._get_own_dialog_domain()
        if model_name not in SEEN_AS_LEAD:
            return domain
        return domain & getattr(self, SEEN_AS_LEAD[model_name])(mode)

    def _get_own_dialog_domain(self):
        # Odoo promises it of every dialog (`TransientModel`), and asks nobody: a colleague's note, or a number of an identity
        # card, could be read there, and made another one before it is confirmed.
        return Domain("create_uid", "=", self.env.uid)

    def _get_lead_domain(self, path):
        return Domain(path, "any", self._compute_domain("crm.lead", "read"))

    def _get_as_lead_domain(self, mode):
        return self._get_lead_domain("lead_id")

    def _get_interview_domain(self, mode):
        domain = self._get_as_lead_domain(mode)
        if mode == "read" or self.env.user.has_group(ALL_LEADS):
            return domain
        # Whoever was not there, and does not lead those who were, says nothing in their name.
        own = Domain("user_id", "=", self.env.uid) | Domain("lead_id.team_id.user_id", "=", self.env.uid)
        return domain & own

    def _get_letter_domain(self, mode):
        return self._get_contract_domain("lead_id")

    def _get_as_letter_domain(self, mode):
        return self._get_contract_domain("letter_id.lead_id")

    def _get_contract_domain(self, path):
        # A contract outlives its opportunity; then it is for those who see every lead of the company.
        return Domain.TRUE if self.env.user.has_group(ALL_LEADS) else self._get_lead_domain(path)

    def _get_as_case_domain(self, mode):
        return Domain("ticket_id", "any", self._compute_domain("helpdesk.ticket", "read"))

    def _get_consent_domain(self, mode):
        # An entry outlives its lead; then, as those of contacts, it is for those who see every lead of the company.
        if self.env.user.has_group(ALL_LEADS):
            return Domain.TRUE
        return self._get_lead_domain("lead_id") | self._get_as_case_domain(mode)

    def _get_meeting_domain(self, mode):
        # Employees read each other's meetings to know who is free; `calendar.event` hides their content.
        return Domain.TRUE if mode in ("read", "create") else self._get_open_meeting_domain("")

    def _get_day_item_domain(self, mode):
        # Of a colleague's day, what is done on leads and cases; what else they do is theirs.
        of_all = Domain("res_model", "in", GUARDED) if any(map(self.env.user.has_group, SEES_ALL)) else Domain.FALSE
        own = Domain("user_id", "=", self.env.uid)
        return (own | of_all) & self.env["crm.lead"]._get_open_reference_domain()

    def _get_attendee_domain(self, mode):
        return self._get_open_meeting_domain("event_id.") | Domain("partner_id", "=", self.env.user.partner_id.id)

    def _get_open_meeting_domain(self, path):
        return (
            Domain(path + "lead_of_meeting_id", "=", False)
            | Domain(path + "user_id", "=", self.env.uid)
            | Domain(path + "partner_ids", "in", self.env.user.partner_id.ids)
            | self._get_lead_domain(path + "lead_of_meeting_id")
        )

    def _get_order_domain(self, mode):
        return self._get_own_order_domain(mode, "user_id", "opportunity_id")

    def _get_order_line_domain(self, mode):
        return self._get_own_order_domain(mode, "salesman_id", "order_id.opportunity_id")

    def _get_own_order_domain(self, mode, salesperson, lead):
        user = self.env.user
        is_salesperson = user.has_group("sales_team.group_sale_salesman") and not user.has_group(ALL_LEADS)
        if mode == "create" or not is_salesperson:  # customers, accountants and managers: as Odoo has it
            return Domain.TRUE
        return Domain(salesperson, "=", user.id) | self._get_lead_domain(lead)
