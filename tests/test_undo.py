"""Undo that undoes: while the e-mail of a call waits, taking the call back leaves nothing that was sent."""

from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .follow_up_common import FollowUpCase

CALLED = datetime(2026, 3, 2, 11, 0, 0)


def after(seconds):
    return freeze_time(CALLED + timedelta(seconds=seconds))


@tagged("post_install", "-at_install")
class TestUndo(FollowUpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_undo_email_seconds = 60
        with after(0):
            cls.lead = cls.receive_request(user_id=cls.olga.id).with_user(cls.olga)

    def call(self, outcome="no_answer"):
        with after(0):
            return self.lead.log_contact_attempt(outcome)

    def get_mails(self):
        """Every e-mail to the person, sent or not."""
        return self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", self.lead.id)])

    def test_call_undone_while_its_email_waits_sends_nothing(self):
        self.call()
        mails = self.get_mails()
        with after(59):
            self.assertFalse(self.run_job())
            self.lead.undo_contact_attempt()
        with after(3600):
            self.assertFalse(self.run_job())
        self.assertEqual(self.get_mails(), mails, "none was even made")
        self.assertFalse(self.lead.follow_up_step_ids)

    def test_call_can_be_undone_until_its_email_has_left_however_late_the_job_is(self):
        self.call()
        with after(300):
            self.lead.undo_contact_attempt()
            self.assertFalse(self.run_job())

    def test_email_leaves_when_its_time_is_over_and_undo_says_so(self):
        self.call()
        with after(60):
            self.assertEqual(len(self.run_job()), 1)
            with self.assertRaisesRegex(UserError, "has left"):
                self.lead.undo_contact_attempt()
        self.assertEqual(self.lead.contact_attempt_count, 1)

    def test_job_is_woken_when_the_time_is_over(self):
        job = self.env.ref("crm_firm.ir_cron_follow_up_emails")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        self.call()
        new = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)]) - triggers
        self.assertEqual(new.mapped("call_at"), [CALLED + timedelta(seconds=60)])

    def test_email_of_a_wrong_number_waits_and_that_of_an_arrival_does_not(self):
        self.call("wrong_number")
        with after(59):
            self.assertFalse(self.run_job())
        with after(60):
            self.assertEqual(len(self.run_job()), 1)
            self.receive_request(phone=False, email_from="nobody.called@client.example.com")
            self.assertEqual(len(self.run_job()), 1)

    def test_firm_that_does_not_wait_sends_at_once(self):
        self.company.crm_firm_undo_email_seconds = 0
        self.call()
        with after(0):
            self.assertEqual(self.lead.action_tell_attempt()["params"]["seconds"], 0)
            self.assertEqual(len(self.run_job()), 1)

    def test_each_way_to_log_a_call_says_how_long_it_can_be_undone(self):
        Wizard = self.env["crm.lead.attempt"].with_user(self.olga)

        def mark_done():
            self.lead.activity_ids.filtered("crm_firm_asks_outcome").action_log_outcome("no_answer")
            return self.lead.action_tell_attempt()

        ways = {
            "button": self.lead.action_log_no_answer,
            "dialog": lambda: Wizard.create({"lead_id": self.lead.id, "outcome": "no_answer"}).action_log(),
            "task": mark_done,
        }
        for way, log in ways.items():
            with self.subTest(way), after(0):
                params = log()["params"]
                self.assertEqual((params["undo"], params["seconds"]), ("undo_contact_attempt", 60))
                self.assertIn("No answer from Ana Ruiz. Next try: ", params["message"])
                self.lead.undo_contact_attempt()
        with after(0):
            self.lead.log_contact_attempt("reached")
            params = self.lead.action_tell_attempt()["params"]
        self.assertEqual((params["message"], params["seconds"]), ("Logged for Ana Ruiz: Reached.", 0))

    def test_time_to_undo_is_neither_negative_nor_longer_than_undo_itself(self):
        for seconds in (-1, 1801):
            with self.subTest(seconds), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.company.crm_firm_undo_email_seconds = seconds
                self.company.flush_recordset()
