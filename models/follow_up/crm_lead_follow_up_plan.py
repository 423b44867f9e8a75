from datetime import timedelta

from odoo import models

from .crm_lead_first_contact import CALL


class CrmLeadFollowUpPlan(models.AbstractModel):
    """The plan of days D, D+1, D+5: its steps and when they are due."""

    _name = "crm.lead.follow.up.plan"
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
