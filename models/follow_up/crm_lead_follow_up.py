from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import rpc_input
from ...tools.answer_text import as_paragraphs, get_own_text
from .firm_follow_up_step import REASONS

CALL = "mail.mail_activity_data_call"
WAITING = ("to_contact", "phone_requested", "second_contact", "unreachable")


class CrmLeadFollowUp(models.AbstractModel):
    """What is done while nobody answers: the steps of a plan, one after another, until something stops them."""

    _name = "crm.lead.follow.up"
    _description = "Follow-up of a Lead"

    follow_up_cycle = fields.Integer(
        default=1, copy=False, readonly=True, aggregator=None, help="1 from the arrival on, one more with every restart."
    )
    follow_up_started_on = fields.Date("Follow-up Since", copy=False, readonly=True, help="Day D of a restarted follow-up.")
    follow_up_stopped_by = fields.Selection(REASONS, string="Follow-up Stopped By", copy=False, readonly=True)
    follow_up_step_ids = fields.One2many("firm.follow.up.step", "lead_id", string="Follow-up Steps")
    has_failed_email = fields.Boolean("E-mail Not Sent", compute="_compute_has_failed_email", search="_search_has_failed_email")
    last_answer_on = fields.Datetime("Last Answer", copy=False, readonly=True, index="btree_not_null")
    last_answer_message_id = fields.Many2one(
        "mail.message", copy=False, readonly=True, ondelete="set null", index="btree_not_null"
    )
    email_is_bouncing = fields.Boolean("Invalid E-mail", copy=False, tracking=True, help="An e-mail to this address bounced.")
    phone_is_wrong = fields.Boolean("Wrong Number", copy=False, tracking=True, help="Someone else answers this number.")
    call_due_on = fields.Datetime(
        "Call At",
        compute="_compute_call_due_on",
        store=True,
        index="btree_not_null",
        help="When the person is to be called: the next try, or the deadline of the first contact.",
    )

    @api.depends("follow_up_step_ids.state")
    def _compute_has_failed_email(self):
        steps = self.env["firm.follow.up.step"].search([("lead_id", "in", self.ids), ("state", "=", "failed")])
        # Managers alone read the others; that one has failed is for whoever sees the lead.
        mails_sudo = (
            self.env["firm.outgoing.mail"].sudo().search(self._get_failed_mails_domain() & Domain("res_id", "in", self.ids))
        )
        failed_ids = {*steps.lead_id.ids, *mails_sudo.mapped("res_id")}
        for lead in self:
            lead.has_failed_email = lead._origin.id in failed_ids

    def _search_has_failed_email(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Managers alone read the others; which leads are found is decided by the rules of leads.
        mails_sudo = self.env["firm.outgoing.mail"].sudo()
        return Domain("follow_up_step_ids.state", "=", "failed") | Domain(
            "id", "in", mails_sudo._search(self._get_failed_mails_domain()).subselect("res_id")
        )

    @api.model
    def _get_failed_mails_domain(self):
        return Domain("res_model", "=", "crm.lead") & Domain("state", "=", "failed")

    @api.depends("contact_status", "next_contact_on", "first_contact_deadline")
    def _compute_call_due_on(self):
        for lead in self:
            if lead.contact_status == "to_contact":
                lead.call_due_on = lead.next_contact_on or lead.first_contact_deadline
            elif lead.contact_status in ("second_contact", "contacted"):
                lead.call_due_on = lead.next_contact_on
            else:
                lead.call_due_on = False

    # === THE PLAN === #

    def _get_follow_up_plan(self):
        """Return the plan of the practice area, else the company's (elevated: a setting, whoever's lead it is)."""
        self.ensure_one()
        company_sudo = self._get_firm_company().sudo()
        area_plan_sudo = self.sudo().practice_area_id.follow_up_plan_id
        if area_plan_sudo and area_plan_sudo.company_id in (company_sudo, self.env["res.company"]):
            return area_plan_sudo
        return company_sudo._get_crm_firm_follow_up_plan()

    def _get_steps_left(self):
        """Return the steps of the plan that this cycle has not come to yet, in their order."""
        done = self.sudo().follow_up_step_ids.filtered(lambda step: step.cycle == self.follow_up_cycle).plan_template_id
        return self._get_follow_up_plan().template_ids.sorted(lambda step: (step.sequence, step.id)) - done

    def _get_follow_up_day(self):
        """Return day D: the working day of arrival, or of the restart, as a date of the firm's calendar."""
        if self.follow_up_started_on:
            return self.follow_up_started_on
        company_sudo = self._get_firm_company().sudo()  # a setting, whoever asks
        received_on = self.received_on or self.create_date
        return company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [received_on])[received_on][1]

    def _get_step_moment(self, step, now):
        """Return when the call of a step is due: on its day, at the time of day of the try before.

        A step whose day has passed while the one before was waiting is due on the next working day: two calls on one
        day would be no follow-up.

        :param step: `mail.activity.plan.template`
        :param datetime now: moment of the try before, naive UTC
        :return: naive UTC datetime
        """
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        calendar_sudo = company_sudo._get_crm_firm_calendar()
        day, is_plain = step._get_follow_up_day(company_sudo, self._get_follow_up_day())
        today = company_sudo._get_crm_firm_local_date(now)
        if day <= today:
            tomorrow = today + timedelta(days=1)
            day = calendar_sudo._get_working_day(company_sudo, tomorrow)
            is_plain = day == tomorrow
        return calendar_sudo._get_working_moment_on(company_sudo, day, now if is_plain else None)

    def _get_next_move(self, outcome, next_contact_on, now):
        """Return what follows a try to reach the person.

        :param str outcome: of the attempt
        :param next_contact_on: the time somebody chose, naive UTC, else False
        :param datetime now: naive UTC
        :return: dict `status`, `next_contact_on`, `step` (whose e-mail goes out), `next_step` (the one of the next call)
        """
        self.ensure_one()
        Step = self.env["mail.activity.plan.template"]
        move = {"status": "second_contact", "next_contact_on": next_contact_on, "step": Step, "next_step": Step}
        if outcome == "reached":
            return move | {"status": "contacted", "next_contact_on": False}
        if outcome == "call_back":
            return move
        if outcome == "wrong_number":
            if not next_contact_on and not self._get_email_obstacle():
                return move | {"status": "phone_requested"}
            return move | {"next_contact_on": next_contact_on or self._get_next_try(outcome, move["next_step"], now)}
        if not self._get_follow_up_plan().template_ids:
            return move | {"next_contact_on": next_contact_on or self._get_next_try(outcome, move["next_step"], now)}
        steps_left = self._get_steps_left()
        move |= {"step": steps_left[:1], "next_step": steps_left[1:2]}
        if next_contact_on:
            return move
        if not move["next_step"]:
            return move | {"status": "unreachable"}
        return move | {"next_contact_on": self._get_next_try(outcome, move["next_step"], now)}

    def _get_next_try(self, outcome, step, now):
        """Return when to try again, where nobody chose a time.

        When the plan says so; on the next working day, at this time of day, where no step of a plan is the next.

        :param str outcome: of the try before
        :param step: `mail.activity.plan.template` that comes next, may be empty
        :param datetime now: moment of the try before, naive UTC
        :return: naive UTC datetime, None when the plan has no step left
        """
        if outcome == "no_answer" and self._get_follow_up_plan().template_ids:
            return self._get_step_moment(step, now) if step else None
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        calendar_sudo = company_sudo._get_crm_firm_calendar()
        tomorrow = company_sudo._get_crm_firm_local_date(now) + timedelta(days=1)
        day = calendar_sudo._get_working_day(company_sudo, tomorrow)
        return calendar_sudo._get_working_moment_on(company_sudo, day, now if day == tomorrow else None)

    def _follow_move(self, outcome, move, attempt):
        """Carry out what `_get_next_move` decided, in the transaction of the attempt."""
        Step = self.env["firm.follow.up.step"]
        if outcome in ("reached", "call_back"):
            self._stop_follow_up(outcome)
        elif outcome == "wrong_number":
            self.phone_is_wrong = True
            if move["status"] == "phone_requested":
                self._request_phone(attempt)
        if move["step"]:
            number = len(self._get_follow_up_plan().template_ids) - len(self._get_steps_left()) + 1
            step_sudo = Step._plan(
                {self: f"plan-{move['step'].id}"},
                move["step"].crm_firm_mail_template_id,
                plan_template_id=move["step"].id,
                attempt_id=attempt.id,
                number=number,
            )
            if self.follow_up_stopped_by and step_sudo.state == "planned":
                # Somebody who has been spoken with in this cycle is not told that we could not reach them.
                step_sudo._set_cancelled(reason=self.follow_up_stopped_by)
        if move["next_contact_on"]:
            self._schedule_step(move, outcome)

    def _schedule_step(self, move, outcome):
        owner = self._get_task_owner() if self.user_id else self.env.user
        step, summary, activity_type = move["next_step"], None, None
        if step:
            responsible = step._determine_responsible(owner, self)["responsible"] or owner
            owner = responsible._filter_able_to_work_on("crm.lead", self.company_id) or owner
            summary, activity_type = step.with_context(lang=owner.lang).summary, step.activity_type_id
        if not summary:
            env = self.with_context(lang=owner.lang).env
            summary = env._("Find the right number and call") if outcome == "wrong_number" else env._("Call again")
        day = self._get_firm_company()._get_crm_firm_due_day(move["next_contact_on"])
        self._schedule_call(owner, day, summary, activity_type)

    def _get_contact_activity_types(self):
        """Return the types of task that try to reach the person: calls, and what the plan has besides."""
        types = self.env.ref(CALL).sudo()
        for lead in self:
            types |= lead._get_follow_up_plan().template_ids.activity_type_id
        return types

    # === START AND STOP === #

    def restart_follow_up(self, reason):
        """Start the follow-up again: a new cycle from today, with a call for the owner on this working day.

        Discarded leads come back to the queue. What an earlier cycle had planned is cancelled.

        :param str reason: why, plain text for the lead's record
        :return: True
        :raise UserError: no reason, or a record that is no lead any more
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        reason = rpc_input.get_text(self.env, reason, self.env._("The reason"))
        if not reason:
            raise UserError(self.env._("Give a reason for restarting the follow-up."))
        if converted := self.filtered(lambda lead: lead.type != "lead"):
            raise UserError(
                self.env._("No longer leads, so there is nothing to follow up: %s.", ", ".join(converted.mapped("name")))
            )
        for lead in self:
            lead._restart_follow_up(reason)
        return True

    def _restart_follow_up(self, reason, call_on=None, summary=None, activity_type=None):
        """Start a new cycle today.

        :param call_on: when to call, naive UTC; default: this working day
        :param summary: of the task
        :param activity_type: `mail.activity.type` of the task; default: call
        """
        self.ensure_one()
        self.sudo().follow_up_step_ids._cancel("restarted")
        if self.won_status == "lost":
            self.action_restore()
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        now = fields.Datetime.now()
        deadline, today = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now]
        self._write_protected(
            {
                "follow_up_cycle": self.follow_up_cycle + 1,
                "follow_up_started_on": today,
                "follow_up_stopped_by": False,
                "contact_status": "to_contact",
                "ready_on": False,
                "next_contact_on": call_on or False,
                "call_planned_from": now if not call_on else False,
                "first_contact_deadline": max(deadline, call_on or deadline),
                "overdue_owner_told_on": False,
                "overdue_manager_told_on": False,
            }
        )
        self._message_log(body=self.env._("Follow-up restarted: %s", reason))
        self._close_contact_tasks()
        if not self._has_usable_phone() and not activity_type and self._request_missing_phones():
            return
        owner = self._get_task_owner()
        if self.user_id:
            day = company_sudo._get_crm_firm_due_day(call_on) if call_on else today
            self._schedule_call(owner, day, summary, activity_type)

    def _stop_follow_up(self, reason):
        """Cancel what is planned for leads and remember why.

        :param str reason: key of `REASONS`
        """
        if not self:
            return
        self._write_protected({"follow_up_stopped_by": reason})
        self.sudo().follow_up_step_ids._cancel(reason)  # steps have no other door; the lead was written on above

    def _close_contact_tasks(self):
        """Take away open calls: another one takes their place, or none is needed. Whoever's task it was."""
        if not self:
            return
        types = self._get_contact_activity_types()
        self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id in types).unlink()

    def _schedule_task(self, summary, note=None, activity_type="mail.mail_activity_data_todo"):
        """Give the owner a task for this working day (a manager, when nobody owns the lead).

        :return: the `mail.activity`, elevated
        """
        self.ensure_one()
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        now = fields.Datetime.now()
        day = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now][1]
        responsible = self._get_task_owner()
        # Planned by jobs and by what strangers send; whose task it is follows from the lead.
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(activity_type, date_deadline=day, summary=summary, note=note or False, user_id=responsible.id)
        )

    # === E-MAIL TO THE PERSON === #

    def _get_email_obstacle(self):
        """Return why the person gets no e-mail from the follow-up (a key of `REASONS`), None when nothing is in the way."""
        self.ensure_one()
        return self._get_email_obstacles().get(self)

    def _get_email_obstacles(self):
        """Return `{lead: key of REASONS}` of the leads that get no e-mail from the follow-up."""
        emails = [email for email in self.mapped("email_normalized") if email]
        # Everybody's opt-out counts; the addresses are those of leads the caller has.
        blocked = (
            set(self.env["mail.blacklist"].sudo().search([("email", "in", emails), ("active", "=", True)]).mapped("email"))
            if emails
            else set()
        )
        obstacles = {}
        for lead in self:
            if not lead.email_normalized:
                obstacles[lead] = "no_email"
            elif lead.email_is_bouncing:
                obstacles[lead] = "bounced"
            elif lead.email_normalized in blocked:
                obstacles[lead] = "opted_out"
        return obstacles

    # === WHAT STOPS IT === #

    def _on_person_answered(self, message=None, text=None):
        """React to an answer of the person: what is planned stops, the owner is told and calls on this working day.

        Hook of the mail gateway, the portal and the phone page. A lead that waited or was discarded starts a new
        cycle; for anybody else (spoken with, ready, an opportunity) the owner gets a task to read it.

        :param message: the `mail.message` of the answer, if there is one
        :param str text: what the person wrote, when there is no message
        """
        self = self.sudo()._for_colleagues()
        if message:
            if message == self.last_answer_message_id:
                return  # told of it by another door already
            self.last_answer_message_id = message
        if text is None:
            text = get_own_text(message.body) if message else ""
        self.last_answer_on = fields.Datetime.now()
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

    def _on_auto_reply(self, message=None):
        """Hook of the mail gateway: an out-of-office or other automatic reply came. It stops nothing.

        :param message: its `mail.message`, if there is one
        """
        lead_sudo = self.sudo()._for_colleagues()  # the gateway's right to log
        lead_sudo._message_log(body=lead_sudo.env._("Automatic reply received. The follow-up goes on."))

    def _on_bounce(self, email, message=None):
        """Hook of the mail gateway: a mail to this address came back. E-mails stop, the owner gets a task.

        :param str email: the address that does not work
        :param message: the bounce, if it was kept as a `mail.message`
        """
        for lead in self.sudo():  # called by the gateway
            if lead.email_is_bouncing or not lead.email_normalized:
                continue
            lead = lead._for_colleagues()
            lead.email_is_bouncing = True
            lead.follow_up_step_ids._cancel("bounced")
            if not message:
                lead._message_log(body=lead.env._("E-mail to %s bounced: the address is not valid.", email or lead.email_from))
            if lead.active and lead.won_status == "pending":
                lead._schedule_task(
                    lead.env._("The e-mail address is not valid: find another way to reach the person"),
                    note=email or lead.email_from,
                )

    def _on_meeting_booked(self, event):
        """A meeting with the person is in the calendar: they have been reached.

        :param event: `calendar.event`
        """
        for lead in self.filtered(lambda lead: lead.type == "lead" and lead.contact_status in WAITING and lead.active):
            lead._stop_follow_up("meeting")
            lead._write_protected({"contact_status": "contacted", "next_contact_on": False})
            lead._close_contact_tasks()

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

    def _on_follow_up_written(self, vals):
        """Called after `write`: what happened through Odoo's own doors stops the follow-up too."""
        if vals.get("type") == "opportunity":
            converted = self.filtered(lambda lead: lead.channel_id and lead.contact_status in WAITING)
            converted._close_contact_tasks()
            self.filtered(lambda lead: not lead.follow_up_stopped_by)._stop_follow_up("converted")
        elif vals.get("type") == "lead":  # a conversion taken back
            self.filtered(lambda lead: lead.follow_up_stopped_by == "converted").follow_up_stopped_by = False
        if {"active", "probability"} & vals.keys():
            self.filtered(lambda lead: lead.won_status == "lost" and lead.follow_up_stopped_by != "discarded")._stop_follow_up(
                "discarded"
            )
            self.filtered(
                lambda lead: lead.won_status != "lost" and lead.follow_up_stopped_by == "discarded"
            ).follow_up_stopped_by = False
        if "email_from" in vals:
            self.filtered("email_is_bouncing").email_is_bouncing = False
        if "phone" in vals and "phone_is_wrong" not in vals:
            self.filtered("phone_is_wrong").phone_is_wrong = False
        if {"phone", "partner_id"} & vals.keys():
            self.filtered(
                lambda lead: lead.type == "lead" and lead.contact_status == "phone_requested" and lead._has_usable_phone()
            )._on_phone_known()

    # === ACTIONS === #

    def action_retry_emails(self):
        """Send the e-mails of these leads that failed again.

        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        self.follow_up_step_ids.filtered(lambda step: step.state == "failed").action_retry()
        # Managers alone read the others; the leads were checked.
        mails_sudo = self.env["firm.outgoing.mail"].sudo()
        mails_sudo.search(self._get_failed_mails_domain() & Domain("res_id", "in", self.ids))._retry()
        return self._get_notification(self.env._("Failed e-mails are being resent."))
