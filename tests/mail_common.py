"""Real mail servers on the loopback interface, and the jobs that use them: for tests that send and fetch. No test in here."""

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, nullcontext
from email import message_from_bytes, policy
from imaplib import IMAP4
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tools import config

SKIP = "dovecot is not installed (Debian package dovecot-imapd): the mailbox tests cannot run"
QUEUE = "mail.ir_cron_mail_scheduler_action"
COUNTER = itertools.count()


def find_free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Sink:
    """An SMTP server that keeps what arrives: pairs of recipients and message."""

    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 kept"


class Dovecot:
    """A private dovecot: own folder, loopback, one mailbox. Stopped by its own process id."""

    def __init__(self):
        binary = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
        if not binary:
            raise SkipTest(SKIP)
        # dovecot serves no mailbox of root; then somebody without rights owns it.
        self.user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        server = pwd.getpwuid(os.getuid()).pw_name
        self.folder = Path(tempfile.mkdtemp(prefix="crm_firm_dovecot_", dir="/tmp"))
        self.folder.chmod(0o755)
        self.new = self.folder / "mail" / "new"
        for name in ("cur", "new", "tmp"):
            (self.folder / "mail" / name).mkdir(parents=True)
        self.port = find_free_port()
        (self.folder / "users").write_text("mailbox:{PLAIN}secret\n")
        group = "nogroup" if os.getuid() == 0 else str(self.user.pw_gid)
        login = "dovenull" if os.getuid() == 0 else server
        internal = "dovecot" if os.getuid() == 0 else server
        (self.folder / "dovecot.conf").write_text(
            f"""
protocols = imap
listen = 127.0.0.1
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {internal}
default_login_user = {login}
default_process_limit = 20
default_client_limit = 200
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{self.folder}/mail
passdb {{
  driver = passwd-file
  args = {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={self.user.pw_uid} gid={group} home={self.folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
        )
        self.own()
        self.process = subprocess.Popen(
            [binary, "-F", "-c", str(self.folder / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _try in range(100):
            try:
                with self.connect():
                    return
            except (OSError, IMAP4.error):
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        log = self.folder / "dovecot.log"
        fault = log.read_text() if log.exists() else ""
        self.stop()
        raise AssertionError(f"dovecot does not start: {fault} {self.process.stderr.read()}")

    def own(self):
        if os.getuid() == 0:
            for path in [self.folder / "mail", *(self.folder / "mail").rglob("*")]:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def connect(self):
        connection = IMAP4("127.0.0.1", self.port, timeout=10)
        connection.login("mailbox", "secret")
        connection.select()
        return connection

    def deliver(self, *raws):
        for raw in raws:
            name = f"{time.time_ns()}.{next(COUNTER)}.test"
            (self.folder / "mail" / "tmp" / name).write_bytes(raw)
            os.rename(self.folder / "mail" / "tmp" / name, self.new / name)
        self.own()

    def count_unread(self):
        with self.connect() as connection:
            return len(connection.search(None, "UNSEEN")[1][0].split())

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class MailServers:
    """For a test case: Odoo sends to an SMTP server of the test, and fetches from a mailbox of the test."""

    @classmethod
    def start_smtp(cls, handler, port=None):
        """Start an SMTP server and make it the only one Odoo knows.

        :param handler: what takes the mails, as `Sink`
        """
        port = port or find_free_port()
        controller = Controller(handler, hostname="127.0.0.1", port=port)
        controller.start()
        cls.addClassCleanup(controller.stop)
        cls.use_smtp(port)

    @classmethod
    def use_smtp(cls, port):
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create({"name": "Test", "smtp_host": "127.0.0.1", "smtp_port": port})
        cls.env["mail.mail"].search([]).unlink()

    @classmethod
    def start_mailbox(cls):
        """Start a mailbox, `cls.dovecot`, and make it the only one that Odoo fetches from, `cls.server`."""
        cls.dovecot = Dovecot()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.env["fetchmail.server"].search([]).active = False
        cls.server = cls.env["fetchmail.server"].create(
            {
                "name": "Mailbox",
                "server_type": "imap",
                "server": "127.0.0.1",
                "port": cls.dovecot.port,
                "user": "mailbox",
                "password": "secret",
            }
        )
        cls.server.button_confirm_login()

    def fetch(self, batch_limit=500):
        """What the scheduled job does. A fault that it would note on the server is raised."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            fault = self.server.with_env(self.server.env(cr=cr))._fetch_mail(batch_limit=batch_limit)
        self.env.invalidate_all()
        if fault:
            raise fault

    def sending(self):
        """Odoo sends nothing while it tests: within this it does."""
        stack = ExitStack()
        stack.enter_context(patch.object(IrMail_Server, "_disable_send", lambda *_args: False))
        stack.enter_context(patch.dict(config.options, {"smtp_server": ""}))
        return stack

    def run_mail_jobs(self, *jobs):
        """Run scheduled jobs, given by external id, and really send. Default: Odoo's queue."""
        is_in_test_mode = getattr(self, "registry_test_mode", False)  # as browser and HTTP tests are
        with self.sending(), nullcontext() if is_in_test_mode else self.enter_registry_test_mode():
            for job in jobs or (QUEUE,):
                self.env.ref(job).method_direct_trigger()
        self.env.invalidate_all()
