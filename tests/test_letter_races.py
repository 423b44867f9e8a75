"""Exactly one signature, never half of one, whoever comes at the same time and wherever a process dies."""

import os
import signal
import time
from contextlib import closing, contextmanager
from itertools import product

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import tagged

from .crash_common import CrashCase

# Places of `letter_worker.py`
BEFORE_COMMIT, AFTER_COMMIT, IN_SEAL = 7101, 7102, 7103
# A run that needs more kills than this to finish does not get on at all.
MOST_RUNS = 40
MOST_WAIT = 120  # seconds until a process has come where it is held


@tagged("post_install", "-at_install")
class TestLetterRaces(CrashCase):
    worker = "letter_worker.py"

    # === TOOLS === #

    @contextmanager
    def hold(self, query):
        """Hold what the query locks until the block ends."""
        _db, info = connection_info_for(self.db)
        with closing(psycopg2.connect(**info)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query)
            yield
            connection.rollback()

    def hold_letter(self):
        return self.hold("SELECT 1 FROM firm_engagement_letter FOR UPDATE")

    def hold_place(self, place):
        return self.hold(f"SELECT pg_advisory_xact_lock({place})")

    def wait_until_held(self, count):
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        end = time.monotonic() + MOST_WAIT
        while self.sql(waiting) != [(count,)]:
            self.assertLess(time.monotonic(), end, "the processes never came there")
            time.sleep(0.05)

    def race(self, *workers):
        """Let workers, pairs of mode and number, come to the letter one after the other and begin at the same time."""
        process_ids = []
        with self.hold_letter():
            for count, (mode, number) in enumerate(workers, start=1):
                process_ids.append(self.start_worker(mode, number))
                self.wait_until_held(count)
        for process_id in process_ids:
            self.assertFalse(self.finish(process_id))

    def kill_at(self, place, mode, number=0):
        """Kill a worker (-9) when it has come to a place."""
        with self.hold_place(place):
            process_id = self.start_worker(mode, number)
            self.wait_until_held(1)
            os.kill(process_id, signal.SIGKILL)
            self.assertTrue(self.finish(process_id))

    def move_newest_end(self, days):
        newest = "(SELECT max(id) FROM firm_engagement_letter)"
        self.sql(f"UPDATE firm_engagement_letter SET valid_until = valid_until + {days:d} WHERE id = {newest}")  # noqa: S608  constants

    def get_state(self):
        [(state,)] = self.sql("SELECT state FROM firm_engagement_letter ORDER BY id DESC LIMIT 1")
        return state

    def assert_whole(self):
        """Whatever a letter is, everything that hangs on it says the same, once."""
        self.run_worker("verify")
        rows = self.sql(
            "SELECT l.state, o.state, d.won_status, c.customer_rank,"
            " (SELECT count(*) FROM firm_engagement_signer s WHERE s.letter_id = l.id AND s.state = 'signed'),"
            " (SELECT count(*) FROM firm_engagement_event e WHERE e.letter_id = l.id AND e.kind = 'signed'),"
            " (SELECT count(*) FROM firm_engagement_event e WHERE e.letter_id = l.id AND e.kind = 'revised'),"
            " (SELECT count(*) FROM firm_engagement_event e WHERE e.letter_id = l.id AND e.kind = 'finished'),"
            " (SELECT count(*) FROM helpdesk_ticket t WHERE t.partner_id = l.partner_id),"
            " (SELECT count(*) FROM firm_outgoing_mail m WHERE m.cause LIKE 'letter-signed-' || l.id || ':%')"
            " FROM firm_engagement_letter l JOIN sale_order o ON o.id = l.order_id JOIN crm_lead d ON d.id = l.lead_id"
            " JOIN res_partner c ON c.id = l.partner_id WHERE l.replaces_id IS NULL"  # another one decides about those
        )
        for state, order, won, rank, signers, signed, revised, finished, cases, mails in rows:
            is_signed = state == "signed"
            self.assertEqual((order == "sale", won == "won", rank > 0), (is_signed,) * 3, state)
            self.assertEqual((finished, cases, mails), (1, 1, 2) if is_signed else (0, 0, 0), state)
            self.assertEqual(signers, {"draft": 0, "sent": 0, "partly_signed": 1, "signed": 2}.get(state, signers))
            if not revised:
                self.assertEqual(signers, signed, "as many signatures as the history knows")
        return rows

    # === TOGETHER === #

    def test_two_signers_at_once_are_two_signatures_and_one_end(self):
        self.run_worker("create", 1)
        self.race(("sign", 0), ("sign", 1))
        self.assertEqual(self.get_state(), "signed")
        self.assert_whole()

    def test_a_double_submit_is_one_signature(self):
        self.run_worker("create", 1)
        self.race(("sign", 0), ("sign", 0))
        self.assertEqual(self.get_state(), "partly_signed")
        self.race(("sign", 1), ("sign", 1))
        self.assertEqual(self.get_state(), "signed")
        self.assert_whole()

    def test_whoever_comes_first_decides_between_signing_and_every_other_end(self):
        """Signing beside each of the others, in both orders: one of them happens, whole, and the other one does not."""
        ends = {"refuse": "refused", "expire": "expired", "revise": "draft", "cancel": "cancelled"}
        for (mode, end), first in product(ends.items(), (0, 1)):
            with self.subTest(mode, sign_first=not first):
                self.run_worker("create", 1)
                self.run_worker("sign", 0)
                if mode == "expire":
                    self.move_newest_end(-17)
                self.race(*(("sign", 1), (mode, 1))[:: -1 if first else 1])
                # Time has run out for whoever signs first, too.
                self.assertIn(self.get_state(), (end,) if first or mode == "expire" else (end, "signed"))
                if mode == "expire":
                    self.move_newest_end(17)
                self.assert_whole()

    def test_replaced_twice_at_once_a_signed_letter_gets_one_later_letter(self):
        self.run_worker("create", 1)
        self.run_worker("sign", 0)
        self.run_worker("sign", 1)
        [(signed_id,)] = self.sql("SELECT id FROM firm_engagement_letter ORDER BY id DESC LIMIT 1")
        self.race(("replace", 0), ("replace", 0))
        later = self.sql(f"SELECT state FROM firm_engagement_letter WHERE replaces_id = {signed_id:d}")  # noqa: S608  a number
        self.assertEqual(later, [("draft",)])
        self.run_worker("verify")

    # === KILLED === #

    def test_killed_before_its_commit_a_signature_never_was(self):
        self.run_worker("create", 1)
        self.run_worker("sign", 0)
        before = self.assert_whole()
        self.kill_at(BEFORE_COMMIT, "sign", 1)
        self.assertEqual(self.assert_whole(), before)
        self.run_worker("sign", 1)
        self.assertEqual(self.get_state(), "signed")
        self.assert_whole()

    def test_killed_after_its_commit_a_signature_is_whole_and_a_second_click_adds_nothing(self):
        self.run_worker("create", 1)
        self.run_worker("sign", 0)
        self.kill_at(AFTER_COMMIT, "sign", 1)
        self.assertEqual(self.get_state(), "signed")
        before = self.assert_whole()
        self.run_worker("sign", 1)
        self.assertEqual(self.assert_whole(), before)

    def test_killed_during_the_seal_a_letter_stays_signed_and_is_sealed_once(self):
        self.run_worker("create", 1)
        self.run_worker("sign_all")
        done = (
            "SELECT sealed_on IS NOT NULL,"
            " (SELECT count(*) FROM firm_engagement_event e WHERE e.letter_id = l.id AND e.kind = 'sealed'),"
            " (SELECT count(*) FROM firm_outgoing_mail m WHERE m.cause LIKE 'letter-copy-' || l.id || ':%')"
            " FROM firm_engagement_letter l WHERE state = 'signed'"
        )
        self.kill_at(IN_SEAL, "seal")
        self.assertIn((False, 0, 0), self.sql(done))
        for _number in range(2):
            self.run_worker("seal")
            self.assertEqual(set(self.sql(done)), {(True, 1, 2)})
        self.assert_whole()

    def test_killed_anywhere_while_many_sign_everything_is_signed_once_in_the_end(self):
        self.run_worker("create", 5)
        kills = 0
        while self.kill_at_random("sign_all", 0.7):
            kills += 1
            self.assertLess(kills, MOST_RUNS)
            self.assert_whole()
        self.assertGreater(kills, 0)
        states = [row[0] for row in self.assert_whole()]
        self.assertGreaterEqual(states.count("signed"), 5)
        self.assertFalse({"sent", "partly_signed"} & set(states))
