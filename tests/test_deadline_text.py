"""Until when: the day, its hour, and how many working days that is; on the screens and in e-mails by one rule."""

import re
from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.tests import HttpCase, freeze_time, tagged

from .browser_common import DESK, BrowserCase
from .common import FirmCast

# A Thursday at noon in Spain (UTC + 1); the Friday of the week after is a holiday
NOW = datetime(2026, 11, 26, 11, 0)
HOLIDAY = date(2026, 12, 4)
# What things have to be done by
DEADLINE = re.compile(
    r"\b(due_date|due_at|expected|expected_on|round_on|first_contact_deadline|valid_until|withdrawal_until|validity_date)\b"
)
SAID = {
    datetime(2026, 11, 26, 17, 0): "Thu 26 Nov, 18:00 · today",
    datetime(2026, 11, 26, 10, 59): "Thu 26 Nov, 11:59 · late",
    datetime(2026, 11, 25, 17, 0): "Wed 25 Nov, 18:00 · 1 working day late",
    datetime(2026, 11, 20, 17, 0): "Fri 20 Nov, 18:00 · 4 working days late",
    datetime(2026, 11, 27, 17, 0): "Fri 27 Nov, 18:00 · tomorrow",
    datetime(2026, 11, 28, 17, 0): "Sat 28 Nov, 18:00 · in 1 working day",
    datetime(2026, 11, 30, 17, 0): "Mon 30 Nov, 18:00 · in 2 working days",
    # The first of a month is days away, and no month
    datetime(2026, 12, 1, 8, 0): "Tue 1 Dec, 09:00 · in 3 working days",
    datetime(2026, 12, 7, 8, 0): "Mon 7 Dec, 09:00 · in 6 working days",
    # Midnight ends the day before
    datetime(2026, 11, 26, 23, 0): "Thu 26 Nov, 24:00 · today",
    datetime(2027, 1, 4, 8, 0): "Mon 4 Jan 2027, 09:00 · in 26 working days",
    datetime(2028, 6, 1, 8, 0): "Thu 1 Jun 2028, 10:00",
    date(2026, 11, 26): "Thu 26 Nov · today",
    date(2026, 11, 25): "Wed 25 Nov · 1 working day late",
    date(2026, 12, 1): "Tue 1 Dec · in 3 working days",
}


@tagged("post_install", "-at_install")
class TestDeadlineText(BrowserCase, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "company_id": cls.company.id,
                "date_from": datetime(2026, 12, 3, 23, 0),
                "date_to": datetime(2026, 12, 4, 22, 59),
            }
        )

    @freeze_time(NOW)
    def test_day_hour_and_working_days_are_said(self):
        company = self.company.with_context(lang="en_US")
        self.assertEqual({deadline: company._describe_deadline(deadline) for deadline in SAID}, SAID)
        self.assertEqual(company._describe_deadline(False), "")

    @freeze_time(NOW)
    def test_no_more_days_are_looked_at_than_lie_between(self):
        asked = []

        def look(calendar, company, begin, end, *args, **kwargs):
            asked.append((end - begin).days)
            return whole(calendar, company, begin, end, *args, **kwargs)

        whole = type(self.calendar)._get_working_intervals
        with patch.object(type(self.calendar), "_get_working_intervals", look):
            for days in (-30, -1, 0, 1, 9):
                self.company._describe_deadline(NOW + timedelta(days=days))
        self.assertEqual(asked, [30, 1, 9], "today and tomorrow need no calendar")

    def test_no_page_or_e_mail_says_a_deadline_in_another_way(self):
        """The day in full to clients, who read an e-mail later than it is written; to all others as on the screens."""
        ours = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "in", ("ir.ui.view", "mail.template"))])
        said = []
        for row in ours:
            record = self.env[row.model].browse(row.res_id)
            for text in (record.arch_db,) if row.model == "ir.ui.view" else (record.body_html, record.subject):
                said += [(row.name, what) for what in re.findall(r't-out="([^"]*)"', str(text)) if DEADLINE.search(what)]
        self.assertGreater(len(said), 12, "they are found")
        # `day` is how a letter says its days, in full
        other = [(name, what) for name, what in said if not re.search(r"_describe_deadline|date_format='full'|\bday\(", what)]
        self.assertFalse(other)

    def test_screens_say_it_as_e_mails_do(self):
        say = """([now, days, deadlines]) => {
            const { describeDeadline } = odoo.loader.modules.get("@crm_firm/deadlines/deadline_text");
            const read = (text) => luxon.DateTime.fromISO(text, { zone: "utc" }).setZone("Europe/Madrid");
            return deadlines.map(([text, isDate]) => {
                const deadline = isDate ? luxon.DateTime.fromISO(text, { zone: "Europe/Madrid" }) : read(text);
                const { moment, distance } = describeDeadline(deadline, read(now), days, isDate);
                return distance ? `${moment} · ${distance}` : moment;
            });
        }"""
        asked = [(deadline.isoformat(), not isinstance(deadline, datetime)) for deadline in SAID]
        for lang in ("en_US", "es_ES"):
            self.olga.lang = lang
            with freeze_time(NOW):
                company = self.company.with_context(lang=lang)
                expected = [company._describe_deadline(deadline) for deadline in SAID]
                days = company.get_crm_firm_working_days()[str(company.id)]
            session = self.authenticate(self.olga.login, self.olga.login)
            with self.browse(DESK, "/odoo/first-contact", session=session, ready=".o_action_manager .o_view_controller") as page:
                self.assertEqual(page.evaluate(say, [NOW.isoformat(), days, asked]), expected, lang)
        self.assertIn("lun 30 nov, 18:00 · dentro de 2 días laborables", expected)

    def test_what_is_soon_is_counted_across_midnight_too(self):
        say = """(minutes) => {
            const { getDeadlineState } = odoo.loader.modules.get("@crm_firm/first_contact/deadline_state");
            const now = luxon.DateTime.fromISO("2026-11-26T23:30:00");
            return minutes.map((minutes) => {
                const { level, text } = getDeadlineState(now.plus({ minutes }), now, true);
                return `${level}: ${text}`;
            });
        }"""
        session = self.authenticate(self.olga.login, self.olga.login)
        with self.browse(DESK, "/odoo/first-contact", session=session, ready=".o_action_manager .o_view_controller") as page:
            self.assertEqual(
                page.evaluate(say, [20, 90, 150]),
                ["warning: Call in 20 min", "warning: Call in 1 hr, 30 min", "success: Fri 27 Nov, 02:00"],
            )
