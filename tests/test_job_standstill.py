"""The jobs stand still while the server goes on: whoever works on it notices, and those who can do something are told."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models import firm_job_standstill
from .common import FirmCast
from .mail_common import MailServers, Sink

JOB = "crm_firm.ir_cron_overdue"


@tagged("post_install", "-at_install")
class TestJobStandstill(MailServers, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.sink = Sink()
        cls.start_smtp(cls.sink)
        cls.Standstill = cls.env["firm.job.standstill"]
        cls.jobs = cls.env.ref("mail.ir_cron_mail_scheduler_action")
        cls.jobs |= cls.jobs.browse(
            cls.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "ir.cron")]).mapped("res_id")
        )
        # Nobody runs the jobs of a test: what is late here is what a test makes late.
        cls.jobs.nextcall = fields.Datetime.now() + timedelta(hours=1)
        cls.job = cls.env.ref(JOB)
        cls.root = cls.env.ref("base.group_system").all_user_ids.filtered("active") - cls.env.ref("base.user_root")
        cls.root.email = "root@firm.example.com"

    def setUp(self):
        super().setUp()
        self.sink.received.clear()

    def stop_jobs(self, minutes=45):
        """Leave the job where a restart of the database leaves it: due, and nobody there who runs it."""
        self.job.nextcall = fields.Datetime.now().replace(microsecond=0) - timedelta(minutes=minutes)
        self.env.flush_all()
        return self.job.nextcall

    def work(self, user=None):
        """A colleague's browser asks something of the server, by POST. Return who got an e-mail meanwhile."""
        firm_job_standstill._looked.clear()
        self.sink.received.clear()
        login = (user or self.olga).login
        self.authenticate(login, login)
        with self.sending():
            call = {"model": "res.users", "method": "context_get", "args": [], "kwargs": {}}
            self.make_jsonrpc_request("/web/dataset/call_kw", call)
        self.env.invalidate_all()
        return {recipient for recipients, _mail in self.sink.received for recipient in recipients}

    def let_time_pass(self):
        self.Standstill.search([("next_try_on", "!=", False)]).next_try_on = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()

    def board(self, user):
        return self.env["crm.lead"].with_user(user).get_follow_up_dashboard()["standing_since"]

    def test_each_standstill_is_mailed_once_to_administrators_and_managers(self):
        since = self.stop_jobs()
        self.assertFalse(self.work(), "a server that has just started catches up")
        self.assertFalse(self.work(), "not yet ten minutes later")
        self.let_time_pass()
        told = self.work()
        self.assertLessEqual({self.marta.email, "root@firm.example.com"}, told)
        self.assertFalse(told & {self.olga.email, self.fran.email, self.elsa.email, self.paula.email})
        mail = next(mail for recipients, mail in self.sink.received if recipients == [self.marta.email])
        self.assertEqual(mail["Subject"], "Odoo's scheduled jobs are not running")
        self.assertIn(
            fields.Datetime.context_timestamp(self.env.user.with_context(tz="Europe/Madrid"), since).strftime("%-I:%M"),
            mail.get_body(("html",)).get_content().replace("\u202f", " "),
        )
        self.assertTrue(self.Standstill.search([("since", "=", since)]).told_on)
        self.let_time_pass()
        self.assertFalse(self.work(), "once for each standstill")

        # It runs, and stands still again: another one.
        self.run_mail_jobs(JOB)
        self.assertGreater(self.job.nextcall, fields.Datetime.now() - timedelta(minutes=1))
        self.let_time_pass()
        self.assertFalse(self.work())
        self.stop_jobs(minutes=40)
        self.work()
        self.let_time_pass()
        self.assertIn(self.marta.email, self.work())

    def test_board_says_since_when_to_those_who_are_told(self):
        self.assertFalse(self.board(self.marta))
        self.stop_jobs(minutes=20)
        self.assertFalse(self.board(self.marta), "a job may be late")
        since = self.stop_jobs()
        self.assertEqual(self.board(self.marta), fields.Datetime.to_string(since))
        self.assertEqual(self.board(self.root[0]), fields.Datetime.to_string(since))
        self.assertFalse(self.board(self.olga))
        self.job.active = False
        self.assertFalse(self.board(self.marta), "switched off by the firm")
        self.env.ref("mail.ir_cron_mail_scheduler_action").nextcall = since
        self.assertTrue(self.board(self.marta), "Odoo's mail queue, which sends our e-mails")

    def test_looking_is_for_posts_of_colleagues(self):
        self.stop_jobs()
        firm_job_standstill._looked.clear()
        self.url_open("/request")
        self.authenticate(self.olga.login, self.olga.login)
        self.url_open("/odoo")
        self.assertFalse(self.Standstill.search([]), "a page that is looked at writes nothing")
        self.work(self.paula)
        self.assertFalse(self.Standstill.search([]), "a client")
        self.work()
        self.assertTrue(self.Standstill.search([]))

    def test_mail_that_nobody_takes_is_tried_again_in_an_hour_and_stays_in_no_queue(self):
        self.stop_jobs()
        self.work()
        self.let_time_pass()
        self.env["ir.mail_server"].search([]).smtp_port = 1
        with mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server"):
            self.assertFalse(self.work())
        row = self.Standstill.search([])
        self.assertFalse(row.told_on)
        self.assertGreater(row.next_try_on, fields.Datetime.now() + timedelta(minutes=50))
        self.assertFalse(self.env["mail.mail"].search([("subject", "=", "Odoo's scheduled jobs are not running")]))

    def test_fault_in_looking_costs_no_request(self):
        self.stop_jobs()
        self.patch(type(self.Standstill), "_tell", lambda *_args: 1 / 0)
        self.assertEqual(self.work(), set())
