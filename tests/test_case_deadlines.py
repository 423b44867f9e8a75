from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import fields
from odoo.tests import freeze_time, tagged

from .case_common import CaseCase


def utc(day, hour, minute=0):
    """A moment of March 2026, hour of Madrid (UTC+1 until the 28th)."""
    return datetime(2026, 3, day, hour, minute) - timedelta(hours=1)


@tagged("post_install", "-at_install")
class TestCaseDeadlines(CaseCase):
    """The firm works Monday to Friday 9-14 and 16-19: eight hours a day. 2026-03-02 is a Monday."""

    @contextmanager
    def at(self, moment):
        with freeze_time(moment):
            yield

    def open_at(self, moment, **values):
        with self.at(moment):
            case = self.open_case(received_on=moment, **values)
            self.env.flush_all()
        return case

    def do(self, moment, function):
        with self.at(moment):
            function()
            self.env.flush_all()

    def test_a_query_has_24_working_hours_for_the_answer_and_48_for_its_resolution(self):
        case = self.open_at(utc(2, 10))
        self.assertEqual(self.get_deadline(case, "first_answer").due_at, utc(5, 10))
        self.assertEqual(self.get_deadline(case, "resolution").due_at, utc(10, 10))
        self.assertEqual(case.next_due_at, utc(5, 10))
        self.assertEqual(case.next_due_kind, "first_answer")
        self.assertEqual(case.expected_on, utc(10, 10))

    def test_what_arrives_at_night_counts_from_opening_time(self):
        case = self.open_at(utc(2, 23))
        self.assertEqual(self.get_deadline(case, "first_answer").due_at, utc(5, 19))

    def test_a_holiday_added_later_moves_the_deadline_and_says_why(self):
        case = self.open_at(utc(2, 10))
        with self.at(utc(2, 12)):
            self.env["resource.calendar.leaves"].create(
                {
                    "name": "Local holiday",
                    "calendar_id": self.calendar.id,
                    "company_id": self.company.id,
                    "date_from": utc(4, 0),
                    "date_to": utc(4, 23, 59),
                }
            )
            deadline = self.get_deadline(case, "first_answer")
            self.assertTrue(deadline.to_replan)
            self.run_job("crm_firm.ir_cron_case_replan")
        self.assertEqual(deadline.due_at, utc(6, 10))
        self.assertEqual(deadline.change_ids.mapped("cause"), ["calendar"])
        self.assertFalse(deadline.to_replan)

    def run_job(self, xmlid):
        with self.enter_registry_test_mode():
            self.env.ref(xmlid).method_direct_trigger()

    def test_waiting_for_the_client_stops_the_resolution_clock_and_goes_on_where_it_stopped(self):
        case = self.open_at(utc(2, 10))
        self.do(utc(3, 10), lambda: self.move(case, "waiting_client"))
        resolution = self.get_deadline(case, "resolution")
        self.assertEqual(resolution.state, "paused")
        self.assertAlmostEqual(resolution.used_hours, 8.0)
        self.assertEqual(self.get_deadline(case, "first_answer").state, "running", "the first answer is owed all the same")
        self.do(utc(9, 10), lambda: self.move(case, "in_review"))
        self.assertEqual(resolution.state, "running")
        self.assertEqual(resolution.due_at, utc(16, 10), "40 hours are left")
        self.assertEqual(set(resolution.change_ids.mapped("cause")), {"waiting", "answered"})

    def test_resolved_out_of_waiting_after_the_frozen_deadline_is_no_breach(self):
        case = self.open_at(utc(2, 10))
        self.do(utc(2, 11), case_answer(case))
        self.do(utc(3, 10), lambda: self.move(case, "waiting_client"))
        self.do(utc(27, 10), lambda: self.move(case, "resolved"))
        resolution = self.get_deadline(case, "resolution")
        self.assertEqual((resolution.state, resolution.outcome), ("done", "met"))
        self.assertEqual(self.get_deadline(case, "first_answer").outcome, "met")

    def test_urgent_is_due_in_four_working_hours_from_the_moment_it_is(self):
        case = self.open_at(utc(2, 10))
        self.do(utc(3, 9), lambda: case.write({"urgency_reason_id": self.dismissal.id}))
        deadline = self.get_deadline(case, "first_answer")
        self.assertEqual(deadline.due_at, utc(3, 13))
        self.assertEqual(deadline.change_ids.cause, "urgency")
        self.do(utc(3, 10), lambda: case.write({"urgency_reason_id": False}))
        self.assertEqual(deadline.due_at, utc(5, 10), "as if it had never been urgent")

    def test_urgency_never_gives_more_time(self):
        case = self.open_at(utc(2, 10))
        self.do(utc(5, 9), lambda: case.write({"urgency_reason_id": self.dismissal.id}))
        self.assertEqual(self.get_deadline(case, "first_answer").due_at, utc(5, 10))

    def test_another_category_moves_the_deadline(self):
        other = self.env.ref("crm_firm.category_other")
        other.answer_hours = 8
        case = self.open_at(utc(2, 10))
        self.do(utc(2, 11), lambda: case.write({"category_id": other.id}))
        deadline = self.get_deadline(case, "first_answer")
        self.assertEqual(deadline.due_at, utc(3, 10))
        self.assertEqual(deadline.change_ids.cause, "category")

    def test_documents_before_the_weekly_cut_off_are_of_this_round_and_after_it_of_the_next(self):
        self.invoices.write({"cut_off_weekday": "4", "cut_off_hour": 14.0, "round_hours": 8.0})
        before = self.open_at(utc(6, 14), category_id=self.invoices.id)
        after = self.open_at(utc(6, 14, 1), category_id=self.invoices.id)
        self.assertEqual(before.round_on, utc(6, 14))
        self.assertEqual(after.round_on, utc(13, 14))
        self.assertEqual(before.expected_on, utc(9, 14), "eight working hours after the cut-off; Friday has three left")
        self.assertEqual(before.deadline_ids.mapped("kind"), ["cut_off"])

    def test_documents_of_a_monthly_round(self):
        banks = self.env.ref("crm_firm.category_banks")
        banks.cut_off_day = 31
        self.assertEqual(banks._get_round(datetime(2026, 2, 10), "Europe/Madrid"), datetime(2026, 2, 28, 22, 59, 59))
        banks.cut_off_day = 10
        self.assertEqual(banks._get_round(datetime(2026, 12, 11), "Europe/Madrid"), datetime(2027, 1, 10, 22, 59, 59))
        self.assertEqual(banks._get_round(datetime(2026, 12, 10, 22), "Europe/Madrid"), datetime(2026, 12, 10, 22, 59, 59))

    def test_a_setting_of_the_category_reaches_open_cases(self):
        case = self.open_at(utc(2, 10))
        with self.at(utc(2, 11)):
            self.vat.answer_hours = 16
            self.run_job("crm_firm.ir_cron_case_replan")
        self.assertEqual(self.get_deadline(case, "first_answer").due_at, utc(4, 10))

    def test_the_first_answer_is_met_by_a_message_of_ours_and_not_by_a_note(self):
        case = self.open_at(utc(2, 10))
        deadline = self.get_deadline(case, "first_answer")
        self.do(utc(2, 11), lambda: case.with_user(self.marta).message_post(body="Look at this", subtype_xmlid="mail.mt_note"))
        self.assertEqual(deadline.state, "running")
        self.do(
            utc(2, 12),
            lambda: case.with_user(self.paula).message_post(
                body="Hello?", message_type="comment", subtype_xmlid="mail.mt_comment"
            ),
        )
        self.assertEqual(deadline.state, "running")
        self.do(utc(6, 12), case_answer(case.with_user(self.marta)))
        self.assertEqual((deadline.state, deadline.outcome), ("done", "missed"))
        self.assertEqual(case.first_answered_on, utc(6, 12))

    def test_reopening_gives_what_was_left(self):
        case = self.open_at(utc(2, 10))
        self.do(utc(3, 10), case_answer(case))
        self.do(utc(3, 10), lambda: self.move(case, "resolved"))
        self.do(utc(9, 10), case.reopen_case)
        self.assertEqual(self.get_deadline(case, "resolution").due_at, utc(16, 10))

    def test_specialist_is_warned_then_alarmed_and_a_manager_told_later_each_once(self):
        case = self.open_at(utc(2, 10), specialist_id=self.sara.id)
        self.team.user_id = self.marta
        told = self.env["mail.mail"]

        def tell(moment):
            nonlocal told
            with self.at(moment):
                before = self.env["mail.mail"].search([])
                self.env["firm.case.deadline"]._mark_missed(moment)
                for user_id, ids in self.env["firm.case.deadline"]._find_to_tell(moment).items():
                    self.env["firm.case.deadline"]._tell(self.env["res.users"].browse(user_id), ids)
                self.env.flush_all()
                return (self.env["mail.mail"].search([]) - before).mapped(
                    lambda mail: (mail.recipient_ids.email or mail.email_to, mail.subject)
                )

        self.assertEqual(tell(utc(4, 13, 59)), [])
        [(address, subject)] = tell(utc(4, 18))
        self.assertIn("sara", address)
        self.assertIn("soon", subject)
        self.assertEqual(tell(utc(4, 18, 30)), [])
        [(address, subject)] = tell(utc(5, 10))
        self.assertIn("sara", address)
        self.assertEqual(subject, "Cases: 1 overdue, 0 due soon")
        self.assertEqual(self.get_deadline(case, "first_answer").outcome, "missed")
        self.assertEqual(tell(utc(5, 10, 30)), [])
        [(address, _subject)] = tell(utc(5, 11))
        self.assertIn("marta", address)
        self.assertEqual(tell(utc(5, 12)), [])

    def test_the_demo_tells_nobody_now_of_what_was_due_in_the_past(self):
        case = self.open_at(utc(2, 10), specialist_id=self.sara.id)
        now = fields.Datetime.now()

        def get_told():
            digests = self.env["firm.case.deadline"]._find_to_tell(now)
            return {id_ for ids in digests.values() for told in ids.values() for id_ in told} & set(case.deadline_ids.ids)

        self.assertTrue(get_told())
        self.env["crm.firm.demo.cases"]._forget_deadlines_of_the_past(case)
        self.assertFalse(get_told())
        self.assertEqual(set(case.deadline_ids.mapped("outcome")), {"missed"})

    def test_what_nobody_has_is_told_to_the_manager_at_once(self):
        self.team.user_id = self.marta
        self.open_at(utc(2, 10)).user_id = False
        with self.at(utc(5, 10)):
            digests = self.env["firm.case.deadline"]._find_to_tell(utc(5, 10))
        self.assertIn(self.marta.id, digests)

    def test_clocks_cost_no_query_per_case(self):
        cases = self.env["helpdesk.ticket"].browse(
            [self.open_at(utc(2, 10), urgency_reason_id=self.dismissal.id if i % 2 else False).id for i in range(30)]
        )

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            records.mapped("deadline_ids.state")
            before = self.env.cr.sql_log_count
            with self.at(utc(3, 10)):
                records._sync_deadlines("calendar", replan=True)
                self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(cases[:25]), count(cases[25:]) + 6)

    def test_nobody_types_a_deadline(self):
        case = self.open_at(utc(2, 10))
        deadline = self.get_deadline(case, "first_answer")
        for user in (self.sara, self.marta):
            self.assertFalse(deadline.with_user(user).has_access("write"))
            self.assertTrue(deadline.with_user(user).has_access("read"))
        self.assertFalse(deadline.with_user(self.nadia).has_access("read"))


def case_answer(case):
    marta = case.env["res.users"].search([("login", "=", "marta.manager")])
    return lambda: case.with_user(marta).message_post(
        body="It is 100 €.", message_type="comment", subtype_xmlid="mail.mt_comment"
    )
