import psycopg2
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError

from ...tools import rpc_input
from ...tools.answer_text import as_html
from ..verification.crm_lead_conversion_prefill import describe_account, describe_person
from ..verification.res_partner_reuse import Origin
from .crm_lead_register_input import TEXTS

# What a request becomes
RESULTS = ("lead", "opportunity", "case")


class CrmLeadRegister(models.AbstractModel):
    """A request by phone or in person, registered by whoever picks up: noted down and handed over in one go."""

    _name = "crm.lead.register"
    _description = "Registration of a Request"

    @api.model
    def register_request(self, values):
        """Register a request that came by phone or in person: all of it, or nothing.

        Somebody we know gets an opportunity or a case, anybody else a lead, with contact and account at choice. What becomes
        somebody else's is out of the registrar's sight afterwards.

        :param dict values:
            `result`: `lead`, `opportunity` or `case`; default: what the area says for somebody known, else a lead;
            `partner_id`: the contact it is, when we know them;
            `contact_name`, `partner_name`, `phone`, `email_from`, `vat`, `function`: texts;
            `description`: the reason in the registrar's words, plain text, never shown to the client: on a case it is an
            internal note; `name` and `client_text`: subject and text of a case as the client reads them, default neutral;
            `channel_id` (needed; by web it is always a lead), `practice_area_id` (default: to be classified), `user_id` and
            `specialist_id` (default: as for any request, by the rules), `category_id`, `urgency_reason_id` (of a case): ids;
            `consents`: dict purpose -> `granted` or `withdrawn`; `handling` has to be granted, now or on record already;
            `wording_versions`: dict purpose -> version that was read aloud; when it has changed since, nothing is registered;
            `lang`: code of the language spoken, default the contact's or the firm's;
            `create_account`, `create_contact`: make company and person of a lead right now;
            `fee_informed`: the consultation fee of the area was told;
            `idempotency_key`: 16 to 64 letters, digits, `-` or `_`; registering twice with one key makes one request
        :return: dict `lead`, `case`, `partner` (ids, or False), `result`, `name`, `message` (text: who calls by when),
            `notes` (list of texts: what else to tell), `can_open` (list model, id; or False) and `repeated`;
            `name` is False for what the registrar may not open
        :raise UserError: something is missing, wrong or refused, also a VAT number that is none when an account is made; the
            text says what to do, for all of it
        :raise AccessError: the user may not register requests
        """
        self.check_access("create")
        values = self._read_registration(values)
        known = self._find_registered(values["idempotency_key"])
        if known:
            return known
        try:
            with self.env.cr.savepoint():
                return self._register_at_once(values)
        except psycopg2.errors.UniqueViolation as error:
            if error.diag.constraint_name != "crm_lead_idempotency_key_uniq":
                raise
            # The other click was committed after this transaction began: a new one sees it and answers the same.
            raise ConcurrencyError("A request with this key has just been registered") from error

    def _register_at_once(self, values):
        was_known = bool(values["partner_id"])
        partner, created = self._make_people(values)
        # What was made a moment ago by who may make it: the rest of its registration is done although it is somebody else's.
        lead_sudo = self._create_registered(values, partner).sudo()
        created.sudo().user_id = lead_sudo.user_id  # made for the request: whose it is, whoever picks up
        for purpose, answer in values["consents"].items():
            lead_sudo.record_consent(
                purpose,
                answer,
                wording=values["wordings"].get(purpose),
                evidence={"note": self.env._("Read aloud; the person answered. Channel: %s", values["channel_id"].name)},
            )
        if values["fee_informed"]:
            lead_sudo._record_fee_informed()
        if was_known and values["result"] != "lead":
            lead_sudo._check_conflict_at_desk()
        if values["result"] == "opportunity":
            lead_sudo._set_first_contact_deadline()
            lead_sudo._ensure_call_planned()
        elif values["result"] == "case":
            lead_sudo._hand_over_to_case(partner, values)
        return lead_sudo._describe_registered()

    @api.model
    def _read_registered_result(self, result, read):
        partner, area, channel = read["partner_id"], read["practice_area_id"], read["channel_id"]
        if not channel:
            raise UserError(self.env._("Choose the channel: by phone or in person."))
        if result and not rpc_input.is_choice(result, RESULTS):
            raise UserError(self.env._("A request becomes a lead, an opportunity or a case."))
        result = result or self._get_registered_default(partner, area, channel)
        if result != "lead" and not partner:
            raise UserError(
                self.env._(
                    "An opportunity or a case needs an existing contact: choose the person from the matches or register a lead."
                )
            )
        if result != "lead" and channel.kind == "web":
            raise UserError(self.env._("Web requests are always leads: choose that, or another channel."))
        if read["category_id"] and result != "case":
            raise UserError(self.env._("Only a case has a category: leave it empty."))
        if read["urgency_reason_id"] and result != "case":
            raise UserError(self.env._("Only a case is urgent: leave the reason empty."))
        return result

    @api.model
    def _get_registered_default(self, partner, area, channel):
        """Return what a request becomes when nobody says otherwise."""
        if not partner or channel.kind == "web":
            return "lead"
        return (area or self.env["firm.practice.area"]._get_unclassified()).client_request or "opportunity"

    @api.model
    def _find_registered(self, key):
        """Return what `register_request` answered for this key, None when there is nothing yet.

        :raise UserError: somebody else's key
        """
        if not key:
            return None
        # Handed over meanwhile: the registrar gets the same answer again, nothing more.
        lead_sudo = self.sudo().with_context(active_test=False).search([("idempotency_key", "=", key)], limit=1)
        if not lead_sudo:
            return None
        if lead_sudo.create_uid != self.env.user:
            raise UserError(self.env._("This key belongs to another request. Open the screen again to register a new one."))
        return lead_sudo._describe_registered() | {"repeated": True}

    # === WHAT IS MADE OF IT === #

    @api.model
    def _make_people(self, values):
        """Return `(partner, created)`: who we know, or the contact or account made now, empty for nobody yet; and all that was
        made."""
        partner = values["partner_id"]
        if partner and not partner.active:
            partner.action_unarchive()  # they are back
        if not (values["create_account"] or values["create_contact"]):
            return partner, partner.browse()
        # As a conversion does: who exists is reused, no company is made twice.
        origin = Origin(self.env.company, self.env["res.country"], {"type": "contact", "lang": values["lang"]})
        account, created = partner, partner.browse()
        if values["create_account"]:
            account, created = partner._take_account(describe_account(values), origin)
        if values["create_contact"]:
            people, created_people, _joined = partner._take_people([describe_person(values)], account, origin)
            return people[:1] or account, created | created_people
        return account, created

    @api.model
    def _create_registered(self, values, partner):
        area = values["practice_area_id"] or self.env["firm.practice.area"]._get_unclassified()
        lead_values = {fname: values[fname] for fname in TEXTS if fname != "client_text" and values.get(fname)}
        lead_values |= {
            "name": values.get("name") or self._get_registered_subject(values, partner),
            "type": "opportunity" if values["result"] == "opportunity" else "lead",
            "description": Markup("<p>%s</p>") % as_html(values["description"]) if values.get("description") else False,
            "channel_id": values["channel_id"].id,
            "practice_area_id": area.id,
            "specialist_id": values["specialist_id"].id,
            "company_id": self.env.company.id,
            "partner_id": partner.id,
            "lang_id": self.env["res.lang"]._get_data(code=values["lang"]).id,
            "idempotency_key": values["idempotency_key"],
        }
        owner = values["user_id"] or self._get_known_owner(partner)
        if owner:
            lead_values["user_id"] = owner.id
        elif values["result"] == "opportunity":  # for leads the rule is applied on arrival
            lead_values |= (
                self._prepare_owner_values(area, self.env.company, self.env["crm.team"])[0]
                if self._registers_for_anyone()
                else {"user_id": self.env.uid}
            )
        lead = (
            self.env["crm.lead"]
            # The registrar hands it over, and what a caller says changes no contact: that is done by verification.
            .with_context(mail_create_nosubscribe=True)
            ._keeping_contact()
            ._open_fields(["idempotency_key"])
            .create(lead_values)
        )
        lead.flush_recordset()
        return lead._keeping_contact(False)._open_fields([])

    @api.model
    def _get_known_owner(self, partner):
        """Return who has the latest open request of somebody we know, and works now: the next one is theirs, too."""
        if not self._registers_for_anyone():
            return self.env["res.users"]
        requests_sudo = self._find_open_requests(partner)
        owners = [request_sudo.user_id.with_env(self.env) for request_sudo in requests_sudo]
        company = self.env.company
        return next(
            (owner for owner in owners if (owner - owner._filter_away())._filter_working_on("crm.lead", company)),
            self.env["res.users"],
        )

    @api.model
    def _get_registered_subject(self, values, partner):
        """Return the name of the request, in the language of the firm: how the reason begins, else who came how."""
        first_line = (values.get("description") or "").split("\n")[0].strip()
        if 4 <= len(first_line) <= 80:
            return first_line
        firm = self.with_context(lang=self.env.company._get_crm_firm_lang())
        who = values.get("contact_name") or values.get("partner_name") or partner.name
        return f"{values['channel_id'].with_env(firm.env).name}: {who}"

    def _check_conflict_at_desk(self):
        try:
            self._check_no_conflict()
        except UserError as error:
            raise UserError(self.env._("%s\nRegister the request as a lead: its owner will do the check.", error)) from error

    def _hand_over_to_case(self, partner, values):
        """Make the client's request a case: of the owner, who follows it; the registrar does not."""
        self.ensure_one()
        Ticket = self.env["helpdesk.ticket"]
        # The owner, if they work on cases; else whose turn it is of those who do
        case = {
            "name": values.get("name") or self._get_neutral_subject(values["category_id"]),
            "description": Markup("<p>%s</p>") % as_html(values["client_text"]) if values.get("client_text") else "",
            "user_id": self.user_id._filter_working_on(Ticket._name, self._get_firm_company()).id,
        }
        if values["category_id"]:
            case["category_id"] = values["category_id"].id
        if values["urgency_reason_id"]:
            case["urgency_reason_id"] = values["urgency_reason_id"].id
        case |= {fname: self[fname].id for fname in ("practice_area_id", "specialist_id") if fname in Ticket._fields}
        account, contacts = (partner, []) if partner.is_company else (False, [partner])
        self.convert_request(account=account, contacts=contacts, case=case)
        # The owner is told of the case.
        self.with_context(tracking_disable=True).owner_untold = False
        if self.user_id != self.env.user:
            self.case_id.message_unsubscribe(self.env.user.partner_id.ids)

    def _get_neutral_subject(self, category=None):
        """Return the title of a case as its client reads it, which says nothing of what the registrar noted."""
        firm = self.with_context(lang=self.partner_id.lang or self._get_firm_company().partner_id.lang or self.env.lang)
        # Names, in the client's language
        area = self.practice_area_id.sudo().with_env(firm.sudo().env)
        about = (category and category.sudo().with_env(area.env).name) or (area - area._get_unclassified()).name
        day = firm._format_web_day(self._get_firm_company()._get_crm_firm_local_date(self.received_on))
        if about:
            return firm.env._("%(about)s: your request of %(day)s", about=about, day=day)
        return firm.env._("Your request of %s", day)

    # === THE ANSWER === #

    def _describe_registered(self):
        """Return what the registrar is told, see `register_request`. Of a lead that is not theirs: who calls by when."""
        self.ensure_one()
        record = self.case_id or self
        can_open = record.sudo(False).has_access("read")
        return {
            "lead": self.id,
            "case": self.case_id.id,
            "partner": self.partner_id.id,
            "result": "case" if self.case_id else self.type,
            "name": record.display_name if can_open else False,
            "message": self._get_registered_message(),
            "notes": self._get_registered_notes(),
            "can_open": [record._name, record.id] if can_open else False,
            "repeated": False,
        }

    def _get_registered_message(self):
        owner = self.case_id.user_id if self.case_id else self.user_id
        if self.case_id:
            if not owner:
                return self.env._("Case %s has been registered. Its team will assign it.", self.case_id.number)
            if self.case_id.expected_on:
                return self.env._(
                    "Case %(number)s has been registered and assigned to %(name)s, who will answer by %(day)s.",
                    number=self.case_id.number,
                    name=owner.name,
                    day=self._format_web_day(self._get_firm_company()._get_crm_firm_due_day(self.case_id.expected_on)),
                )
            return self.env._(
                "Case %(number)s has been registered and assigned to %(name)s.", number=self.case_id.number, name=owner.name
            )
        day = self.get_first_contact_day()
        if not owner:
            return self.env._("It has no owner yet and is waiting in the unassigned pool. Someone will get in touch by %s.", day)
        if owner == self.env.user:
            return self.env._("Assigned to you: get in touch by %s.", day)
        if self.phone:
            return self.env._("%(name)s will call by %(day)s.", name=owner.name, day=day)
        return self.env._("%(name)s will write by %(day)s.", name=owner.name, day=day)

    def _get_registered_notes(self):
        if not self.fee_informed_on:
            return []
        obstacle = self._get_fee_email_obstacle()
        if obstacle:
            return [self.env._("The consultation fee (%s) is on record.", self._format_fee_informed()), obstacle]
        return [
            self.env._(
                "The consultation fee (%(amount)s) is confirmed by e-mail to %(address)s.",
                amount=self._format_fee_informed(),
                address=self.email_normalized,
            )
        ]
