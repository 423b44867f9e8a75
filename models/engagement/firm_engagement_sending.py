from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...tools.rpc_input import get_items, get_text, is_choice
from .firm_engagement_content import Frozen
from .firm_engagement_signer import CAPACITIES

OPEN_STATES = ("sent", "partly_signed")
BATCH = 100
EXPIRING = timedelta(days=2)  # before the last day on which a letter can be signed its owner is told
# The signers' links die with what these end
SIGN, REMIND = "crm_firm.mail_template_letter_sign", "crm_firm.mail_template_letter_reminder"
ENDED = "crm_firm.mail_template_letter_ended"


class FirmEngagementSending(models.AbstractModel):
    """A letter goes out: a version is frozen, signers get their links, are reminded, and time runs out."""

    _name = "firm.engagement.sending"
    _description = "Sending of an Engagement Letter"

    # === OUT === #

    def send_for_signature(self, signers=None, valid_until=None):
        """Freeze a version of the letter and send it to those who sign.

        :param signers: list of dicts `name`, `email`, `vat`, `capacity`; None: those of the letter
        :param valid_until: last day on which it can be signed: date or its string; None: as on the letter
        :return: the new `firm.engagement.version`
        :raise UserError: it was sent already, or something is missing: all of it is named
        :raise AccessError: the user may not write on the letter
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        self._check_is_draft()
        if signers is not None:
            signers = get_items(self.env, signers, self.env._("The signers"))
            self.signer_ids = [Command.clear(), *(Command.create(self._read_signer(signer)) for signer in signers)]
        self.valid_until = self._read_day(valid_until) or self._get_valid_until()
        missing = [text for text, _url in self._get_missing()]
        if missing:
            raise UserError(self.env._("Before sending, complete:\n%s", "\n".join(f"- {text}" for text in missing)))
        content = self._prepare_content()
        version_sudo = self.env["firm.engagement.version"]._freeze(self, content, self._render_pdf(content))
        now = fields.Datetime.now()
        self._write_protected(
            {
                "state": "sent",
                "current_version_id": version_sudo.id,
                "sent_on": self.sent_on or now,
                "viewed_on": False,
                "reminder_count": 0,
                # Who sends a letter for so short a time knows it.
                "is_expiry_told": self._is_expiring(),
            }
        )
        self._plan_reminder()
        self.signer_ids.sudo().write({"state": "waiting"})  # the letter's own
        actor = {"user_id": self.env.uid}
        facts = {"identification_asked": self._asks_identification(), "begun": self.order_id.state == "sale"}
        self.env["firm.engagement.event"]._log(self, "sent", actor=actor, note=version_sudo.changes, facts=facts)
        if self.order_id.state == "draft":
            self.order_id.sudo()._by_letter().state = "sent"  # the letter's own order
        self._invite(SIGN, f"letter-sign-{version_sudo.id}")
        self._close_proposal_task()
        return version_sudo.sudo(self.env.su)

    def action_send(self):
        self.send_for_signature()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _read_signer(self, values):
        if not isinstance(values, dict) or values.keys() - {"name", "email", "vat", "capacity"}:
            raise UserError(self.env._("A signer has a name, an e-mail address, an identity number and a capacity."))
        signer_fields = self.env["firm.engagement.signer"]._fields
        read = {}
        for key, value in values.items():
            label = signer_fields[key].get_description(self.env, ["string"])["string"]
            read[key] = get_text(self.env, value, label)
        if not read.get("name"):
            raise UserError(self.env._("Enter the name of each signer."))
        if values.get("capacity") and not is_choice(values["capacity"], dict(CAPACITIES)):
            raise UserError(self.env._("Say in which capacity each signer signs."))
        return {key: value for key, value in read.items() if value}

    def _read_day(self, value):
        try:
            day = fields.Date.to_date(value) if value else None
        except (ValueError, TypeError):
            day = None
        if value and not isinstance(day, date):
            raise UserError(self.env._("Enter the date as year-month-day."))
        return day

    def _render_pdf(self, content):
        # The user may read the letter; fonts and images are the system's.
        report_sudo = self.env["ir.actions.report"].sudo().with_context(crm_firm_letter_frozen=Frozen(content))
        return report_sudo._render_qweb_pdf("crm_firm.firm_engagement_letter_report", self.ids)[0]

    # === BACK === #

    def undo_sending(self):
        """Take a letter back that nobody has looked at.

        :return: True
        :raise UserError: it was viewed, or is not waiting to be signed
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.state != "sent" or self.viewed_on:
            raise UserError(self.env._("Only a letter that nobody has looked at can be taken back. Make a new version of it."))
        self._take_back("undone")
        return True

    def revise(self, reason):
        """Take a letter back for a new version: the links end, and everybody signs again.

        :param str reason: kept in the history
        :return: True
        :raise UserError: it is not waiting to be signed, or there is no reason
        """
        self.ensure_one()
        self.check_access("write")
        reason = get_text(self.env, reason, self.env._("The reason"))
        if not reason:
            raise UserError(self.env._("Say why there is a new version."))
        self._lock()
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("The letter %s is not waiting to be signed.", self.name))
        self._take_back("revised", reason)
        return True

    def cancel_letter(self, reason=None):
        """Give up letters that are not signed.

        :param str reason: kept in the history and on the opportunity
        :return: True
        :raise UserError: a letter is signed, or over already
        :raise AccessError: the user may not write on one of the letters
        """
        self.check_access("write")
        reason = get_text(self.env, reason, self.env._("The reason"))
        for letter in self:
            letter._lock()
            if letter.state not in ("draft", *OPEN_STATES):
                raise UserError(letter.env._("The letter %s is over: there is nothing to cancel.", letter.name))
            letter._finish("cancelled", actor={"user_id": self.env.uid}, note=reason)
            body = letter.env._("Engagement letter %(letter)s cancelled. %(reason)s", letter=letter.name, reason=reason or "")
            letter.lead_id._message_log(body=body)
        return True

    def action_cancel(self):
        return self.cancel_letter()

    def _take_back(self, kind, note=None):
        self._end_links()
        self._write_protected({"state": "draft", "next_reminder_on": False, "viewed_on": False, "start_requested": False})
        nothing = dict.fromkeys(
            ("signed_on", "signed_version_id", "signed_name", "signed_capacity", "channel", "signature"), False
        )
        self.signer_ids.sudo().write({"state": "waiting"} | nothing)  # the history keeps what was signed
        self.env["firm.engagement.event"]._log(self, kind, actor={"user_id": self.env.uid}, note=note)
        order_sudo = self.order_id.sudo()  # the letter's own
        if order_sudo.state == "sent":  # what the firm has begun unsigned goes on
            order_sudo._by_letter().state = "draft"

    def _finish(self, state, signer=None, actor=None, note=None):
        """End a letter that is not signed by all, and tell those who have. The caller holds the lock."""
        self._end_links()
        self._write_protected({"state": state, "next_reminder_on": False})
        self.env["firm.engagement.event"]._log(self, state, signer, actor, note)
        self._cancel_order()
        if signed := self.signer_ids.filtered(lambda signer: signer.state == "signed"):
            self._queue(ENDED, signed, f"letter-ended-{self.id}")

    def _cancel_order(self):
        """Cancel the order of a letter that is over, unless something of it was charged already."""
        order_sudo = self.order_id.sudo()  # the letter's own
        if not order_sudo.invoice_ids.filtered(lambda invoice: invoice.state == "posted"):
            order_sudo._by_letter()._action_cancel()

    def _end_links(self):
        """Nobody gets in by the links any more, and e-mails with them that wait are not sent."""
        signers = self.signer_ids
        self.env["firm.engagement.link"].sudo().search([("signer_id", "in", signers.ids)]).unlink()
        self.env["firm.engagement.code"]._forget(signers)
        waiting_sudo = (
            self.env["firm.outgoing.mail"]
            .sudo()
            .search([("res_model", "=", signers._name), ("res_id", "in", signers.ids), ("state", "in", ("planned", "failed"))])
        )
        waiting_sudo._set_cancelled()

    # === E-MAILS === #

    def _invite(self, template, cause):
        """Queue an e-mail with a link of its own to each who is to sign now, once for the cause."""
        signers = self.env["firm.outgoing.mail"]._filter_new(cause, self._get_signers_in_turn())
        links = {signer.id: self.env["firm.engagement.link"]._make(signer) for signer in signers}
        # The right to send the letter was checked; the PDF goes with it.
        self._queue(template, signers, cause, self.current_version_id.sudo()._get_pdf(), crm_firm_links=links)

    def _queue(self, template, signers, cause, pdf=None, **context):
        """Queue an e-mail to signers of the letter, with its PDF."""
        email_values = {}
        if pdf:
            values = {"name": f"{self.name}.pdf", "raw": pdf, "res_model": self._name, "res_id": self.id}
            # The mail's own file, of the letter that may be sent
            email_values["attachment_ids"] = [Command.link(self.env["ir.attachment"].sudo().create(values).id)]
        template_sudo = self.env.ref(template).sudo().with_context(**context)  # whoever sends may use the firm's templates
        mails = template_sudo._crm_firm_queue(signers.sudo(), note_on=self.lead_id, cause=cause, **email_values)
        # Who may read the letter may read messages about it: the link is the client's alone, and stands in the e-mail only.
        mails.sudo().mail_message_id.body = ""

    def remind(self):
        """Remind those who are to sign now.

        :return: True
        :raise UserError: it is not waiting to be signed
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        if self.state not in OPEN_STATES:
            raise UserError(self.env._("The letter %s is not waiting to be signed.", self.name))
        self._remind({"user_id": self.env.uid})
        return True

    def _remind(self, actor=None):
        self._write_protected({"reminder_count": self.reminder_count + 1})
        self._plan_reminder()
        self.env["firm.engagement.event"]._log(self, "reminded", actor=actor)
        self._invite(REMIND, f"letter-remind-{self.current_version_id.id}-{self.reminder_count}")

    def _plan_reminder(self):
        """Set the day of the next reminder: missed ones become one."""
        company_sudo = self.company_id.sudo()  # settings
        sent = company_sudo._get_crm_firm_local_date(self.current_version_id.sudo().date)
        today = company_sudo._get_crm_firm_today()
        days = [sent + timedelta(days=days) for days in company_sudo._get_crm_firm_letter_reminders()]
        later = [day for day in days if day > today and (not self.valid_until or day <= self.valid_until)]
        self._write_protected({"next_reminder_on": min(later, default=False)})

    def _close_proposal_task(self):
        task_type = self.env.ref("crm_firm.mail_activity_type_send_proposal", raise_if_not_found=False)
        # Whoever's task it was: the proposal is out.
        tasks_sudo = self.lead_id.sudo().activity_ids.filtered(lambda task: task.activity_type_id == task_type)
        if task_type and tasks_sudo:
            tasks_sudo.action_feedback(feedback=self.env._("Engagement letter %s sent.", self.name))

    # === THE JOB === #

    @api.model
    def _cron_follow_letters(self):
        """Remind of letters and end those whose time is over, one after the other, each committed."""
        Cron = self.env["ir.cron"]
        tomorrow = fields.Date.today() + timedelta(days=1)  # somewhere it is tomorrow already
        due = Domain("state", "in", OPEN_STATES) & (
            Domain("valid_until", "<", tomorrow)
            | Domain("next_reminder_on", "<=", tomorrow)
            | (Domain("valid_until", "<=", tomorrow + EXPIRING) & Domain("is_expiry_told", "=", False))
        )
        last_id = 0
        Cron._commit_progress(remaining=self.search_count(due))
        while letters := self.search(due & Domain("id", ">", last_id), order="id", limit=BATCH):
            last_id, seen = letters[-1].id, len(letters)
            letters = letters.filtered(lambda letter: letter._is_due())
            Cron._commit_progress(seen - len(letters))
            for letter in letters:
                if letter.try_lock_for_update():
                    letter._follow_time()
                if not Cron._commit_progress(1):
                    return

    def _is_due(self):
        """Return whether something is to be done today, where the firm is."""
        today = self.company_id._get_crm_firm_today()
        has_reminder = bool(self.next_reminder_on and self.next_reminder_on <= today)
        return self.valid_until < today or has_reminder or (self._is_expiring() and not self.is_expiry_told)

    def _is_expiring(self):
        return self.valid_until - self.company_id._get_crm_firm_today() <= EXPIRING

    def _follow_time(self):
        """Do what is due today, where the firm is. The caller holds the lock."""
        today = self.company_id._get_crm_firm_today()
        if self.state not in OPEN_STATES:
            return
        if self.valid_until < today:
            self._finish("expired")
            self._tell_owner("expired")
            return
        if self.next_reminder_on and self.next_reminder_on <= today:
            self._remind()
        if self._is_expiring() and not self.is_expiry_told:
            self._write_protected({"is_expiry_told": True})
            self._tell_owner("expiring")
