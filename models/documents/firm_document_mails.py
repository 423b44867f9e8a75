import logging

import psycopg2

from odoo import api, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 200


class FirmDocumentMails(models.AbstractModel):
    """What the client is written about documents: that they are asked for, and reminders."""

    _name = "firm.document.mails"
    _description = "Document of a Case: e-mails"

    def _ask_client(self, template_xmlid="crm_firm.mail_template_document_request"):
        """Write one e-mail to each person who is to send something, with a link for each document.

        Odoo's mail queue sends it after the transaction.
        """
        self._renew_link()
        template_sudo = self.env.ref(template_xmlid, raise_if_not_found=False)
        if not template_sudo:  # deleted by the firm: it asks by other means
            return
        template_sudo = template_sudo.sudo()  # a setting, whoever asks
        for (ticket, partner), requests in (
            self.sudo().grouped(lambda request: (request.ticket_id, request._get_recipient())).items()
        ):
            email = partner.email or (not partner and ticket.partner_email)
            if not email:
                requests._trace("failed", note=self.env._("The client has no e-mail address."))
                continue
            values = {"recipient_ids": [(4, partner.id)]} if partner else {"email_to": email}
            reply_to = ticket._notify_get_reply_to().get(ticket.id)
            if reply_to:
                values["reply_to"] = reply_to
            lang = partner.lang or (ticket.company_id or self.env.company)._get_crm_firm_lang()
            template_sudo.with_context(crm_firm_document_ids=requests.ids, crm_firm_lang=lang).send_mail(
                ticket.id, email_values=values
            )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # whoever asks may wake the job

    def _get_recipient(self):
        return self.partner_id or self.ticket_id.partner_id

    def _get_others_due(self):
        """Return what the same person is still to send for the case. A link tells how many, and by when; names are in the
        e-mail, as it may have been handed on for one document.

        :return: elevated when `self` is
        """
        self.ensure_one()
        person = self._get_recipient()
        awaited = self.ticket_id._get_awaited_documents() - self
        return awaited.filtered(lambda other: other.origin == "asked" and other._get_recipient() == person)

    # === REMINDERS (the scheduled job) === #

    @api.model
    def _get_reminder_domain(self):
        return (
            self._get_day_domain("next_reminder_on", "<=")
            & Domain("ticket_id.active", "=", True)
            & Domain("ticket_id.stage_id.closed", "=", False)
        )

    @api.model
    def _cron_remind(self):
        """Remind clients of what is due: one e-mail for all documents of a case, each reminder once."""
        Cron = self.env["ir.cron"]
        domain = self._get_reminder_domain()
        Cron._commit_progress(remaining=self.search_count(domain))
        seen = []
        while groups := self._read_group(domain & Domain("ticket_id", "not in", seen), ["ticket_id"], limit=BATCH):
            ticket_ids = [ticket.id for (ticket,) in groups]
            seen += ticket_ids
            due = self.search(domain & Domain("ticket_id", "in", ticket_ids))
            # What another worker holds is that worker's.
            requests = due.try_lock_for_update().filtered_domain(domain)
            for of_case in requests.grouped("ticket_id").values():
                of_case._remind()
            if not Cron._commit_progress(len(due)):
                return

    def _remind(self):
        today = self.company_id._get_crm_firm_today()
        try:
            with self.env.cr.savepoint():
                for request in self:
                    request._trace("reminded", {}, key=f"{request.due_date}/{request.next_reminder_on}")
                self._ask_client("crm_firm.mail_template_document_reminder")
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Documents %s cannot be reminded of", self.ids, exc_info=True)
            self._trace("failed", {}, note=str(error)[:500])
        self.write({"reminded_on": today})
