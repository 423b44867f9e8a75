"""Many questions to one calendar, answered from one look at it. Plain Python; Odoo's intervals are what it counts."""

from bisect import bisect_left, bisect_right
from datetime import timedelta, timezone

_utc = timezone.utc
# How far around the moments asked for the calendar is looked at; beyond, Odoo is asked again
PAST, FUTURE = timedelta(days=31), timedelta(days=92)


class WorkingTime:
    """The working hours of a company's `resource.calendar`, holidays taken out, around some moments (naive UTC)."""

    def __init__(self, calendar, company, moments):
        self.calendar, self.company = calendar, company
        self._look(min(moments) - PAST, max(moments) + FUTURE)

    def _look(self, begin, end):
        self.begin, self.end = begin, end
        self.starts, self.ends, self.hours = [], [], [0.0]
        for start, stop in self.calendar._get_working_intervals(self.company, begin, end):
            start, stop = (moment.astimezone(_utc).replace(tzinfo=None) for moment in (start, stop))
            self.starts.append(start)
            self.ends.append(stop)
            self.hours.append(self.hours[-1] + (stop - start).total_seconds() / 3600)

    def _get_position(self, moment):
        """Return the working hours from the beginning of what is known until a moment."""
        if not self.begin <= moment <= self.end:
            self._look(min(self.begin, moment - PAST), max(self.end, moment + FUTURE))
        index = bisect_right(self.starts, moment) - 1
        if index < 0:
            return 0.0
        worked = (min(moment, self.ends[index]) - self.starts[index]).total_seconds() / 3600
        return self.hours[index] + worked

    def get_hours(self, start, stop):
        """Return the working hours between two moments, 0 when they are in the other order."""
        if stop <= start:
            return 0.0
        stop_position = self._get_position(stop)  # may look further: first
        return max(stop_position - self._get_position(start), 0.0)

    def add(self, moment, hours):
        """Return the moment some working hours later (earlier when negative).

        A calendar without hours counts all of them, as Odoo's planning of it would end nowhere.
        """
        if abs(hours) < 1e-6:
            return moment
        for _attempt in range(3):
            wanted = self._get_position(moment) + hours
            if 0 < wanted <= self.hours[-1]:
                index = bisect_left(self.hours, wanted - 1e-9, lo=1) - 1
                # Whole seconds: what is stored compares with what is counted again.
                return self.starts[index] + timedelta(seconds=round((wanted - self.hours[index]) * 3600))
            self._look(self.begin - 4 * PAST, self.end + 4 * FUTURE)
        return moment + timedelta(hours=hours)
