from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, LockError, UserError, ValidationError
from odoo.tools import SQL, format_datetime, is_html_empty

from ...tools import match_keys, rpc_input
from ..follow_up.crm_lead_first_contact import CALL, SEND_PROPOSAL
from .firm_matcher import CERTAIN

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
OPPORTUNITY_FIELDS = ("name", "practice_area_id", "specialist_id", "expected_revenue", "user_id", "team_id")
CASE_FIELDS = (
    "name",
    "description",
    "category_id",
    "team_id",
    "user_id",
    "priority",
    "specialist_id",
    "practice_area_id",
    "urgency_reason_id",
)

# What a conversion changes on the lead, by itself or because the contact's data come with the contact
KEPT_FIELDS = (
    *("type", "active", "partner_id", "stage_id", "user_id", "team_id", "date_conversion", "contact_status"),
    *("next_contact_on", "call_planned_from"),
    *("name", "practice_area_id", "specialist_id", "expected_revenue", "contact_name", "partner_name", "email_from", "phone"),
    *("function", "website", "lang_id", "street", "street2", "zip", "city", "state_id", "country_id", "probability", "case_id"),
)
# Tables that point to a contact without anybody having used it: mail plumbing, and our own record of the conversion
NO_USE = {
    "mail_followers",
    "mail_notification",
    "mail_message_res_partner_rel",
    "mail_message_res_partner_starred_rel",
    "mail_mail_res_partner_rel",
    "firm_lead_conversion",
    "firm_consent",
    "firm_case_deadline",
    "firm_case_deadline_change",
    "crm_lead2opportunity_partner",
    "crm_lead2opportunity_partner_contact",
    "crm_lead_verify",
}


class CrmLeadConversion(models.AbstractModel):
    """A lead becomes an account with its contacts and an opportunity, or a case; once, and with a way back."""

    _name = "crm.lead.conversion"
    _description = "Conversion of a Lead"

    conversion_ids = fields.One2many("firm.lead.conversion", "lead_id", string="Conversions")
    case_id = fields.Many2one("helpdesk.ticket", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    origin_case_id = fields.Many2one(
        "helpdesk.ticket", "Originating Case", copy=False, readonly=True, index="btree_not_null", ondelete="set null"
    )
    can_undo_conversion = fields.Boolean(compute="_compute_can_undo_conversion")

    @api.depends("conversion_ids.state", "conversion_ids.date", "won_status")
    def _compute_can_undo_conversion(self):
        for lead in self:
            conversion = lead.conversion_ids[:1]
            lead.can_undo_conversion = (
                conversion.state == "done" and lead.won_status == "pending" and not lead._is_too_late_to_undo(conversion)
            )

    # === CONVERT === #

    def convert_request(self, account=None, contacts=(), opportunity=None, case=None):
        """Turn the lead into an account with its contacts and an opportunity, or into a case of a client.

        All of it happens or nothing. A company with the VAT number of an account that exists is never made a second time:
        the one that exists is taken. Without account and contacts, what verification proposes is taken.

        :param account: the company: `res.partner`, its id, or a dict of `ACCOUNT_FIELDS` (`name` needed) for a new one;
            False: none
        :param contacts: the people, the main one first: each a `res.partner`, its id, or a dict of `CONTACT_FIELDS` (`name`
            needed; `mobile` goes before `phone`)
        :param dict opportunity: values of the opportunity, see `OPPORTUNITY_FIELDS`
        :param dict case: values of the case, see `CASE_FIELDS`; then no opportunity is made
        :return: dict of ids `lead`, `account`, `contacts` (list), `opportunity`, `case`, `conversion`; False for what there
            is not
        :raise UserError: converted already or by somebody else right now, discarded, a conflict of interest, nobody to convert
            to, a case for somebody who is not known yet, something the dicts may not hold
        :raise ValidationError: a wrong VAT number; the message names the format expected
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        with self.env.cr.savepoint():
            self._lock_for_conversion()
            self._check_convertible()
            if case is False:  # as RPC says that there is none
                case = None
            if opportunity and case is not None:
                raise UserError(self.env._("Either an opportunity or a case, not both."))
            self._check_keys(opportunity or {}, OPPORTUNITY_FIELDS)
            self._check_keys(case, CASE_FIELDS)
            if account is None and not contacts:
                account, contacts = self._get_conversion_proposal()
            last_id = self._get_last_partner_id()
            conversion_sudo = self._start_conversion("opportunity" if case is None else "case")
            account = self._resolve_account(account)
            people, joined = self._resolve_contacts(contacts, account)
            partner = people[:1] or account
            if not partner:
                raise UserError(self.env._("Specify a company, a person or both."))
            if case is None:
                self._open_fields(["type"]).convert_opportunity(partner)  # checked above
                self._write_converted(opportunity or {})
            else:
                if partner.id > last_id and (not account or account.id > last_id):
                    raise UserError(self.env._("Only requests from existing contacts can become cases. Make it an opportunity."))
                conversion_sudo.case_id = self._make_case(partner, case, conversion_sudo)
            self._finish_conversion(
                conversion_sudo,
                account=account,
                partner=partner,
                created=(people | account).filtered(lambda record: record.id > last_id),
                joined=joined,
            )
        return {
            "lead": self.id,
            "account": account.id,
            "contacts": people.ids,
            "opportunity": self.id if case is None else False,
            "case": conversion_sudo.case_id.id,
            "conversion": conversion_sudo.id,
        }

    def _lock_for_conversion(self):
        """Hold the leads until the transaction ends: of two people who convert at the same moment one is told."""
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._("Someone is converting or changing this lead right now. Reload it before you continue.")
            ) from None
        self.invalidate_recordset()

    def _check_convertible(self):
        for lead in self:
            if lead.case_id or lead.type == "opportunity":
                last = lead.conversion_ids.filtered(lambda conversion: conversion.state == "done")[:1]
                if not last:
                    raise UserError(self.env._("“%s” is already an opportunity.", lead.display_name))
                raise UserError(
                    self.env._(
                        "%(user)s already converted “%(lead)s” on %(moment)s.",
                        user=last.user_id.name,
                        lead=lead.display_name,
                        moment=format_datetime(self.env, last.date, tz=lead._get_zone_name(), dt_format="short"),
                    )
                )
            if not lead.active or lead.won_status == "lost":
                raise UserError(self.env._("“%s” is discarded. Restore it first, then convert it.", lead.display_name))
            lead._check_no_conflict()

    def _check_becomes_opportunity(self):
        """By whatever door a lead becomes an opportunity: Odoo's method, its dialogs, a script that writes the type.

        Our own methods, which have checked it, open the field `type`.

        :raise UserError: a conflict of interest stands in the way
        """
        if self._is_opened("type"):
            return
        for lead in self:
            if lead.type == "lead":
                lead._check_no_conflict()

    @api.model
    def _check_keys(self, values, allowed):
        unknown = set(rpc_input.get_mapping(self.env, values, self.env._("A conversion"))) - set(allowed)
        if unknown:
            raise UserError(self.env._("Not part of a conversion: %s.", ", ".join(sorted(map(str, unknown)))))

    @api.model
    def _get_last_partner_id(self):
        # Whatever its company: a number to tell what is new from what was there.
        return self.env["res.partner"].sudo().with_context(active_test=False).search([], order="id desc", limit=1).id

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

    # === ACCOUNT AND CONTACTS === #

    def _resolve_account(self, account):
        """Return the company as `res.partner`: the one given, the one with that VAT number, or a new one."""
        Partner = self.env["res.partner"]
        if not account:
            return Partner
        if not isinstance(account, dict):
            return self._get_existing_partner(account).commercial_partner_id
        self._check_keys(account, ACCOUNT_FIELDS)
        values = self._prepare_partner_values(account, ACCOUNT_FIELDS)
        existing = self._find_account_by_vat(values)
        if existing:
            return existing
        return Partner.create(self._prepare_new_partner_values() | values | {"is_company": True})

    def _resolve_contacts(self, contacts, account):
        """Return the people as `res.partner`, the main one first, and those who were put into the account."""
        people = joined = self.env["res.partner"]
        for contact in rpc_input.get_items(self.env, contacts, self.env._("The contacts of a conversion")):
            if isinstance(contact, dict):
                self._check_keys(contact, CONTACT_FIELDS)
                values = self._prepare_partner_values(contact, CONTACT_FIELDS)
                if contact.get("mobile"):
                    values["phone"] = contact["mobile"]
                person = self._find_contact(values, account)
                if not person and values.get("vat"):
                    person = self._find_account_by_vat(values)
                if not person:
                    person = person.create(
                        self._prepare_new_partner_values() | values | {"is_company": False, "parent_id": account.id}
                    )
            else:
                person = self._get_existing_partner(contact)
            if person == account:
                continue
            # Somebody with a VAT number of their own is an account; inside another they would lose it. Who has cases is moved by
            # case managers.
            is_alone = not person.parent_id and not person.is_company and not person.vat
            if account and is_alone and (person._opens_cases() or not person.sudo()._has_or_sees_cases()):
                person.parent_id = account
                joined |= person
            people |= person
        return people, joined

    @api.model
    def _get_existing_partner(self, partner):
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        if not partner:
            raise UserError(self.env._("The selected contact no longer exists: choose again."))
        partner.check_access("read")
        return partner

    def _prepare_partner_values(self, values, names):
        values = {names[fname]: value for fname, value in values.items() if value}
        values["name"] = (values.get("name") or "").strip()
        if not values["name"]:
            raise UserError(self.env._("Enter a name for the new company or person."))
        if values.get("vat") and not values.get("country_id"):
            # The country decides by which rule the number is checked: its prefix, else where the firm is.
            prefix = match_keys.get_vat_key(values["vat"]) or ""
            Country = self.env["res.country"]
            country = Country.search([("code", "=", prefix[:2])], limit=1) if prefix[:2].isalpha() else Country
            values["country_id"] = (country or self.country_id or self._get_firm_company().country_id).id
        return values

    def _prepare_new_partner_values(self):
        values = {"user_id": self.user_id.id, "type": "contact"}
        if self.lang_id.active:
            values["lang"] = self.lang_id.code
        return values

    def _find_account_by_vat(self, values):
        """Return the account that has the VAT number, with nobody able to make another one until the transaction ends.

        :raise UserError: it exists, but the user may not open it
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
            self._get_firm_company().id,
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
            # Whom to ask is all that is told of it.
            user = existing.sudo()._get_match_user() or self.env["firm.matcher"]._get_manager(self._get_firm_company())
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

    def _find_contact(self, values, account):
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

    # === STEPS === #

    def _start_conversion(self, target):
        """Record the lead as it stands. Returns the `firm.lead.conversion`, elevated: nobody writes it directly."""
        self.ensure_one()
        values = {}
        for fname in KEPT_FIELDS:
            value = self[fname]
            if isinstance(value, models.BaseModel):
                value = value.id
            elif fname in ("date_conversion", "next_contact_on", "call_planned_from"):
                value = value and fields.Datetime.to_string(value)
            values[fname] = value
        return (
            self.env["firm.lead.conversion"]
            .sudo()
            .create(
                {
                    "lead_id": self.id,
                    "target": target,
                    "user_id": self.env.uid,
                    "date": fields.Datetime.now(),
                    "lead_values": values,
                    # Now: once the lead is an opportunity its follow-up has ended, and nobody knows what was planned.
                    "stopped_activities": self._stop_planned_calls(),
                }
            )
        )

    def _finish_conversion(self, conversion_sudo, account, partner, created, joined):
        """Take along what belongs to the person, stop what was planned, and say on the record what happened."""
        said = conversion_sudo.lead_values
        # Entries of the ledger have no other door; the right to convert is checked.
        consents_sudo = self.sudo().consent_ids.filtered(lambda consent: consent.partner_id != partner)
        consents_sudo._move({"partner_id": partner.id})
        conversion_sudo.write(
            {
                "account_id": account.id,
                "partner_id": partner.id,
                "created_partner_ids": created.ids,
                "joined_partner_ids": joined.ids,
                "consent_ids": consents_sudo.ids,
            }
        )
        lines = [
            self.env._("Account: %s", account._get_html_link()) if account else None,
            self.env._("Contact: %s", partner._get_html_link()) if partner != account else None,
            self.env._("Case: %s", conversion_sudo.case_id._get_html_link()) if conversion_sudo.case_id else None,
        ]
        # The contact's data take the place of the request's: what the person had written stays readable.
        labels = self.fields_get(["contact_name", "partner_name", "email_from", "phone", "function"], ["string"])
        for fname, label in labels.items():
            if said[fname] and said[fname] != self[fname]:
                lines.append(self.env._("The request said: %(label)s %(value)s", label=label["string"], value=said[fname]))
        self._message_log(
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                self.env._("Converted."),
                Markup().join(Markup("<li>%s</li>") % escape(line) for line in lines if line),
            )
        )

    def _stop_planned_calls(self):
        """Cancel the calls that were planned; “Send proposal” stays. Returns what undoing needs to plan them again."""
        call_type = self.env.ref(CALL)
        # Whoever's task: the person has been spoken with.
        calls_sudo = self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == call_type)
        stopped = [
            {
                "activity_type_id": call.activity_type_id.id,
                "summary": call.summary,
                "note": call.note,
                "date_deadline": fields.Date.to_string(call.date_deadline),
                "user_id": call.user_id.id,
            }
            for call in calls_sudo
        ]
        calls_sudo.unlink()
        if self.next_contact_on:
            self._write_protected({"next_contact_on": False})
        return stopped

    def _write_converted(self, values):
        values = {fname: value.id if isinstance(value, models.BaseModel) else value for fname, value in values.items()}
        if values.get("user_id") and "team_id" not in values:
            team = self.env["crm.team"]._get_default_team_id(user_id=values["user_id"], domain=None)
            values |= {"team_id": team.id} if team else {}
        if values:
            self.write(values)

    def _make_case(self, partner, values, conversion_sudo):
        """Create the case, hand the lead's history and files over to it and take the lead out of the list."""
        # Salespeople convert into cases without a right to write cases: the client's request goes to who answers it.
        # The person was told already that the request arrived.
        Ticket = self.env["helpdesk.ticket"].sudo().with_context(crm_firm_no_state_mail=True)
        ticket_sudo = Ticket.create(self._prepare_case_values(partner) | values).with_context(crm_firm_no_state_mail=False)
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", self._name), ("res_id", "=", self.id), ("message_type", "!=", "user_notification")])
        )
        attachments_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)])
        )
        conversion_sudo.write(
            {
                "moved_messages": {str(message.id): message.subtype_id.id for message in messages_sudo},
                "moved_attachment_ids": attachments_sudo.ids,
            }
        )
        note = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        comment = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment")
        moved = {"model": ticket_sudo._name, "res_id": ticket_sudo.id}
        messages_sudo.filtered(lambda message: message.subtype_id.id == comment).write(moved)
        messages_sudo.filtered(lambda message: message.subtype_id.id != comment).write(moved | {"subtype_id": note})
        attachments_sudo.write({"res_model": ticket_sudo._name, "res_id": ticket_sudo.id})
        if self.channel_kind != "web" and not is_html_empty(self.description):
            ticket_sudo._message_log(body=self.description)
        # The owner may read the case because they follow it.
        ticket_sudo.message_subscribe(((self.user_id | self.env.user).partner_id - self.env.ref("base.partner_root")).ids)
        self.sudo().case_id = ticket_sudo  # its title may not be for the owner of the lead
        self.write({"partner_id": partner.id, "active": False})
        if not self.follow_up_stopped_by:
            self._stop_follow_up("converted")
        return ticket_sudo

    def _prepare_case_values(self, partner):
        """Return the values of the case made from this lead."""
        self.ensure_one()
        company = self._get_firm_company()
        return {
            # A rule of the firm, whoever converts.
            "team_id": self.env["helpdesk.ticket.team"].sudo()._get_default_case_team(company).id,
            "practice_area_id": self.practice_area_id.id,
            "specialist_id": self.specialist_id.id,
            "received_on": self.received_on,
            "name": self.name if self.channel_kind == "web" else self._get_neutral_subject(),
            # Only the person's own words are shown to them; what somebody of the firm noted becomes an internal note.
            "description": (self.description or escape(self.name)) if self.channel_kind == "web" else "",
            "partner_id": partner.id,
            "partner_name": self.contact_name or partner.name,
            "partner_email": self.email_from or partner.email,
            "channel_id": self.channel_id.id,
            "company_id": company.id,
            "fee_informed_on": self.fee_informed_on,
            "fee_informed_by_id": self.fee_informed_by_id.id,
            "fee_informed_amount": self.fee_informed_amount,
            "fee_currency_id": self.fee_currency_id.id,
        }

    # === UNDO === #

    def undo_conversion(self):
        """Bring the lead back as it was, and remove what its conversion created and nobody uses meanwhile.

        :return: dict `removed` (names) and `kept` (list of dicts `name`, `why`)
        :raise UserError: not converted, taken back already, won, or too late
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        with self.env.cr.savepoint():
            self._lock_for_conversion()
            conversion_sudo = self.sudo().conversion_ids[:1]  # its record of what was there, for who may write the lead
            if conversion_sudo.state != "done":
                raise UserError(self.env._("There is no conversion to undo."))
            if self.won_status == "won":
                raise UserError(self.env._("The opportunity is won: its conversion stays."))
            if self._is_too_late_to_undo(conversion_sudo):
                raise UserError(
                    self.env._(
                        "A conversion can be undone for %s days.",
                        self._get_firm_company().sudo().crm_firm_undo_days,
                    )
                )
            ticket_sudo = conversion_sudo.case_id
            self._take_history_back(conversion_sudo)
            self.env["firm.consent"].browse(conversion_sudo.consent_ids).sudo().exists()._move(
                {"partner_id": conversion_sudo.lead_values["partner_id"]}
            )
            values = dict(conversion_sudo.lead_values)
            if self.won_status == "lost":
                values["lost_reason_id"] = False
            self._write_protected(values)
            self._plan_again(conversion_sudo.stopped_activities or [])
            removed, kept = self._remove_created(conversion_sudo, ticket_sudo)
            conversion_sudo.write(
                {
                    "state": "undone",
                    "undone_on": fields.Datetime.now(),
                    "undone_by_id": self.env.uid,
                    "kept": "\n".join(f"{item['name']}: {item['why']}" for item in kept) or False,
                }
            )
            lines = [self.env._("Removed: %s", ", ".join(removed))] if removed else []
            lines += [self.env._("%(name)s was kept: %(why)s", **item) for item in kept]
            self._message_log(
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (self.env._("Conversion undone."), Markup().join(Markup("<li>%s</li>") % line for line in lines))
            )
        return {"removed": removed, "kept": kept}

    def _is_too_late_to_undo(self, conversion):
        days = self._get_firm_company().sudo().crm_firm_undo_days  # a setting, whoever asks
        return not conversion.date or conversion.date + timedelta(days=days) < fields.Datetime.now()

    def _take_history_back(self, conversion_sudo):
        back = {"model": self._name, "res_id": self.id}
        by_subtype = {}
        for message_id, subtype_id in (conversion_sudo.moved_messages or {}).items():
            by_subtype.setdefault(subtype_id, []).append(int(message_id))
        for subtype_id, ids in by_subtype.items():
            self.env["mail.message"].sudo().browse(ids).exists().write(back | {"subtype_id": subtype_id})
        attachments_sudo = self.env["ir.attachment"].sudo().browse(conversion_sudo.moved_attachment_ids or []).exists()
        attachments_sudo.write({"res_model": self._name, "res_id": self.id})

    def _plan_again(self, stopped):
        today = self._get_firm_company()._get_crm_firm_today()
        for values in stopped:
            user = self.env["res.users"].browse(values["user_id"]).exists()
            day = max(fields.Date.to_date(values["date_deadline"]), today)
            user = user._filter_able_to_work_on("crm.lead", self.company_id) or self._get_task_owner()
            self._schedule_call(user or self.env.user, day, values["summary"])
        if self.contact_status == "ready" and not self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(SEND_PROPOSAL)
        ):
            self._schedule_proposal()

    def _remove_created(self, conversion_sudo, ticket_sudo):
        """Remove what the conversion made and nothing else uses; return names removed, and what stays with the reason."""
        self.env.flush_all()
        removed, kept = [], []
        if ticket_sudo.exists():
            why = self._get_use_of_case(ticket_sudo, conversion_sudo)
            if why:
                kept.append({"name": ticket_sudo.display_name, "why": why})
            else:
                removed.append(ticket_sudo.display_name)
                ticket_sudo.unlink()
        # Salespeople may not delete contacts: these were made by the conversion, and are looked at one by one.
        partners_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.created_partner_ids or []).exists()
        joined_sudo = self.env["res.partner"].sudo().browse(conversion_sudo.joined_partner_ids or []).exists()
        joined_sudo.filtered(lambda person: person.parent_id == conversion_sudo.account_id).write({"parent_id": False})
        self.env.flush_all()
        # People before their company: who stays keeps the company too.
        for partner_sudo in partners_sudo.sorted(lambda partner: (partner.is_company, partner.id)):
            why = self._get_use_of_partner(partner_sudo, conversion_sudo)
            if why:
                kept.append({"name": partner_sudo.display_name, "why": why})
            else:
                removed.append(partner_sudo.display_name)
                partner_sudo.unlink()
        return removed, kept

    def _get_use_of_case(self, ticket_sudo, conversion_sudo):
        """Say who uses a case that the conversion made, or return False."""
        moved = {int(message_id) for message_id in conversion_sudo.moved_messages or {}}
        talk = (
            self.env["mail.message"]
            .sudo()
            .search_count(
                [
                    ("model", "=", ticket_sudo._name),
                    ("res_id", "=", ticket_sudo.id),
                    ("id", "not in", list(moved)),
                    ("message_type", "in", ("comment", "email", "email_outgoing")),
                ]
            )
        )
        if talk:
            return self.env._("there are messages on it")
        return self._get_use(ticket_sudo, conversion_sudo, {"crm_lead": self.ids})

    def _get_use_of_partner(self, partner_sudo, conversion_sudo):
        """Say who uses a contact that the conversion made, or return False."""
        talk = (
            self.env["mail.message"]
            .sudo()
            .search_count(
                [
                    ("model", "=", "res.partner"),
                    ("res_id", "=", partner_sudo.id),
                    ("message_type", "in", ("comment", "email", "email_outgoing")),
                ]
            )
        )
        if talk:
            return self.env._("there are messages on it")
        return self._get_use(partner_sudo, conversion_sudo, {"crm_lead": self.ids, "res_partner": partner_sudo.ids})

    def _get_use(self, record_sudo, conversion_sudo, own_rows):
        """Say what points to a record besides the conversion itself, or return False."""
        if record_sudo.write_date > conversion_sudo.date and record_sudo.write_uid not in (
            conversion_sudo.user_id | self.env.user | self.env.ref("base.user_root")
        ):
            return self.env._("%s has changed it in the meantime", record_sudo.write_uid.name)
        for model in ("ir.attachment", "mail.activity"):
            if (
                self.env[model]
                .sudo()
                .search_count([("res_model", "=", record_sudo._name), ("res_id", "=", record_sudo.id)], limit=1)
            ):
                return self.env._("it is used by: %s", self.env["ir.model"]._get(model).sudo().name)
        models_by_table = {Model._table: name for name, Model in self.env.registry.items() if not Model._abstract}
        relations = self.env["base.partner.merge.automatic.wizard"].sudo()._get_fk_on(record_sudo._table)
        parts = []
        for table, column in relations:
            model = models_by_table.get(table)
            if table in NO_USE or (model and self.env[model]._transient):
                continue
            own_ids = own_rows.get(table, [])
            has_id = model is not None
            parts.append(
                SQL(
                    "SELECT %s WHERE EXISTS (SELECT 1 FROM %s WHERE %s = %s %s)",
                    table,
                    SQL.identifier(table),
                    SQL.identifier(column),
                    record_sudo.id,
                    SQL("AND id != ALL(%s)", own_ids) if has_id and own_ids else SQL(),
                )
            )
            if table == "mail_message" and column == "author_id":
                # What the person wrote on the request itself is no use of the contact by somebody else.
                parts[-1] = SQL(
                    """SELECT %s WHERE EXISTS (SELECT 1 FROM mail_message WHERE author_id = %s
                        AND NOT (model = 'crm.lead' AND res_id = %s))""",
                    table,
                    record_sudo.id,
                    self.id,
                )
        tables = [table for (table,) in self.env.execute_query(SQL(" UNION ALL ").join(parts))] if parts else []
        if not tables:
            return False
        names = {
            self.env["ir.model"]._get(models_by_table[table]).sudo().name
            if table in models_by_table
            else self.env._("other records")
            for table in tables
        }
        return self.env._("it is used by: %s", ", ".join(sorted(names)))

    def action_undo_conversion(self):
        """Button: take the conversion back and say what stays."""
        result = self.undo_conversion()
        message = self.env._("The conversion has been undone.")
        if result["kept"]:
            kept = ", ".join(f"{item['name']} ({item['why']})" for item in result["kept"])
            message = self.env._("The conversion has been undone. Kept: %s", kept)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if result["kept"] else "success",
                "sticky": bool(result["kept"]),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_view_case(self):
        self.ensure_one()
        return self.case_id._get_records_action()

    # === MANY AT ONCE === #

    def convert_clear_requests(self, opportunity=None):
        """Convert the leads whose person is clear: nobody like them known, or one contact beyond doubt.

        :param dict opportunity: values for each, see `OPPORTUNITY_FIELDS`
        :return: `(converted, left)`: leads, and a dict of the leads left to the reason why
        """
        converted, left = self.browse(), {}
        for lead in self:
            # One after the other: the second request of a person finds the contact made for the first.
            why = lead._get_unclear_reason()
            if not why:
                try:
                    with self.env.cr.savepoint():
                        lead.convert_request(opportunity=opportunity)
                    converted |= lead
                    continue
                except (UserError, ValidationError) as error:
                    why = str(error).strip()
            left[lead] = why
            lead._message_log(body=self.env._("Excluded from a mass conversion: %s", why))
        return converted, left

    def _get_unclear_reason(self):
        """Say why a person has to look before this lead is converted, or return False."""
        self.ensure_one()
        if not (self.contact_name or self.partner_name or self.partner_id):
            return self.env._("it has no name")
        if self.partner_id:
            return False
        hints = [match for match in self.find_matches() if match["model"] == "res.partner" and match["score"] >= 40]
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
