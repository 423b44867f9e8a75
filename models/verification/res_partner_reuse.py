from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from ...tools import match_keys, rpc_input

# What the dicts of `convert_request` may hold; a script cannot write anything else through that door.
ACCOUNT_FIELDS = {
    "name": "name",
    "vat": "vat",
    "street": "street",
    "street2": "street2",
    "zip": "zip",
    "city": "city",
    "state_id": "state_id",
    "country_id": "country_id",
    "phone": "phone",
    "email": "email",
    "website": "website",
    "industry_id": "industry_id",
    "employee_count": "crm_firm_employee_count",
    "accounting_software": "crm_firm_accounting_software",
}
CONTACT_FIELDS = {"name": "name", "function": "function", "phone": "phone", "mobile": "phone", "email": "email", "vat": "vat"}


class Origin(NamedTuple):
    """What company and people come from: a lead that is converted, or what somebody says at the desk."""

    company: models.BaseModel  # `res.company` of the request
    country: models.BaseModel  # `res.country` of the person, may be empty
    new_values: dict  # of every contact that is made


class ResPartnerReuse(models.AbstractModel):
    """The company and the people that a lead is converted to: those who exist, else new ones, each once."""

    _name = "res.partner.reuse"
    _description = "Account and Contacts of a Conversion"

    @api.model
    def _take_account(self, account, origin):
        """Return the company: the one given, the one with that VAT number, or a new one.

        :param account: see `crm.lead.convert_request`
        :param origin: `Origin`; what the account does not say of itself comes from there
        :return: `(account, created)`, both `res.partner`
        """
        Partner = self.env["res.partner"]
        if not account:
            return Partner, Partner
        if not isinstance(account, dict):
            return self._get_existing(account).commercial_partner_id, Partner
        values = self._read_values(account, ACCOUNT_FIELDS, origin)
        existing = self._find_account_by_vat(values, origin.company)
        if existing:
            return existing, Partner
        created = Partner.create(origin.new_values | values | {"is_company": True})
        return created, created

    @api.model
    def _take_people(self, contacts, account, origin):
        """Return the people, the main one first: those given, those found by e-mail and name or VAT number, or new ones.

        :param contacts: see `crm.lead.convert_request`
        :param account: `res.partner`, the company they belong to; may be empty
        :param origin: `Origin`
        :return: `(people, created, joined)`, each `res.partner`: all, those who are new, those who were put into the account
        """
        people = created = joined = self.env["res.partner"]
        for contact in rpc_input.get_items(self.env, contacts, self.env._("The contacts of a conversion")):
            if isinstance(contact, dict):
                values = self._read_values(contact, CONTACT_FIELDS, origin)
                if contact.get("mobile"):
                    values["phone"] = contact["mobile"]
                person = self._find_person(values, account)
                if not person and values.get("vat"):
                    person = self._find_account_by_vat(values, origin.company)
                if not person:
                    person = person.create(origin.new_values | values | {"is_company": False, "parent_id": account.id})
                    created |= person
            else:
                person = self._get_existing(contact)
            if person == account:
                continue
            # Somebody with a VAT number of their own is an account; inside another they would lose it. Who has cases is moved by
            # case managers.
            is_alone = not person.parent_id and not person.is_company and not person.vat
            if account and is_alone and (person._opens_cases() or not person.sudo()._has_or_sees_cases()):
                person.parent_id = account
                joined |= person
            people |= person
        return people, created, joined

    @api.model
    def _get_existing(self, partner):
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        if not partner:
            raise UserError(self.env._("The selected contact no longer exists: choose again."))
        partner.check_access("read")
        return partner

    @api.model
    def _read_values(self, values, names, origin):
        """Return the values of a contact: `values` by the names that callers know, see `ACCOUNT_FIELDS`."""
        self.env["crm.lead"]._check_keys(values, names)
        values = {names[fname]: value for fname, value in values.items() if value}
        values["name"] = (values.get("name") or "").strip()
        if not values["name"]:
            raise UserError(self.env._("Enter a name for the new company or person."))
        if values.get("vat") and not values.get("country_id"):
            # The country decides by which rule the number is checked: its prefix, else where the firm is.
            prefix = match_keys.get_vat_key(values["vat"]) or ""
            Country = self.env["res.country"]
            country = Country.search([("code", "=", prefix[:2])], limit=1) if prefix[:2].isalpha() else Country
            values["country_id"] = (country or origin.country or origin.company.country_id).id
        return values

    @api.model
    def _find_account_by_vat(self, values, company):
        """Return the account that has the VAT number, with nobody able to make another one until the transaction ends.

        :raise UserError: it exists, but the user may not open it; more look-ups within a minute than anybody types
        """
        Partner = self.env["res.partner"]
        if not values.get("vat"):
            return Partner
        country = self.env["res.country"].browse(values.get("country_id"))
        keys = match_keys.get_vat_query_keys(values["vat"], country.code)
        if not keys:
            return Partner
        # The lock holds until the end of the transaction. Whoever held it before may have made the company after our
        # snapshot began: a second cursor sees that, and the transaction starts again with it.
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", "crm_firm.vat", keys[0]))
        Partner.flush_model(["crm_firm_vat_key", "commercial_partner_id", "company_id", "active"])
        query = SQL(
            """SELECT id FROM res_partner WHERE crm_firm_vat_key = ANY(%s) AND id = commercial_partner_id
                AND (company_id IS NULL OR company_id = %s) ORDER BY active DESC, is_company DESC, id LIMIT 1""",
            keys,
            company.id,
        )
        rows = self.env.execute_query(query)
        if not rows:
            with self.env.registry.cursor() as fresh_cr:
                fresh_cr.execute(query)
                if fresh_cr.fetchone():
                    raise ConcurrencyError("A company with this VAT number has just been created")
            return Partner
        existing = Partner.browse(rows[0][0])
        if not existing.has_access("read"):
            # Whom to ask is all that is told of it, and no faster than people type.
            self.env["firm.matcher.count"]._note_look_up()
            Matcher = self.env["firm.matcher"]
            user = Matcher._get_user_to_ask(existing.sudo(), company) or Matcher._get_manager(company)
            raise UserError(
                self.env._(
                    "A company with the VAT number %(vat)s exists, but you may not open it. Ask %(name)s.",
                    vat=values["vat"],
                    name=user.name or self.env._("a manager"),
                )
            )
        if not existing.active:
            existing.action_unarchive()
        return existing

    @api.model
    def _find_person(self, values, account):
        """Return the person with the same e-mail and name, in the account or in none: somebody sent two requests."""
        emails = match_keys.get_email_spellings(values.get("email"))
        if not emails:
            return self.env["res.partner"]
        candidates = self.env["res.partner"].search([("email_normalized", "in", emails), ("is_company", "=", False)], limit=20)
        return candidates.filtered(
            lambda person: (
                (not person.parent_id or not account or person.commercial_partner_id == account)
                and match_keys.compare_spellings(values["name"], person.name) in ("same", "similar")
            )
        )[:1]
