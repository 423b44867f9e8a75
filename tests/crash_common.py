"""Real processes that work on a database of their own and are killed, because what is tested is what is committed.

Loopback only; everything that is started is stopped by its process id. No test in here.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg2

from odoo.sql_db import connection_info_for
from odoo.tests import BaseCase
from odoo.tests.common import get_db_name
from odoo.tools import config
from odoo.tools.misc import exec_pg_environ, find_pg_tool

PROCESSES = Path(__file__).parent / "processes"


class CrashCase(BaseCase):
    """Has a copy of the database, `port` for a mail server, and workers: forks of `worker`, a script in `processes`."""

    worker = ""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.longest = 0
        cls.db = f"{get_db_name()}_crash_{os.getpid()}"
        cls.pg_env = exec_pg_environ()
        cls.addClassCleanup(cls._pg, "dropdb", "--if-exists", "--force", cls.db)
        cls.copy_database()
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.start_worker_parent()

    @classmethod
    def copy_database(cls):
        """Copy the database: by its template where scripts/test has one that nobody uses, else by a dump."""
        if template := os.environ.get("CRM_FIRM_TEMPLATE"):
            with suppress(subprocess.CalledProcessError):  # somebody is connected to it
                cls._pg("createdb", "-T", template, cls.db)
                return
        cls._pg("createdb", cls.db)
        with tempfile.NamedTemporaryFile() as dump:
            cls._pg("pg_dump", "-Fc", "-Z0", "-f", dump.name, get_db_name())
            cls._pg("pg_restore", "--no-owner", "-d", cls.db, dump.name)

    @classmethod
    def _pg(cls, tool, *arguments):
        subprocess.run([find_pg_tool(tool), *arguments], env=cls.pg_env, check=True, capture_output=True)

    def sql(self, query):
        _db, info = connection_info_for(self.db)
        with closing(psycopg2.connect(**info)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    @staticmethod
    def env_of_processes():
        return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    @classmethod
    def start_worker_parent(cls):
        argv = ["--log-level=critical", f"--smtp-port={cls.port}", "--smtp=127.0.0.1", f"--data-dir={config['data_dir']}"]
        argv.append("--addons-path=" + ",".join(str(path) for path in config["addons_path"]))
        argv += [f"--{name}={config[name]}" for name in ("db_host", "db_port", "db_user", "db_password") if config[name]]
        cls.parent = subprocess.Popen(
            [sys.executable, PROCESSES / cls.worker, json.dumps({"argv": argv, "db": cls.db})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=cls.env_of_processes(),
        )
        cls.addClassCleanup(cls.stop_worker_parent)

    @classmethod
    def stop_worker_parent(cls):
        cls.parent.kill()
        cls.parent.wait()
        cls.parent.stdin.close()
        cls.parent.stdout.close()

    @classmethod
    def ask_parent(cls, command):
        cls.parent.stdin.write(command + "\n")
        cls.parent.stdin.flush()
        return int(cls.parent.stdout.readline())

    @classmethod
    def start_worker(cls, mode, number=0):
        return cls.ask_parent(f"start {mode} {number}")

    def finish(self, process_id):
        """Wait for a worker. Return whether it was killed."""
        status = self.ask_parent(f"wait {process_id}")
        self.assertIn(status, (0, signal.SIGKILL), "the worker failed; its traceback is in the output")
        return status == signal.SIGKILL

    def run_worker(self, mode, number=0):
        self.finish(self.start_worker(mode, number))

    def kill_at_random(self, mode, longest):
        """Start a worker and kill it (-9) somewhere in its work. Return whether it was still at it.

        Each one may live somewhat longer, so that a busy machine gets to the end as well.
        """
        self.longest = max(longest, self.longest * 1.15)
        process_id = self.start_worker(mode)
        time.sleep(random.uniform(0.02, self.longest))
        os.kill(process_id, signal.SIGKILL)
        return self.finish(process_id)
