"""Each e-mail once, whatever breaks: real processes that are killed, a real SMTP server that is stopped."""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from odoo.tests import tagged

from .crash_common import PROCESSES, CrashCase

LEADS = 40
# A run that needs more kills than this to finish does not get on at all.
MOST_RUNS = 40


@tagged("post_install", "-at_install")
class TestFollowUpCrash(CrashCase):
    worker = "follow_up_worker.py"

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.longest = 0
        self.log = Path(folder.name) / "accepted"
        self.log.touch()
        self.sql("DELETE FROM firm_follow_up_step")
        self.sql("DELETE FROM crm_lead")
        self.sql("DELETE FROM mail_mail")
        self.run_worker("create", LEADS)

    # === TOOLS === #

    @contextmanager
    def smtp(self, answer="250", delay=0.0):
        process = subprocess.Popen(
            [sys.executable, PROCESSES / "smtp_sink.py", str(self.port), self.log, answer, str(delay)], stdout=subprocess.PIPE
        )
        try:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            yield process
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def let_time_pass(self):
        """Make waiting times end: retries and what a killed sender had taken."""
        return self.sql("UPDATE firm_follow_up_step SET next_try_on = now() - interval '1 s' WHERE next_try_on IS NOT NULL")

    def states(self):
        return dict(self.sql("SELECT state, count(*) FROM firm_follow_up_step GROUP BY state"))

    def accepted(self):
        """Message-IDs the mail server has accepted, with how often."""
        return Counter(line.split("\t")[0] for line in self.log.read_text().splitlines())

    def assert_one_record_each(self):
        """One row and one mail for each lead, under the Message-ID decided with the attempt."""
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT lead_id) FROM firm_follow_up_step"), [(LEADS, LEADS)])
        mails = self.sql(
            "SELECT m.res_id, s.message_id, m.message_id FROM mail_mail e JOIN mail_message m ON m.id = e.mail_message_id"
            " LEFT JOIN firm_follow_up_step s ON s.mail_mail_id = e.id"
            " WHERE m.model = 'crm.lead' AND m.message_id LIKE '%crm.lead@%'"
        )
        self.assertEqual(len({lead for lead, *_ids in mails}), len(mails), "a second mail for one lead")
        self.assertTrue(all(of_step == of_mail for _lead, of_step, of_mail in mails))

    def assert_all_arrived(self):
        self.assert_one_record_each()
        self.assertEqual(self.states(), {"sent": LEADS})
        of_rows = {message_id for (message_id,) in self.sql("SELECT message_id FROM firm_follow_up_step")}
        self.assertEqual(set(self.accepted()), of_rows)

    # === WHAT BREAKS === #

    def test_killed_while_deciding_loses_nothing_and_doubles_nothing(self):
        kills = 0
        while self.kill_at_random("log", 1.0):
            kills += 1
            self.assertLess(kills, MOST_RUNS)
        self.assertGreater(kills, 0)
        self.assertEqual(
            self.sql("SELECT count(*), count(DISTINCT lead_id) FROM firm_contact_attempt WHERE outcome = 'no_answer'"),
            [(LEADS, LEADS)],
        )
        self.assertEqual(self.sql("SELECT count(DISTINCT attempt_id) FROM firm_follow_up_step"), [(LEADS,)])
        self.assert_one_record_each()
        self.assertEqual(self.sql("SELECT DISTINCT contact_status FROM crm_lead"), [("second_contact",)])

    def test_killed_while_writing_and_sending_repeats_at_most_the_same_message(self):
        self.run_worker("log")
        kills = 0
        with self.smtp(delay=0.03):
            while self.kill_at_random("send", 1.0):
                kills += 1
                self.assertLess(kills, MOST_RUNS)
                self.assert_one_record_each()
                self.let_time_pass()
        self.assertGreater(kills, 0)
        if self.states() != {"sent": LEADS}:  # what the last killed one had in hand
            self.let_time_pass()
            with self.smtp():
                self.run_worker("send")
        self.assert_all_arrived()
        repeated = sum(self.accepted().values()) - LEADS
        self.assertLessEqual(repeated, kills, "more than one repetition for a kill")

    def test_two_workers_at_the_same_time_send_each_message_once(self):
        self.run_worker("log")
        with self.smtp(delay=0.02):
            workers = [self.start_worker("send"), self.start_worker("send")]
            for worker in workers:
                self.finish(worker)
            while self.states() != {"sent": LEADS}:
                self.assertTrue(self.let_time_pass())
                self.run_worker("send")
        self.assert_all_arrived()
        self.assertEqual(set(self.accepted().values()), {1})

    def test_second_worker_does_not_send_what_a_slow_server_has_in_hand(self):
        self.sql("DELETE FROM crm_lead WHERE id <> (SELECT min(id) FROM crm_lead)")
        self.run_worker("log")
        with self.smtp(delay=4):
            slow = self.start_worker("send")
            time.sleep(2)
            self.let_time_pass()  # even when the time the first one had is over
            self.run_worker("send")
            self.finish(slow)
        self.assertEqual(list(self.accepted().values()), [1])

    def test_server_down_then_4xx_for_an_hour_then_up(self):
        self.run_worker("log")
        self.run_worker("send")  # nobody listens
        self.assertEqual(self.states(), {"failed": LEADS})
        self.assert_one_record_each()
        with self.smtp("451"):
            for tries in (2, 3):
                self.run_worker("send")
                self.assertEqual(
                    self.sql("SELECT DISTINCT tries FROM firm_follow_up_step"), [(tries - 1,)], "tried before its time"
                )
                self.let_time_pass()
                self.run_worker("send")
                self.assertEqual(self.sql("SELECT DISTINCT tries, state FROM firm_follow_up_step"), [(tries, "failed")])
        self.assertIn("451", self.sql("SELECT failure FROM firm_follow_up_step LIMIT 1")[0][0])
        told = (
            "SELECT count(DISTINCT a.res_id) FROM mail_activity a JOIN mail_activity_type t ON t.id = a.activity_type_id"
            " WHERE t.icon = 'fa-warning' AND a.res_model = 'crm.lead' AND a.active"
        )
        self.assertEqual(self.sql(told), [(LEADS,)], "the owner has not been told")
        self.assertFalse(self.accepted())
        self.let_time_pass()
        with self.smtp():
            self.run_worker("send")
        self.assert_all_arrived()
        self.assertEqual(set(self.accepted().values()), {1})
        self.assertEqual(self.sql(told), [(0,)])

    def test_server_stopped_in_the_middle_of_a_batch(self):
        self.run_worker("log")
        with self.smtp(delay=0.05) as server:
            worker = self.start_worker("send")
            while sum(self.accepted().values()) < LEADS // 4:
                time.sleep(0.05)
            server.kill()
            server.wait()
            self.finish(worker)
        self.assertLess(self.states().get("sent", 0), LEADS)
        self.let_time_pass()
        with self.smtp():
            self.run_worker("send")
        self.assert_all_arrived()
        self.assertLessEqual(sum(self.accepted().values()) - LEADS, 1, "more than the one nobody knew about")

    def test_server_that_accepts_and_drops_the_connection(self):
        self.sql("DELETE FROM crm_lead WHERE id <> (SELECT min(id) FROM crm_lead)")
        self.run_worker("log")
        with self.smtp("drop"):
            self.run_worker("send")
        self.assertEqual(self.states(), {"failed": 1})
        self.let_time_pass()
        with self.smtp():
            self.run_worker("send")
        self.assertEqual(self.states(), {"sent": 1})
        self.assertEqual(list(self.accepted().values()), [2], "the same message, repeated under the same Message-ID")
