from datetime import datetime

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .common import FirmCase

MONDAY_NOON = "2026-03-02 11:00:00"  # 12:00 in Madrid


@tagged("post_install", "-at_install")
class TestFirstContact(FirmCase):
    def assert_first_contact_due(self, received_on, due):
        lead = self.receive_request(received_on=received_on)
        self.assertEqual(lead.first_contact_deadline, datetime.fromisoformat(due))

    def test_request_of_a_working_morning_is_due_the_same_evening(self):
        self.assert_first_contact_due(MONDAY_NOON, "2026-03-02 18:00:00")

    def test_request_of_the_lunch_break_is_due_the_same_evening(self):
        self.assert_first_contact_due("2026-03-02 14:00:00", "2026-03-02 18:00:00")

    def test_request_after_closing_time_is_due_the_next_working_day(self):
        self.assert_first_contact_due("2026-03-02 18:00:00", "2026-03-03 18:00:00")

    def test_request_of_sunday_is_due_on_monday(self):
        self.assert_first_contact_due("2026-03-01 10:00:00", "2026-03-02 18:00:00")

    def test_request_of_friday_night_is_due_on_monday(self):
        self.assert_first_contact_due("2026-03-06 20:00:00", "2026-03-09 18:00:00")

    def test_request_before_a_holiday_is_due_after_it(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Local holiday",
                "company_id": self.company.id,
                "calendar_id": self.calendar.id,
                "date_from": "2026-03-02 23:00:00",
                "date_to": "2026-03-03 22:59:59",
            }
        )
        self.assert_first_contact_due("2026-03-02 20:00:00", "2026-03-04 18:00:00")

    def test_week_end_of_the_clock_change_counts_local_hours(self):
        self.assert_first_contact_due("2026-03-28 10:00:00", "2026-03-30 17:00:00")

    def test_deadline_follows_the_companys_days(self):
        self.company.crm_firm_first_contact_days = 1
        self.assert_first_contact_due(MONDAY_NOON, "2026-03-03 18:00:00")

    def test_calendar_without_hours_still_gives_a_deadline(self):
        self.calendar.attendance_ids.unlink()
        self.assert_first_contact_due(MONDAY_NOON, "2026-03-02 16:00:00")

    @freeze_time(MONDAY_NOON)
    def test_owner_has_one_call_due_on_the_day(self):
        lead = self.receive_request()
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(lead.activity_ids.user_id, lead.user_id)
        self.assertEqual(lead.activity_ids.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        self.assertEqual(fields.Date.to_string(lead.activity_ids.date_deadline), "2026-03-02")

    @freeze_time(MONDAY_NOON)
    def test_no_answer_plans_the_next_call_on_working_time(self):
        lead = self.receive_request(received_on="2026-03-02 08:00:00")
        attempt = lead.with_user(lead.user_id).log_contact_attempt("no_answer", note="<b>busy</b>")
        self.assertEqual(lead.contact_status, "second_contact")
        self.assertEqual(lead.next_contact_on, datetime(2026, 3, 3, 11))
        self.assertEqual(lead.first_contact_on, datetime(2026, 3, 2, 11))
        self.assertAlmostEqual(lead.first_contact_hours, 3.0)
        self.assertEqual(attempt.user_id, lead.user_id)
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(fields.Date.to_string(lead.activity_ids.date_deadline), "2026-03-03")
        bodies = "".join(lead.message_ids.mapped("body"))
        self.assertIn("Call: No answer", bodies)
        self.assertIn("&lt;b&gt;busy", bodies)

    @freeze_time("2026-03-06 11:00:00")
    def test_no_answer_of_friday_is_tried_again_on_monday_morning(self):
        lead = self.receive_request()
        lead.log_contact_attempt("no_answer")
        self.assertEqual(lead.next_contact_on, datetime(2026, 3, 9, 8))

    @freeze_time(MONDAY_NOON)
    def test_delay_of_the_second_contact_is_a_setting(self):
        self.company.crm_firm_second_contact_hours = "72"
        lead = self.receive_request()
        lead.log_contact_attempt("no_answer")
        self.assertEqual(lead.next_contact_on, datetime(2026, 3, 5, 11))

    def test_reached_leaves_the_queue_and_closes_the_call(self):
        lead = self.receive_request()
        lead.log_contact_attempt("reached")
        self.assertEqual(lead.contact_status, "contacted")
        self.assertFalse(lead.activity_ids)

    def test_call_back_needs_a_time_to_come(self):
        lead = self.receive_request()
        with self.assertRaisesRegex(UserError, "when to call back"):
            lead.log_contact_attempt("call_back")
        with self.assertRaisesRegex(UserError, "past"):
            lead.log_contact_attempt("call_back", next_contact_on="2020-01-01 10:00:00")
        with self.assertRaisesRegex(UserError, "not a valid date"):
            lead.log_contact_attempt("call_back", next_contact_on="soon")
        self.assertFalse(lead.contact_attempt_ids)

    def test_unknown_outcome_and_medium_are_refused(self):
        lead = self.receive_request()
        with self.assertRaisesRegex(UserError, "Unknown call outcome"):
            lead.log_contact_attempt("bribed")
        with self.assertRaisesRegex(UserError, "Unknown contact medium"):
            lead.log_contact_attempt("reached", medium="telepathy")

    @freeze_time("2026-03-05 11:00:00")
    def test_ready_plans_the_proposal_for_the_owner_on_a_working_day(self):
        lead = self.receive_request()
        activity = lead.with_user(lead.user_id).mark_ready_for_proposal({"need_known": True, "expected_revenue": 900})
        self.assertEqual(lead.contact_status, "ready")
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.contact_attempt_ids.outcome, "reached")
        self.assertEqual(lead.activity_ids, activity)
        self.assertEqual(activity.user_id, lead.user_id)
        # The third working day after Thursday is Tuesday
        self.assertEqual(fields.Date.to_string(activity.date_deadline), "2026-03-10")

    def test_need_that_is_written_is_known(self):
        written = self.receive_request(description="<p>My tax return for 2025</p>")
        written.mark_ready_for_proposal()
        self.assertTrue(written.need_known)
        told = self.receive_request()
        told.mark_ready_for_proposal({"description": "Has to file by June"})
        self.assertTrue(told.need_known)
        silent = self.receive_request(description="<p><br></p>")
        with self.assertRaisesRegex(UserError, "Need Known"):
            silent.mark_ready_for_proposal()
        form = self.open_ready(silent)
        self.assertEqual((form.need_known, form.missing), (False, "Need Known"))
        form.description = "<p>Has to file by June</p>"
        self.assertEqual((form.need_known, form.missing), (True, ""))

    def open_ready(self, lead):
        Ready = self.env["crm.lead.ready"].with_user(lead.user_id or self.marta).with_context(default_lead_id=lead.id)
        return Form(Ready, "crm_firm.crm_lead_ready_view_form")

    @freeze_time("2026-03-05 11:00:00")
    def test_day_of_the_proposal_is_proposed_and_a_promised_one_stays(self):
        lead = self.receive_request(description="<p>My tax return</p>")
        form = self.open_ready(lead)
        self.assertEqual(fields.Date.to_string(form.proposal_on), "2026-03-10")
        form.save().action_confirm()
        self.assertEqual(fields.Date.to_string(lead.proposal_due_on), "2026-03-10", "it follows the calendar")
        promised = self.receive_request(description="<p>My tax return</p>")
        form = self.open_ready(promised)
        form.proposal_on = "2026-03-06"
        form.save().action_confirm()
        self.assertEqual(promised.activity_ids.mapped("date_deadline"), [fields.Date.to_date("2026-03-06")])
        self.assertFalse(promised.proposal_due_on, "what was promised is not planned again")
        with self.assertRaisesRegex(UserError, "not over"):
            self.receive_request(description="<p>x</p>").mark_ready_for_proposal(proposal_on="2026-03-04")

    def test_ready_names_everything_that_is_missing(self):
        lead = self.receive_request(practice_area_id=False)
        with self.assertRaisesRegex(UserError, "Need Known, Practice Area"):
            lead.mark_ready_for_proposal()

    def test_ready_writes_nothing_but_the_qualification(self):
        lead = self.receive_request()
        with self.assertRaisesRegex(UserError, "user_id"):
            lead.mark_ready_for_proposal({"need_known": True, "user_id": self.nadia.id})

    def test_polite_email_goes_with_a_discard_when_asked_and_a_restored_request_gets_none(self):
        self.company.crm_firm_undo_email_seconds = 60
        Mail = self.env["mail.mail"]
        lead = self.receive_request(user_id=self.olga.id).with_user(self.olga)
        silent = self.receive_request(user_id=self.olga.id, email_from=False).with_user(self.olga)

        def discard(lead, decline):
            values = {"lead_ids": lead.ids, "lost_reason_id": self.reason_spam.id, "crm_firm_decline": decline}
            before = Mail.search([])
            self.env["crm.lead.lost"].with_user(self.olga).create(values).action_lost_reason_apply()
            return Mail.search([]) - before

        for _twice in range(2):
            [mail] = discard(lead, True)
            self.assertEqual((mail.state, mail.model, mail.res_id), ("outgoing", "crm.lead", lead.id))
            self.assertIn("ana.ruiz@client.example.com", mail.email_to or mail.recipient_ids.email)
            self.assertGreater(mail.scheduled_date, fields.Datetime.now(), "it can still be undone")
            self.assertTrue(self.env["firm.outgoing.mail"].search([("mail_mail_id", "=", mail.id)]), "tried until it is out")
            lead.restore_discarded()
            self.assertFalse(mail.exists())
        self.assertFalse(discard(lead, False))
        self.assertFalse(discard(silent, True))

    def test_discard_needs_a_reason_and_leaves_nothing_planned(self):
        lead = self.receive_request()
        for no_reason in (None, False, 0, 10**8, "spam"):
            with self.assertRaisesRegex(UserError, "Choose a reason"):
                lead.discard(no_reason)
        lead.with_user(lead.user_id).discard(self.reason_spam, note="<script>x</script>")
        self.assertEqual(lead.contact_status, "discarded")
        self.assertEqual(lead.lost_reason_id, self.reason_spam)
        self.assertFalse(lead.active)
        self.assertFalse(lead.activity_ids)
        with self.assertRaisesRegex(UserError, "Restore it first"):
            lead.log_contact_attempt("reached")

    def test_many_leads_are_discarded_at_once(self):
        leads = self.receive_request() | self.receive_request() | self.receive_request()
        leads.with_user(self.marta).discard(self.reason_spam.id)
        self.assertEqual(set(leads.mapped("contact_status")), {"discarded"})

    def test_odoos_own_lost_dialog_discards_too(self):
        lead = self.receive_request()
        lead.action_set_lost(lost_reason_id=self.reason_spam.id)
        self.assertEqual(lead.contact_status, "discarded")

    def test_restored_lead_stands_where_it_stood_with_a_call(self):
        fresh, tried, ready = self.receive_request(), self.receive_request(), self.receive_request()
        tried.log_contact_attempt("no_answer")
        ready.mark_ready_for_proposal({"need_known": True})
        leads = fresh | tried | ready
        leads.discard(self.reason_spam)
        leads.restore_discarded()
        self.assertEqual(leads.mapped("contact_status"), ["to_contact", "second_contact", "ready"])
        self.assertEqual([len(lead.activity_ids) for lead in leads], [1, 1, 1])
        self.assertEqual(ready.activity_ids.activity_type_id, self.env.ref("crm_firm.mail_activity_type_send_proposal"))
        self.assertFalse(fresh.lost_reason_id)
        with self.assertRaisesRegex(UserError, "Only discarded"):
            leads.restore_discarded()

    def test_outcomes_are_for_those_who_may_write_the_lead(self):
        lead = self.receive_request().with_user(self.nadia)
        with self.assertRaises(AccessError):
            lead.log_contact_attempt("reached")
        with self.assertRaises(AccessError):
            lead.mark_ready_for_proposal({"need_known": True})
        with self.assertRaises(AccessError):
            lead.discard(self.reason_spam)
        with self.assertRaises(AccessError):
            lead.restore_discarded()
