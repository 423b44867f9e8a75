from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from ...tools import rpc_input
from .firm_consent import PURPOSES


class FirmConsentHolder(models.AbstractModel):
    """A record whose person gives and withdraws consent: lead, case, contact."""

    _name = "firm.consent.holder"
    _description = "Consent Holder"

    # Options of the host, as `_primary_email` is one
    _consent_link_field = "partner_id"  # field of firm.consent that points to the host
    _consent_name_fields = ("name",)
    _consent_email_field = "email"
    _consent_phone_field = "phone"

    consent_state = fields.Selection(
        [("none", "No answer"), ("granted", "Granted"), ("withdrawn", "Not granted or withdrawn")],
        string="Commercial Consent",
        compute="_compute_consent_state",
        help="Whether the person may be sent commercial communication: the latest answer counts.",
    )

    @api.depends("consent_ids.state", "consent_ids.purpose", "company_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_consent_state(self):
        """Say what the latest answer is. A contact of several companies gives one to each: those at work are looked at."""
        at_work = self.env.companies  # asked as the user: as superuser Odoo takes any company of the context for one
        for holder in self:
            holder_sudo = holder.sudo()  # the entries are not everybody's to read, whether the person may be written to is
            companies = at_work | holder_sudo.company_id
            answers = holder_sudo.consent_ids.filtered(
                lambda consent, companies=companies: consent.purpose == "commercial" and consent.company_id in companies
            )
            # Sorted here: what this transaction has added stands last in the cache.
            holder.consent_state = answers.sorted(lambda consent: (consent.date, consent.id))[-1:].state or "none"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {self._consent_email_field, "partner_id"}:
            self._carry_opt_out()
        return result

    def _carry_opt_out(self):
        """Keep mailings off the address that is in use now: an opt-out is the person's, not that of one address."""
        for holder_sudo in self.sudo():  # entries are not everybody's to read, whoever changes the address
            in_force = {}
            answers = holder_sudo.consent_ids.filtered(lambda consent: consent.purpose == "commercial")
            for answer in answers.sorted(lambda consent: (consent.date, consent.id), reverse=True):
                in_force.setdefault(answer.company_id, answer)
            withdrawal = next((answer for answer in in_force.values() if answer.state == "withdrawn"), None)
            address = tools.email_normalize(holder_sudo[holder_sudo._consent_email_field] or "")
            if withdrawal and address:
                withdrawal._put_on_blacklist(address)

    def record_consent(self, purpose, state, channel=None, wording=None, evidence=None):
        """Add an entry to the consent ledger of this person.

        :param str purpose: `handling` (of the request) or `commercial` (future commercial communication)
        :param str state: `granted` or `withdrawn`
        :param channel: `helpdesk.ticket.channel` record or id; default: the channel of the request
        :param wording: the exact text shown: a string, or a dict `text` and `version`;
            default: the wording in force, in the language of the environment
        :param dict evidence: what proves it: `message_id`, `note`; of the web intake and imports, which run as superuser,
            also `ip_address`, `page_url` and `date` (naive UTC; default now)
        :return: the new `firm.consent`
        :raise UserError: unknown purpose, state or kind of evidence
        :raise AccessError: the user may not write on this record
        """
        self.ensure_one()
        self.check_access("write")
        return self.env["firm.consent"]._record(
            [self._prepare_consent_values(purpose, state, channel=channel, wording=wording, evidence=evidence)]
        )

    def _prepare_consent_values(self, purpose, state, channel=None, wording=None, evidence=None):
        if not rpc_input.is_choice(purpose, dict(PURPOSES)):
            raise UserError(self.env._("“%s” is not a consent purpose: use handling or commercial.", purpose))
        if not rpc_input.is_choice(state, ("granted", "withdrawn")):
            raise UserError(self.env._("“%s” is not a valid answer to a consent: use granted or withdrawn.", state))
        company = self._get_consent_company()
        if channel is None:
            channel = self._get_consent_channel()
        elif channel:
            channel = rpc_input.get_record(self.env, "helpdesk.ticket.channel", channel)
            if not channel:
                raise UserError(self.env._("This channel does not exist: choose one from the list."))
        wording = self._get_consent_wording(company, purpose, wording, channel)
        evidence = self._get_consent_evidence(evidence)
        email = self[self._consent_email_field] or False
        return evidence | {
            self._consent_link_field: self.id,
            "partner_id": self._get_consent_partner().id,
            "origin": self.display_name,
            "person_name": ", ".join(filter(None, (self[fname] for fname in self._consent_name_fields))) or False,
            "email": email,
            "email_normalized": tools.email_normalize(email) or False,
            "phone": self[self._consent_phone_field] or False,
            "company_id": company.id,
            "purpose": purpose,
            "state": state,
            "channel_id": channel.id if channel else False,
            "wording": wording.get("text") or False,
            "wording_version": str(wording["version"])[:64] if wording.get("version") else False,
            "recorded_by_id": self.env.uid,
        }

    def _get_consent_wording(self, company, purpose, wording, channel):
        if wording is None:
            # How a channel asks, whoever records the answer
            kind = channel.sudo().kind if channel else False
            in_force = self.env["firm.consent.wording"]._get_wordings(company, kind).get(purpose)
            return {"text": in_force._get_text(company), "version": in_force.version} if in_force else {}
        if isinstance(wording, str):
            wording = {"text": wording}
        if not isinstance(wording, dict) or set(wording) - {"text", "version"}:
            raise UserError(self.env._("The wording of a consent is a text, or a text and its version."))
        return wording | {"text": rpc_input.get_text(self.env, wording.get("text"), self.env._("The wording"))}

    def _get_consent_evidence(self, evidence):
        if evidence is not None and not isinstance(evidence, dict):
            raise UserError(self.env._("The evidence of a consent must state its kind: IP address, page, message, note or date."))
        evidence = dict(evidence or {})
        allowed = {"message_id", "note"}
        if self.env.su:  # an entry that anybody could make look like one of the web page would prove nothing
            allowed |= {"ip_address", "page_url", "date"}
        elif set(evidence) & {"ip_address", "page_url", "date"}:
            raise UserError(self.env._("Address, page and date of a consent are recorded by the page itself. Use the note."))
        unknown = set(evidence) - allowed
        if unknown:
            raise UserError(self.env._("Unknown evidence of a consent: %s.", ", ".join(sorted(map(str, unknown)))))
        ledger = self.env["firm.consent"]._fields
        values = {
            fname: rpc_input.get_text(self.env, evidence[fname], ledger[fname].string, limit=limit) or False
            for fname, limit in (("ip_address", 64), ("page_url", 2048), ("note", rpc_input.MAX_NOTE))
            if fname in evidence
        }
        if evidence.get("message_id"):
            message = rpc_input.get_record(self.env, "mail.message", evidence["message_id"])
            if not message or not message.has_access("read"):
                raise UserError(self.env._("This message does not exist or you cannot read it."))
            values["message_id"] = message.id
        moment = rpc_input.get_moment(self.env, evidence.get("date"))
        if moment:
            if moment > fields.Datetime.now() + timedelta(minutes=5):  # clocks differ
                raise UserError(self.env._("A consent cannot be given in the future."))
            values["date"] = moment
        return values

    # === HOOKS === #

    def _get_consent_partner(self):
        return self.partner_id

    def _get_consent_company(self):
        return self.company_id or self.env.company

    def _get_consent_channel(self):
        return self.env["helpdesk.ticket.channel"]
