"""What cannot be worked on at once: it waits, is told, is tried again, and what was sent is forgotten in the end."""

from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import FirmCast
from .intake_common import GENERIC, GOOGLE, SECRET, IntakeTools


@tagged("post_install", "-at_install")
class TestIntakeFailures(FirmCast, IntakeTools, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.setUpSources()

    @mute_logger("odoo.addons.crm_firm.models.channels.firm_intake_delivery")
    def test_what_cannot_be_worked_on_waits_and_the_others_go_on(self):
        def break_down(source, delivery, submission):
            if delivery.external_id == "bad":
                raise ValueError("a fault of ours")
            return original(source, delivery, submission)

        original = type(self.Source)._make_lead
        self.patch(type(self.Source), "_make_lead", break_down)
        bad, good = (self.take("generic", GENERIC | {"external_id": key}) for key in ("bad", "good"))
        for tries in (1, 2, 3):
            self.let_time_pass()
            self.run_job()
            self.assertEqual((bad.state, bad.tries, good.state), ("failed", tries, "done"))
            self.assertIn("a fault of ours", bad.failure)
        self.assertEqual(bad.task_id.user_id, self.marta)
        task = bad.task_id
        self.patch(type(self.Source), "_make_lead", original)
        bad.with_user(self.marta).action_retry()
        self.run_job()
        self.assertEqual((bad.state, bad.failure), ("done", False))
        self.assertFalse(task.exists().active)
        self.assertEqual(self.count_leads(), 2)

    @mute_logger("odoo.addons.crm_firm.models.channels.firm_intake_delivery")
    def test_what_fails_after_a_task_was_done_is_told_again(self):
        def break_down(source, delivery, submission):
            raise ValueError("a fault of ours")

        self.patch(type(self.Source), "_make_lead", break_down)
        tasks = []
        for key in ("first", "second", "third"):
            delivery = self.take("generic", GENERIC | {"external_id": key})
            for _try in range(3):
                self.let_time_pass()
                self.run_job()
            tasks.append(delivery.task_id)
            self.assertTrue(delivery.task_id.active, key)
            if key == "first":
                delivery.task_id.action_done()
        self.assertNotEqual(tasks[0], tasks[1])
        self.assertEqual(tasks[1], tasks[2], "one task, however many fail meanwhile")

    def test_who_writes_at_the_same_moment_delays_a_request_by_seconds(self):
        def clash(source, delivery, submission):
            if delivery.external_id == "bad":
                raise SerializationFailure
            return original(source, delivery, submission)

        original = type(self.Source)._make_lead
        self.patch(type(self.Source), "_make_lead", clash)
        bad, good = (self.take("generic", GENERIC | {"external_id": key}) for key in ("bad", "good"))
        self.run_job()
        self.assertEqual((bad.state, bad.tries, good.state), ("received", 0, "done"))
        self.assertLess(bad.next_try_on, fields.Datetime.now() + timedelta(minutes=1))
        self.patch(type(self.Source), "_make_lead", original)
        self.let_time_pass()
        self.run_job()
        self.assertEqual(bad.state, "done")

    @mute_logger("odoo.addons.crm_firm.models.channels.firm_intake_delivery")
    def test_a_failure_that_cannot_be_told_does_not_stop_the_others(self):
        def break_down(source, *_args):
            raise ValueError("a fault of ours")

        def clash(source, delivery, submission):
            return break_down(source) if delivery.external_id == "bad" else original(source, delivery, submission)

        original = type(self.Source)._make_lead
        self.patch(type(self.Source), "_make_lead", clash)
        self.patch(type(self.Source), "_make_failure_task", break_down)
        bad, good = (self.take("generic", GENERIC | {"external_id": key}) for key in ("bad", "good"))
        bad.tries = 2
        self.run_job()
        self.assertEqual((bad.state, good.state), ("received", "done"))
        self.assertGreater(bad.next_try_on, fields.Datetime.now(), "due again when the lease is over")

    def test_a_task_is_made_where_its_type_was_deleted(self):
        warning = self.env.ref("mail.mail_activity_data_warning")
        self.env["ir.model.data"].search([("model", "=", warning._name), ("res_id", "=", warning.id)]).unlink()
        self.assertEqual(self.sources["generic"]._make_failure_task("It failed").user_id, self.marta)

    def test_what_was_sent_is_forgotten_after_a_month_and_what_failed_later(self):
        with freeze_time("2026-01-05 10:00:00"):
            done = self.take("generic", GENERIC)
            self.run_job()
            waiting = self.take("generic", GENERIC | {"external_id": "waiting"})
            waiting.write({"state": "failed", "next_try_on": False, "fetched": "{}"})
            tried = self.take("generic", GENERIC | {"external_id": "tried"})
            tried.write({"state": "failed", "next_try_on": "2028-01-01 10:00:00"})
        with freeze_time("2026-02-10 10:00:00"):
            self.Delivery._gc_old()
        self.assertEqual((done.state, done.raw, bool(waiting.raw)), ("done", False, True))
        with freeze_time("2026-04-10 10:00:00"):
            self.Delivery._gc_old()
        self.assertEqual((waiting.state, waiting.raw, waiting.fetched, bool(tried.raw)), ("failed", False, False, True))
        waiting.with_user(self.marta).action_retry()
        self.assertFalse(waiting.next_try_on, "there is nothing left to try")
        with freeze_time("2027-02-10 10:00:00"):
            self.Delivery._gc_old()
        self.assertEqual((done | waiting | tried).exists(), tried, "what is tried again is kept")

    def test_the_key_of_google_is_kept_nowhere_people_read(self):
        lead = self.take_lead("google", GOOGLE)
        delivery = self.Delivery.search([("lead_id", "=", lead.id)])
        self.assertIn("ana.ruiz@client.example.com", delivery.raw)
        self.assertNotIn(SECRET, str(delivery.with_user(self.marta).read()))
        self.assertNotIn(SECRET, str(lead.read()))

    def test_what_failed_is_tried_again_without_reading_all_that_was_sent(self):
        failed, done = (self.take("generic", GENERIC | {"external_id": key}) for key in ("failed", "done"))
        failed.write({"state": "failed", "next_try_on": False})
        done.write({"state": "done", "next_try_on": False})
        source = self.sources["generic"].with_user(self.marta)
        contents = [self.Delivery._fields[fname] for fname in ("raw", "fetched")]
        for try_again in (source.action_retry_failed, lambda: source.write({"typed_token": "new"}), failed.action_retry):
            failed.next_try_on = False
            self.env.flush_all()
            self.env.invalidate_all()
            try_again()
            self.assertTrue(failed.next_try_on)
            self.assertFalse(done.next_try_on)
            self.assertFalse([name for field in contents for name in field._get_cache(self.env)])
