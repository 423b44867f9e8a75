"""Questions the firm asks its working calendar. Odoo's intervals answer them; nothing here counts hours itself."""

from bisect import bisect_right
from datetime import datetime, timedelta

import pytz

from odoo import models

# Closed longer than this (a calendar without hours, a firm on leave): the moment itself counts.
HORIZON = timedelta(days=62)


class ResourceCalendar(models.Model):
    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"attendance_ids", "tz", "two_weeks_calendar", "global_leave_ids", "leave_ids", "company_id"}:
            self._replan_cases()
        return result

    def _replan_cases(self):
        """Have the clocks of cases that count this calendar planned again."""
        if self:
            self.env["firm.case.deadline"]._mark_to_replan([("calendar_id", "in", self.ids)])

    def _get_working_intervals(self, start, stop):
        """Return the working intervals of the calendar, company holidays taken out.

        :param datetime start: naive UTC
        :param datetime stop: naive UTC
        :return: list of ``(start, stop)``, aware, in the calendar's time zone, in order
        """
        self.ensure_one()
        intervals = self._work_intervals_batch(pytz.utc.localize(start), pytz.utc.localize(stop))[False]
        zone = pytz.timezone(self.tz or "UTC")
        return [(begin.astimezone(zone), end.astimezone(zone)) for begin, end, _meta in intervals]

    def _get_working_day_ends(self, moments, days=0):
        """Return for each moment the end of the working day on which it is handled.

        A moment inside or before the hours of a working day belongs to that day; one after closing time,
        on a week-end or on a holiday belongs to the next working day.

        :param moments: iterable of naive UTC datetimes
        :param int days: working days to go on from there
        :return: dict moment -> ``(naive UTC datetime, date in the calendar's time zone)``
        """
        moments = sorted(set(moments))
        if not moments:
            return {}
        intervals = self._get_working_intervals(moments[0], moments[-1] + HORIZON + timedelta(days=2 * days))
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
                local_day = pytz.utc.localize(moment).astimezone(pytz.timezone(self.tz or "UTC")).date()
                result[moment] = (moment + timedelta(days=1 + days), local_day + timedelta(days=1 + days))
        return result

    def _get_working_day(self, day, days=0):
        """Return the working day a date falls on (itself, else the next one), and on from there.

        :param date day: date in the calendar's time zone
        :param int days: working days to go on
        :return: date
        """
        midnight = self._get_naive_midnight(day)
        return self._get_working_day_ends([midnight], days)[midnight][1]

    def _get_working_moment_on(self, day, moment=None):
        """Return when to do something on a date: at the time of day of `moment` if the firm works then.

        Else at the next time it opens that day, else when it first opens. Without `moment`: when it first opens.

        :param date day: date in the calendar's time zone
        :param datetime moment: naive UTC
        :return: naive UTC datetime
        """
        zone = pytz.timezone(self.tz or "UTC")
        opening = self._get_naive_midnight(day)
        intervals = self._get_working_intervals(opening, self._get_naive_midnight(day + timedelta(days=1)))
        if moment:
            time = pytz.utc.localize(moment).astimezone(zone).time()
            wanted = zone.localize(datetime.combine(day, time))
            for begin, end in intervals:
                if wanted < end:
                    return _get_naive_utc(max(wanted, begin))
            if not intervals:
                return _get_naive_utc(wanted)
        return _get_naive_utc(intervals[0][0]) if intervals else opening

    def _add_working_hours(self, moment, hours):
        """Return the moment some working hours after another (naive UTC both).

        :param datetime moment: naive UTC
        :param float hours: working hours of this calendar
        """
        if hours <= 0:
            return moment
        end = self.plan_hours(hours, pytz.utc.localize(moment), compute_leaves=True)
        return _get_naive_utc(end) if end else moment + timedelta(hours=hours)

    def _get_naive_midnight(self, day):
        zone = pytz.timezone(self.tz or "UTC")
        return _get_naive_utc(zone.localize(datetime.combine(day, datetime.min.time())))

    def _get_next_working_moment(self, moment):
        """Return the moment itself when the firm works then, else the start of the next working interval.

        :param datetime moment: naive UTC
        :return: naive UTC datetime
        """
        for begin, end in self._get_working_intervals(moment, moment + HORIZON):
            if pytz.utc.localize(moment) < end:
                return max(moment, _get_naive_utc(begin))
        return moment


def _get_day(end):
    """Date of an interval's end; midnight ends the day before."""
    return (end - timedelta(microseconds=1)).date()


def _get_naive_utc(moment):
    return moment.astimezone(pytz.utc).replace(tzinfo=None)
