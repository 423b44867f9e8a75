from datetime import date
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .document_common import PDF, DocumentCase


@tagged("post_install", "-at_install")
class TestDocumentReminders(DocumentCase):
    def run_reminders(self, day):
        before = self.mails()
        with freeze_time(f"{day} 07:00:00"), self.enter_registry_test_mode():
            self.env.ref("crm_firm.ir_cron_document_reminders").method_direct_trigger()
        return self.mails() - before

    @freeze_time("2026-03-02 11:00:00")
    def test_reminders_go_out_once_each_before_and_after_the_day(self):
        self.ask("First", due="2026-03-10")
        self.ask("Second", due="2026-03-10")
        sent = {day: len(self.run_reminders(f"2026-03-{day:02}")) for day in range(2, 26)}
        self.assertEqual({day: count for day, count in sent.items() if count}, {7: 1, 11: 1, 17: 1})
        self.assertFalse(self.run_reminders("2026-03-17"))

    @freeze_time("2026-03-02 11:00:00")
    def test_reminders_stop_when_the_document_is_here(self):
        document, other = self.ask("First", due="2026-03-10"), self.ask("Second", due="2026-03-10")
        self.send(document, ("a.pdf", PDF))
        mail = self.run_reminders("2026-03-07")
        self.assertIn("Second", mail.body_html)
        self.assertNotIn("First", mail.body_html)
        other.with_user(self.sara).cancel("Not needed")
        self.assertFalse(self.run_reminders("2026-03-11"))

    @freeze_time("2026-03-02 11:00:00")
    def test_job_that_did_not_run_for_days_reminds_once(self):
        self.ask(due="2026-03-10")
        self.assertEqual(len(self.run_reminders("2026-03-16")), 1)
        self.assertEqual(len(self.run_reminders("2026-03-17")), 1)
        self.assertFalse(self.run_reminders("2026-03-30"))

    @freeze_time("2026-03-02 11:00:00")
    def test_rhythm_of_the_firm_and_a_new_date_move_the_reminders(self):
        document = self.ask(due="2026-03-10")
        self.assertEqual(document.next_reminder_on, date(2026, 3, 7))
        document.with_user(self.sara).due_date = "2026-03-20"
        self.assertEqual(document.next_reminder_on, date(2026, 3, 17))
        self.company.crm_firm_document_reminders = "-1"
        self.assertEqual(document.next_reminder_on, date(2026, 3, 19))
        self.company.crm_firm_document_reminders = False
        self.assertFalse(document.next_reminder_on)
        for wrong in ("soon", "1;x", "--3", "9999"):
            with self.assertRaises(ValidationError, msg=wrong):
                self.company.crm_firm_document_reminders = wrong

    @freeze_time("2026-03-02 11:00:00")
    @mute_logger("odoo.addons.crm_firm.models.documents.firm_document_mails")
    def test_reminder_that_cannot_be_made_holds_up_no_other(self):
        self.ask(due="2026-03-10")
        case = self.make_case(self.ivan.partner_id)
        with self.mock_mail_gateway():
            case.request_document("Of Ivan", due="2026-03-10")
        Document = self.env.registry["firm.document.request"]
        ask_client = Document._ask_client

        def fail_for_clara(documents, *args):
            if documents.ticket_id == self.case:
                raise ValueError("broken template")
            return ask_client(documents, *args)

        with patch.object(Document, "_ask_client", fail_for_clara):
            self.run_reminders("2026-03-07")
        self.assertIn("failed", self.case.document_request_ids.event_ids.mapped("kind"))
        self.assertEqual(case.document_request_ids.reminded_on, date(2026, 3, 7))
        self.assertIn("reminded", case.document_request_ids.event_ids.mapped("kind"))

    @freeze_time("2026-03-02 11:00:00")
    def test_closed_cases_are_not_reminded_of(self):
        self.ask(due="2026-03-10")
        self.case.active = False
        self.assertFalse(self.run_reminders("2026-03-07"))

    def test_reminding_many_takes_no_query_for_each_document(self):
        def count(number):
            cases = self.env["helpdesk.ticket"]
            for index in range(number):
                partner = self.env["res.partner"].create({"name": f"P{index}", "email": f"p{index}@client.example.com"})
                cases |= self.make_case(partner)
            documents = self.env["firm.document.request"].create(
                [{"ticket_id": case.id, "name": "x", "due_date": "2026-03-10", "requested_on": "2026-03-01"} for case in cases]
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            documents._trace("reminded", {})
            documents._renew_link()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = count(3), count(12)
        self.assertLessEqual(many, few + 20)
