from datetime import datetime, timedelta

from odoo import api, fields, models
from odoo.tools import format_date, format_time

# Days around today whose working days are known; nobody counts them for what is farther away
AROUND = 366


class ResCompanyDeadlineText(models.AbstractModel):
    """How the firm says until when: the day, its hour, and how many working days that is from now.

    `static/src/deadlines/deadline_text.js` says it on the screens by the same rule.
    """

    _name = "res.company.deadline.text"
    _description = "Company: deadlines in words"

    @api.model
    def get_crm_firm_working_days(self):
        """Return the days on which the user's companies work, a year back and one ahead.

        :return: dict id of the company, as text -> list of ISO dates, in order
        """
        known = {}
        for company in self.env.companies:
            today = company._get_crm_firm_today()
            days = company._get_crm_firm_working_days(today - timedelta(days=AROUND), today + timedelta(days=AROUND))
            known[str(company.id)] = [day.isoformat() for day in days]
        return known

    def _get_crm_firm_working_days(self, first, last):
        """Return the dates from the first to the last, both included, on which the firm works, in order."""
        company_sudo = self.sudo()  # the hours of the firm are the same for everybody
        begin, end = (company_sudo._get_crm_firm_midnight(day) for day in (first, last + timedelta(days=1)))
        intervals = company_sudo._get_crm_firm_calendar()._get_working_intervals(company_sudo, begin, end)
        return sorted({start.date() for start, _end in intervals})

    def _describe_deadline(self, deadline):
        """Say until when, in the language of the environment and where the firm is: “Mon 30 Nov, 18:00 · in 2 working days”.

        :param deadline: naive UTC datetime, or date
        :return: str; empty without a deadline
        """
        self.ensure_one()
        if not deadline:
            return ""
        today = self._get_crm_firm_today()
        hour = ""
        if isinstance(deadline, datetime):
            day, is_past = self._get_crm_firm_due_day(deadline), deadline < fields.Datetime.now()
            hour = format_time(self.env, deadline, tz=self._get_crm_firm_zone().zone, time_format="HH:mm")
            hour = ", 24:00" if hour == "00:00" else f", {hour}"  # midnight ends the day before
        else:
            day, is_past = deadline, deadline < today
        pattern = "EEE d MMM" if day.year == today.year else "EEE d MMM y"
        moment = format_date(self.env, day, date_format=pattern) + hour
        distance = self._describe_distance(day, today, is_past)
        return f"{moment} · {distance}" if distance else moment

    def _describe_distance(self, day, today, is_past):
        """Say how far a day is from today in working days; empty when it is farther than anybody counts."""
        if abs((day - today).days) > AROUND:
            return self.env._("late") if is_past else ""
        if day == today:
            return self.env._("late") if is_past else self.env._("today")
        if (day - today).days == 1:
            return self.env._("tomorrow")
        # No more days than those between: to look at two years costs more than the page that says it
        before, until = sorted((day, today))
        days = len(self._get_crm_firm_working_days(before + timedelta(days=1), until))
        if is_past:
            if days > 1:
                return self.env._("%s working days late", days)
            return self.env._("1 working day late") if days else self.env._("late")
        if days > 1:
            return self.env._("in %s working days", days)
        return self.env._("in 1 working day") if days else self.env._("before the next working day")
