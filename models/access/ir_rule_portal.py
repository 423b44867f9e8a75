"""Clients see their own cases, delegates those of their company; documents are seen by whoever sees the case."""

from odoo import api, models
from odoo.fields import Domain

OF_CASE = {
    "firm.document.request": "ticket_id",
    "firm.document.version": "request_id.ticket_id",
    "firm.document.event": "request_id.ticket_id",
}


class IrRulePortal(models.AbstractModel):
    _name = "ir.rule.portal"
    _description = "Rules of cases for clients"

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        """Narrow cases for clients, and what hangs on cases for everybody.

        Domains of rules are cached, and a contact who becomes a delegate, or stops being one, would have to wait; what
        is added here is not. A rule could not say either that a document is seen as its case (see `ir_rule.py`).
        """
        domain = super()._compute_domain(model_name, mode)
        if self.env.su:
            return domain
        if model_name == "helpdesk.ticket" and self.env.user.share:
            return domain & self._get_client_case_domain()
        if model_name in OF_CASE:
            if not self.env["helpdesk.ticket"].has_access("read" if mode == "read" else "write"):
                return Domain.FALSE
            return domain & Domain(OF_CASE[model_name], "any", self._compute_domain("helpdesk.ticket", mode))
        return domain

    def _get_client_case_domain(self):
        """Return the cases of the client who asks. Following a case, as by a copy of an e-mail, gives no access to it."""
        partner = self.env.user.partner_id
        if partner._sees_cases_of_company():
            people = Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        else:
            people = Domain("partner_id", "=", partner.id)
        return Domain("active", "=", True) & people
