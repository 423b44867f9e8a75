from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize
from odoo.tools.mail import email_normalize_all

from ...tools.answer_text import as_paragraphs
from ...tools.mail_in_hand import get_mail
from ...tools.rpc_input import get_text


class HelpdeskTicketAnswers(models.AbstractModel):
    """What counts as an answer to the client."""

    _name = "helpdesk.ticket.answers"
    _description = "Case: answers and the client's messages"

    def _is_answered(self):
        """Tell whether the client has an answer since the case was opened, or opened again."""
        self.ensure_one()
        case_sudo = self.sudo()  # part of the rules, whoever closes
        return bool(self.answered_on) and (not case_sudo.reopened_on or self.answered_on > case_sudo.reopened_on)

    def _get_missing_to_resolve(self):
        """Return what the case lacks before it is resolved: list of sentences."""
        self.ensure_one()
        if self._is_answered():
            return []
        return [self.env._("Reply to the client with a message, or log what was said by phone (“Log an answer”).")]

    def log_answer(self, note):
        """Record what was answered by phone or in person.

        :param str note: plain text, what was said
        :raise UserError: no text
        :raise AccessError: the user may not write on the case
        """
        self.ensure_one()
        self.check_access("write")
        note = get_text(self.env, note, self.env._("Note"))
        if not note:
            raise UserError(self.env._("Enter what was answered."))
        self.message_post(
            body=Markup("<p><b>%s</b></p>%s") % (self.env._("Answered by phone or in person:"), as_paragraphs(note)),
            subtype_xmlid="mail.mt_note",
        )
        self._note_answer()

    def _note_answer(self):
        """Note that the client has been answered just now; the clock of the first answer stops."""
        now = fields.Datetime.now()
        for case_sudo in self.sudo():  # kept by the system, whoever answers
            values = {"answered_on": now}
            if not case_sudo.first_answered_on:
                values["first_answered_on"] = now
            case_sudo.write(values)
        self._sync_deadlines("setting")

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        for case in self.filtered(lambda case: case.sudo().is_case):  # clients post too, and may not read that field
            case._check_may_be_said(message)
            case._notice_message_of_client(message)
        return result

    def _check_may_be_said(self, message):
        """Those who only read a case, as the front desk does until it is classified, leave notes: who works on it writes to the
        client.

        :raise AccessError: a colleague who may not write on the case posts what leaves the house
        """
        if self.env.su or not self.env.user._is_internal():
            return
        message_sudo = message.sudo()  # of the user, who has just posted it
        subtype = message_sudo.subtype_id
        is_log = message_sudo.message_type == "notification" and subtype != self.env.ref("mail.mt_comment")
        leaves_house = not (subtype.internal or is_log) or any(message_sudo.partner_ids.mapped("partner_share"))
        if leaves_house and not self.has_access("write"):
            raise AccessError(self.env._("Only those in charge of the case write to the client. Log a note instead."))

    def _notify_thread(self, message, msg_vals=False, **kwargs):
        recipients_data = super()._notify_thread(message, msg_vals=msg_vals, **kwargs)
        # What is sent later comes here again when it is.
        if self and self.sudo().is_case and not self._is_notification_scheduled(kwargs.get("scheduled_date")):
            self._notice_answer(message, recipients_data)
        return recipients_data

    def _notice_answer(self, message, recipients_data):
        """Tell a message of ours that the client gets from everything else that is posted."""
        if self._is_said(message) and self.env["crm.lead"]._is_ours(message) and self._reaches_client(message, recipients_data):
            self._note_answer()

    def _is_said(self, message):
        """Tell whether a message is one between the client and the firm: no note, no robot's, not the mail that made the case."""
        message_sudo = message.sudo()  # of whoever wrote it
        if message_sudo.message_type not in ("comment", "email") or message_sudo.is_internal:
            return False
        if message_sudo.subtype_id != self.env.ref("mail.mt_comment"):
            return False
        mail = get_mail(self.env)
        return not mail or (mail.kind == "mail" and ("helpdesk.ticket", self.id) not in mail.created)

    def _reaches_client(self, message, recipients_data):
        """Tell whether the client gets a message: by e-mail, as one of those to whom a colleague's own e-mail went, or in the
        client area. What goes to colleagues only is no answer.

        :param recipients_data: as `_notify_thread` returns it
        """
        message_sudo, case_sudo = message.sudo(), self.sudo()  # whoever answers
        addresses = {data["email_normalized"] for data in recipients_data} | set(
            email_normalize_all(f"{message_sudo.incoming_email_to or ''},{message_sudo.incoming_email_cc or ''}")
        )
        return case_sudo._has_address_of_client(addresses) or case_sudo._is_read_in_client_area()

    def _has_address_of_client(self, addresses):
        """Tell whether one of the addresses, normalized, is of somebody of the client. Elevated: whoever asks."""
        addresses = list(filter(None, addresses))
        if email_normalize(self.partner_email or "", strict=False) in addresses:
            return True
        domain = [("email_normalized", "in", addresses), ("commercial_partner_id", "=", self.commercial_partner_id.id)]
        return bool(self.commercial_partner_id and self.env["res.partner"].search_count(domain, limit=1))

    def _is_read_in_client_area(self):
        """Tell whether somebody of the client can log in and sees the case. Elevated: whoever asks."""
        people = self.partner_id | self.commercial_partner_id.child_ids.filtered(lambda person: person._sees_cases_of_company())
        return any(user.share for user in people.user_ids)

    def action_log_answer(self):
        self.ensure_one()
        return self._open_dialog("helpdesk.ticket.answer", self.env._("Log an answer"))
