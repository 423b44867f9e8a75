from odoo import models

from .firm_match_score import CERTAIN, POSSIBLE


class CrmLeadConversionProposal(models.AbstractModel):
    """To whom a lead is converted when nobody says otherwise, and when a person has to look."""

    _name = "crm.lead.conversion.proposal"
    _description = "Proposal for the Conversion of a Lead"

    def _get_conversion_proposal(self, matches=None):
        """Return what to convert to when nobody says otherwise: who it is beyond doubt, else the data of the request.

        A likeness is not identity: who only has the name is shown among the matches, for a person to choose.

        :return: `(account, contacts)` as `convert_request` takes them
        """
        self.ensure_one()
        persons, companies = self._get_likely_contacts(matches, least=CERTAIN)
        if self.partner_id:
            persons, companies = (
                (self.partner_id.browse(), self.partner_id) if self.partner_id.is_company else (self.partner_id, companies)
            )
        person = persons[:1]
        company = person.commercial_partner_id if person.parent_id else companies[:1]
        company = company.filtered("is_company")
        if company:
            account = company.id
        elif self.partner_name:
            account = self._prepare_account_values()
        else:
            account = False
        if person:
            contacts = [person.id]
        elif self.contact_name or not account:
            contacts = [self._prepare_contact_values()]
        else:
            contacts = []
        return account, contacts

    def _prepare_account_values(self):
        """Return the company as the request describes it, for `convert_request`."""
        values = {
            "name": self.partner_name,
            "vat": self.vat,
            "employee_count": self.employee_count,
            "accounting_software": self.accounting_software,
            "website": self.website,
            # What the person gave is the company's only when there is no person
            "phone": self.phone if not self.contact_name else False,
            "email": self.email_from if not self.contact_name else False,
        }
        values |= {fname: self[fname] for fname in ("street", "street2", "zip", "city")}
        values |= {fname: self[fname].id for fname in ("state_id", "country_id")}
        return {fname: value for fname, value in values.items() if value}

    def _prepare_contact_values(self):
        """Return the person as the request describes it, for `convert_request`."""
        values = {
            "name": self.contact_name or self.partner_name or self.email_from or self.phone or self.name,
            "function": self.function,
            "phone": self.phone,
            "email": self.email_from,
            "vat": self.vat if not self.partner_name else False,
        }
        return {fname: value for fname, value in values.items() if value}

    def _prepare_new_partner_values(self):
        """Return what every contact made for this request has."""
        values = {"user_id": self.user_id.id, "type": "contact"}
        if self.lang_id.active:
            values["lang"] = self.lang_id.code
        return values

    def _get_unclear_reason(self):
        """Say why a person has to look before this lead is converted, or return False."""
        self.ensure_one()
        if not (self.contact_name or self.partner_name or self.partner_id):
            return self.env._("it has no name")
        if self.partner_id:
            return False
        hints = [match for match in self.find_matches() if match["model"] == "res.partner" and match["score"] >= POSSIBLE]
        if not hints:
            return False
        if any(match["id"] is None for match in hints):
            return self.env._("it matches a contact you cannot open")
        partners = self.env["res.partner"].browse([match["id"] for match in hints])
        certain = partners.browse([match["id"] for match in hints if match["score"] >= CERTAIN])
        certain = certain.filtered(lambda partner: not self._is_somebody_else(partner))
        if not certain or len(partners.commercial_partner_id) > 1:
            return self.env._("it may be %s", " / ".join(partners[:3].mapped("display_name")))
        persons = certain.filtered(lambda partner: not partner.is_company)
        if len(persons) > 1:
            return self.env._("it may be %s", " / ".join(persons[:3].mapped("display_name")))
        return False
