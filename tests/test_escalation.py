from odoo.tests import freeze_time, tagged

from .follow_up_common import FollowUpCase

MONDAY_NOON = "2026-03-02 11:00:00"  # due at 18:00 UTC (19:00 in Madrid)


@tagged("post_install", "-at_install")
class TestEscalation(FollowUpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_manager_id = cls.marta
        with freeze_time(MONDAY_NOON):
            cls.leads = cls.receive_request(user_id=cls.olga.id) | cls.receive_request(user_id=cls.olga.id)
        # What the database had before is nobody's business here.
        cls.env["crm.lead"].search([("id", "not in", cls.leads.ids)]).write({"first_contact_deadline": False})
        cls.env["mail.mail"].search([]).unlink()

    def run_at(self, moment):
        """Return who was told what: `(address, subject)` of the mails that were queued."""
        with freeze_time(moment), self.enter_registry_test_mode():
            self.env.ref("crm_firm.ir_cron_overdue").method_direct_trigger()
        self.env.invalidate_all()
        mails = self.env["mail.mail"].search([])
        told = sorted((mail.recipient_ids.email, mail.subject) for mail in mails)
        mails.unlink()
        return told

    def test_nobody_is_told_before_the_deadline(self):
        self.assertFalse(self.run_at("2026-03-02 17:59:00"))

    def test_owner_at_the_deadline_and_manager_one_working_hour_later_once_each(self):
        self.assertEqual(
            self.run_at("2026-03-02 18:00:00"),
            [("olga.owner@firm.example.com", "Overdue calls: 2")],
        )
        self.assertFalse(self.run_at("2026-03-02 20:00:00"), "an hour of the night is no working hour")
        self.assertFalse(self.run_at("2026-03-03 08:59:00"))
        self.assertEqual(self.run_at("2026-03-03 09:00:00"), [("marta.manager@firm.example.com", "Overdue requests: 2")])
        self.assertFalse(self.run_at("2026-03-03 12:00:00"))

    def test_who_was_called_is_not_told_about(self):
        with freeze_time("2026-03-02 17:00:00"):
            self.leads[0].log_contact_attempt("no_answer")
            self.leads[1].discard(self.reason_spam)
        self.assertFalse(self.run_at("2026-03-03 12:00:00"))

    def test_request_that_nobody_owns_goes_to_the_manager_at_once(self):
        self.leads.user_id = False
        self.env["mail.mail"].search([]).unlink()
        self.assertEqual(self.run_at("2026-03-02 18:00:00"), [("marta.manager@firm.example.com", "Overdue requests: 2")])

    def test_switches_and_hours_are_settings(self):
        self.company.write({"crm_firm_tell_overdue_owner": False, "crm_firm_escalation_hours": 4})
        self.assertFalse(self.run_at("2026-03-03 11:00:00"))
        self.assertEqual(len(self.run_at("2026-03-03 12:00:00")), 1)
        self.leads.overdue_manager_told_on = False
        self.company.crm_firm_tell_overdue_manager = False
        self.assertFalse(self.run_at("2026-03-03 12:30:00"))

    def test_restarted_lead_is_told_about_again(self):
        self.run_at("2026-03-03 12:00:00")
        with freeze_time("2026-03-04 09:00:00"):
            self.leads.restart_follow_up("answered by phone")
        self.assertFalse(self.run_at("2026-03-04 12:00:00"))
        self.assertEqual(len(self.run_at("2026-03-04 18:30:00")), 1)

    def test_leader_of_the_team_when_no_manager_is_set(self):
        self.company.crm_firm_manager_id = False
        self.leads.team_id = self.env["crm.team"].create({"name": "Tax", "user_id": self.sara.id})
        self.assertEqual(self.leads[0]._get_managers_to_tell(), self.sara)
        self.leads.team_id = False
        self.assertIn(self.marta, self.leads[0]._get_managers_to_tell())
        self.assertNotIn(self.olga, self.leads[0]._get_managers_to_tell())

    def test_weekly_list_of_the_unreachable_for_the_manager(self):
        self.env["crm.lead"].search([("contact_status", "=", "unreachable")]).write({"contact_status": "contacted"})
        for _call in range(3):
            self.leads[0].log_contact_attempt("no_answer")
        self.env["mail.mail"].search([]).unlink()
        with self.enter_registry_test_mode():
            self.env.ref("crm_firm.ir_cron_unreachable").method_direct_trigger()
        mails = self.env["mail.mail"].search([])
        self.assertEqual(mails.mapped("subject"), ["Unreachable requests: 1"])
        self.assertEqual(mails.recipient_ids, self.marta.partner_id)

    # === OVERVIEW === #

    def test_dashboard_counts_what_the_user_may_see(self):
        def counts(user):
            data = self.env["crm.lead"].with_user(user).get_follow_up_dashboard()
            return {counter["key"]: counter["count"] for counter in data["counters"]}

        self.assertEqual(counts(self.olga)["first_contact"], 2)
        self.assertEqual(counts(self.nadia)["first_contact"], 0)
        self.leads[0].log_contact_attempt("no_answer")
        self.leads[0].follow_up_step_ids._set_failed("451")
        self.assertEqual(counts(self.olga)["failed_email"], 1)
        self.assertEqual(counts(self.nadia)["failed_email"], 0)
        data = self.env["crm.lead"].get_follow_up_dashboard()
        watched = [job["name"] for job in data["jobs"]]
        for job in ("ir_cron_overdue", "ir_cron_follow_up_emails"):
            self.assertIn(self.env.ref(f"crm_firm.{job}").cron_name, watched)
        for counter in data["counters"]:
            self.assertTrue(self.env.ref(counter["action"]))

    def test_job_that_nobody_runs_shows(self):
        job = self.env.ref("crm_firm.ir_cron_follow_up_emails")
        job.nextcall = "2020-01-01 00:00:00"
        states = {state["name"]: state["is_late"] for state in self.env["crm.lead"].get_follow_up_dashboard()["jobs"]}
        self.assertTrue(states[job.cron_name])

    def test_record_of_the_follow_up_on_screen_and_on_paper(self):
        lead = self.leads[0]
        lead.log_contact_attempt("no_answer", note="voicemail")
        self.run_job()
        lead.message_post(
            body="<p>Call me tomorrow</p>", message_type="email", email_from=lead.email_from, author_id=False, subject="Re: hi"
        )
        self.env.invalidate_all()
        entries = lead.with_user(self.olga)._get_follow_up_entries()
        self.assertEqual([entry["kind"] for entry in entries], ["attempt", "email", "answer"])
        html, _kind = self.env["ir.actions.report"].with_user(self.olga)._render_qweb_html("crm_firm.follow_up_report", lead.ids)
        for text in (b"voicemail", b"Olga Owner", b"No answer", b"Sent", b"Ana Ruiz"):
            self.assertIn(text, html)
        self.assertIn("voicemail", lead.follow_up_timeline)

    def test_record_is_one_printed_page(self):
        lead = self.leads[0]
        for _call in range(3):
            lead.log_contact_attempt("no_answer")
        pdf, kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf("crm_firm.follow_up_report", lead.ids)
        )
        self.assertEqual(kind, "pdf")
        self.assertEqual(pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page "), 1)
