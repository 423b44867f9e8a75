from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..tools import rpc_input

MOST_TYPED = 200  # characters
SHORTEST = 2  # characters; with fewer everything is found
SHOWN = 5  # records of each kind


class FirmFinder(models.AbstractModel):
    """One box that finds people, requests, cases, documents and letters: the command palette asks it."""

    _name = "firm.finder"
    _description = "Search of People, Leads, Cases and Documents"

    @api.model
    def find(self, text):
        """Look for what the user may open, by name, phone, e-mail address, VAT number or number of the case or letter.

        :param str text: what is typed; shorter than two characters finds nothing
        :return: list of dicts, people first: `model`, `id`, `kind` (`person`, `company`, `request`, `case`, `document`,
            `letter`), `name` and `detail` (text, may be empty)
        :raise UserError: no text, too long, or more look-ups within a minute than anybody types
        :raise AccessError: the user is not of the firm
        """
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Only people of the firm search here."))
        text = rpc_input.get_text(self.env, text, self.env._("What to look for"), limit=MOST_TYPED)
        if len(text) < SHORTEST:
            return []
        return [*self._find_people(text), *self._find_cases(text), *self._find_documents(text), *self._find_letters(text)]

    def _find_people(self, text):
        """People, companies and requests: for those who take requests as the matcher finds them, mistyped or not."""
        if not self.env["crm.lead"].has_access("create"):
            return self._find_contacts(text)
        matches = [match for match in self.env["crm.lead"].find_callers(text) if match["id"]]
        found = [
            {
                "model": match["model"],
                "id": match["id"],
                "kind": "request" if match["model"] == "crm.lead" else "company" if match["is_company"] else "person",
                "name": match["display_name"],
                "detail": " · ".join(filter(None, (match["detail"], match["state_text"]))),
            }
            for match in matches
        ]
        known = [match["id"] for match in matches if match["model"] == "crm.lead"]
        return found + self._find_begun_requests(text, known)

    def _find_begun_requests(self, text, known_ids):
        """Requests by a part of their names; the matcher finds them by whole names and numbers."""
        domain = Domain("id", "not in", known_ids) & self._match_any(("contact_name", "partner_name", "name"), text)
        return [
            self._describe(lead, "request", lead.name, lead.phone, lead.email_from)
            | {"name": lead.contact_name or lead.partner_name or lead.name}
            for lead in self._search_allowed("crm.lead", domain)
        ]

    def _find_contacts(self, text):
        Partner = self.env["res.partner"]
        domain = self._match_any(("complete_name", "email", "vat"), text)
        if sum(character.isdigit() for character in text) >= Partner._phone_search_min_length:
            domain |= Domain("phone_mobile_search", "ilike", text)
        return [
            self._describe(partner, "company" if partner.is_company else "person", partner.function, partner.phone, partner.email)
            for partner in Partner.search(domain, limit=SHOWN)
        ]

    def _find_cases(self, text):
        domain = Domain("is_case", "=", True) & self._match_any(("number", "name", "partner_id.complete_name"), text)
        return [
            self._describe(case, "case", case.partner_id.display_name, case.stage_id.name)
            for case in self._search_allowed("helpdesk.ticket", domain)
        ]

    def _find_documents(self, text):
        states = dict(self.env["firm.document.request"]._fields["state"]._description_selection(self.env))
        return [
            self._describe(document, "document", document.ticket_id.display_name, states[document.state])
            for document in self._search_allowed("firm.document.request", self._match_any(("name", "ticket_id.number"), text))
        ]

    def _find_letters(self, text):
        states = dict(self.env["firm.engagement.letter"]._fields["state"]._description_selection(self.env))
        return [
            self._describe(letter, "letter", letter.partner_id.display_name, states[letter.state])
            for letter in self._search_allowed(
                "firm.engagement.letter", self._match_any(("name", "partner_id.complete_name"), text)
            )
        ]

    @api.model
    def _describe(self, record, kind, *details):
        return {
            "model": record._name,
            "id": record.id,
            "kind": kind,
            "name": record.display_name,
            "detail": " · ".join(filter(None, details)),
        }

    @api.model
    def _match_any(self, field_names, text):
        return Domain.OR(Domain(fname, "ilike", text) for fname in field_names)

    @api.model
    def _search_allowed(self, model, domain):
        """The latest of what the user may read; nothing for those who have no right to the model."""
        Model = self.env[model]
        return Model.search(domain, limit=SHOWN, order="id desc") if Model.has_access("read") else Model
