from odoo.tests import tagged

from .case_common import CaseCase
from .mail_corpus import DOMAIN, Corpus, prepare_gateway


@tagged("post_install", "-at_install")
class TestCaseMail(CaseCase):
    """Mails to casos@, the address of the case team, and to info@, one for leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corpus = Corpus(prepare_gateway(cls.env))
        domain = cls.env["mail.alias.domain"].search([("name", "=", DOMAIN)])
        cls.team.write({"alias_name": "casos", "alias_domain_id": domain.id})
        cls.team.alias_id.alias_contact = "everyone"

    def receive(self, name, body=None, **headers):
        last = self.env["firm.mail.received"].search([], order="id desc", limit=1)
        self.env["mail.thread"].message_process(None, self.corpus.add(name, body, **headers))
        received = self.env["firm.mail.received"].search([("id", ">", last.id or 0)])
        return self.env[received.model].browse(received.res_id)

    def test_a_known_clients_mail_becomes_a_case(self):
        case = self.receive("Nómina", From="Paula <paula@client.example.com>", To=f"casos@{DOMAIN}")
        self.assertEqual(case._name, "helpdesk.ticket")
        self.assertTrue(case.is_case)
        self.assertEqual((case.partner_id, case.team_id), (self.paula.partner_id, self.team))
        self.assertEqual(case.channel_id, self.env.ref("crm_firm.channel_email"))
        self.assertEqual(case.case_state, "received")
        self.assertFalse(case.user_id)
        self.assertTrue(case.deadline_ids)
        self.assertFalse(case.first_answered_on, "the mail itself is no answer")

    def test_an_unknown_senders_mail_becomes_a_lead(self):
        lead = self.receive("Hola", From="Nadie <nadie@nowhere.example.com>", To=f"casos@{DOMAIN}")
        self.assertEqual(lead._name, "crm.lead")
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.channel_id, self.env.ref("crm_firm.channel_email"))

    def test_whom_the_sender_copies_gets_no_access(self):
        spy = self.env["res.partner"].create({"name": "Spy", "email": "spy@other.example.com"})
        case = self.receive(
            "Nómina", From="Paula <paula@client.example.com>", To=f"casos@{DOMAIN}", Cc="Spy <spy@other.example.com>"
        )
        self.assertNotIn(spy, case.message_partner_ids)

    def test_a_clients_mail_to_an_address_for_leads_is_a_case_where_the_firm_says_so(self):
        lead = self.receive("Uno", From="Paula <paula@client.example.com>", To=f"info@{DOMAIN}")
        self.assertEqual(lead._name, "crm.lead")
        self.company.crm_firm_mail_makes_case = True
        case = self.receive("Dos", From="Paula <paula@client.example.com>", To=f"info@{DOMAIN}")
        self.assertTrue(case.is_case)
        self.assertEqual(case.partner_id, self.paula.partner_id)
        lead = self.receive("Tres", From="Nadie <nadie@nowhere.example.com>", To=f"info@{DOMAIN}")
        self.assertEqual(lead._name, "crm.lead")

    def get_answer_to(self, case):
        return case.with_user(self.sara).message_post(
            body="Send us the papers", message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=case.partner_id.ids
        )

    def test_the_clients_answer_by_mail_ends_the_waiting_and_a_robots_does_not(self):
        case = self.open_case(specialist_id=self.sara.id)
        message = self.get_answer_to(case)
        self.move(case, "waiting_client")
        self.receive(
            "Fuera de la oficina",
            From="Paula <paula@client.example.com>",
            To=f"casos@{DOMAIN}",
            In_Reply_To=message.message_id,
            Auto_Submitted="auto-replied",
        )
        self.assertEqual(case.case_state, "waiting_client")
        self.receive("Re: papeles", From="Paula <paula@client.example.com>", To=f"casos@{DOMAIN}", In_Reply_To=message.message_id)
        self.assertEqual(case.case_state, "in_review")

    def test_our_answer_by_mail_is_an_answer(self):
        case = self.receive("Nómina", From="Paula <paula@client.example.com>", To=f"casos@{DOMAIN}")
        message = case.message_ids.filtered(lambda message: message.message_type == "email")
        self.receive("Re: Nómina", From=f"Sara <{self.sara.email}>", To=f"casos@{DOMAIN}", In_Reply_To=message.message_id)
        self.assertTrue(case.first_answered_on)
