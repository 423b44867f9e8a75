from datetime import datetime

from odoo.tests import tagged

from .clock_common import ClockCase


@tagged("post_install", "-at_install")
class TestClockCalls(ClockCase):
    """Calls that are still to be made follow the calendar, as the clocks of cases do."""

    def look(self, lead):
        self.env.flush_all()
        self.assertEqual(len(lead.activity_ids), 1)
        return str(lead.activity_ids.date_deadline)

    def test_a_holiday_entered_late_moves_the_first_call_and_says_why(self):
        with self.at("2026-03-02 20:00"):
            lead = self.receive_request()
        self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")
        with self.at("2026-03-02 21:00"):
            leave = self.add_holiday("2026-03-03", calendar=self.calendar)
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-04 19:00")
            self.assertEqual(self.look(lead), "2026-03-04")
            self.assertIn("calendar or its deadlines have changed", lead.message_ids[:1].body)
            self.assertFalse(self.company.crm_firm_replan_calls)
            leave.unlink()
            self.follow_calendar()
        self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00", message="as before")
        self.assertEqual(self.look(lead), "2026-03-03")

    def test_a_holiday_of_the_whole_company_and_other_hours_move_it_too(self):
        with self.at("2026-03-02 20:00"):
            lead = self.receive_request()
            leave = self.add_holiday("2026-03-03")
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-04 19:00")
            leave.write({"date_from": self.utc("2026-03-04 00:00"), "date_to": self.utc("2026-03-05 00:00")})
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")
            tuesday = self.calendar.attendance_ids.filtered(lambda line: line.dayofweek == "1" and line.hour_to == 19)
            tuesday.hour_to = 18
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 18:00")
            self.use_calendar(self.make_calendar(hours=((8, 15),)))
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 15:00")

    def test_another_setting_reaches_the_calls_still_to_be_made(self):
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request()
            self.company.crm_firm_first_contact_days = 1
            self.follow_calendar()
        self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")
        self.assertEqual(self.look(lead), "2026-03-03")

    def test_the_next_try_moves_with_its_task(self):
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request()
            lead.log_contact_attempt("no_answer")
            self.assertLocal(lead.next_contact_on, "2026-03-03 10:00")
            leave = self.add_holiday("2026-03-03")
            self.follow_calendar()
            self.assertDay(lead.next_contact_on, "2026-03-04")
            self.assertEqual(self.look(lead), "2026-03-04")
            leave.unlink()
            self.follow_calendar()
        self.assertLocal(lead.next_contact_on, "2026-03-03 10:00")
        self.assertEqual(self.look(lead), "2026-03-03")

    def test_a_wrong_number_moves_too(self):
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request(email_from=False)
            lead.log_contact_attempt("wrong_number")
            self.add_holiday("2026-03-03")
            self.follow_calendar()
        self.assertDay(lead.next_contact_on, "2026-03-04")

    def test_a_time_agreed_with_the_person_stays(self):
        with self.at("2026-03-02 10:00"):
            agreed, chosen = self.receive_request(), self.receive_request()
            agreed.log_contact_attempt("call_back", next_contact_on=datetime(2026, 3, 3, 10))
            chosen.log_contact_attempt("no_answer", next_contact_on=datetime(2026, 3, 3, 10))
            self.add_holiday("2026-03-03")
            self.follow_calendar()
        for lead in (agreed, chosen):
            self.assertLocal(lead.next_contact_on, "2026-03-03 11:00")
            self.assertEqual(self.look(lead), "2026-03-03")

    def test_restarted_and_restored_leads_count_from_that_day(self):
        self.company.crm_firm_first_contact_days = 2
        with self.at("2026-02-02 10:00"):
            restarted, restored = self.receive_request(), self.receive_request()
            restored.discard(self.reason_spam)
        with self.at("2026-03-02 20:00"):
            restarted.restart_follow_up("Called again")
            restored.restore_discarded()
            for lead in (restarted, restored):
                self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")
            leave = self.add_holiday("2026-03-03")
            self.follow_calendar()
            for lead in (restarted, restored):
                self.assertLocal(lead.first_contact_deadline, "2026-03-04 19:00")
            leave.unlink()
            self.follow_calendar()
        for lead in (restarted, restored):
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")

    def test_a_task_put_on_another_day_by_hand_stays_there(self):
        with self.at("2026-03-02 20:00"):
            lead = self.receive_request()
            lead.activity_ids.date_deadline = "2026-03-05"
            self.add_holiday("2026-03-03")
            self.follow_calendar()
        self.assertLocal(lead.first_contact_deadline, "2026-03-04 19:00")
        self.assertEqual(self.look(lead), "2026-03-05")

    def test_nothing_moves_into_the_past_and_what_moved_on_is_told_of_anew(self):
        with self.at("2026-03-02 10:00"):
            lead, late = self.receive_request(), self.receive_request()
        with self.at("2026-03-03 10:00"):
            (lead | late)._tell_overdue(self.olga, "overdue_owner_told_on")
            self.assertTrue(lead.overdue_owner_told_on)
            self.add_holiday("2026-03-02")
            self.follow_calendar()
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 19:00")
            self.assertFalse(lead.overdue_owner_told_on)
        with self.at("2026-03-04 10:00"):
            self.env["resource.calendar.leaves"].search([("name", "=", "Holiday")]).unlink()
            self.follow_calendar()
        self.assertLocal(late.first_contact_deadline, "2026-03-03 19:00", message="not late for longer than it was")

    def test_a_try_taken_back_leaves_the_one_before_on_the_calendar(self):
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request()
            lead.log_contact_attempt("no_answer")
        with self.at("2026-03-02 11:00"):
            lead.log_contact_attempt("call_back", next_contact_on=datetime(2026, 3, 5, 10))
            lead.undo_contact_attempt()
            self.assertLocal(lead.next_contact_on, "2026-03-03 10:00")
            self.add_holiday("2026-03-03")
            self.follow_calendar()
        self.assertDay(lead.next_contact_on, "2026-03-04")

    def test_what_is_over_does_not_move(self):
        with self.at("2026-03-02 20:00"):
            spoken, lost = self.receive_request(), self.receive_request()
            spoken.log_contact_attempt("reached")
            lost.discard(self.reason_spam)
            before = (spoken | lost).mapped("first_contact_deadline")
            self.add_holiday("2026-03-03")
            self.follow_calendar()
        self.assertEqual((spoken | lost).mapped("first_contact_deadline"), before)

    def get_proposal(self, lead):
        self.env.flush_all()
        return str(lead.activity_ids.date_deadline)

    def test_the_proposal_moves_with_the_calendar_unless_somebody_put_it_elsewhere(self):
        with self.at("2026-03-02 10:00"):
            planned, by_hand = self.receive_request(need_known=True), self.receive_request(need_known=True)
            (planned | by_hand).mapped(lambda lead: lead.mark_ready_for_proposal())
            self.assertEqual(self.get_proposal(planned), "2026-03-05")
            by_hand.activity_ids.date_deadline = "2026-03-06"
            leave = self.add_holiday("2026-03-05")
            self.follow_calendar()
            self.assertEqual(self.get_proposal(planned), "2026-03-06")
            self.assertIn("The proposal moves from", planned.message_ids[:1].body)
            self.assertEqual(self.get_proposal(by_hand), "2026-03-06")
            leave.unlink()
            self.follow_calendar()
            self.assertEqual(self.get_proposal(planned), "2026-03-05", "as before")
            self.assertEqual(self.get_proposal(by_hand), "2026-03-06")
            self.company.crm_firm_proposal_days = 5
            self.follow_calendar()
        self.assertEqual(self.get_proposal(planned), "2026-03-09")

    def test_a_proposal_that_is_due_stays_due(self):
        with self.at("2026-03-02 10:00"):
            lead = self.receive_request(need_known=True)
            lead.mark_ready_for_proposal()
        with self.at("2026-03-05 10:00"):
            self.add_holiday("2026-03-05")
            self.follow_calendar()
        self.assertEqual(self.get_proposal(lead), "2026-03-05")
