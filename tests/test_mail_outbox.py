"""Every e-mail of ours gets out, whatever the mail server does, or somebody hears that it does not."""

from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy

import psycopg2
from aiosmtpd.controller import Controller

from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import FirmCase
from .mail_common import QUEUE, MailServers, find_free_port

LOGGERS = ("odoo.addons.mail.models.mail_mail", "odoo.addons.crm_firm.models.mail_outbox.firm_mail_delivery")


class MoodyServer:
    """An SMTP server that answers as told: `refuse` and `drop` hold addresses."""

    def __init__(self):
        self.accepted, self.refuse, self.drop = [], set(), set()

    async def handle_DATA(self, server, session, envelope):
        (address,) = envelope.rcpt_tos
        if address in self.refuse:
            return "451 try again later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.accepted.append((address, message["Message-ID"]))
        if address in self.drop:
            self.drop.discard(address)
            server.transport.abort()
        return "250 kept"


@tagged("post_install", "-at_install")
class TestMailOutbox(MailServers, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Outgoing = cls.env["firm.outgoing.mail"]
        cls.server = MoodyServer()
        cls.port = find_free_port()
        cls.use_smtp(cls.port)
        cls.Outgoing.search([]).unlink()

    def setUp(self):
        super().setUp()
        self.server.__init__()
        self.start_server()

    def start_server(self):
        self.controller = Controller(self.server, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        self.addCleanup(self.stop_server)

    def stop_server(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    def run_jobs(self):
        with mute_logger(*LOGGERS):
            self.run_mail_jobs(QUEUE, "crm_firm.ir_cron_outgoing_mails")

    def let_time_pass(self):
        self.Outgoing.search([("next_try_on", "!=", False)]).next_try_on = fields.Datetime.now() - timedelta(seconds=1)

    def make_requests(self, number):
        """Requests by web, each with its acknowledgement. Return the addresses that are to get one."""
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": f"Request {index}",
                    "contact_name": f"Person {index}",
                    "email_from": f"person{index}@client.example.com",
                    "phone": "+34 600 11 22 33",
                    "channel_id": self.channel_web.id,
                    "user_id": self.olga.id,
                }
                for index in range(number)
            ]
        )
        for lead in leads:
            lead._acknowledge_request()
        return leads

    def test_of_300_mails_those_refused_arrive_later_and_none_twice(self):
        leads = self.make_requests(300)
        addresses = leads.mapped("email_from")
        self.server.refuse = set(addresses[7::15])
        self.assertEqual(len(self.server.refuse), 20)
        self.run_jobs()
        self.assertEqual(len(self.server.accepted), 280)
        failed = self.Outgoing.search([("state", "=", "failed")])
        self.assertEqual(set(failed.mapped("mail_mail_id.email_to")), self.server.refuse)
        self.run_jobs()
        self.assertEqual(set(failed.mapped("tries")), {1}, "tried before its time")
        self.server.refuse = set()
        self.let_time_pass()
        self.run_jobs()
        self.assertEqual(Counter(address for address, _id in self.server.accepted), Counter(addresses))
        self.assertEqual(set(self.Outgoing.search([]).mapped("state")), {"sent"})

    def test_server_that_is_down_for_a_moment_costs_no_mail(self):
        addresses = self.make_requests(100).mapped("email_from")
        self.stop_server()
        self.run_jobs()
        self.assertFalse(self.server.accepted)
        self.start_server()
        self.let_time_pass()
        self.run_jobs()
        self.assertEqual(Counter(address for address, _id in self.server.accepted), Counter(addresses))

    def test_connection_dropped_after_acceptance_repeats_the_same_message_only(self):
        addresses = self.make_requests(10).mapped("email_from")
        self.server.drop = set(addresses[3:5])
        for _run in range(4):
            self.run_jobs()
            self.let_time_pass()
        accepted = Counter(self.server.accepted)
        self.assertEqual({address for address, _id in accepted}, set(addresses), "missing")
        self.assertEqual(len(accepted), len(addresses), "repeated under another Message-ID")
        self.assertLessEqual(max(accepted.values()), 2)

    def test_every_kind_of_record_is_followed(self):
        """Whatever mail is made about a record of ours, or by a template of ours for a user, by whatever door."""
        (lead,) = self.make_requests(1)
        client = self.env["res.partner"].create({"name": "Client", "email": "client@client.example.com"})
        team = self.env["helpdesk.ticket.team"].search([("is_case_team", "=", True)], limit=1)
        case = self.env["helpdesk.ticket"].create(
            {"name": "Case", "description": "x", "team_id": team.id, "partner_id": client.id}
        )
        case.request_document("Invoice")
        for record in (lead, case):
            record.message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=client.ids)
        overdue = self.env.ref("crm_firm.mail_template_overdue_owner")
        overdue.with_context(crm_firm_leads=lead)._crm_firm_queue(self.olga)
        mails = self.env["mail.mail"].search([])
        self.assertLessEqual({"crm.lead", "helpdesk.ticket", "res.users"}, set(mails.mapped("model")))
        self.assertEqual(self.Outgoing.search([]).mail_mail_id, mails)
        for row in self.Outgoing.search([]):
            self.assertEqual((row.message_id, row.company_id), (row.mail_mail_id.message_id, self.company))

    def test_what_others_mail_is_left_alone(self):
        partner = self.env["res.partner"].create({"name": "Other", "email": "other@client.example.com"})
        self.env["mail.mail"].create({"email_to": "other@client.example.com", "subject": "x", "body_html": "x"})
        partner.message_post(body="x", message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=partner.ids)
        self.assertFalse(self.Outgoing.search([]))

    def test_final_failure_is_told_once_and_counted_until_it_is_mended(self):
        (lead,) = self.make_requests(1)
        case = self.env["helpdesk.ticket"].create(
            {
                "name": "Case",
                "description": "x",
                "team_id": self.env["helpdesk.ticket.team"].search([("is_case_team", "=", True)], limit=1).id,
                "partner_id": self.env["res.partner"].create({"name": "Client", "email": "client@client.example.com"}).id,
                "user_id": self.sara.id,
            }
        )
        self.env["mail.mail"].search([("model", "!=", "crm.lead")]).unlink()
        case.request_document("Invoice")
        case.request_document("Bank statement")
        self.env.ref("crm_firm.mail_template_overdue_owner").with_context(crm_firm_leads=lead)._crm_firm_queue(self.olga)
        self.marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        self.company.crm_firm_mail_responsible_id = self.marta
        rows = self.Outgoing.search([("mail_mail_id", "!=", False)])
        self.server.refuse = {lead.email_from, case.partner_id.email, self.olga.email}
        for tries in (1, 2, 3, 4):
            self.run_jobs()
            self.assertEqual(set(rows.mapped("tries")), {tries})
            self.assertEqual(bool(rows.task_id), tries >= 3)
            self.let_time_pass()
        self.assertEqual(len(lead.activity_ids.filtered(lambda task: task.user_id == self.olga and task in rows.task_id)), 1)
        self.assertEqual(case.activity_ids.mapped("user_id"), self.sara, "two mails about a case are one task")
        self.assertEqual(len(case.activity_ids), 1)
        digest = rows.filtered(lambda row: row.res_model == "res.users")
        self.assertEqual(digest.task_id.user_id, self.marta)
        self.assertIn("451", digest.task_id.note)
        self.assertTrue(lead.has_failed_email)
        self.assertIn(lead, self.env["crm.lead"].search([("has_failed_email", "=", True)]))

        board = {
            counter["key"]: counter["count"]
            for counter in self.env["crm.lead"].with_user(self.marta).get_follow_up_dashboard()["counters"]
        }
        self.assertEqual((board["failed_email"], board["failed_other_email"]), (1, 3))

        self.server.refuse = set()
        self.let_time_pass()
        self.run_jobs()
        self.assertEqual(set(rows.mapped("state")), {"sent"})
        self.assertFalse(rows.task_id)
        self.assertFalse(case.activity_ids)
        self.assertFalse(lead.has_failed_email)

    def test_mail_that_no_try_can_deliver_ends_and_is_told(self):
        (lead,) = self.make_requests(1)
        row = self.Outgoing.search([("res_id", "=", lead.id), ("res_model", "=", "crm.lead")])
        self.server.refuse = {lead.email_from}
        row.tries = 22
        for _run in range(3):
            self.run_jobs()
            self.let_time_pass()
        self.assertEqual((row.state, row.tries, row.next_try_on), ("failed", 24, False))
        self.assertTrue(row.task_id)
        row.with_user(self.marta).action_give_up()
        self.assertEqual(row.state, "cancelled")
        self.assertFalse(row.task_id)

    def test_one_mail_for_a_cause(self):
        (lead,) = self.make_requests(1)
        template = self.env.ref("crm_firm.mail_template_acknowledge_request")
        self.assertFalse(template._crm_firm_queue(lead, cause="acknowledge"))
        row = self.Outgoing.search([("cause", "=like", "acknowledge:%")])
        self.assertEqual(len(row), 1)
        with self.assertRaises(psycopg2.IntegrityError), mute_logger("odoo.sql_db"):
            row.copy()

    def test_messages_deleted_in_the_transaction_that_mailed_them_take_their_mails_along(self):
        """In whichever order the database follows the two links of a delivery: the one made last comes last, mostly."""
        links = ("mail_mail", "mail_mail_id"), ("mail_message", "mail_message_id")
        for lead, (table, field) in zip(self.make_requests(2), links, strict=True):
            with self.subTest(last=field):
                name = f"firm_outgoing_mail_{field}_fkey"
                self.env.cr.execute(
                    SQL(
                        "ALTER TABLE firm_outgoing_mail DROP CONSTRAINT %(name)s, ADD CONSTRAINT %(name)s"
                        " FOREIGN KEY (%(field)s) REFERENCES %(table)s ON DELETE SET NULL",
                        name=SQL.identifier(name),
                        field=SQL.identifier(field),
                        table=SQL.identifier(table),
                    )
                )
                rows = self.Outgoing.search([("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)])
                self.assertTrue(rows.mail_mail_id)
                self.env["mail.message"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id)]).unlink()
                self.assertFalse(
                    rows.mail_mail_id | rows.mail_mail_id.search([("model", "=", "crm.lead"), ("res_id", "=", lead.id)])
                )

    def test_cancelled_or_deleted_mail_is_not_sent(self):
        first, second = self.make_requests(2)
        mails = self.env["mail.mail"].search([("model", "=", "crm.lead")])
        mails.filtered(lambda mail: mail.res_id == first.id).cancel()
        mails.filtered(lambda mail: mail.res_id == second.id).unlink()
        self.let_time_pass()
        self.run_jobs()
        self.assertFalse(self.server.accepted)
        self.assertEqual(set(self.Outgoing.search([]).mapped("state")), {"cancelled"})
