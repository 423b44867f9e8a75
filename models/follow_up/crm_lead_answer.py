from odoo import fields, models

from ...tools.answer_text import as_paragraphs, get_own_text
from .crm_lead_contact_status import WAITING
from .crm_lead_first_contact import CALL


class CrmLeadAnswer(models.AbstractModel):
    """What the person answers stops the follow-up, and starts it anew."""

    _name = "crm.lead.answer"
    _description = "Answers to a Lead"

    last_answer_on = fields.Datetime("Last Answer", copy=False, readonly=True, index="btree_not_null")
    last_answer_message_id = fields.Many2one(
        "mail.message", copy=False, readonly=True, ondelete="set null", index="btree_not_null"
    )

    def _on_person_answered(self, message=None, text=None):
        """React to an answer of the person: what is planned stops, the owner is told and calls on this working day.

        Hook of the mail gateway, the portal and the phone page. A lead that waited or was discarded starts a new
        cycle; for anybody else (spoken with, ready, an opportunity) the owner gets a task to read it.

        :param message: the `mail.message` of the answer, if there is one
        :param str text: what the person wrote, when there is no message
        """
        self = self.sudo()._for_colleagues()  # the gateway calls, no user
        if message:
            if message == self.last_answer_message_id:
                return  # told of it by another door already
            self.last_answer_message_id = message
        if text is None:
            text = get_own_text(message.body) if message else ""
        self.last_answer_on = fields.Datetime.now()
        self._hold_letter_reminders()
        if self.type == "lead" and (self.contact_status in WAITING or self.won_status == "lost"):
            number_found, numbers = (None, []) if self._has_usable_phone() else self._find_phone(text)
            if number_found:
                self._take_phone(number_found)
            if self._has_usable_phone():
                self._restart_follow_up(self.env._("the person answered."), summary=self.env._("The person answered: call"))
            else:
                self._restart_follow_up(
                    self.env._("the person answered."),
                    summary=self.env._("Read the answer: several phone numbers")
                    if numbers
                    else self.env._("Read the answer: no phone number in it"),
                    activity_type=self.env.ref("mail.mail_activity_data_todo"),
                )
        else:
            self._stop_follow_up("answered")
            if self.won_status != "won":
                self._ensure_answer_task()
        self._tell_owner_of_answer(message, text)

    def _ensure_answer_task(self):
        summary = self.env._("The person answered: read it and call")
        if not self.activity_ids.filtered(lambda activity: activity.summary == summary):
            self._schedule_task(summary, activity_type=CALL)

    def _tell_owner_of_answer(self, message, text):
        """Tell the owner, unless the message itself has done so already. Queued, not sent within the transaction."""
        partner = self._get_people_to_tell()[:1].partner_id
        if not partner:
            return
        if message:
            # Its followers get the message itself, now or in a moment: the gateway calls before they are notified.
            is_for_followers = message.subtype_id == self.env.ref("mail.mt_comment")
            if partner in message.notified_partner_ids or (is_for_followers and partner in self.message_partner_ids):
                return
        self.message_notify(
            partner_ids=partner.ids,
            subject=self.env._("The person answered: %s", self.name),
            body=as_paragraphs(text) or self.env._("The person answered."),
            force_send=False,
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _on_auto_reply(self, message=None):
        """Hook of the mail gateway: an out-of-office or other automatic reply came. It stops nothing.

        :param message: its `mail.message`, if there is one
        """
        lead_sudo = self.sudo()._for_colleagues()  # the gateway's right to log
        lead_sudo._message_log(body=lead_sudo.env._("Automatic reply received. The follow-up goes on."))

    def _on_meeting_booked(self, event):
        """A meeting with the person is in the calendar: they have been reached.

        :param event: `calendar.event`
        """
        leads = self.filtered(lambda lead: lead.type == "lead" and lead.active)
        reached = leads._set_contact_status("contacted", allowed_from=WAITING, next_contact_on=False)
        reached._stop_follow_up("meeting")
        reached._close_contact_tasks()
