from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_split, format_datetime

from ...tools import match_keys, rpc_input
from .firm_matcher import LIKELY

# What a request says and a contact has: field of the lead, of the contact, and whether the company holds it
COMPARED_FIELDS = (
    ("phone", "phone", False),
    ("email_from", "email", False),
    ("function", "function", False),
    ("partner_name", "name", True),
    ("vat", "vat", True),
    ("employee_count", "crm_firm_employee_count", True),
    ("accounting_software", "crm_firm_accounting_software", True),
    ("street", "street", True),
    ("street2", "street2", True),
    ("zip", "zip", True),
    ("city", "city", True),
    ("state_id", "state_id", True),
    ("country_id", "country_id", True),
)


class CrmLeadVerification(models.AbstractModel):
    """Before anybody calls: is the person known, what differs from what we have, what is open for them."""

    _name = "crm.lead.verification"
    _description = "Verification of a Lead"
    _inherit = ["firm.phone.holder"]

    # What the matcher reads, see `firm.matcher`
    _match_columns = {
        "vat": "vat_key",
        "email": "email_normalized",
        "phone": "phone_sanitized",
        "other_phones": "crm_firm_other_phones",
        "domain": "email_domain_criterion",
        "tokens": "name_tokens",
        "names": ("contact_name", "partner_name"),
    }

    name_tokens = fields.Char(compute="_compute_name_tokens", store=True, groups="base.group_system")
    vat_key = fields.Char(compute="_compute_vat_key", store=True, index="btree_not_null", groups="base.group_system")
    data_verified_on = fields.Datetime(readonly=True, copy=False, tracking=True)
    data_verified_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    verification_panel = fields.Html(compute="_compute_verification_panel", sanitize=False, readonly=True)

    @api.depends("contact_name", "partner_name")
    def _compute_name_tokens(self):
        for lead in self:
            lead.name_tokens = match_keys.get_name_tokens(lead.contact_name, lead.partner_name)

    @api.depends("vat", "country_id")
    def _compute_vat_key(self):
        for lead in self:
            lead.vat_key = match_keys.get_vat_key(lead.vat, lead.country_id.code)

    @api.depends_context("uid", "lang", "allowed_company_ids")
    @api.depends("contact_name", "partner_name", "email_from", "phone", "vat", "partner_id")
    def _compute_verification_panel(self):
        for lead in self:
            lead.verification_panel = lead._origin.id and lead._origin._render_verification_panel()

    # === MATCHES === #

    def find_matches(self):
        """Look for the person and the company of this request among contacts and other requests.

        :return: list of dicts, the best match first, see `firm.matcher.find_matches`
        :raise AccessError: the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        Matcher = self.env["firm.matcher"]
        found = Matcher._find(self._prepare_match_criteria(), self._get_firm_company(), self.country_id, skip_lead_ids=self.ids)
        if self.partner_id:
            found["res.partner", self.partner_id.id].add("linked")
        return Matcher._describe(found)

    @api.model
    def find_matches_for(self, criteria):
        """Look a person or company up while a request is being registered: see `firm.matcher.find_matches`."""
        return self.env["firm.matcher"].find_matches(criteria)

    def _prepare_match_criteria(self):
        return {
            "vat": self.vat,
            "email": self.email_from,
            "phone": self.phone,
            "name": self.contact_name,
            "company_name": self.partner_name,
        }

    @api.model
    def _get_match_field_names(self):
        return [
            "contact_name",
            "partner_name",
            "name_tokens",
            "vat_key",
            "email_normalized",
            "email_domain_criterion",
            "phone_sanitized",
            "crm_firm_other_phones",
        ]

    def _prepare_match_values(self):
        """Return what a match tells of a lead that the user may read, see `firm.matcher.find_matches`."""
        self.ensure_one()
        if self.won_status == "lost":
            state = "discarded"
        elif self.won_status == "won":
            state = "won"
        elif not self.active:
            state = "converted" if self.case_id else "archived"
        else:
            state = self.type
        labels = {
            "discarded": self.env._("discarded: %s", self.lost_reason_id.name or self.env._("no reason given")),
            "won": self.env._("won"),
            "converted": self.env._("became a case"),
            "archived": self.env._("archived"),
            "lead": self.env._("lead"),
            "opportunity": self.env._("opportunity"),
        }
        return {
            "display_name": self.display_name,
            "state": state,
            "state_text": labels[state],
            "is_company": False,
            "partner_id": self.partner_id.id,
        }

    def _get_match_user(self):
        return self.user_id or self.specialist_id or self.team_id.user_id

    def _get_match_generic_name(self):
        return self.env._("A request you cannot open")

    def _get_likely_contacts(self, matches=None, least=LIKELY):
        """Return the contacts that the request is probably about and the user may open, the best first.

        :param int least: score from which a match counts
        :return: `(persons, companies)`, both `res.partner`
        """
        self.ensure_one()
        Partner = self.env["res.partner"]
        matches = self.find_matches() if matches is None else matches
        likely = [match for match in matches if match["model"] == "res.partner" and match["id"] and match["score"] >= least]
        partners = Partner.browse([match["id"] for match in likely]).filtered(lambda partner: not self._is_somebody_else(partner))
        persons = partners.filtered(lambda partner: not partner.is_company)
        companies = partners.filtered("is_company") | persons.commercial_partner_id.filtered("is_company")
        return persons, companies

    def _is_somebody_else(self, partner):
        """Tell whether a contact with the same name or address cannot be who the request is from: it has another VAT number."""
        self.ensure_one()
        if partner == self.partner_id or not self.vat or (self.partner_name and not partner.is_company):
            return False  # with a company's name, the number is the company's and says nothing about its people
        country = self.country_id or self._get_firm_company().country_id
        ours = match_keys.get_vat_query_keys(self.vat, country.code)
        theirs = match_keys.get_vat_query_keys(partner.vat, partner.country_id.code or country.code)
        return bool(ours and theirs and not set(ours) & set(theirs))

    # === DIFFERENCES === #

    def get_differences(self, partner=None):
        """Compare what the request says with what a contact has. What the request does not say is no difference.

        :param partner: `res.partner` or its id; default: the lead's contact, else the likeliest match
        :return: list of dicts `field` (of the lead), `label`, `request` and `contact` (text), `partner_id` and
            `partner_name` of the record that holds it (the person or its company)
        :raise AccessError: the user may not read the lead or the contact
        """
        self.ensure_one()
        self.check_access("read")
        partner = self._get_compared_partner(partner)
        partner.check_access("read")
        labels = self.fields_get([fname for fname, *_rest in COMPARED_FIELDS], ["string"])
        differences = []
        for fname, holder, partner_field in self._iterate_compared(partner):
            if self._says_the_same(fname, holder, partner_field):
                continue
            differences.append(
                {
                    "field": fname,
                    "label": labels[fname]["string"],
                    "request": self._get_shown_value(self, fname),
                    "contact": self._get_shown_value(holder, partner_field),
                    "partner_id": holder.id,
                    "partner_name": holder.display_name,
                }
            )
        return differences

    def take_over_differences(self, partner=None, field_names=()):
        """Write what the request says to the contact, field by field, and record that the data have been verified.

        :param partner: `res.partner` or its id; default as in `get_differences`
        :param field_names: fields of the lead to take over; none: everything stays as the contact has it
        :return: True
        :raise UserError: no contact to compare with, or a field that is not compared
        :raise ValidationError: the VAT number is wrong (the format expected is named)
        :raise AccessError: the user may not write on the lead or the contact
        """
        self.ensure_one()
        self.check_access("write")
        partner = self._get_compared_partner(partner)
        if not partner:
            raise UserError(self.env._("There is no contact to compare this request with."))
        field_names = rpc_input.get_items(self.env, field_names, self.env._("The fields to take over"))
        compared = [fname for fname, *_rest in COMPARED_FIELDS]
        unknown = [str(fname) for fname in field_names if fname not in compared]
        if unknown:
            raise UserError(self.env._("Not compared with the contact: %s.", ", ".join(sorted(unknown))))
        partner.check_access("read")
        by_holder = {}
        for fname, holder, partner_field in self._iterate_compared(partner):
            if fname in field_names:
                by_holder.setdefault(holder, {})[partner_field] = self._get_value_for_contact(fname)
        labels = self.fields_get(list(field_names), ["string"]) if field_names else {}
        for holder, values in by_holder.items():
            before = {fname: self._get_shown_value(holder, fname) for fname in values}
            holder.write(values)
            changes = Markup().join(
                Markup("<li>%s: %s → %s</li>")
                % (labels[fname]["string"], before[partner_field] or "-", self._get_shown_value(holder, partner_field))
                for fname, of_holder, partner_field in self._iterate_compared(partner)
                if of_holder == holder and fname in field_names
            )
            holder._message_log(
                body=Markup("%s<ul>%s</ul>") % (self.env._("Updated from the request “%s”:", self.display_name), changes)
            )
        self._record_verification(partner, [labels[fname]["string"] for fname in labels])
        return True

    def _record_verification(self, partner, labels):
        values = {"data_verified_on": fields.Datetime.now(), "data_verified_by_id": self.env.uid}
        self._write_protected(values)
        # Who verified is told on the contact even where its data stay as they were.
        partner.sudo().write({f"crm_firm_{fname.removeprefix('data_')}": value for fname, value in values.items()})
        taken = ", ".join(labels) or self.env._("nothing to update")
        self._message_log(
            body=self.env._("Data verified with the contact %(contact)s: %(taken)s.", contact=partner.display_name, taken=taken)
        )

    def _get_compared_partner(self, partner=None):
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        if not partner:
            partner = self.partner_id
        if not partner:
            persons, companies = self._get_likely_contacts()
            partner = persons[:1] or companies[:1]
        return partner

    def _iterate_compared(self, partner):
        """Yield field of the lead, record that holds it and its field, for everything that the request says."""
        if not partner:
            return
        company = partner.commercial_partner_id
        for fname, partner_field, of_company in COMPARED_FIELDS:
            if not self[fname]:
                continue
            if partner_field == "name" and not company.is_company:
                continue  # a person without company has no company name
            yield fname, company if of_company else partner, partner_field

    def _says_the_same(self, fname, holder, partner_field):
        ours, theirs = self[fname], holder[partner_field]
        if fname == "email_from":
            return bool(set(match_keys.get_email_spellings(ours)) & set(match_keys.get_email_spellings(theirs)))
        if fname == "phone":
            return self._phone_format(fname="phone") == holder._phone_format(fname="phone") if theirs else False
        if fname == "vat":
            country = self.country_id or holder.country_id or self._get_firm_company().country_id
            return match_keys.get_vat_key(ours, country.code) == match_keys.get_vat_key(theirs, country.code)
        if fname == "partner_name":
            return match_keys.compare_spellings(ours, theirs) == "same"
        if isinstance(ours, str):
            return match_keys.fold(ours) == match_keys.fold(theirs or "")
        return ours == theirs

    def _get_value_for_contact(self, fname):
        value = self[fname]
        if fname == "email_from":
            return (email_split(value) or [value])[0]
        return value.id if isinstance(value, models.BaseModel) else value

    @api.model
    def _get_shown_value(self, record, fname):
        value = record[fname]
        if isinstance(value, models.BaseModel):
            return value.display_name or ""
        return str(value) if value else ""

    def action_verify(self):
        """Open the dialog that compares the request with a contact."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Verify the data"),
            "res_model": "crm.lead.verify",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    # === DISCARDED REQUESTS === #

    def _keep_discard_on_contact(self):
        """Write on the contact when and why its request was discarded."""
        discarded = self.filtered(lambda lead: lead.type == "lead" and lead.won_status == "lost" and lead.lost_reason_id)
        for lead, partner_sudo in discarded._get_contacts_by_key().items():
            partner_sudo.write(
                {"crm_firm_discard_reason_id": lead.lost_reason_id.id, "crm_firm_discarded_on": fields.Datetime.now()}
            )

    def _forget_discard_on_contact(self):
        for partner_sudo in self._get_contacts_by_key().values():
            partner_sudo.write({"crm_firm_discard_reason_id": False, "crm_firm_discarded_on": False})

    def _get_contacts_by_key(self):
        """Return for each lead the contact it is about beyond doubt: linked, else the only one with its e-mail address."""
        # The salesperson need not know the contact; nothing of it is returned to them.
        unlinked = self.filtered(lambda lead: not lead.partner_id and lead.email_normalized)
        by_email = (
            dict(
                self.env["res.partner"]
                .sudo()
                ._read_group(
                    [
                        (
                            "email_normalized",
                            "in",
                            [spelling for lead in unlinked for spelling in match_keys.get_email_spellings(lead.email_normalized)],
                        )
                    ],
                    ["email_normalized"],
                    ["id:recordset"],
                )
            )
            if unlinked
            else {}
        )
        contacts = {lead: lead.partner_id.sudo() for lead in self if lead.partner_id}
        for lead in unlinked:
            partners_sudo = self.env["res.partner"].sudo()
            for spelling in match_keys.get_email_spellings(lead.email_normalized):
                partners_sudo |= by_email.get(spelling, partners_sudo)
            if len(partners_sudo) == 1:
                contacts[lead] = partners_sudo
        return contacts

    # === PANEL === #

    def _render_verification_panel(self):
        self.ensure_one()
        matches = self.find_matches()
        persons, companies = self._get_likely_contacts(matches)
        client = self.partner_id or persons[:1] or companies[:1]
        client = client if client and client.has_access("read") else client.browse()
        return self.env["ir.qweb"]._render(
            "crm_firm.verification_panel",
            {
                "lead": self,
                "matches": matches,
                "client": client,
                "differences": self.get_differences(client) if client else [],
                "business": client.get_open_business() if client else {},
                "format_moment": lambda moment: format_datetime(self.env, moment, tz=self._get_zone_name(), dt_format="short"),
            },
            minimal_qcontext=True,  # a panel of the back end: nothing of the website's
        )
