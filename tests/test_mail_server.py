"""Odoo's fetchmail reads a real mailbox (dovecot), a real SMTP server takes what goes out and answers like a robot."""

import hashlib
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from email import message_from_bytes, policy
from imaplib import IMAP4
from pathlib import Path
from unittest import SkipTest
from unittest.mock import patch

import psycopg2
from aiosmtpd.controller import Controller

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from .mail_corpus import DATE, DOMAIN, INFO, build_corpus, compose
from .test_mail_intake import MailCase

SKIP = "dovecot is not installed (Debian package dovecot-imapd): the mailbox tests cannot run"
LOGGERS = (
    "odoo.addons.crm_firm.models.mail_gateway.mail_thread",
    "odoo.addons.crm_firm.models.mail_gateway.fetchmail_server",
    "odoo.sql_db",
)


def find_free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


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


COUNTER = itertools.count()


class Robot:
    """A mail server whose people are away: answers every mail into the firm's mailbox, politely or rudely."""

    def __init__(self, dovecot):
        self.dovecot = dovecot
        self.received = []
        self.headers = {}

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.received.append((envelope.rcpt_tos, mail))
        for recipient in envelope.rcpt_tos:
            if not recipient.endswith("@robot.example.com"):
                continue
            self.dovecot.deliver(
                compose(
                    {
                        "From": recipient,
                        "To": INFO,
                        "Subject": f"We got it, number {len(self.received)}",
                        "Date": DATE,
                        "Message-ID": f"<robot{len(self.received)}@robot.example.com>",
                    }
                    | (
                        {"In-Reply-To": str(mail["Message-ID"]), "Auto-Submitted": "auto-replied"}
                        if self.headers.get("polite")
                        else {}
                    ),
                    f"Your mail is important to us ({len(self.received)})",
                )
            )
        return "250 kept"


@tagged("post_install", "-at_install")
class TestMailServer(MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dovecot = Dovecot()
        cls.addClassCleanup(cls.dovecot.stop)
        cls.robot = Robot(cls.dovecot)
        port = find_free_port()
        controller = Controller(cls.robot, hostname="127.0.0.1", port=port)
        controller.start()
        cls.addClassCleanup(controller.stop)
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create({"name": "Robot", "smtp_host": "127.0.0.1", "smtp_port": port})
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
        cls.env["mail.mail"].search([]).unlink()

    def fetch(self, batch_limit=500):
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            fault = self.server.with_env(self.server.env(cr=cr))._fetch_mail(batch_limit=batch_limit)
        self.env.invalidate_all()
        if fault:
            raise fault

    def send(self):
        with (
            patch.object(IrMail_Server, "_disable_send", lambda *_args: False),
            patch.dict(config.options, {"smtp_server": ""}),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("crm_firm.ir_cron_tell_owners").method_direct_trigger()
            self.env.ref("mail.ir_cron_mail_scheduler_action").method_direct_trigger()
        self.env.invalidate_all()

    def test_whole_corpus_is_read_from_a_mailbox_and_nothing_stays_or_is_lost(self):
        mails = [mail for mail in build_corpus(self.people) if mail.raw]
        self.dovecot.deliver(*(mail.raw for mail in mails))
        self.assertEqual(self.dovecot.count_unread(), len(mails))
        self.fetch()
        self.assertEqual(self.dovecot.count_unread(), 0)
        entries = self.env["firm.mail.received"].search([])
        self.assertEqual(sum(entries.mapped("copies")), len(mails))
        self.assertFalse(entries.filtered(lambda entry: entry.kind == "started"))
        by_subject = {entry.subject: entry.kind for entry in entries}
        for mail in mails:
            if f"Consulta {mail.name}" in by_subject and mail.becomes != "copy":
                self.assertEqual(by_subject[f"Consulta {mail.name}"], mail.becomes, mail.name)
        self.fetch()
        self.assertEqual(sum(self.env["firm.mail.received"].search([]).mapped("copies")), len(mails))

    @mute_logger(*LOGGERS)
    def test_mail_that_can_be_kept_nowhere_stays_unread_and_the_next_ones_come_in(self):
        first, second = self.corpus.add("imposible"), self.corpus.add("posible")
        self.dovecot.deliver(first, second)
        Thread, Quarantine = type(self.env["mail.thread"]), type(self.env["firm.mail.quarantine"])
        process, keep = Thread.message_process, Quarantine._keep

        def break_database(self, model, message, *args, **kwargs):
            if b"imposible" in message:
                raise psycopg2.OperationalError("the disk is full")
            return process(self, model, message, *args, **kwargs)

        def keep_nothing(self, raw, *args, **kwargs):
            raise psycopg2.OperationalError("the disk is full")

        with patch.object(Thread, "message_process", break_database), patch.object(Quarantine, "_keep", keep_nothing):
            self.fetch()
        self.assertEqual(self.dovecot.count_unread(), 1)
        self.assertTrue(self.env["crm.lead"].search([("name", "=", "Consulta posible")]))
        self.assertIn("1 e-mails", self.server.error_message)
        self.assertIs(Quarantine._keep, keep)
        self.fetch()
        self.assertEqual(self.dovecot.count_unread(), 0)
        self.assertEqual(self.env["crm.lead"].search_count([("name", "=", "Consulta imposible")]), 1)
        self.assertFalse(self.server.error_message)

    def test_mail_that_killed_the_server_twice_is_not_read_a_third_time(self):
        raw = self.corpus.add("mortal").replace(b"\r\n", b"\n")
        self.dovecot.deliver(raw, self.corpus.add("detrás"))
        digest = hashlib.sha256(raw.replace(b"\n", b"\r\n")).hexdigest()  # as IMAP hands it over
        for _kill in range(2):
            self.env["firm.mail.received"]._start_reading(digest)
        self.fetch()
        record = self.env["firm.mail.quarantine"].search([("subject", "=", "Consulta mortal")])
        self.assertEqual(record.reason, "crash")
        self.assertTrue(self.env["crm.lead"].search([("name", "=", "Consulta detrás")]))
        self.assertEqual(self.dovecot.count_unread(), 0)
        record.action_process_again()
        self.assertEqual(record.state, "processed")

    def test_two_robots_do_not_answer_each_other_for_ever(self):
        for polite in (True, False):
            with self.subTest(polite=polite):
                self.robot.headers = {"polite": polite}
                self.robot.received.clear()
                address = f"{'polite' if polite else 'rude'}@robot.example.com"
                self.dovecot.deliver(self.corpus.add(f"robot {polite}", From=f"Robot <{address}>", Return_Path=None))
                for _round in range(6):
                    self.fetch()
                    self.send()
                answered = [recipients for recipients, _mail in self.robot.received if address in recipients]
                self.assertEqual(len(answered), 1, "one acknowledgement, then silence")
                acknowledgement = next(mail for recipients, mail in self.robot.received if address in recipients)
                self.assertEqual(acknowledgement["Auto-Submitted"], "auto-replied")
                leads = self.env["crm.lead"].search([("email_normalized", "=", address)])
                # The polite robot's answer is on the lead it answers, the rude one's is a request like any other.
                self.assertEqual(len(leads), 1 if polite else 2)
                self.assertEqual(self.dovecot.count_unread(), 0)

    def test_owner_and_person_get_their_mails_for_a_fetched_request(self):
        self.robot.received.clear()
        self.env["crm.team"].search([("alias_name", "=", "ventas")]).alias_id.alias_defaults = repr(
            {"practice_area_id": self.area_tax.id}
        )
        self.dovecot.deliver(self.corpus.add("completa", From="Ana Ruiz <ana.e2e@client.example.com>", To=f"ventas@{DOMAIN}"))
        self.fetch()
        self.send()
        lead = self.env["crm.lead"].search([("name", "=", "Consulta completa")])
        recipients = sorted(recipient for to, _mail in self.robot.received for recipient in to)
        self.assertEqual(recipients, sorted(["ana.e2e@client.example.com", lead.user_id.email]))
