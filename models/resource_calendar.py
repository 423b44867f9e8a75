"""Questions the firm asks its working calendar. Odoo's intervals answer them; nothing here counts hours itself.

A calendar may serve several companies, each with holidays of its own, so every question names the company it is asked
for. A company need not have a calendar: an empty one answers with `DEFAULT_DAYS` and `DEFAULT_HOURS`.
"""

from bisect import bisect_right
from datetime import datetime, time, timedelta

import pytz

from odoo import models
from odoo.tools.intervals import Intervals

from ..tools.calendar_snapshot import WorkingTime

# Closed longer than this (a firm on leave): the moment itself counts.
HORIZON = timedelta(days=62)
# Monday to Friday, 9 to 17: where no hours say otherwise. A flexible schedule says how many, not when.
DEFAULT_DAYS = range(5)
DEFAULT_HOURS = (time(9), time(17))


class ResourceCalendar(models.Model):
    _name = "resource.calendar"
    _inherit = ["firm.replanning", "resource.calendar"]

    # Hours and holidays say it themselves. Companies that counted one that is deleted count their other hours from then on.
    _replan_fields = frozenset({"tz", "two_weeks_calendar", "schedule_type", "flexible_hours", "company_id"})

    def _has_working_hours(self):
        """Tell whether the calendar says when the firm works; an empty or a flexible one does not."""
        return not self.flexible_hours and bool(self.attendance_ids.filtered(lambda line: line.day_period != "lunch"))

    def _get_zone(self, company):
        """Return the time zone the firm's days are in: the calendar's, else where the company is."""
        country = company.country_id.code or ""
        return pytz.timezone(self.tz or company.partner_id.tz or next(iter(pytz.country_timezones.get(country, [])), "UTC"))

    def _get_working_intervals(self, company, start, stop):
        """Return the working intervals of the calendar, holidays of the company taken out.

        :param company: `res.company`; holidays of another company are none of it, whoever asks
        :param datetime start: naive UTC
        :param datetime stop: naive UTC
        :return: list of ``(start, stop)``, aware, in the zone of `_get_zone`, in order
        """
        # The hours of the firm are the same for everybody, so the rule that separates companies is said here.
        calendar_sudo = self.sudo()
        zone = calendar_sudo._get_zone(company.sudo())
        begin, end = pytz.utc.localize(start), pytz.utc.localize(stop)
        if calendar_sudo._has_working_hours():
            hours = calendar_sudo._attendance_intervals_batch(begin, end)[False]
        else:
            hours = calendar_sudo._get_default_intervals(zone, begin, end)
        holidays = calendar_sudo._leave_intervals_batch(
            begin,
            end,
            domain=[
                ("time_type", "=", "leave"),
                ("calendar_id", "in", [False, *self.ids]),
                ("company_id", "in", [False, company.id]),
            ],
            tz=zone,
        )[False]
        return [(first.astimezone(zone), last.astimezone(zone)) for first, last, _meta in hours - holidays]

    def _get_default_intervals(self, zone, begin, end):
        intervals = []
        day, last_day = begin.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last_day:
            if day.weekday() in DEFAULT_DAYS:
                opening, closing = (zone.localize(datetime.combine(day, hour)) for hour in DEFAULT_HOURS)
                opening, closing = max(opening, begin.astimezone(zone)), min(closing, end.astimezone(zone))
                if opening < closing:
                    intervals.append((opening, closing, self.env["resource.calendar.attendance"]))
            day += timedelta(days=1)
        return Intervals(intervals, keep_distinct=True)

    def _get_working_day_ends(self, company, moments, days=0):
        """Return for each moment the end of the working day on which it is handled.

        A moment inside or before the hours of a working day belongs to that day; one after closing time,
        on a week-end or on a holiday belongs to the next working day.

        :param company: `res.company`
        :param moments: iterable of naive UTC datetimes
        :param int days: working days to go on from there
        :return: dict moment -> ``(naive UTC datetime, date in the calendar's time zone)``
        """
        moments = sorted(set(moments))
        if not moments:
            return {}
        intervals = self._get_working_intervals(company, moments[0], moments[-1] + HORIZON + timedelta(days=2 * days))
        day_ends = {}  # in order of days: the last interval of a day wins
        for _begin, end in intervals:
            day_ends[_get_day(end)] = end
        days_of_work = list(day_ends)
        ends = list(day_ends.values())
        result = {}
        for moment in moments:
            position = bisect_right(ends, pytz.utc.localize(moment)) + days
            if position < len(ends):
                result[moment] = (_get_naive_utc(ends[position]), days_of_work[position])
            else:
                local_day = pytz.utc.localize(moment).astimezone(self._get_zone(company)).date()
                result[moment] = (moment + timedelta(days=1 + days), local_day + timedelta(days=1 + days))
        return result

    def _get_working_day(self, company, day, days=0):
        """Return the working day a date falls on (itself, else the next one), and on from there.

        :param company: `res.company`
        :param date day: date in the firm's time zone
        :param int days: working days to go on
        :return: date
        """
        midnight = _get_naive_midnight(day, self._get_zone(company))
        return self._get_working_day_ends(company, [midnight], days)[midnight][1]

    def _get_working_day_after(self, company, day, days):
        """Return the working day that people mean by “in so many days”, whatever the hour and whether `day` is one.

        :param company: `res.company`
        :param date day: date in the firm's time zone
        :param int days: 1 is the next working day; 0 is `day` itself when the firm works then, else the next
        :return: date
        """
        if days <= 0:
            return self._get_working_day(company, day)
        return self._get_working_day(company, day + timedelta(days=1), days - 1)

    def _get_working_moment_on(self, company, day, moment=None):
        """Return when to do something on a date: at the time of day of `moment` if the firm works then.

        Else at the next time it opens that day, else when it first opens. Without `moment`: when it first opens.

        :param company: `res.company`
        :param date day: date in the firm's time zone
        :param datetime moment: naive UTC
        :return: naive UTC datetime
        """
        zone = self._get_zone(company)
        opening = _get_naive_midnight(day, zone)
        intervals = self._get_working_intervals(company, opening, _get_naive_midnight(day + timedelta(days=1), zone))
        if moment:
            wanted = zone.localize(datetime.combine(day, pytz.utc.localize(moment).astimezone(zone).time()))
            for begin, end in intervals:
                if wanted < end:
                    return _get_naive_utc(max(wanted, begin))
            if not intervals:
                return _get_naive_utc(wanted)
        return _get_naive_utc(intervals[0][0]) if intervals else opening

    def _add_working_hours(self, company, moment, hours):
        """Return the moment some working hours after another (naive UTC both).

        :param company: `res.company`
        :param datetime moment: naive UTC
        :param float hours: working hours of this calendar
        """
        return WorkingTime(self, company, [moment]).add(moment, hours) if hours > 0 else moment

    def _count_working_hours(self, company, start, stop):
        """Return the working hours between two moments (naive UTC), 0 when they are in the other order."""
        return WorkingTime(self, company, [start, stop]).get_hours(start, stop)

    # === FOLLOWED BY WHAT WAS PLANNED === #

    def _replan(self):
        """Have what counts these calendars planned again: clocks of cases, calls of leads."""
        if not self:
            return
        self.env["firm.case.deadline"]._mark_to_replan([("calendar_id", "in", self.ids)])
        # Whose hours they are, whoever keeps the calendar.
        companies_sudo = (
            self.env["res.company"]
            .sudo()
            .search(["|", ("crm_firm_calendar_id", "in", self.ids), ("resource_calendar_id", "in", self.ids)])
        )
        self.env["crm.lead"]._mark_calls_to_replan(companies_sudo)


def _get_naive_midnight(day, zone):
    return _get_naive_utc(zone.localize(datetime.combine(day, datetime.min.time())))


def _get_day(end):
    """Date of an interval's end; midnight ends the day before."""
    return (end - timedelta(microseconds=1)).date()


def _get_naive_utc(moment):
    return moment.astimezone(pytz.utc).replace(tzinfo=None)
