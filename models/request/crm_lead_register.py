import re

import psycopg2
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import format_amount

from ...tools import rpc_input
from ...tools.answer_text import as_html
from ..consent.firm_consent import PURPOSES
from .crm_lead_web_intake import TEXT_LIMITS

RESULTS = ("lead", "opportunity", "case")
# What `register_request` takes; a script cannot write anything else through that door.
TEXTS = TEXT_LIMITS | {"vat": 40, "function": 120, "client_text": 20_000}
MULTI_LINE = ("description", "client_text")
RECORDS = {
    "partner_id": "res.partner",
    "channel_id": "helpdesk.ticket.channel",
    "practice_area_id": "firm.practice.area",
    "user_id": "res.users",
    "specialist_id": "res.users",
    "category_id": "helpdesk.ticket.category",
    "urgency_reason_id": "firm.urgency.reason",
}
FLAGS = ("create_account", "create_contact", "fee_informed")
OTHERS = ("idempotency_key", "result", "lang", "consents", "wording_versions")

MESSAGE_FIELDS = {"user_id", "text", "partner_id", "contact_name", "phone", "email_from"}
MAX_TYPED = 200
MAX_SHOWN = 8
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class CrmLeadRegister(models.AbstractModel):
    """A request by phone or in person, registered by whoever picks up: looked up, noted down and handed over in one go."""

    _name = "crm.lead.register"
    _description = "Registration of a Request"

    # === WHO IS IT === #

    @api.model
    def find_callers(self, text):
        """Look up who calls or stands at the desk, while the registrar types.

        A phone, an e-mail address or a VAT number is looked up when it is complete, a name from its third letter on.

        :param str text: a phone, an e-mail address, a VAT number or a name
        :return: list of dicts, the best first, at most 8: what `find_matches` tells, and `detail` (text: how to tell people
            of one name apart), `open_text` (what is open for them, as far as the user may know)
        :raise UserError: no text, too long, or more look-ups within a minute than anybody types
        :raise AccessError: the user is nobody who registers requests
        """
        self.check_access("create")
        text = rpc_input.get_text(self.env, text, self.env._("What to look for"), limit=MAX_TYPED)
        self.env["firm.matcher.count"]._note_look_up()
        matches = self.env["firm.matcher"]._find_typed(text, MAX_SHOWN) if text else []
        partners = self.env["res.partner"].browse({match["partner_id"] for match in matches if match["partner_id"]})
        counts = partners.get_open_business_counts()
        readable = partners.browse(counts)
        for match in matches:
            partner = readable.browse(match["partner_id"]) if match["partner_id"] in counts else readable.browse()
            match["open_text"] = self._format_open_business(counts.get(partner.id, {}))
            match["detail"] = self._get_caller_detail(match, partner)
        return matches

    @api.model
    def _format_open_business(self, counts):
        labels = {
            "opportunities": self.env._("Opportunities"),
            "cases": self.env._("Cases"),
            "invoices": self.env._("Unpaid invoices"),
        }
        parts = []
        for kind, label in labels.items():
            count = counts.get(kind, {"count": 0, "ask": []})
            said = [str(count["count"])] if count["count"] else []
            said += [self.env._("ask %s", ", ".join(count["ask"]))] if count["ask"] else []
            parts += [f"{label}: {', '.join(said)}"] if said else []
        return " · ".join(parts)

    @api.model
    def _get_caller_detail(self, match, partner):
        if not match["id"]:
            return ""
        if match["model"] == "crm.lead":
            lead = self.env["crm.lead"].browse(match["id"])
            said = [lead.contact_name, lead.partner_name, lead.phone, lead.email_from]
        else:
            said = [partner.function, partner.phone, partner.email, partner.vat if partner.is_company else False]
        return " · ".join(filter(None, said))

    # === A MESSAGE FOR A COLLEAGUE === #

    @api.model
    def _find_open_requests(self, partner, phone=None, email=None):
        """Return open requests of a caller that have an owner (elevated), the person's own and the latest first.

        :param partner: `res.partner` who calls; may be empty
        :param phone: text, to find the requests of somebody who is no contact yet
        :param email: text, the same
        :return: list of `crm.lead` and `helpdesk.ticket`
        :raise UserError: more look-ups within a minute than anybody types
        """
        company = self.env.company
        lead_domain, case_domain = Domain.FALSE, Domain.FALSE
        if partner:
            # Of the whole client, also of people one may not open: that there is a request leaves here, and whose it is.
            family = Domain("partner_id", "child_of", partner.sudo().commercial_partner_id.ids)
            lead_domain, case_domain = family, family & Domain("is_case", "=", True)
        criteria = {criterion: text for criterion, text in (("phone", phone), ("email", email)) if text}
        if criteria:
            self.env["firm.matcher.count"]._note_look_up()
            found = self.env["firm.matcher"]._find(criteria, company, models_wanted=("crm.lead",))
            same = [res_id for (_model, res_id), reasons in found.items() if reasons & {"phone", "email"}]
            lead_domain |= Domain("id", "in", same)
        owned = Domain("user_id", "!=", False) & Domain("company_id", "in", [company.id, False])
        leads_sudo = self.env["crm.lead"].sudo().search(lead_domain & owned & Domain("won_status", "=", "pending"))
        cases_sudo = (
            self.env["helpdesk.ticket"]
            .sudo()
            .search(case_domain & owned & Domain("case_state", "not in", ("resolved", "archived")))
        )
        requests_sudo = [*leads_sudo.filtered("active"), *cases_sudo]
        return sorted(
            requests_sudo,
            key=lambda record: (bool(partner) and record.partner_id == partner, record.received_on or record.create_date),
            reverse=True,
        )

    @api.model
    def find_message_takers(self, partner=None, phone=None, email=None):
        """Return who has an open request of a caller, besides the user: a message can be left for them.

        :param partner: `res.partner` record or id
        :param str phone: of somebody who is no contact yet
        :param str email: the same
        :return: `res.users`, whoever has the latest request first
        :raise UserError: what is to be looked up is not a text, or too long
        :raise AccessError: the user is nobody who registers requests, or may not read the contact
        """
        self.check_access("create")
        partner = rpc_input.get_record(self.env, "res.partner", partner)
        partner.check_access("read")
        phone = rpc_input.get_text(self.env, phone, self.env._("Phone"), limit=MAX_TYPED)
        email = rpc_input.get_text(self.env, email, self.env._("E-mail"), limit=MAX_TYPED)
        takers = self.env["res.users"]
        for request_sudo in self._find_open_requests(partner, phone, email):
            takers |= request_sudo.user_id.filtered("active").with_env(self.env)
        return takers - self.env.user

    @api.model
    def leave_message(self, values):
        """Leave a message of a caller for whoever has their open request: a note on it, a task to call back and an e-mail.

        The registrar learns nothing of the request and need not see it.

        :param dict values: `user_id` (whom it is for: id), `text` (plain text, needed), `partner_id` (id of the caller, when we
            know them), `contact_name`, `phone`, `email_from` (texts): how to reach them
        :return: dict `message`: text, who is told
        :raise UserError: nothing to say, or the user has no open request of the caller
        :raise AccessError: the user is nobody who registers requests, or may not read the contact
        """
        self.check_access("create")
        if not isinstance(values, dict) or set(values) - MESSAGE_FIELDS:
            raise UserError(self.env._("A message has a text, whom it is for, and who called."))
        labels = {"text": self.env._("The message"), "contact_name": self.env._("Name"), "phone": self.env._("Phone")}
        texts = {
            fname: rpc_input.get_text(self.env, values.get(fname), labels.get(fname, self.env._("E-mail")), limit=limit)
            for fname, limit in (("text", 20_000), ("contact_name", 120), ("phone", 60), ("email_from", 254))
        }
        if not texts["text"]:
            raise UserError(self.env._("Write down the message first."))
        partner = rpc_input.get_record(self.env, "res.partner", values.get("partner_id"))
        partner.check_access("read")
        user = rpc_input.get_record(self.env, "res.users", values.get("user_id"))
        requests_sudo = self._find_open_requests(partner, texts["phone"], texts["email_from"])
        request_sudo = next((request for request in requests_sudo if user and request.user_id == user), None)
        if request_sudo is None:
            raise UserError(self.env._("There is no open request of this person with them any more: register a new one."))
        who = " · ".join(
            filter(None, (texts["contact_name"] or partner.name, texts["phone"] or partner.phone, texts["email_from"]))
        )
        told = request_sudo._take_message(who, texts["text"])
        if told == user:
            return {"message": self.env._("The message is with %s, who has a task to call back.", user.name)}
        return {
            "message": self.env._(
                "%(owner)s is away: the message is with %(names)s, too.", owner=user.name, names=", ".join(told.mapped("name"))
            )
        }

    # === REGISTER === #

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
        :raise UserError: something is missing, wrong or refused; the text says what to do
        :raise ValidationError: a VAT number that is none, when an account is made
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
        partner = self._make_people(values)
        # What was made a moment ago by who may make it: the rest of its registration is done although it is somebody else's.
        lead_sudo = self._create_registered(values, partner).sudo()
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

    # === WHAT WAS SAID === #

    @api.model
    def _read_registration(self, values):
        """Check what came in and return it complete: texts, records, choices.

        :raise UserError: something is wrong; the text says what to do
        """
        if not isinstance(values, dict):
            raise UserError(self.env._("A request is registered with a list of fields and their values."))
        unknown = set(values) - set(TEXTS) - set(RECORDS) - set(FLAGS) - set(OTHERS)
        if unknown:
            raise UserError(self.env._("Not part of a registration: %s.", ", ".join(sorted(map(str, unknown)))))
        read = {fname: self._read_registered_record(fname, values.get(fname)) for fname in RECORDS}
        read |= self._read_registered_texts(values, read["partner_id"])
        for fname in FLAGS:
            if values.get(fname) not in (None, True, False):
                raise UserError(self.env._("“%s” is answered with yes or no.", fname))
            read[fname] = bool(values.get(fname))
        key = values.get("idempotency_key") or False
        if key and not (isinstance(key, str) and _KEY.fullmatch(key)):
            raise UserError(self.env._("The key of a request has 16 to 64 letters, digits, hyphens or underscores."))
        read["idempotency_key"] = key
        read["lang"] = self._read_registered_lang(values.get("lang"), read["partner_id"])
        read["result"] = self._read_registered_result(values.get("result"), read)
        self._check_registered_person(read)
        read["consents"], read["wordings"] = self._read_consents(values, read)
        return read

    @api.model
    def _read_registered_texts(self, values, partner):
        labels = self.env["crm.lead"].fields_get(list(TEXTS), ["string"])
        texts, errors = {}, {}
        for fname, limit in TEXTS.items():
            label = labels[fname]["string"] if fname in labels else self.env._("Text for the client")
            text = rpc_input.get_text(self.env, values.get(fname), label, limit=limit)
            text = self._clean_text(str(text), multi_line=fname in MULTI_LINE)
            if text:
                texts[fname] = text
        if texts.get("phone") != partner.phone:  # an odd number that the contact has is not the caller's fault
            self._check_web_phone(texts, errors, self.env.company.sudo().country_id)  # a setting
        self._check_web_email(texts, errors)
        if errors:
            raise UserError("\n".join(f"{labels[fname]['string']}: {text}" for fname, text in errors.items()))
        return texts

    @api.model
    def _read_registered_record(self, fname, value):
        """Return the record chosen: there, to be read by the registrar, and of the company."""
        Model = self.env[RECORDS[fname]]
        if not value:
            return Model
        record = rpc_input.get_record(self.env, Model._name, value)
        is_usable = bool(record) and record.has_access("read")
        if is_usable:
            # Companies and groups of a colleague
            is_usable = bool(record.sudo().filtered_domain(self._get_registered_choices(fname)))
        if not is_usable:
            label = self.env["crm.lead"]._fields.get(fname)
            label = label._description_string(self.env) if label else self.env._("Category")
            raise UserError(self.env._("%s: this cannot be chosen here. Choose one from the list.", label))
        if fname == "user_id" and record != self.env.user and not self._registers_for_anyone():
            raise UserError(
                self.env._(
                    "You can only register in your own name. The front desk and managers register for others; you can "
                    "hand it over later."
                )
            )
        return record

    @api.model
    def _get_registered_choices(self, fname):
        """Return the domain of what can be chosen for a request as `fname` (see `RECORDS`): of the company, and at work."""
        company = self.env.company
        if RECORDS[fname] != "res.users":
            return Domain("company_id", "in", [company.id, False])
        choices = Domain("active", "=", True) & Domain("share", "=", False) & Domain("company_ids", "in", company.ids)
        if fname == "user_id":
            choices &= Domain("all_group_ids", "in", self.env.ref("sales_team.group_sale_salesman").ids)
        return choices

    @api.model
    def _read_registered_lang(self, code, partner):
        installed = dict(self.env["res.lang"].get_installed())
        if code:
            if not rpc_input.is_choice(code, installed):
                raise UserError(self.env._("This language is not installed: choose one from the list."))
            return code
        wanted = (partner.lang, self.env.company._get_crm_firm_lang(), self.env.lang)
        return next((lang for lang in wanted if lang in installed), "en_US")

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
    def _check_registered_person(self, read):
        partner = read["partner_id"]
        if not (partner or read.get("contact_name") or read.get("partner_name")):
            raise UserError(self.env._("Who is it? Ask for the name of the person or of the company."))
        if not (partner or read.get("phone") or read.get("email_from")):
            raise UserError(self.env._("How can we answer? Ask for a phone number or an e-mail address."))
        if read["create_account"] and not read.get("partner_name"):
            raise UserError(self.env._("To create the account, ask for the company's name."))
        if read["create_contact"] and not read.get("contact_name"):
            raise UserError(self.env._("To create the contact, ask for the person's name."))
        if partner and (read["create_account"] or (read["create_contact"] and not partner.is_company)):
            raise UserError(self.env._("This person is already a contact: there is nothing to create."))
        if read["fee_informed"] and not read["practice_area_id"].consultation_fee:
            raise UserError(self.env._("This practice area has no consultation fee: untick “Informed of the fee”."))

    # === CONSENT === #

    @api.model
    def _read_consents(self, values, read):
        """Return the answers, and the wordings that were read aloud: two dicts by purpose."""
        consents, versions = values.get("consents") or {}, values.get("wording_versions") or {}
        if not isinstance(consents, dict) or not isinstance(versions, dict):
            raise UserError(self.env._("The consents are a list of purposes with their answers."))
        unknown = (set(consents) | set(versions)) - set(dict(PURPOSES))
        if unknown:
            raise UserError(
                self.env._("“%s” is not a consent purpose: use handling or commercial.", ", ".join(sorted(map(str, unknown))))
            )
        consents = {purpose: answer for purpose, answer in consents.items() if answer}
        if any(not rpc_input.is_choice(answer, ("granted", "withdrawn")) for answer in consents.values()):
            raise UserError(self.env._("A consent is either granted or withdrawn."))
        company = self.env.company
        wordings = (
            self.env["firm.consent.wording"].with_context(lang=read["lang"])._get_wordings(company, read["channel_id"].kind)
        )
        wordings = {
            purpose: {"text": wording._get_text(company), "version": wording.version} for purpose, wording in wordings.items()
        }
        if any(purpose in wordings and wordings[purpose]["version"] != version for purpose, version in versions.items()):
            raise UserError(
                self.env._(
                    "A manager has changed the text of the consent while this screen was open. "
                    "Choose the language or the channel again to see the new text, read it aloud and note the answer."
                )
            )
        if consents.get("handling") == "withdrawn":
            raise UserError(
                self.env._(
                    "Without permission we cannot keep the person's data, so nothing is registered. Say: “Without your "
                    "permission I cannot take down your request. You can contact us again whenever you like.” Then start over: "
                    "nothing you typed is kept."
                )
            )
        on_record = self._get_consents_on_record(read["partner_id"], read.get("contact_name"))
        if "handling" not in consents and "handling" not in on_record:
            raise UserError(
                self.env._(
                    "Before registering, read the text about the handling of the request aloud and note the answer. Say: "
                    "“I need your permission to take down your request. May I read you a short text?”"
                )
            )
        return consents, wordings

    @api.model
    def _get_consents_on_record(self, partner, contact_name=False):
        """Return what the person has answered before, so that nobody asks again. Without permission to handle the request
        nothing is kept, so a “no” to that counts for the one request.

        :param partner: `res.partner` who calls; of a company, its people answer for themselves
        :param contact_name: text; who is new in a company we know has answered nothing
        :return: dict purpose -> dict `state` (`granted` or `withdrawn`) and `date`
        """
        if not partner or (partner.is_company and contact_name) or not partner.has_access("read"):
            return {}
        # The ledger is not the front desk's to read: what somebody answered, and when, is.
        consents_sudo = (
            self.env["firm.consent"]
            .sudo()
            .search([("partner_id", "=", partner.id), ("company_id", "=", self.env.company.id)], order="date desc, id desc")
        )
        latest = {}
        for consent_sudo in consents_sudo:
            latest.setdefault(consent_sudo.purpose, {"state": consent_sudo.state, "date": consent_sudo.date})
        if latest.get("handling", {}).get("state") == "withdrawn":
            del latest["handling"]
        return latest

    # === WHAT IS MADE OF IT === #

    @api.model
    def _make_people(self, values):
        """Return who it is as `res.partner`: who we know, or the contact and account made now; empty for nobody yet."""
        partner = values["partner_id"]
        if partner and not partner.active:
            partner.action_unarchive()  # they are back
        if not (values["create_account"] or values["create_contact"]):
            return partner
        # Never stored: it lends the rules of conversion, which reuse who exists and make no company twice.
        draft = self.env["crm.lead"].new(
            {
                fname: values.get(fname) or False
                for fname in ("contact_name", "partner_name", "phone", "email_from", "vat", "function")
            }
            | {"company_id": self.env.company.id, "lang_id": self.env["res.lang"]._get_data(code=values["lang"]).id}
        )
        account = partner
        if values["create_account"]:
            account, _created = partner._take_account(draft._prepare_account_values(), draft)
        if values["create_contact"]:
            people, *_new = partner._take_people([draft._prepare_contact_values()], account, draft)
            return people[:1] or account
        return account

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
            .with_context(mail_create_nosubscribe=True, crm_firm_keep_contact=True)
            ._open_fields(["idempotency_key"])
            .create(lead_values)
        )
        lead.flush_recordset()
        return lead.with_context(crm_firm_keep_contact=False)._open_fields([])

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

    # === THE FEE === #

    def _record_fee_informed(self):
        """Note that the person was told what the consultation costs, and confirm it to them by e-mail."""
        self.ensure_one()
        area = self.practice_area_id.with_company(self._get_firm_company())
        self.with_context(tracking_disable=True).write(
            {
                "fee_informed_on": fields.Datetime.now(),
                "fee_informed_by_id": self.env.uid,
                "fee_informed_amount": area.consultation_fee,
                "fee_currency_id": area.currency_id.id,
            }
        )
        said = self.env._("Informed of the consultation fee: %s.", self._format_fee_informed())
        obstacle = self._get_fee_email_obstacle()
        if obstacle:
            said += " " + obstacle
        else:
            self._get_fee_template()._crm_firm_queue(self)
        self._message_log(body=said)

    def _get_fee_template(self):
        template = self.env.ref("crm_firm.mail_template_consultation_fee", raise_if_not_found=False)
        return (template or self.env["mail.template"]).sudo()  # a setting, whoever registers

    def _get_fee_email_obstacle(self):
        """Say why the fee cannot be confirmed in writing, or return False."""
        if not self.email_normalized:
            return self.env._("No e-mail address: it is not confirmed in writing.")
        if not self._get_fee_template():
            return self.env._("The e-mail template has been deleted, so it is not confirmed in writing.")
        return False

    def _format_fee_informed(self):
        return format_amount(self.env, self.fee_informed_amount, self.fee_currency_id or self.company_currency)

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
