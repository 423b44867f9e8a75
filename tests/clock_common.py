"""Moments as people say them: hours of the place, on a server whose clock is UTC. No test in here."""

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

import pytz

from odoo.sql_db import BaseCursor
from odoo.tests import freeze_time

from .case_common import CaseCase

MADRID = "Europe/Madrid"
CANARY = "Atlantic/Canary"


class ClockCase(CaseCase):
    """The firm works Monday to Friday 9-14 and 16-19, eight hours a day. 2026-03-02 is a Monday."""

    @staticmethod
    def utc(local, zone=MADRID):
        return pytz.timezone(zone).localize(datetime.fromisoformat(local)).astimezone(pytz.utc).replace(tzinfo=None)

    @contextmanager
    def at(self, local, zone=MADRID):
        moment = self.utc(local, zone)
        with freeze_time(moment), patch.object(BaseCursor, "now", lambda _self: moment):
            yield moment
            self.env.flush_all()

    def assertLocal(self, moment, local, zone=MADRID, message=None):
        said = moment and pytz.utc.localize(moment).astimezone(pytz.timezone(zone)).strftime("%Y-%m-%d %H:%M")
        self.assertEqual(said, local, message)

    def assertDay(self, moment, day, message=None):
        said = moment and pytz.utc.localize(moment).astimezone(pytz.timezone(MADRID)).strftime("%Y-%m-%d")
        self.assertEqual(said, day, message)

    @classmethod
    def make_calendar(cls, hours=((9, 14), (16, 19)), days="01234", tz=MADRID, **values):
        """A calendar; `hours` of every day, or a dict day -> hours."""
        lines = [
            (0, 0, {"name": "Hours", "dayofweek": day, "hour_from": start, "hour_to": stop, "day_period": period})
            for day in days
            for start, stop in (hours[day] if isinstance(hours, dict) else hours)
            for period in ["morning" if stop <= 15 else "afternoon"]
        ]
        return cls.env["resource.calendar"].create(
            {"name": "Hours", "tz": tz, "company_id": cls.company.id, "attendance_ids": [(5, 0, 0), *lines]} | values
        )

    @classmethod
    def use_calendar(cls, calendar):
        """Make a calendar the firm's; an empty one leaves it without hours."""
        cls.company.write({"crm_firm_calendar_id": False, "resource_calendar_id": calendar.id})
        return calendar

    def add_holiday(self, day, calendar=None, company=None, tz=MADRID):
        day = date.fromisoformat(day)
        return (
            self.env["resource.calendar.leaves"]
            .with_company(company or self.company)
            .create(
                {
                    "name": "Holiday",
                    "calendar_id": calendar.id if calendar else False,
                    "date_from": self.utc(f"{day} 00:00", tz),
                    "date_to": self.utc(f"{day + timedelta(days=1)} 00:00", tz),
                }
            )
        )

    def run_job(self, xmlid):
        with self.enter_registry_test_mode():
            self.env.ref(xmlid).method_direct_trigger()

    def follow_calendar(self):
        self.env.flush_all()
        self.run_job("crm_firm.ir_cron_case_replan")

    def get_due(self, case, kind="resolution"):
        return self.get_deadline(case, kind).due_at
