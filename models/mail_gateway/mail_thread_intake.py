import logging
import xmlrpc.client

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize, escape_psql

from ...tools.incoming_mail import read_mail
from ...tools.mail_content import MailRefused

_logger = logging.getLogger(__name__)

GATEWAYS = ("crm_firm.crm_firm_group_mail_gateway", "base.group_system")


class MailThreadIntake(models.AbstractModel):
    """Taking in a mail, once: whatever cannot be taken in waits in quarantine.

    The mail travels as `crm_firm_mail` (an `IncomingMail`) in the context; what Odoo's own steps get is a copy of its
    headers they cannot stumble over.
    """

    _name = "mail.thread.intake"
    _description = "Intake of E-mails"

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
        result = super(MailThreadIntake, gateway).message_process(
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
