import calendar as python_calendar
from datetime import datetime, time, timedelta

import pytz

from odoo import models


class HelpdeskTicketCategoryRound(models.AbstractModel):
    """Weekly and monthly cut-offs: what arrives before one is handled in its round, the rest in the next."""

    _name = "helpdesk.ticket.category.round"
    _description = "Rounds of a Category"

    def _get_round(self, moment, zone_name):
        """Return the cut-off of the round in which something is handled that arrives at a moment.

        :param datetime moment: naive UTC
        :param str zone_name: time zone the firm's day and hour are in
        :return: naive UTC datetime, not before the moment
        """
        self.ensure_one()
        zone = pytz.timezone(zone_name or "UTC")
        local_day = pytz.utc.localize(moment).astimezone(zone).date()
        for day in self._iter_round_days(local_day):
            if self.deadline_kind == "weekly":
                minutes = round(self.cut_off_hour * 60)
                local = zone.localize(datetime.combine(day, time(minutes // 60, minutes % 60)))
            else:
                local = zone.localize(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(seconds=1)
            cut_off = local.astimezone(pytz.utc).replace(tzinfo=None)
            if cut_off >= moment.replace(microsecond=0):
                return cut_off
        raise AssertionError("two rounds from now there is always one")

    def _iter_round_days(self, day):
        if self.deadline_kind == "weekly":
            first = day + timedelta(days=(int(self.cut_off_weekday) - day.weekday()) % 7)
            yield from (first, first + timedelta(days=7))
            return
        year, month = day.year, day.month
        for _months in range(2):
            yield day.replace(year=year, month=month, day=min(self.cut_off_day, python_calendar.monthrange(year, month)[1]))
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
