from odoo import models

from .firm_match_score import CERTAIN, POSSIBLE
from .res_partner_reuse import Origin

# What a request says, by the names of `crm.lead`
OF_COMPANY = (
    *("employee_count", "accounting_software", "website"),
    *("street", "street2", "zip", "city", "state_id", "country_id"),
)
OF_BOTH = ("vat", "phone", "email_from")


def describe_account(said):
    """Return the company as a request describes it, for `convert_request`.

    :param dict said: what the request says, by the names of `crm.lead`
    """
    values = {"name": said.get("partner_name"), "vat": said.get("vat")} | {fname: said.get(fname) for fname in OF_COMPANY}
    if not said.get("contact_name"):  # what the person gave is the company's only when there is no person
        values |= {"phone": said.get("phone"), "email": said.get("email_from")}
    return {fname: value for fname, value in values.items() if value}


def describe_person(said):
    """Return the person as a request describes it, for `convert_request`; `said` as above."""
    names = (said.get(fname) for fname in ("contact_name", "partner_name", "email_from", "phone", "name"))
    values = {"name": next(filter(None, names), False), "email": said.get("email_from")}
    values |= {fname: said.get(fname) for fname in ("function", "phone")}
    if not said.get("partner_name"):
        values["vat"] = said.get("vat")
    return {fname: value for fname, value in values.items() if value}


class CrmLeadConversionPrefill(models.AbstractModel):
    """To whom a lead is converted when nobody says otherwise, and when a person has to look."""

    _name = "crm.lead.conversion.prefill"
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
        return describe_account(self._get_said())

    def _prepare_contact_values(self):
        """Return the person as the request describes it, for `convert_request`."""
        return describe_person(self._get_said())

    def _get_said(self):
        said = {fname: self[fname] for fname in (*OF_COMPANY, *OF_BOTH, "partner_name", "contact_name", "function", "name")}
        return {fname: value.id if isinstance(value, models.BaseModel) else value for fname, value in said.items()}

    def _get_origin(self):
        """Return what company and people of this lead come from, see `res.partner._take_account`."""
        values = {"user_id": self.user_id.id, "type": "contact"}
        if self.lang_id.active:
            values["lang"] = self.lang_id.code
        return Origin(self._get_firm_company(), self.country_id, values)

    def _get_unclear_reason(self):
        """Say why a person has to look before this lead is converted, or return False."""
        self.ensure_one()
        if not (self.contact_name or self.partner_name or self.partner_id):
            return self.env._("it has no name")
        if self.partner_id:
            return False
        hints = [match for match in self._find_own_matches() if match["model"] == "res.partner" and match["score"] >= POSSIBLE]
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
