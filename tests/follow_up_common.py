"""The plan of the follow-up, its job, and the mail server it speaks to. No test in here."""

from datetime import date

from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import freeze_time

from .common import FirmCase

MONDAY_NOON = "2026-03-02 11:00:00"  # 12:00 in Madrid


class FollowUpCase(FirmCase, MockEmail):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env.ref("crm_firm.follow_up_plan")
        cls.Step = cls.env["firm.follow.up.step"]
        cls.company.crm_firm_undo_email_seconds = 0  # what waits to be undone has its own tests, in test_undo

    def run_job(self, xmlid="ir_cron_follow_up_emails"):
        """Run a scheduled job as the cron worker does, and return the mails that left."""
        with self.mock_mail_gateway(), self.enter_registry_test_mode():
            self.env.ref(f"crm_firm.{xmlid}").method_direct_trigger()
            sent = list(self._mails)
        self.env.invalidate_all()
        return sent

    def log(self, lead, outcome, at, **kwargs):
        with freeze_time(at):
            return lead.log_contact_attempt(outcome, **kwargs)

    def assert_call_on(self, lead, day, summary=None):
        self.assertEqual(lead.activity_ids.mapped("date_deadline"), [date.fromisoformat(day)])
        if summary:
            self.assertEqual(lead.activity_ids.summary, summary)

    def unanswered_lead(self, **values):
        lead = self.receive_request(**values)
        lead.log_contact_attempt("no_answer")
        return lead
