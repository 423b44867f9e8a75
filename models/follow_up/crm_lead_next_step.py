from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import models

from .crm_lead_first_contact import CALL


class Move(NamedTuple):
    """What follows a try to reach the person."""

    status: str  # of the lead from now on
    next_contact_on: datetime | bool = False  # when to try again, naive UTC
    step: models.BaseModel | None = None  # `mail.activity.plan.template` whose e-mail goes out
    next_step: models.BaseModel | None = None  # the one of the next call


class CrmLeadNextStep(models.AbstractModel):
    """The plan of days D, D+1, D+5: its steps, when they are due, and which one follows an unanswered call."""

    _name = "crm.lead.next.step"
    _description = "Follow-up Plan of a Lead"

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
        # Steps have no other door; their plan is a setting.
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

    def _get_contact_activity_types(self):
        """Return the types of task that try to reach the person: calls, and what the plan has besides."""
        types = self.env.ref(CALL).sudo()  # a setting
        for lead in self:
            types |= lead._get_follow_up_plan().template_ids.activity_type_id
        return types

    # === WHAT FOLLOWS A TRY === #

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
