from datetime import datetime

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.mail_outbox.firm_mail_gate import Stranger, get_safe_name
from .at_once_common import AtOnceCase
from .common import FirmCase

MESSAGE = "WIN 5000 EUR at http://evil.example, call 900 123 123"
VICTIM = "victim@example.net"


@tagged("post_install", "-at_install")
class TestStrangers(FirmCase):
    """What somebody who is not logged in can make the firm send: a few e-mails, to no robot, and nothing they wrote."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["mail.alias.domain"].create({"name": "firm.example.com"})
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].search([("name", "=", "firm.example.com")], limit=1)
        cls.company.crm_firm_stranger_mails_day = 4
        cls.company.crm_firm_stranger_mails_hour = 30
        cls.team = cls.env["crm.team"].create({"name": "Intake", "alias_name": "intake", "use_leads": True})

    def post(self, values_list, source="192.0.2.7"):
        """Requests as the controller of the web form makes them."""
        Lead = self.env["crm.lead"].with_context(crm_firm_stranger=Stranger(source))
        leads = Lead.create(
            [
                {
                    "name": "Web request",
                    "email_from": VICTIM,
                    "channel_id": self.channel_web.id,
                    "practice_area_id": self.area_tax.id,
                }
                | values
                for values in values_list
            ]
        )
        for lead in leads:
            lead._register_web_intake({}, None, {})
        return leads

    def receive(self, sender=VICTIM, subject=MESSAGE, headers="", name=MESSAGE):
        number = self.env["ir.sequence"].search_count([]) + self.env["firm.mail.received"].search_count([])
        raw = (
            f'From: "{name}" <{sender}>\nTo: intake@firm.example.com\nSubject: {subject}\nMessage-ID: <m{number}@example.net>\n'
            f"{headers}Content-Type: text/plain\n\n{MESSAGE} {number}\n"
        )
        self.env["mail.thread"].message_process("crm.lead", raw)
        return self.env["crm.lead"].search([], order="id desc", limit=1)

    def send_steps(self):
        """The job that makes the e-mails of the follow-up, without its commits."""
        steps = self.env["firm.follow.up.step"].search([("state", "=", "planned"), ("mail_mail_id", "=", False)])
        steps._make_mails()
        return steps

    def get_mails(self, address=VICTIM):
        self.send_steps()
        return self.env["mail.mail"].search([("email_to", "ilike", address)])

    # === HOW MANY, AND WHAT THEY SAY === #

    def test_a_thousand_posts_to_one_victim_make_the_number_set_and_say_nothing_that_was_written(self):
        spellings = [VICTIM, "Victim+news@Example.NET", f"WIN 5000 EUR <{VICTIM}>"]
        leads = self.post(
            [
                {"name": MESSAGE, "contact_name": MESSAGE, "partner_name": MESSAGE, "description": MESSAGE, "function": MESSAGE}
                | {"email_from": spellings[number % 3]}
                for number in range(1000)
            ]
        )
        self.assertEqual(len(leads), 1000, "every request is taken")
        mails = self.get_mails("victim")
        self.assertEqual(len(mails), 4)
        for mail in mails:
            sent = " ".join([mail.subject, mail.body_html, mail.email_to, mail.reply_to or "", mail.email_from, mail.headers])
            for word in ("WIN", "5000", "evil", "900"):
                self.assertNotIn(word, sent)
            self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)
            self.assertFalse(mail.recipient_ids)
        self.assertFalse(leads.filtered(lambda lead: lead.contact_status == "to_contact" and not lead.activity_ids))

    def test_one_visitor_causes_so_many_mails_an_hour_to_whomever(self):
        self.company.crm_firm_stranger_mails_hour = 5
        self.post([{"email_from": f"person{number}@example.net"} for number in range(20)])
        self.assertEqual(len(self.get_mails("@example.net")), 5)
        self.post([{"email_from": "somebody@example.net"}], source="192.0.2.8")
        self.assertTrue(self.get_mails("somebody@example.net"), "another visitor is told")

    def test_a_mail_is_answered_within_the_same_limit(self):
        leads = self.env["crm.lead"].union(*(self.receive() for _number in range(10)))
        self.assertEqual(len(leads), 10)
        mails = self.get_mails()
        self.assertTrue(0 < len(mails) <= 4, mails)
        for mail in mails:
            self.assertNotIn("WIN", f"{mail.subject} {mail.body_html} {mail.email_to} {mail.headers}")
            self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)
        acknowledgement = mails.filtered(lambda mail: "In-Reply-To" in mail.headers)
        self.assertTrue(acknowledgement, "an answer says what it answers")

    def test_settings_turn_all_of_them_off(self):
        self.company.crm_firm_stranger_mails_day = 0
        self.post([{}])
        self.receive()
        self.assertFalse(self.get_mails())

    # === ROBOTS === #

    def test_robots_and_quiet_mails_are_never_answered(self):
        for sender, headers in (
            ("no-reply@shop.example.net", ""),
            ("mailer-daemon@example.net", ""),
            ("news@example.net", "List-Id: <news.example.net>\n"),
            ("auto@example.net", "Auto-Submitted: auto-generated\n"),
            ("bulk@example.net", "Precedence: bulk\n"),
        ):
            self.receive(sender=sender, headers=headers, subject="Offer", name="Shop")
            self.assertFalse(self.get_mails(sender), f"{sender} {headers}")
        self.post([{"email_from": "no-reply@shop.example.net"}])
        self.assertFalse(self.get_mails("no-reply@shop.example.net"))

    # === NAMES === #

    def test_a_name_is_greeted_and_a_message_is_not(self):
        for name in ("Ana", "José María de la Fuente", "O'Brien-Ñáñez", "D. Juan Pérez", "Đặng Thị Hồng", "مريم"):
            self.assertEqual(get_safe_name(name), name)
        for text in (
            *(MESSAGE, "http://evil.example", "evil.example", "ana@example.net", "Ana 5000", "<b>Ana</b>", "", None),
            *("Click here now and win a very big prize today", "Ana\nBcc: x", "WIN! Now", "x" * 60, "a/b", "www.evil.example"),
        ):
            self.assertFalse(get_safe_name((text or "").replace("\n", ": ")), text)

    def test_the_name_of_a_contact_is_the_firms_own(self):
        lead = self.receive_request(contact_name=MESSAGE)
        self.assertEqual(lead.get_greeting_name(), "")
        lead.partner_id = self.env["res.partner"].create({"name": "Talleres 2000, S.L.", "email": "t@example.net"})
        self.assertEqual(lead.get_greeting_name(), "Talleres 2000, S.L.")

    def test_a_case_by_mail_says_nothing_of_the_mail_to_the_client(self):
        client = self.env["res.partner"].create({"name": "Client", "email": "client@example.net", "customer_rank": 1})
        self.company.crm_firm_mail_makes_case = True
        for _number in range(8):
            self.receive(sender="client@example.net", name="Client")
        cases = self.env["helpdesk.ticket"].search([("partner_id", "=", client.id)])
        self.assertEqual(len(cases), 8)
        self.env.flush_all()
        self.flush_tracking()
        mails = self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "in", cases.ids)])
        mails = mails.filtered(lambda mail: mail.recipient_ids == client)
        self.assertTrue(0 < len(mails) <= 4, len(mails))
        for mail in mails:
            self.assertNotIn("WIN", f"{mail.subject} {mail.body_html}")
            self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()

    # === WHO IS A STRANGER === #

    def test_the_context_of_a_caller_makes_nobody_a_stranger_and_counts_for_nobody(self):
        lead = self.env["crm.lead"].with_user(self.marta).with_context(crm_firm_stranger=["192.0.2.7", False, ""])
        self.assertIsNone(lead.env["firm.mail.gate"]._get_stranger())
        before = self.env["firm.mail.gate"].search_count([])
        self.receive_request(phone=False)
        self.assertEqual(
            self.env["firm.mail.gate"].search_count([]), before, "a request that the firm registers is no stranger's"
        )

    def test_the_count_is_the_managers_to_read_and_nobodys_to_write(self):
        self.post([{}])
        Gate = self.env["firm.mail.gate"]
        self.assertTrue(Gate.with_user(self.marta).search_count([]))
        for user in (self.olga, self.fran, self.elsa, self.paula):
            self.assertFalse(Gate.with_user(user).has_access("read"), user.name)
        for user in (self.marta, self.olga):
            self.assertFalse(Gate.with_user(user).has_access("write") or Gate.with_user(user).has_access("create"))


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestStrangersAtOnce(AtOnceCase):
    ADDRESS = "race@example.net"

    def forget(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM firm_mail_gate WHERE recipient = %s", [self.ADDRESS])

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_several_workers_send_no_more_than_the_number_set(self):
        def take(number):
            return lambda env: env["firm.mail.gate"]._take_place(
                self.ADDRESS, f"192.0.2.{number}", env.company, 2, datetime(2026, 3, 2, 9)
            )

        results = self.run_at_once(*map(take, range(4)))
        self.assertEqual(sorted(results), [False, False, True, True])
