from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import rpc_input
from ...tools.answer_text import as_html
from .firm_contact_attempt import MEDIA, OUTCOMES

FARTHEST_CALL = timedelta(days=2 * 365)


class Move(NamedTuple):
    """What follows a try to reach the person."""

    status: str  # of the lead from now on
    next_contact_on: datetime | bool = False  # when to try again, naive UTC
    step: models.BaseModel | None = None  # `mail.activity.plan.template` whose e-mail goes out
    next_step: models.BaseModel | None = None  # the one of the next call


class CrmLeadCallOutcome(models.AbstractModel):
    """What a try to reach the person changes: the status, the next try, the e-mail of an unanswered call."""

    _name = "crm.lead.call.outcome"
    _description = "Outcome of a Call"

    def log_contact_attempt(self, outcome, medium="call", note=None, next_contact_on=None):
        """Log one try to reach the person and move the follow-up one step.

        :param str outcome: `reached`, `no_answer`, `wrong_number` or `call_back`
        :param str medium: `call`, `visit` or `email`
        :param str note: plain text, kept with the attempt and shown on the lead
        :param next_contact_on: when to try again: naive UTC datetime (or its string); needed for `call_back`;
            default for the others: what the follow-up plan says, on working time
        :return: the new `firm.contact.attempt`
        :raise UserError: unknown outcome or medium, no or past time to call back, lead discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        if not rpc_input.is_choice(outcome, dict(OUTCOMES)):
            raise UserError(
                self.env._(
                    "Unknown call outcome “%(outcome)s”. Choose one of: %(known)s.",
                    outcome=outcome,
                    known=", ".join(dict(OUTCOMES)),
                )
            )
        if not rpc_input.is_choice(medium, dict(MEDIA)):
            raise UserError(
                self.env._(
                    "Unknown contact medium “%(medium)s”. Choose one of: %(known)s.", medium=medium, known=", ".join(dict(MEDIA))
                )
            )
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        now = fields.Datetime.now()
        chosen = self._get_next_contact_on(outcome, next_contact_on, now)
        move = self._get_next_move(outcome, chosen, now)
        values = {
            "next_contact_on": move.next_contact_on,
            "call_planned_from": now if move.next_contact_on and not chosen else False,
        }
        if not self.first_contact_on:
            values |= {"first_contact_on": now, "first_contact_hours": self._get_working_hours(self.received_on, now)}
        self._set_contact_status(move.status, **values)
        body = self._prepare_attempt_body(outcome, medium, note, move.next_contact_on)
        activity = self._close_call_activities(body)
        if not activity:
            self._message_log(body=body)
        attempt_sudo = self.env["firm.contact.attempt"]._log(
            self,
            date=now,
            medium=medium,
            outcome=outcome,
            phone=self.phone if medium == "call" else False,
            note=note or False,
            next_contact_on=move.next_contact_on,
            activity_id=activity.id,
        )
        self._follow_move(outcome, move, attempt_sudo)
        return attempt_sudo.sudo(self.env.su)

    def _check_open_for_contact(self):
        if self.won_status == "lost":
            raise UserError(self.env._("“%s” is discarded. Restore it first, then log the contact.", self.display_name))

    def _get_next_contact_on(self, outcome, next_contact_on, now):
        if outcome == "reached":
            return False
        next_contact_on = rpc_input.get_moment(self.env, next_contact_on)
        if next_contact_on:
            if next_contact_on <= now:
                raise UserError(self.env._("The next attempt is in the past: choose a later time."))
            if next_contact_on > now + FARTHEST_CALL:
                raise UserError(self.env._("The next attempt is years away: check the date."))
            return next_contact_on
        if outcome == "call_back":
            raise UserError(self.env._("Enter when to call back."))
        return False

    def _get_next_move(self, outcome, chosen, now):
        """Return what follows a try to reach the person.

        :param str outcome: of the attempt
        :param chosen: the time somebody chose for the next try, naive UTC, else False
        :param datetime now: naive UTC
        :return: `Move`
        """
        self.ensure_one()
        if self.contact_status == "ready":  # a word with somebody who waits for our proposal
            return Move("ready", chosen)
        if outcome == "reached":
            return Move("contacted")
        if outcome == "call_back":
            return Move("second_contact", chosen)
        if outcome == "wrong_number" and not chosen and not self._get_email_obstacle():
            return Move("phone_requested")
        step = next_step = self.env["mail.activity.plan.template"]
        if outcome == "no_answer":
            steps_left = self._get_steps_left()
            step, next_step = steps_left[:1], steps_left[1:2]
        next_try = chosen or self._get_next_try(outcome, next_step, now)
        return Move("second_contact" if next_try else "unreachable", next_try or False, step, next_step)

    def _follow_move(self, outcome, move, attempt):
        """Carry out what `_get_next_move` decided, in the transaction of the attempt."""
        if move.status == "ready":
            return
        if outcome in ("reached", "call_back"):
            self._stop_follow_up(outcome)
        elif outcome == "wrong_number":
            self.phone_is_wrong = True
            if move.status == "phone_requested":
                self._request_phone(attempt)
        if move.step:
            number = len(self._get_follow_up_plan().template_ids) - len(self._get_steps_left()) + 1
            step_sudo = self.env["firm.follow.up.step"]._plan(
                {self: f"plan-{move.step.id}"},
                move.step.crm_firm_mail_template_id,
                plan_template_id=move.step.id,
                attempt_id=attempt.id,
                number=number,
            )
            if self.follow_up_stopped_by and step_sudo.state == "planned":
                # Somebody who has been spoken with in this cycle is not told that we could not reach them.
                step_sudo._set_cancelled(reason=self.follow_up_stopped_by)
        if move.next_contact_on:
            self._schedule_step(move, outcome)

    def _schedule_step(self, move, outcome):
        owner = self._get_task_owner() if self.user_id else self.env.user
        step, summary, activity_type = move.next_step, None, None
        if step:
            responsible = step._determine_responsible(owner, self)["responsible"] or owner
            owner = responsible._filter_able_to_work_on("crm.lead", self.company_id) or owner
            summary, activity_type = step.with_context(lang=owner.lang).summary, step.activity_type_id
        if not summary:
            env = self.with_context(lang=owner.lang).env
            summary = env._("Find the right number and call") if outcome == "wrong_number" else env._("Call again")
        day = self._get_firm_company()._get_crm_firm_due_day(move.next_contact_on)
        self._schedule_call(owner, day, summary, activity_type)

    def _close_call_activities(self, feedback):
        """Mark the open calls done. Return the one that was due first: it carries the feedback to the lead's record."""
        types = self._get_contact_activity_types()
        # Calls of the lead, also those of an owner before: whoever may log the attempt may close them.
        activities_sudo = self.activity_ids.sudo().filtered(lambda a: a.activity_type_id in types).sorted("date_deadline")
        first_sudo = activities_sudo[:1]
        if first_sudo:
            first_sudo._action_done(feedback=feedback)
            (activities_sudo - first_sudo).unlink()
        return first_sudo.sudo(self.env.su)

    def _prepare_attempt_body(self, outcome, medium, note, next_contact_on):
        Attempt = self.env["firm.contact.attempt"]
        labels = {fname: dict(Attempt._fields[fname]._description_selection(self.env)) for fname in ("medium", "outcome")}
        body = Markup("<b>%s: %s</b>") % (labels["medium"][medium], labels["outcome"][outcome])
        if next_contact_on:
            moment = format_datetime(self.env, next_contact_on, tz=self._get_zone_name(), dt_format="short")
            body += Markup("<br/>") + self.env._("Next try: %s", moment)
        if note:
            body += Markup("<br/>") + as_html(note)
        return body
