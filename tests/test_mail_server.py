"""Odoo's fetchmail reads a real mailbox (dovecot), a real SMTP server takes what goes out and answers like a robot."""

import hashlib
from email import message_from_bytes, policy
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from .mail_common import QUEUE, MailServers
from .mail_corpus import DATE, DOMAIN, INFO, build_corpus, compose
from .test_mail_intake import MailCase

LOGGERS = (
    "odoo.addons.crm_firm.models.mail_gateway.mail_thread_intake",
    "odoo.addons.crm_firm.models.mail_gateway.fetchmail_server",
    "odoo.sql_db",
)


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
class TestMailServer(MailServers, MailCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_mailbox()
        cls.robot = Robot(cls.dovecot)
        cls.start_smtp(cls.robot)

    def send(self):
        self.run_mail_jobs("crm_firm.ir_cron_tell_owners", QUEUE)

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
            self.env["firm.mail.reading"]._start(digest)
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
