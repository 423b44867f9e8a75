import logging
import xmlrpc.client

import psycopg2
from lxml import etree
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize, escape_psql, formataddr
from odoo.tools.mail import html_sanitize, is_html_empty

from ...tools.incoming_mail import read_mail
from ...tools.mail_content import MAX_TEXT, MailRefused
from ...tools.mail_in_hand import get_mail
from ...tools.mail_text import html_to_text
from .mail_thread_routing import REQUEST_MODELS

_logger = logging.getLogger(__name__)

# What is said about these while nobody is logged in comes from the firm.
FIRM_MODELS = (*REQUEST_MODELS, "firm.mail.quarantine", "firm.document.request")
GATEWAYS = ("crm_firm.crm_firm_group_mail_gateway", "base.group_system")


class MailThread(models.AbstractModel):
    """Odoo's mail gateway, without its losses: read tolerantly, taken in once, kept in quarantine when nothing else helps.

    The mail travels as `crm_firm_mail` (an `IncomingMail`) in the context; what Odoo's own steps get is a copy of its
    headers they cannot stumble over.
    """

    _name = "mail.thread"
    _inherit = ["mail.thread.routing", "mail.thread"]

    def message_notify(self, **kwargs):
        """Jobs, the mail gateway and visitors act as archived users, Odoo's robot among them: the firm is the sender."""
        if self._name in FIRM_MODELS and not self.env.user.active and not (kwargs.get("author_id") or kwargs.get("email_from")):
            kwargs |= (self.company_id or self.env.company).sudo()._get_crm_firm_voice()  # a setting, whoever causes it
        return super().message_notify(**kwargs)

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Tell each of those assigned in their own language: Odoo uses that of who assigns."""
        if self._name not in FIRM_MODELS:
            return super()._message_auto_subscribe_notify(partner_ids, template)
        # The language of a colleague.
        for lang, partners in self.env["res.partner"].browse(partner_ids).sudo().grouped("lang").items():
            translated = self.with_context(lang=lang or self.env.lang)
            super(MailThread, translated)._message_auto_subscribe_notify(partners.ids, template)
        return None

    @api.model
    def message_process(self, model, message, custom_values=None, save_original=False, strip_attachments=False, thread_id=None):
        """Take in a mail, whatever it is: what cannot be taken in is in quarantine afterwards.

        :raise AccessError: somebody calls who is no mail server: a mail speaks in the name of its sender
        :raise psycopg2.OperationalError: the database wants the whole transaction again
        """
        if not (self.env.su or any(map(self.env.user.has_group, GATEWAYS))):
            raise AccessError(self.env._("Incoming e-mails are handed over by the mail server."))
        if isinstance(message, xmlrpc.client.Binary):
            message = message.data
        raw = message.encode("utf-8", "surrogateescape") if isinstance(message, str) else bytes(message)
        mail = None
        try:
            with self.env.cr.savepoint():
                mail = read_mail(raw)
                return self._crm_firm_take_in(mail, model, custom_values, save_original, strip_attachments, thread_id)
        except psycopg2.OperationalError:
            raise
        except MailRefused as refused:
            reason, detail = refused.reason, str(refused)
        except (MemoryError, RecursionError) as error:
            reason, detail = "too_complex", type(error).__name__
        except Exception as error:
            _logger.warning("A mail could not be taken in, it is in quarantine now", exc_info=True)
            reason, detail = "error", f"{type(error).__name__}: {error}"
        # Whoever hands mails over need not be allowed to read those of others.
        kept_sudo = self.env["firm.mail.quarantine"].sudo()._keep(raw, reason, detail, mail=mail, fallback_model=model)
        self.env["firm.mail.received"].sudo()._note_quarantine(mail, kept_sudo)
        return False

    @api.model
    def _crm_firm_take_in(self, mail, model, custom_values, save_original, strip_attachments, thread_id):
        Received = self.env["firm.mail.received"].sudo()  # the log is written by the gateway alone
        received_sudo = Received._note_arrival(mail)
        if not received_sudo:
            _logger.info("Mail with Message-ID %s: the same content was taken in before", mail.message_id)
            return False
        own_domains, own_addresses = self._crm_firm_get_own_addresses()
        mail.person = mail.find_person(own_domains, own_addresses)
        if not mail.person[1]:
            raise MailRefused("no_sender", "No address of a sender can be read")
        mail.forwarded = self._crm_firm_find_forwarded(mail, own_domains, own_addresses)
        if mail.forwarded:
            mail.person = mail.forwarded.name, mail.forwarded.address
        message_id = Received._get_free_message_id(mail)
        if not message_id:
            received_sudo.kind = "own"
            return False
        mail.odoo_message_id = message_id
        received_sudo.email_from = email_normalize(mail.person[1]) or mail.person[1]
        mail.is_quiet = (
            mail.kind != "mail" or received_sudo._is_talkative() or self._crm_firm_is_own(mail.person[1], own_addresses)
        )
        gateway = self.with_context(crm_firm_mail=mail, image_no_postprocess=True)  # files keep their bytes as sent
        # The rest of `message_process` above.  # pylint: disable-next=super-method-mismatch
        result = super(MailThread, gateway).message_process(
            model,
            mail.get_safe_bytes(),
            custom_values=custom_values,
            save_original=save_original,
            strip_attachments=strip_attachments,
            thread_id=thread_id,
        )
        if not mail.outcome:
            raise MailRefused("no_route", "Odoo took it in nowhere")
        kind, became_model, became_id = mail.outcome[0]
        Quarantine = self.env["firm.mail.quarantine"].sudo()  # kept for managers, by whoever hands the mail over
        company = Quarantine._get_company(mail, "")
        if kind == "quarantine":
            detail = "The address it went to takes mails of known senders only"
            kept_sudo = Quarantine._keep(mail.raw, "refused", detail, mail=mail, fallback_model=model)
            became_model, became_id, company = kept_sudo._name, kept_sudo.id, kept_sudo.company_id
        else:
            Quarantine._release(mail, became_model, became_id)
        received_sudo.write(
            {
                "kind": kind,
                "model": became_model,
                "res_id": became_id,
                "is_quiet": mail.is_quiet,
                "company_id": company.id,
            }
        )
        return result

    @api.model
    def _crm_firm_find_forwarded(self, mail, own_domains, own_addresses):
        """Return the `ForwardedMail` of whom a colleague's mail passes on, None where it is the colleague's own."""
        if mail.kind != "mail":
            return None
        found = mail.find_forwarded()
        addresses = {email_normalize(address) for address in (mail.person[1], *(inner.address for inner in found))} - {False}
        # Who works here, whoever hands the mail over
        users_sudo = self.env["res.users"].sudo().search([("email_normalized", "in", list(addresses)), ("share", "=", False)])
        ours = {*own_addresses, *users_sudo.mapped("email_normalized")}
        ours |= {address for address in addresses if address.rpartition("@")[2] in own_domains}
        if not found or email_normalize(mail.person[1]) not in ours:
            return None
        # A colleague may pass on what a colleague passed on.
        return next((inner for inner in found if email_normalize(inner.address) not in {False, *ours}), None)

    @api.model
    def _crm_firm_is_own(self, address, own_addresses):
        """Tell whether Odoo itself reads what is sent to an address: an answer would come back."""
        normalized = email_normalize(address)
        if not normalized or normalized in own_addresses:
            return bool(normalized)
        aliases_sudo = self.env["mail.alias"].sudo()  # of any model, whoever may read them
        return bool(aliases_sudo.search_count([("alias_full_name", "=ilike", escape_psql(normalized))], limit=1))

    @api.model
    def _crm_firm_get_own_addresses(self):
        """Return `(domains, addresses)` that are ours, in lower case."""
        # A firm has few of either, and every one is asked for.  # pylint: disable=no-search-all
        domains_sudo = self.env["mail.alias.domain"].sudo().search([])
        companies_sudo = self.env["res.company"].sudo().search([])
        addresses = set(
            domains_sudo.mapped("bounce_email") + domains_sudo.mapped("catchall_email") + companies_sudo.mapped("email")
        )
        return (
            {name.lower() for name in domains_sudo.mapped("name") if name},
            {email_normalize(address) for address in addresses if address},
        )

    # === READING === #

    @api.model
    def message_parse(self, message, save_original=False):
        msg_dict = super().message_parse(message, save_original=save_original)
        mail = get_mail(self.env)
        if not mail:
            return msg_dict

        def join(people):
            return ",".join(formataddr((name, address)) for name, address in people)

        # Our reading of the addresses; Odoo's own knows no `;` and only the first of the envelope's headers.
        envelope = mail.envelope_to
        return msg_dict | {
            "message_id": mail.odoo_message_id,
            "subject": mail.subject,
            "email_from": formataddr(mail.person),
            "from": formataddr(mail.person),
            "to": join(envelope + mail.to),
            "cc": join(mail.cc),
            "recipients": join(envelope + mail.to + mail.cc),
            "message_type": self._crm_firm_get_message_type(mail),
            "references": " ".join(mail.references),
        }

    @api.model
    def _crm_firm_get_message_type(self, mail):
        if mail.kind == "auto_reply":
            return "out_of_office" if mail.is_away else "auto_comment"
        return "email" if mail.kind == "mail" else "auto_comment"

    @api.model
    def _message_parse_extract_payload(self, message, message_dict, save_original=False):
        mail = get_mail(self.env)
        if not mail:
            return super()._message_parse_extract_payload(message, message_dict, save_original=save_original)
        body, was_cut = self._crm_firm_get_body(mail)
        attachments = [self._Attachment(name, data, {"cid": cid} if cid else {}) for name, data, _content_type, cid in mail.files]
        if was_cut:
            attachments += [self._Attachment(name, data, {}) for name, data in mail.get_body_files()]
        if save_original:
            attachments.append(self._Attachment("original_email.eml", mail.raw, {}))
        payload = {"body": body, "attachments": attachments}
        try:
            return self._message_parse_extract_payload_postprocess(message, payload)
        except (etree.LxmlError, ValueError):
            return payload | {"body": Markup("<pre>%s</pre>") % mail.text[:100_000]}

    @api.model
    def _crm_firm_get_body(self, mail):
        """Return `(HTML, whether it shows less than the mail holds)`; the time it takes is bounded."""
        if mail.forwarded:  # a client may read what stands here: what the colleague says is a note, see below
            return Markup("<pre>%s</pre>") % mail.forwarded.text[:MAX_TEXT], len(mail.forwarded.text) > MAX_TEXT
        text, is_html, was_cut = mail.get_body()
        if is_html:
            try:
                body = html_sanitize(text, silent=False, sanitize_tags=False, strip_classes=True)
                if not is_html_empty(body) or not html_to_text(text):
                    return ("" if is_html_empty(body) and "<img" not in body else body), was_cut
            except Exception:
                _logger.info("HTML of mail %s cannot be cleaned, shown as text", mail.message_id)
            text, was_cut = mail.text[:100_000], True
        if not text.strip():
            return "", was_cut
        note = Markup("<p><i>%s</i></p>") % self.env._("Shortened: the full text is in the attached file.") if was_cut else ""
        return Markup("<pre>%s</pre>") % text + note, was_cut

    # === BOUNCES === #

    @api.model
    def _detect_is_bounce(self, message, message_dict):
        mail = get_mail(self.env)
        return mail.kind == "bounce" if mail else super()._detect_is_bounce(message, message_dict)

    @api.model
    def _message_parse_extract_bounce(self, email_message, message_dict):
        mail = get_mail(self.env)
        if not mail:
            return super()._message_parse_extract_bounce(email_message, message_dict)
        if mail.kind != "bounce":
            return {"is_bounce": False}
        own_domains, own_addresses = self._crm_firm_get_own_addresses()
        known = [email_normalize(address) for address in mail.failed_addresses if email_normalize(address)]
        theirs = [a for a in known if a not in own_addresses and a.rpartition("@")[2] not in own_domains]
        bounced_email = next(iter(theirs or known), False)
        Message = self.env["mail.message"].sudo()  # the mail that came back is somebody's, the gateway has to find it
        bounced_message_sudo = (
            Message.search([("message_id", "in", mail.returned_ids)], order="id desc", limit=1) if mail.returned_ids else Message
        )
        Partner = self.env["res.partner"].sudo()  # as Odoo's own step
        bounced_partner_sudo = Partner.search([("email_normalized", "=", bounced_email)]) if bounced_email else Partner
        if bounced_message_sudo and not bounced_partner_sudo and len(bounced_message_sudo.notification_ids.res_partner_id) == 1:
            bounced_partner_sudo = bounced_message_sudo.notification_ids.res_partner_id
            bounced_email = bounced_email or bounced_partner_sudo.email_normalized
        return {
            "is_bounce": True,
            "bounced_email": bounced_email,
            "bounced_partner": bounced_partner_sudo,
            "bounced_msg_ids": mail.returned_ids,
            "bounced_message": bounced_message_sudo,
        }

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        super()._routing_handle_bounce(email_message, message_dict)
        mail = get_mail(self.env)
        if not mail:
            return
        # The gateway acts for the mail system, no user.
        leads_sudo = (
            self.env["crm.lead"]
            .sudo()
            ._find_bounced(message_dict["bounced_email"], message_dict["bounced_message"], mail.get_own_ids(mail.returned_ids))
        )
        if not leads_sudo and not message_dict["bounced_message"] and not message_dict["bounced_partner"]:
            raise MailRefused("bounce", "A bounce of a mail that is not known here")
        for lead_sudo in leads_sudo:
            lead_sudo._log_bounce(message_dict["bounced_email"], message_dict)
        record = leads_sudo[:1] or message_dict["bounced_message"]
        is_lead = record._name == "crm.lead"
        mail.outcome.append(
            ("bounce", "crm.lead" if is_lead else record.model or False, record.id if is_lead else record.res_id or False)
        )

    # === LOOPS: KEEP EVERY MAIL, STOP ANSWERING INSTEAD === #

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        return False if get_mail(self.env) else super()._detect_loop_sender(message, message_dict, routes)

    @api.model
    def _detect_loop_headers(self, msg_dict):
        return False if get_mail(self.env) else super()._detect_loop_headers(msg_dict)

    @api.model
    def _detect_write_to_catchall(self, msg_dict):
        """What went to the catch-all address or to a mistyped one is somebody's mail: quarantine, no automatic refusal."""
        return False if get_mail(self.env) else super()._detect_write_to_catchall(msg_dict)

    def _notify_thread_with_out_of_office(self, message, recipients_data, msg_vals=False, **kwargs):
        """No absence note of ours answers a robot, or somebody who sends more than a person does."""
        mail = get_mail(self.env)
        if mail:
            company = self.company_id if "company_id" in self else self.env.company
            Gate = self.env["firm.mail.gate"].sudo()  # its count is nobody's to read
            if not self or mail.is_quiet or not Gate._may_send_to_stranger(mail.person[1], company or self.env.company):
                return self.env["mail.message"]
        return super()._notify_thread_with_out_of_office(message, recipients_data, msg_vals=msg_vals, **kwargs)
