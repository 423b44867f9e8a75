from datetime import timedelta

from odoo import fields, models
from odoo.tools import email_normalize

from ...tools.mail_in_hand import get_mail


class HelpdeskTicketClientMessage(models.AbstractModel):
    """The client writes on a case: it goes on, is opened again, or a new one follows it."""

    _name = "helpdesk.ticket.client.message"
    _description = "Case: the client's messages"

    def _notice_message_of_client(self, message):
        """Tell a message of the client from everything else that is posted, and act on it."""
        message_sudo = message.sudo()  # of whoever wrote it
        is_of_client = self._is_said(message) and not self.env["crm.lead"]._is_ours(message) and self._is_of_client(message_sudo)
        if is_of_client:
            self.sudo()._on_client_message(message_sudo)  # what follows from it is the firm's, not the client's

    def _is_of_client(self, message_sudo):
        case_sudo = self.sudo()  # whoever asks
        author = message_sudo.author_id
        if author and author.commercial_partner_id == case_sudo.commercial_partner_id:
            return True
        address = email_normalize(message_sudo.email_from or "", strict=False)
        return bool(address) and address == email_normalize(case_sudo.partner_email or "", strict=False)

    def _on_client_message(self, message_sudo):
        """The client wrote: what waited for that goes on, what had ended is opened again, or a new case is."""
        self.ensure_one()
        if self.case_state == "waiting_client":
            self._move_to("in_review")
        elif self.case_state in ("resolved", "archived"):
            ended = self.archived_at or self.resolved_at or self.write_date
            if ended + timedelta(days=self.company_id.crm_firm_case_reopen_days) >= fields.Datetime.now():
                self._reopen()
            else:
                self._open_next_case(message_sudo)

    def _open_next_case(self, message_sudo):
        """Make a new case, linked to this one, of a message that came long after its end."""
        mail = get_mail(self.env)
        channel = self.env["helpdesk.ticket.channel"]._get_by_code("email" if mail else "client_area")
        case = self.with_context(crm_firm_mail=None).create(
            {
                "name": self.name,
                "description": message_sudo.body,
                "partner_id": (message_sudo.author_id or self.partner_id).id,
                "category_id": self.category_id.filtered("active").id,
                "practice_area_id": self.practice_area_id.filtered("active").id,
                "specialist_id": self.specialist_id.filtered("active").id,
                "user_id": self.user_id._filter_working_on(self._name, self.company_id).id,
                "team_id": self.team_id.id,
                "company_id": self.company_id.id,
                "channel_id": channel.id,
                "previous_case_id": self.id,
            }
        )
        for attachment in message_sudo.attachment_ids:
            attachment.copy({"res_model": case._name, "res_id": case.id})
        self._message_log(
            body=self.env._("The client wrote after this case was closed; a new one was opened: %s.", case._get_html_link())
        )
        case._message_log(body=self.env._("Continues %s, which was closed too long ago to be reopened.", self._get_html_link()))
        return case
