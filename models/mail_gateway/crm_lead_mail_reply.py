import logging
import re
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import consteq, email_normalize, formataddr, hmac

from ...tools.mail_in_hand import get_mail
from ...tools.mail_text import split_addresses
from ...tools.match_keys import get_email_spellings

_logger = logging.getLogger(__name__)

# How long a robot's answer without reference is looked up by its address
ADDRESS_DAYS = 30
_reply_tag_re = re.compile(r"^([^@+]+)\+l(\d{1,10})-([0-9a-f]{12})@(.+)$", re.IGNORECASE)


class CrmLeadMailReply(models.AbstractModel):
    """A mail answers a lead: which one, though no reference says so, and what is done about the answer."""

    _name = "crm.lead.mail.reply"
    _description = "Replies to a Lead"

    @api.model
    def _find_thread(self, mail):
        """Find the lead that a mail belongs to when Odoo knows none of the Message-IDs it answers.

        In this order: the lead's own reply address (signed), the e-mail of an engagement letter, our Message-IDs that speak
        of a lead of this sender (Odoo deletes e-mails made from templates, their Message-ID still says whose they were), the
        subject of an e-mail the sender got from us, and for a robot the last lead with its address that we wrote to.

        :param mail: `IncomingMail`
        :return: lead, discarded ones too, or an empty recordset
        """
        leads = self.with_context(active_test=False)
        for _name, address in mail.envelope_to + mail.to + mail.cc + mail.received_for:
            match = _reply_tag_re.match(address)
            if match and consteq(match[3].lower(), self._sign_reply_address(int(match[2]))):
                lead = leads.browse(int(match[2])).exists()
                if lead:
                    return lead
        lead = self._find_lead_of_letter(mail.references + mail.returned_ids)
        if lead:
            return lead
        addresses = {*get_email_spellings(mail.person[1]), *get_email_spellings(mail.from_address)}
        if not addresses:
            return self.browse()
        spoken_of = [res_id for model, res_id in mail.get_own_ids(mail.references + mail.returned_ids) if model == "crm.lead"]
        lead = (
            leads.browse(spoken_of[-32:])
            .exists()
            .filtered(
                lambda lead: mail.kind == "report" or {lead.email_normalized, lead.partner_id.email_normalized} & addresses
            )[-1:]
        )
        if lead:
            return lead
        theirs = leads.search([("email_normalized", "in", list(addresses))], order="id desc", limit=50)
        if (mail.is_answer_by_subject or mail.references) and mail.plain_subject:
            subject = mail.plain_subject.lower()
            sent = self.env["mail.message"].search(
                [
                    ("model", "=", "crm.lead"),
                    ("res_id", "in", theirs.ids),
                    ("message_type", "in", ("comment", "email_outgoing", "auto_comment", "email")),
                    ("subject", "!=", False),
                ],
                order="id desc",
                limit=200,
            )
            for message in sent:
                if re.sub(r"(?i)^(\s*(re|rv|fwd?|aw)\s*:\s*)+", "", message.subject).strip().lower() == subject:
                    return leads.browse(message.res_id)
            lead = theirs.filtered(lambda lead: (lead.name or "").strip().lower() == subject)[:1]
            if lead:
                return lead
        if mail.kind == "auto_reply":
            since = fields.Datetime.now() - timedelta(days=ADDRESS_DAYS)
            return theirs.filtered(lambda lead: (lead.received_on or lead.create_date) >= since)[:1]
        return self.browse()

    @api.model
    def _find_lead_of_letter(self, message_ids):
        """Return the opportunity of the letter whose e-mail is answered. Its Message-ID cannot be guessed."""
        signers = self.env["firm.engagement.signer"]
        sent = self.env["firm.outgoing.mail"].search(
            [("res_model", "=", signers._name), ("message_id", "in", message_ids)], order="id desc", limit=1
        )
        return signers.browse(sent.res_id).exists().letter_id.lead_id if sent else self.browse()

    def _notice_message(self, message):
        """Tell an answer of the person from a robot's, and act on it. Called for every message posted on the lead."""
        self.ensure_one()
        mail = get_mail(self.env)
        if mail:
            if self.id in mail.created or mail.kind not in ("mail", "auto_reply", "report"):
                return
            if mail.kind != "mail":
                self._run_mail_hook(lambda: self._on_auto_reply(message))
                return
            if message.message_type == "email" and not self._is_ours(message):
                self._run_mail_hook(lambda: self._on_person_answered(message))
        elif message.message_type == "comment" and message.author_id.partner_share and not self._is_ours(message):
            self._run_mail_hook(lambda: self._on_person_answered(message))

    def _is_ours(self, message):
        """Tell whether an employee wrote the message, by whatever way."""
        # The gateway asks on behalf of a stranger; nothing of the user is shown.
        author_sudo = message.sudo().author_id
        if author_sudo.user_ids.filtered(lambda user: not user.share):
            return True
        address = email_normalize(message.email_from, strict=False)
        return bool(
            address
            and self.env["res.users"].sudo().search_count([("email_normalized", "=", address), ("share", "=", False)], limit=1)
        )

    def _run_mail_hook(self, hook):
        """Run what follows from a mail; what fails there must not cost the mail."""
        try:
            with self.env.cr.savepoint():
                hook()
        except psycopg2.OperationalError:
            raise  # the whole transaction is tried again
        except Exception:
            _logger.exception("A mail on lead %s was kept, what follows from it failed", self.id)
            self._message_log(body=self.env._("An e-mail arrived but could not be fully processed. Please review it."))

    # === REPLY ADDRESS === #

    @api.model
    def _sign_reply_address(self, lead_id):
        return hmac(self.env(su=True), "crm_firm-lead-reply", lead_id)[:12]

    def _get_own_reply_to(self, reply_to):
        """Return the reply address that leads to this lead even when the answer keeps no reference.

        :param str reply_to: Odoo's reply address, with or without name
        """
        self.ensure_one()
        # A setting of the company, whoever sends.
        if not reply_to or not self._get_firm_company().sudo().crm_firm_reply_address_per_lead:
            return reply_to
        name, address = (split_addresses(reply_to) or [("", "")])[0]
        local, at, domain = address.partition("@")
        if not at or "+" in local:
            return reply_to
        return formataddr((name, f"{local}+l{self.id}-{self._sign_reply_address(self.id)}@{domain}"))
