from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import match_keys
from ...tools.answer_text import as_paragraphs
from .firm_match_score import LIKELY


class CrmLeadVerification(models.AbstractModel):
    """Before anybody calls: is the person known, what differs from what we have, what is open for them."""

    _name = "crm.lead.verification"
    _description = "Verification of a Lead"
    _inherit = ["firm.phone.holder", "firm.match.keys"]

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

    name_tokens = fields.Char(compute="_compute_match_tokens", store=True, groups="base.group_system")
    vat_key = fields.Char(compute="_compute_match_vat", store=True, index="btree_not_null", groups="base.group_system")
    verification_panel = fields.Html(compute="_compute_verification_panel", sanitize=False, readonly=True)

    @api.depends_context("uid", "lang", "allowed_company_ids")
    @api.depends("contact_name", "partner_name", "email_from", "phone", "vat", "partner_id")
    def _compute_verification_panel(self):
        for lead in self:
            lead.verification_panel = lead._origin.id and lead._origin._render_verification_panel()

    # === MATCHES === #

    def find_matches(self):
        """Look for the person and the company of this request among contacts and other requests.

        :return: list of dicts, the best match first, see `firm.matcher.find_matches`
        :raise UserError: more look-ups within a minute than anybody types
        :raise AccessError: the user may not read the lead
        """
        self.ensure_one()
        self.check_access("read")
        self.env["firm.matcher.count"]._note_look_up()
        return self._find_own_matches()

    def _find_own_matches(self):
        """Do what `find_matches` does for what tells nothing but of records that the user may open."""
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

    def _get_match_users(self):
        return self.user_id | self.specialist_id | self.team_id.user_id

    def _get_match_generic_name(self):
        return self.env._("A request you cannot open")

    def _get_likely_contacts(self, matches=None, least=LIKELY):
        """Return the contacts that the request is probably about and the user may open, the best first.

        :param int least: score from which a match counts
        :return: `(persons, companies)`, both `res.partner`
        """
        self.ensure_one()
        Partner = self.env["res.partner"]
        matches = self._find_own_matches() if matches is None else matches
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

    def _get_contacts_by_key(self):
        """Return for each lead the contact it is about beyond doubt: linked, else the only one with its e-mail address."""
        unlinked = self.filtered(lambda lead: not lead.partner_id and lead.email_normalized)
        # The salesperson need not know the contact; nothing of it is returned to them.
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
        self.check_access("read")
        try:
            self.env["firm.matcher.count"]._note_look_up()
        except UserError as error:
            return as_paragraphs(str(error))  # and everything else of the lead is read
        matches = self._find_own_matches()
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
                "business": client._get_open_business(besides=self) if client else {},
                "format_moment": lambda moment: format_datetime(self.env, moment, tz=self._get_zone_name(), dt_format="short"),
            },
            minimal_qcontext=True,  # a panel of the back end: nothing of the website's
        )
