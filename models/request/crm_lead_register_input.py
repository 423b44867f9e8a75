import re

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import rpc_input
from ..consent.firm_consent import PURPOSES
from .crm_lead_web_intake import TEXT_LIMITS

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
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


class CrmLeadRegisterInput(models.AbstractModel):
    """What the registrar says of a request: checked and completed before anything is made of it."""

    _name = "crm.lead.register.input"
    _description = "Registration of a Request: Input"

    # === WHAT WAS SAID === #

    @api.model
    def find_registration_faults(self, values):
        """Say what is missing or wrong in a registration: all of it at once, by field.

        :param dict values: see `register_request`
        :return: dict field (of `consents`: the purpose) -> text that says what to do; empty when it can be registered
        :raise UserError: it is no registration, or names what cannot be chosen
        :raise AccessError: the user may not register requests
        """
        self.check_access("create")
        return self._inspect_registration(values)[1]

    @api.model
    def _read_registration(self, values):
        """Check what came in and return it complete: texts, records, choices.

        :raise UserError: something is wrong; the text says what to do, for all of it
        """
        read, faults = self._inspect_registration(values)
        if faults:
            raise UserError("\n".join(dict.fromkeys(faults.values())))
        return read

    @api.model
    def _inspect_registration(self, values):
        """Return a registration as it was understood, and what is missing or wrong in it by field."""
        if not isinstance(values, dict):
            raise UserError(self.env._("A request is registered with a list of fields and their values."))
        unknown = set(values) - set(TEXTS) - set(RECORDS) - set(FLAGS) - set(OTHERS)
        if unknown:
            raise UserError(self.env._("Not part of a registration: %s.", ", ".join(sorted(map(str, unknown)))))
        read = {fname: self._read_registered_record(fname, values.get(fname)) for fname in RECORDS}
        texts, faults = self._read_registered_texts(values, read["partner_id"])
        read |= texts
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
        faults = self._find_faults_of_person(read) | faults
        read["consents"], read["wordings"], unanswered = self._read_consents(values, read)
        return read, faults | unanswered

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
        return texts, errors

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
    def _find_faults_of_person(self, read):
        partner, faults = read["partner_id"], {}
        if not (partner or read.get("contact_name") or read.get("partner_name")):
            faults["contact_name"] = self.env._("Who is it? Ask for the name of the person or of the company.")
        if not (partner or read.get("phone") or read.get("email_from")):
            faults["phone"] = self.env._("How can we answer? Ask for a phone number or an e-mail address.")
        if read["create_account"] and not read.get("partner_name"):
            faults["partner_name"] = self.env._("To create the account, ask for the company's name.")
        if read["create_account"] and (vat := self.find_vat_fault(read.get("vat"))):
            faults["vat"] = vat
        if read["create_contact"] and not read.get("contact_name"):
            faults["contact_name"] = self.env._("To create the contact, ask for the person's name.")
        if partner and (read["create_account"] or (read["create_contact"] and not partner.is_company)):
            fname = "create_account" if read["create_account"] else "create_contact"
            faults[fname] = self.env._("This person is already a contact: there is nothing to create.")
        if read["fee_informed"] and not read["practice_area_id"].consultation_fee:
            faults["fee_informed"] = self.env._("This practice area has no consultation fee: untick “Informed of the fee”.")
        return faults

    # === CONSENT === #

    @api.model
    def _read_consents(self, values, read):
        """Return the answers, the wordings that were read aloud, and what is wrong with the answers: three dicts by purpose."""
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
        changed = self.env._(
            "A manager has changed the text of the consent while this screen was open. "
            "Choose the language or the channel again to see the new text, read it aloud and note the answer."
        )
        on_record = self._get_consents_on_record(read["partner_id"], read.get("contact_name"))
        # What is on record is not asked: nothing of it was read aloud.
        faults = {
            purpose: changed
            for purpose, version in versions.items()
            if purpose in wordings
            and wordings[purpose]["version"] != version
            and (purpose in consents or purpose not in on_record)
        }
        if consents.get("handling") == "withdrawn":
            faults["handling"] = self.env._(
                "Without permission we cannot keep the person's data, so nothing is registered. Say: “Without your "
                "permission I cannot take down your request. You can contact us again whenever you like.” Then start over: "
                "nothing you typed is kept."
            )
        if "handling" not in consents and "handling" not in on_record:
            faults.setdefault(
                "handling",
                self.env._(
                    "Before registering, read the text about the handling of the request aloud and note the answer. Say: "
                    "“I need your permission to take down your request. May I read you a short text?”"
                ),
            )
        return consents, wordings, faults

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
