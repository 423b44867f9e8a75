"""What stops the follow-up, whoever does it by whatever door, and what starts it again."""

from datetime import datetime

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .follow_up_common import MONDAY_NOON, FollowUpCase


@tagged("post_install", "-at_install")
class TestFollowUpStops(FollowUpCase):
    # === WHAT STOPS IT === #

    def assert_stopped(self, lead, reason):
        self.assertFalse(self.run_job())
        self.assertEqual(lead.follow_up_step_ids[:1].state, "cancelled")
        self.assertEqual(lead.follow_up_step_ids[:1].reason, reason)

    def test_reached_stops_what_is_planned(self):
        lead = self.unanswered_lead()
        lead.log_contact_attempt("reached")
        self.assert_stopped(lead, "reached")

    def test_agreed_call_stops_the_emails(self):
        lead = self.unanswered_lead()
        lead.log_contact_attempt("call_back", next_contact_on=fields.Datetime.add(fields.Datetime.now(), days=1))
        self.assert_stopped(lead, "call_back")

    def test_discard_stops_through_both_doors(self):
        lead, other = self.unanswered_lead(), self.unanswered_lead()
        lead.discard(self.reason_spam)
        other.action_set_lost(lost_reason_id=self.reason_spam.id)
        self.assert_stopped(lead, "discarded")
        self.assertEqual(other.follow_up_step_ids.state, "cancelled")

    def test_conversion_stops(self):
        lead = self.unanswered_lead()
        lead.convert_opportunity(self.env["res.partner"])
        self.assert_stopped(lead, "converted")
        self.assertFalse(lead.activity_ids)

    def test_booked_meeting_stops(self):
        lead = self.unanswered_lead()
        self.env["calendar.event"].create(
            {"name": "Visit", "start": "2026-03-05 10:00:00", "stop": "2026-03-05 11:00:00", "opportunity_id": lead.id}
        )
        self.assertEqual(lead.contact_status, "contacted")
        self.assertFalse(lead.activity_ids)
        self.assert_stopped(lead, "meeting")

    def test_opt_out_is_read_at_the_moment_of_sending(self):
        lead = self.unanswered_lead()
        self.env["mail.blacklist"]._add("ana.ruiz@client.example.com")
        self.assert_stopped(lead, "opted_out")
        self.assertTrue(lead.activity_ids, "the call is still owed")

    def test_bounce_marks_the_address_and_makes_one_task(self):
        lead = self.unanswered_lead()
        lead._on_bounce("ana.ruiz@client.example.com")
        lead._on_bounce("ana.ruiz@client.example.com")
        self.assertTrue(lead.email_is_bouncing)
        self.assertEqual(len(lead.activity_ids.filtered(lambda a: "is not valid" in a.summary)), 1)
        self.assert_stopped(lead, "bounced")
        lead.email_from = "ana@new.example.com"
        self.assertFalse(lead.email_is_bouncing)

    def test_answer_restarts_with_a_call_today_and_tells_the_owner(self):
        with freeze_time(MONDAY_NOON):
            lead = self.receive_request()
            lead.log_contact_attempt("no_answer")
        with freeze_time("2026-03-03 09:00:00"):
            message = lead.message_post(
                body="I am back", message_type="email", author_id=False, email_from="ana.ruiz@client.example.com"
            )
            with self.mock_mail_gateway():
                lead._on_person_answered(message)
        self.assertEqual(lead.follow_up_cycle, 2)
        self.assertEqual(lead.contact_status, "to_contact")
        self.assert_call_on(lead, "2026-03-03", "The person answered: call")
        self.assertEqual(lead.first_contact_deadline, datetime(2026, 3, 3, 18))
        told = (
            message.notified_partner_ids
            | lead.message_ids.filtered(lambda m: m.message_type == "user_notification").notified_partner_ids
        )
        told |= (
            self.env["mail.message"]
            .search([("message_type", "=", "user_notification"), ("res_id", "=", lead.id), ("model", "=", "crm.lead")])
            .notified_partner_ids
        )
        self.assertIn(lead.user_id.partner_id, told)
        self.assert_stopped(lead, "restarted")
        # The new cycle counts its own days
        self.log(lead, "no_answer", "2026-03-03 12:00:00")
        self.assert_call_on(lead, "2026-03-04", "Second call")
        self.assertEqual(len(self.run_job()), 1)

    def test_one_answer_that_comes_by_two_doors_counts_once(self):
        lead = self.unanswered_lead()
        message = lead.message_post(body="I am back", message_type="email", author_id=False, email_from=lead.email_from)
        with self.mock_mail_gateway():
            lead._on_person_answered(message)
            lead._on_person_answered(message)
        self.assertEqual(lead.follow_up_cycle, 2)

    def test_answer_of_the_evening_is_called_on_the_next_working_day(self):
        lead = self.receive_request()
        with freeze_time("2026-03-06 20:00:00"), self.mock_mail_gateway():
            lead._on_person_answered(text="Call me")
        self.assert_call_on(lead, "2026-03-09")

    def test_discarded_lead_that_answers_comes_back_to_the_queue(self):
        lead = self.unanswered_lead()
        lead.discard(self.reason_spam)
        with self.mock_mail_gateway():
            lead._on_person_answered(text="I am real")
        self.assertTrue(lead.active)
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertFalse(lead.follow_up_stopped_by)

    def test_answer_after_the_call_gives_a_task_and_no_new_cycle(self):
        lead = self.receive_request()
        lead.log_contact_attempt("reached")
        with self.mock_mail_gateway():
            lead._on_person_answered(text="Here are my papers")
            lead._on_person_answered(text="And another one")
        self.assertEqual(lead.contact_status, "contacted")
        self.assertEqual(lead.follow_up_cycle, 1)
        self.assertEqual(len(lead.activity_ids), 1)

    def test_portal_message_is_an_answer(self):
        lead = self.unanswered_lead(partner_id=self.paula.partner_id.id)
        with self.mock_mail_gateway():
            lead.with_user(self.paula).sudo().message_post(
                body="Hello?", message_type="comment", subtype_xmlid="mail.mt_comment", author_id=self.paula.partner_id.id
            )
        self.assertEqual(lead.follow_up_cycle, 2)
        self.assert_stopped(lead, "restarted")

    def test_colleagues_note_is_no_answer(self):
        lead = self.unanswered_lead()
        lead.with_user(self.marta).message_post(body="He is on holiday", message_type="comment")
        self.assertEqual(lead.follow_up_cycle, 1)

    def test_auto_reply_stops_nothing(self):
        lead = self.unanswered_lead()
        lead._on_auto_reply()
        self.assertEqual(lead.follow_up_cycle, 1)
        self.assertEqual(len(self.run_job()), 1)

    # === RESTART === #

    @freeze_time(MONDAY_NOON)
    def test_restart_needs_a_reason_and_a_lead_one_may_write(self):
        lead = self.unanswered_lead()
        with self.assertRaisesRegex(UserError, "Give a reason"):
            lead.restart_follow_up(" ")
        with self.assertRaises(AccessError):
            lead.with_user(self.nadia).restart_follow_up("because")
        opportunity = self.receive_request(type="opportunity")
        with self.assertRaisesRegex(UserError, "No longer leads"):
            opportunity.restart_follow_up("because")
        lead.with_user(lead.user_id).restart_follow_up("a colleague met her")
        self.assertEqual(lead.contact_status, "to_contact")
        self.assert_call_on(lead, "2026-03-02")
        self.assertIn("a colleague met her", "".join(lead.message_ids.mapped("body")))

    def test_many_unreachable_leads_are_restarted_and_discarded_at_once(self):
        leads = self.receive_request() | self.receive_request()
        for lead in leads:
            for _call in range(3):
                lead.log_contact_attempt("no_answer")
        self.assertEqual(set(leads.mapped("contact_status")), {"unreachable"})
        leads.with_user(self.marta).restart_follow_up("new campaign")
        self.assertEqual(set(leads.mapped("contact_status")), {"to_contact"})
        leads.with_user(self.marta).discard(self.reason_spam)
        self.assertEqual(set(leads.mapped("contact_status")), {"discarded"})
