from ast import literal_eval
from datetime import date, datetime

from lxml import etree

from odoo.tests import HttpCase, tagged

from .clock_common import CANARY, ClockCase


@tagged("post_install", "-at_install")
class TestClockDays(ClockCase):
    """“In so many days” is the so-many-th working day from the date people have, whatever the hour."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        week = dict.fromkeys("0123", ((9, 14), (16, 19))) | {"4": ((8, 15),)}
        cls.use_calendar(cls.make_calendar(hours=week))

    def test_a_proposal_in_three_days_is_due_on_the_third_working_day(self):
        for moment, day in (
            ("2026-03-02 10:00", "2026-03-05"),
            ("2026-03-02 19:30", "2026-03-05"),  # after closing time
            ("2026-03-02 23:30", "2026-03-05"),
            ("2026-03-03 00:30", "2026-03-06"),  # Monday still in UTC
            ("2026-03-03 16:30", "2026-03-06"),  # closed at that hour of Friday
            ("2026-03-05 10:00", "2026-03-10"),  # over the week-end
            ("2026-03-07 10:00", "2026-03-11"),  # from a Saturday
        ):
            with self.at(moment):
                task = self.receive_request().mark_ready_for_proposal({"need_known": True})
            self.assertEqual(str(task.date_deadline), day, moment)

    def test_a_proposal_in_no_days_is_due_today_if_the_firm_works(self):
        self.company.crm_firm_proposal_days = 0
        for moment, day in (("2026-03-02 20:00", "2026-03-02"), ("2026-03-07 10:00", "2026-03-09")):
            with self.at(moment):
                task = self.receive_request().mark_ready_for_proposal({"need_known": True})
            self.assertEqual(str(task.date_deadline), day, moment)

    def test_a_try_without_plan_is_on_the_next_working_day_whatever_the_hour(self):
        for moment, day in (
            ("2026-03-05 16:30", "2026-03-06"),
            ("2026-03-05 19:30", "2026-03-06"),
            ("2026-03-06 10:00", "2026-03-09"),
        ):
            with self.at(moment):
                attempt = self.receive_request(email_from=False).log_contact_attempt("wrong_number")
            self.assertDay(attempt.next_contact_on, day, moment)

    def test_days_of_holiday_are_not_counted(self):
        self.add_holiday("2026-03-04")
        with self.at("2026-03-02 19:30"):
            task = self.receive_request().mark_ready_for_proposal({"need_known": True})
        self.assertEqual(str(task.date_deadline), "2026-03-06")

    def test_the_year_of_a_case_is_the_firms(self):
        for moment, year in (("2026-12-31 23:30", 2026), ("2027-01-01 00:00", 2027), ("2027-01-01 00:30", 2027)):
            with self.at(moment):
                self.assertEqual(self.open_case().campaign_year, year, moment)

    def test_documents_are_late_on_the_firms_day_whoever_looks(self):
        with self.at("2026-03-02 10:00"):
            case = self.open_case()
            document = case.request_document("Invoice", due=date(2026, 3, 3))
        for user in (self.env.user, self.marta, self.sara):
            user.tz = False
        with self.at("2026-03-03 23:30"):
            self.assertFalse(document.is_late)
            self.assertNotIn(document, document.search([("is_late", "=", True)]))
        document.invalidate_recordset(["is_late"])
        with self.at("2026-03-04 00:30"):
            self.assertTrue(document.is_late)
            self.assertIn(document, document.search([("is_late", "=", True)]))

    def test_documents_of_two_companies_are_late_each_on_its_day(self):
        canary = self.env["res.company"].create({"name": "Firm of Las Palmas", "country_id": self.env.ref("base.es").id})
        canary.resource_calendar_id = self.make_calendar(tz=CANARY, company_id=canary.id)
        with self.at("2026-03-02 10:00"):
            cases = self.open_case() | self.open_case(company_id=canary.id, team_id=self.team.id)
            documents = self.env["firm.document.request"]
            for case in cases:
                documents |= case.request_document("Invoice", due=date(2026, 3, 3))
        with self.at("2026-03-04 00:30"):
            late = documents.search([("is_late", "=", True), ("id", "in", documents.ids)])
            self.assertEqual(late.company_id, self.company, "on the islands it is Tuesday still")
            self.assertEqual(documents.filtered("is_late"), late)

    def test_reminders_and_sets_count_the_firms_days(self):
        self.env.user.tz = False
        self.company.crm_firm_document_reminders = "1"
        document_set = self.env["firm.document.set"].create(
            {"name": "VAT", "line_ids": [(0, 0, {"name": "Invoices", "due_days": 1})]}
        )
        with self.at("2026-03-03 00:30"):
            case = self.open_case()
            document = case.request_document_set(document_set)
            self.assertEqual(document.due_date, date(2026, 3, 4))
            self.assertEqual(document.next_reminder_on, date(2026, 3, 5))
        with self.at("2026-03-04 23:30"):
            self.assertFalse(document.search(document._get_reminder_domain()) & document)
        with self.at("2026-03-05 00:30"):
            self.assertIn(document, document.search(document._get_reminder_domain()))
            document._remind()
            self.assertEqual(document.reminded_on, date(2026, 3, 5))

    def test_a_moment_is_said_in_the_firms_zone_where_the_reader_has_none(self):
        self.env.user.tz = False
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request()
            lead.log_contact_attempt("call_back", next_contact_on=datetime(2026, 3, 3, 15, 0))
        self.assertIn("4:00", " ".join(lead.message_ids.mapped("body")), "16:00 in Madrid")
        self.assertNotIn("3:00", " ".join(lead.message_ids.mapped("body")))

    def test_received_today_is_today_where_the_reader_is(self):
        with self.at("2026-03-02 23:50"):
            yesterday = self.receive_request()
        with self.at("2026-03-03 00:10"):
            today = self.receive_request()
        with self.at("2026-03-03 00:30"):
            leads = self.env["crm.lead"].with_context(tz="Europe/Madrid")
            found = leads.search([("received_on", ">=", "today"), ("id", "in", (yesterday | today).ids)])
        self.assertEqual(found, today)

    def test_cases_due_today_are_those_of_the_readers_day(self):
        arch = self.env.ref("crm_firm.helpdesk_ticket_case_view_search").get_combined_arch()
        domain = literal_eval(etree.fromstring(arch).find(".//filter[@name='due_today']").get("domain"))
        with self.at("2026-03-02 10:00"):
            cases = {
                due: self.open_case() for due in ("2026-03-02 23:50", "2026-03-03 00:10", "2026-03-03 23:30", "2026-03-04 00:10")
            }
            for due, case in cases.items():
                case.deadline_ids.due_at = self.utc(due)
        with self.at("2026-03-03 00:30"):
            found = self.env["helpdesk.ticket"].with_context(tz="Europe/Madrid").search(domain)
        self.assertEqual({due for due, case in cases.items() if case in found}, {"2026-03-03 00:10", "2026-03-03 23:30"})


@tagged("post_install", "-at_install")
class TestClockPortal(ClockCase, HttpCase):
    """A client without time zone reads the firm's days."""

    def test_pages_say_the_firms_day_and_filter_by_it(self):
        self.paula.tz = False
        case = self.open_case(name="Midnight question")
        self.env.flush_all()
        self.env.cr.execute("UPDATE helpdesk_ticket SET create_date = %s WHERE id = %s", [self.utc("2026-03-03 00:30"), case.id])
        case.invalidate_recordset()
        self.authenticate("paula.portal", "paula.portal")
        page = self.url_open(f"/my/ticket/{case.id}").text
        self.assertIn("03/03/2026", page)
        self.assertNotIn("03/02/2026", page)
        for first, last, found in (
            ("2026-03-03", "2026-03-03", True),
            ("2026-03-02", "2026-03-02", False),
            ("2026-03-04", "9999-12-31", False),
            ("0001-01-01", "2026-03-03", True),
        ):
            page = self.url_open(f"/my/tickets?date_begin={first}&date_end={last}").text
            self.assertEqual("Midnight question" in page, found, f"{first} to {last}")
