from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .follow_up_common import MONDAY_NOON, FollowUpCase


@tagged("post_install", "-at_install")
class TestFollowUp(FollowUpCase):
    # === THE PLAN === #

    def test_whole_plan_runs_call_by_call_with_one_email_each_until_unreachable(self):
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
        self.assert_call_on(lead, "2026-03-02", "First call")
        subjects = []
        for at, next_day, summary in (
            ("2026-03-02 12:00:00", "2026-03-03", "Second call"),
            ("2026-03-03 12:00:00", "2026-03-09", "Last call"),
        ):
            self.log(lead, "no_answer", at)
            self.assert_call_on(lead, next_day, summary)
            self.assertEqual(lead.contact_status, "second_contact")
            subjects += [mail["subject"] for mail in self.run_job()]
        self.log(lead, "no_answer", "2026-03-09 12:00:00")
        subjects += [mail["subject"] for mail in self.run_job()]
        self.assertEqual(lead.contact_status, "unreachable")
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.next_contact_on)
        self.assertEqual(
            subjects,
            ["We tried to call you about your request", "Next steps for your request", "Do you still need our help?"],
        )
        self.assertEqual(lead.follow_up_step_ids.mapped("state"), ["sent"] * 3)
        self.assertEqual(lead.contact_attempt_ids.mail_message_id, lead.follow_up_step_ids.mail_message_id)
        self.assertEqual(len(set(lead.follow_up_step_ids.mapped("mail_message_id.message_id"))), 3)
        self.assertFalse(self.run_job(), "nothing is sent again")

    def test_requests_that_are_merged_are_called_once(self):
        with freeze_time("2026-03-02 10:00:00"):
            old = self.receive_request(user_id=self.olga.id, name="old")
        self.log(old, "no_answer", "2026-03-02 11:00:00")
        call_on = min(old.activity_ids.mapped("date_deadline"))
        with freeze_time("2026-03-03 10:00:00"):
            new = self.receive_request(user_id=self.olga.id, name="new")
            self.env.flush_all()
            deadline = old.first_contact_deadline
            merged = (old | new).merge_opportunity(auto_unlink=False)
            self.env.flush_all()
            self.env.invalidate_all()
        calls = merged.activity_ids.filtered(lambda call: call.activity_type_id == self.env.ref("mail.mail_activity_data_call"))
        self.assertEqual(len(calls), 1)
        self.assertEqual(calls.date_deadline, call_on)
        self.assertEqual(len(merged.contact_attempt_ids), 1)
        self.assertEqual((merged.first_contact_deadline, merged.contact_status), (deadline, "second_contact"))

    def test_five_working_days_jump_over_weekend_and_holiday(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Local holiday",
                "company_id": self.company.id,
                "calendar_id": self.calendar.id,
                "date_from": "2026-03-05 23:00:00",
                "date_to": "2026-03-06 22:59:59",
            }
        )
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
        self.log(lead, "no_answer", "2026-03-02 12:00:00")
        self.log(lead, "no_answer", "2026-03-03 12:00:00")
        self.assert_call_on(lead, "2026-03-10")

    def test_days_count_from_the_arrival_not_from_the_late_call(self):
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
        self.log(lead, "no_answer", "2026-03-03 12:00:00")
        self.assert_call_on(lead, "2026-03-04")  # D+1 is today: no second call on one day
        self.log(lead, "no_answer", "2026-03-04 12:00:00")
        self.assert_call_on(lead, "2026-03-09")  # D+5 of Monday

    def test_calendar_days_when_the_step_says_so(self):
        self.plan.template_ids[2].crm_firm_working_days = False
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
        self.log(lead, "no_answer", "2026-03-02 12:00:00")
        self.log(lead, "no_answer", "2026-03-03 12:00:00")
        self.assert_call_on(lead, "2026-03-09")  # Saturday the 7th, so Monday

    def test_steps_are_added_and_reordered_while_the_plan_runs(self):
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
        self.log(lead, "no_answer", "2026-03-02 12:00:00")
        _first, second, last = self.plan.template_ids
        last.sequence = 1  # the step already done stays done; the last one is next now
        second.sequence = 50
        self.plan.invalidate_recordset()
        self.log(lead, "no_answer", "2026-03-03 12:00:00")
        self.assertEqual(lead.follow_up_step_ids.sorted("id")[-1].plan_template_id, last)
        self.assertEqual(lead.activity_ids.summary, "Second call")
        second.unlink()
        self.log(lead, "no_answer", "2026-03-09 12:00:00")
        self.assertEqual(lead.contact_status, "unreachable")

    def test_practice_area_has_a_plan_of_its_own(self):
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Urgent",
                "res_model": "crm.lead",
                "template_ids": [
                    Command.create({"summary": "Once", "activity_type_id": self.env.ref("mail.mail_activity_data_call").id})
                ],
            }
        )
        self.area_tax.follow_up_plan_id = plan
        lead = self.receive_request()
        lead.log_contact_attempt("no_answer")
        self.assertEqual(lead.contact_status, "unreachable")
        self.assertEqual(lead.follow_up_step_ids.state, "none")
        self.assertFalse(self.run_job())

    def test_setting_and_second_step_are_one(self):
        second = self.plan.template_ids[1]
        self.company.crm_firm_second_contact_hours = "48"
        self.assertEqual(second.delay_count, 2)
        second.delay_count = 3
        self.company.invalidate_recordset()
        self.assertEqual(self.company.crm_firm_second_contact_hours, "72")
        second.delay_count = 4
        self.company.invalidate_recordset()
        self.assertFalse(self.company.crm_firm_second_contact_hours)

    def test_setting_of_one_company_leaves_the_others_alone(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        other.crm_firm_second_contact_hours = "72"
        self.assertEqual(self.plan.template_ids[1].delay_count, 1)
        self.assertEqual(other.crm_firm_second_contact_hours, "72")
        self.assertEqual(len(other.crm_firm_follow_up_plan_id.template_ids), 3)
        self.assertEqual(self.company.crm_firm_second_contact_hours, "24")

    def test_salesperson_logs_without_rights_on_plans_and_templates(self):
        lead = self.receive_request()
        lead.with_user(lead.user_id).log_contact_attempt("no_answer")
        self.assertEqual(lead.follow_up_step_ids.state, "planned")
        with self.assertRaises(AccessError):
            lead.follow_up_step_ids.with_user(lead.user_id).write({"state": "sent"})
        with self.assertRaises(AccessError):
            self.Step.with_user(lead.user_id).create({"lead_id": lead.id, "cycle": 9, "key": "x"})
        for model in (self.Step, self.env["firm.contact.attempt"]):
            self.assertFalse(model.with_user(self.nadia).search([("lead_id", "=", lead.id)]))
            self.assertEqual(len(model.with_user(self.marta).search([("lead_id", "=", lead.id)])), 1)

    def test_a_step_exists_once_in_a_cycle(self):
        lead = self.receive_request()
        lead.log_contact_attempt("no_answer")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.Step._plan({lead: lead.follow_up_step_ids.key}, self.env["mail.template"])

    def test_wrong_number_asks_for_another_by_email(self):
        lead = self.receive_request()
        attempt = lead.log_contact_attempt("wrong_number")
        self.assertTrue(lead.phone_is_wrong)
        self.assertEqual(attempt.phone, "+34 600 11 22 33")
        self.assertEqual(lead.contact_status, "phone_requested")
        self.assertFalse(lead.activity_ids)
        self.assertEqual([mail["subject"] for mail in self.run_job()], ["Which number can we call you on?"])
        lead.phone = "+34 600 99 88 77"
        self.assertFalse(lead.phone_is_wrong)
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_wrong_number_without_email_is_a_task_to_find_one(self):
        lead = self.receive_request(email_from=False)
        lead.log_contact_attempt("wrong_number")
        self.assertEqual(lead.contact_status, "second_contact")
        self.assertEqual(lead.activity_ids.summary, "Find the right number and call")

    # === DONE THROUGH OTHER DOORS === #

    def test_marking_the_call_done_elsewhere_logs_nothing_and_sends_nothing(self):
        for door in ("action_done", "action_feedback", "action_feedback_schedule_next"):
            lead = self.receive_request()
            getattr(lead.activity_ids.with_user(lead.user_id), door)()
            self.assertFalse(lead.contact_attempt_ids)
            self.assertEqual(lead.contact_status, "to_contact")
            self.assertFalse(lead.follow_up_step_ids)
        self.assertFalse(self.run_job())

    def test_outcome_is_logged_through_the_activity(self):
        lead = self.receive_request()
        activity = lead.activity_ids.with_user(lead.user_id)
        self.assertTrue(activity.crm_firm_asks_outcome)
        activity.action_log_outcome("no_answer", note="voicemail")
        self.assertEqual(lead.contact_attempt_ids.outcome, "no_answer")
        self.assertEqual(lead.contact_attempt_ids.activity_id, activity)
        with self.assertRaisesRegex(UserError, "outcome of an open call"):
            activity.action_log_outcome("reached")
        todo = lead.activity_schedule("mail.mail_activity_data_todo", user_id=lead.user_id.id)
        self.assertFalse(todo.crm_firm_asks_outcome)

    # === THE E-MAIL === #

    def test_email_goes_to_the_person_under_the_message_id_of_the_step(self):
        lead = self.unanswered_lead()
        step = lead.follow_up_step_ids
        [mail] = self.run_job()
        self.assertEqual(mail["message_id"], step.message_id)
        self.assertEqual(step.mail_message_id.message_id, step.message_id)
        self.assertIn("ana.ruiz@client.example.com", mail["email_to"][0])
        self.assertEqual(step.message_id, self.Step._get_message_id(lead, 1, step.key))
        self.assertNotEqual(step.message_id, self.Step._get_message_id(lead, 2, step.key))
        self.assertEqual(step.mail_message_id.res_id, lead.id)

    def test_lead_whose_email_cannot_be_made_does_not_stop_the_others(self):
        self.plan.template_ids[
            0
        ].crm_firm_mail_template_id.body_html = "<p t-out=\"1 / (0 if object.contact_name == 'Broken' else 1)\"/>"
        good, bad, last = self.unanswered_lead(), self.unanswered_lead(contact_name="Broken"), self.unanswered_lead()
        with mute_logger(
            "odoo.addons.mail.models.mail_render_mixin", "odoo.addons.crm_firm.models.follow_up.firm_follow_up_step"
        ):
            self.assertEqual(len(self.run_job()), 2)
        self.assertEqual((good | last).follow_up_step_ids.mapped("state"), ["sent", "sent"])
        self.assertEqual(bad.follow_up_step_ids.state, "failed")
        self.assertIn("could not be created", bad.follow_up_step_ids.failure)
        self.assertTrue(bad.has_failed_email)
        self.assertIn(bad, self.env["crm.lead"].search([("has_failed_email", "=", True)]))

    def test_attempt_taken_back_sends_nothing_and_can_be_logged_again(self):
        lead = self.unanswered_lead()
        lead.undo_contact_attempt()
        self.assertFalse(self.run_job())
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(len(lead.activity_ids), 1)
        lead.log_contact_attempt("no_answer")
        self.assertEqual(len(self.run_job()), 1)
        with self.assertRaisesRegex(UserError, "has left"):
            lead.undo_contact_attempt()

    def test_retry_waits_longer_each_time_and_tells_the_owner_once(self):
        lead = self.unanswered_lead()
        step = lead.follow_up_step_ids
        with freeze_time(MONDAY_NOON):
            waits = []
            for _try in range(4):
                step._set_failed("451 try later")
                waits.append((step.next_try_on - fields.Datetime.now()).total_seconds() / 60)
        self.assertEqual(waits, [5, 10, 20, 40])
        tasks = lead.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref("crm_firm.mail_activity_type_email_failed")
        )
        self.assertEqual(len(tasks), 1)
        step.with_user(lead.user_id).action_retry()
        self.assertEqual(len(self.run_job()), 1)
        self.assertEqual(step.state, "sent")
        self.assertFalse(tasks.exists().filtered("active"))

    def test_odoos_own_queue_never_sends_these(self):
        lead = self.unanswered_lead()
        lead.follow_up_step_ids._claim()
        self.assertEqual(lead.follow_up_step_ids.mail_mail_id.state, "held")
        with self.mock_mail_gateway(), self.enter_registry_test_mode():
            self.env["mail.mail"].process_email_queue()
            self.assertNotIn(lead.follow_up_step_ids.message_id, [mail["message_id"] for mail in self._mails])
