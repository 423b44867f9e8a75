"""Nothing lost, nothing doubled: a real server with two workers, parallel copies, and jobs that are killed."""

import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import requests

from odoo.tests import tagged
from odoo.tools import config

from odoo.addons.crm_firm.tools.signed_message import sign

from .crash_common import PROCESSES, CrashCase

COPIES = 100
DELIVERIES = 30
# A run that needs more kills than this to finish does not get on at all.
MOST_RUNS = 40
SECRET = "secret"  # as processes/intake_worker.py has it


@tagged("post_install", "-at_install")
class TestIntakeCrash(CrashCase):
    worker = "intake_worker.py"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ask_parent(f"wait {cls.start_worker('create')}")

    def setUp(self):
        super().setUp()
        self.sql("DELETE FROM firm_intake_delivery")
        self.sql("DELETE FROM crm_lead WHERE idempotency_key LIKE 'intake:%'")

    @contextmanager
    def serving(self):
        """Odoo with two workers and no jobs; its address."""
        ports = []
        for _number in range(2):
            with closing(socket.socket()) as probe:
                probe.bind(("127.0.0.1", 0))
                ports.append(str(probe.getsockname()[1]))
        command = [sys.executable, PROCESSES / "intake_server.py", "-d", self.db, "--db-filter", f"^{self.db}$"]
        command += ["--workers", "2", "--max-cron-threads", "0", "--http-interface", "127.0.0.1", "--http-port", ports[0]]
        command += ["--gevent-port", ports[1], "--log-level", "critical", f"--data-dir={config['data_dir']}"]
        command.append("--addons-path=" + ",".join(str(path) for path in config["addons_path"]))
        command += [f"--{name}={config[name]}" for name in ("db_host", "db_port", "db_user", "db_password") if config[name]]
        process = subprocess.Popen(command, env=self.env_of_processes())
        try:
            url = f"http://127.0.0.1:{ports[0]}"
            while process.poll() is None:
                try:
                    if requests.get(f"{url}/intake/lead/crash", timeout=300).status_code == 404:
                        break
                except requests.ConnectionError:
                    time.sleep(0.2)
            yield f"{url}/intake/lead/crash"
        finally:
            process.terminate()
            process.wait()

    def post_at_once(self, url, messages):
        """Send messages, each in a thread; return the answers."""

        def post(message):
            body = json.dumps(message).encode()
            return requests.post(url, data=body, headers={"X-Firm-Signature": sign(SECRET, body, int(time.time()))}, timeout=300)

        with ThreadPoolExecutor(max_workers=20) as pool:
            return list(pool.map(post, messages))

    def test_a_hundred_parallel_copies_are_one_request(self):
        message = {"name": "Ana Ruiz", "phone": "600 11 22 33", "external_id": "one"}
        with self.serving() as url:
            answers = self.post_at_once(url, [message] * COPIES)
        self.assertEqual(sorted(answer.status_code for answer in answers), [200] * (COPIES - 1) + [202])
        self.assertEqual(len({answer.json()["delivery"] for answer in answers}), 1)
        processes = [self.start_worker("work") for _number in range(2)]
        for process_id in processes:
            self.finish(process_id)
        self.assert_one_request_each(1)

    def test_what_was_answered_is_worked_on_once_whatever_is_killed_when(self):
        with self.serving() as url:
            messages = [{"name": f"Person {n}", "phone": f"6001122{n:02}", "external_id": f"n{n}"} for n in range(DELIVERIES)]
            answers = self.post_at_once(url, messages)
        self.assertEqual([answer.status_code for answer in answers], [202] * DELIVERIES)
        # The server is gone: what it answered is there.
        self.assertEqual(self.sql("SELECT state, count(*) FROM firm_intake_delivery GROUP BY state"), [("received", DELIVERIES)])
        kills = 0
        for _run in range(MOST_RUNS):
            kills += self.kill_at_random("work", 3)
            self.sql("UPDATE firm_intake_delivery SET next_try_on = now() - interval '1 s' WHERE next_try_on IS NOT NULL")
            if not self.sql("SELECT 1 FROM firm_intake_delivery WHERE state != 'done'"):
                break
        self.assertTrue(kills, "nothing was killed at its work")
        self.assert_one_request_each(DELIVERIES)

    def assert_one_request_each(self, number):
        states = self.sql("SELECT state, count(*), count(DISTINCT lead_id) FROM firm_intake_delivery GROUP BY state")
        self.assertEqual(states, [("done", number, number)])
        leads = self.sql("SELECT count(*), count(user_id) FROM crm_lead WHERE idempotency_key LIKE 'intake:%'")
        self.assertEqual(leads, [(number, number)], "each has an owner")
