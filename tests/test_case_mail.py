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

    def test_an_answer_to_a_case_or_a_lead_is_one_whichever_of_our_addresses_it_goes_to(self):
        case = self.open_case(specialist_id=self.sara.id)
        lead = self.receive("Consulta", From="Ana <ana@nowhere.example.com>", To=f"info@{DOMAIN}")
        for record, person in ((case, "Paula <paula@client.example.com>"), (lead, "Ana <ana@nowhere.example.com>")):
            ours = record.message_post(body="Send it", message_type="comment", subtype_xmlid="mail.mt_comment")
            reply_to = record._notify_get_reply_to()[record.id]
            for to in (f"{reply_to}, info@{DOMAIN}", f"info@{DOMAIN}", f"info@{DOMAIN}, casos@{DOMAIN}", f"casos@{DOMAIN}"):
                found = self.receive(to, From=person, To=to, Subject=f"Re: {to}", In_Reply_To=ours.message_id)
                self.assertEqual(found, record, to)
                self.assertEqual(len(record.message_ids.filtered(lambda m, subject=f"Re: {to}": m.subject == subject)), 1, to)

    def test_a_mail_of_a_case_that_is_forwarded_to_the_address_of_leads_is_a_new_request(self):
        case = self.open_case(specialist_id=self.sara.id)
        ours = self.get_answer_to(case)
        sent = {"From": f"Sara <{self.sara.email}>", "To": f"info@{DOMAIN}", "In_Reply_To": ours.message_id}
        self.assertEqual(self.receive("papeles", Subject="RV: papeles", **sent)._name, "crm.lead")
        self.assertNotIn("RV: papeles", case.message_ids.mapped("subject"))

    def test_an_answer_to_an_email_that_odoo_has_deleted_is_on_its_case_if_the_client_writes(self):
        case = self.open_case(specialist_id=self.sara.id)
        gone = f"<123456789.123-openerp-{case.id}-helpdesk.ticket@{DOMAIN}>"
        person = "Paula <paula@client.example.com>"
        for to in (f"casos@{DOMAIN}", f"info@{DOMAIN}"):
            self.assertEqual(self.receive(f"Re: {to}", From=person, To=to, In_Reply_To=gone), case, to)
        stranger = self.receive("Re: algo", From="Nadie <nadie@nowhere.example.com>", To=f"casos@{DOMAIN}", In_Reply_To=gone)
        self.assertEqual(stranger._name, "crm.lead", "anybody can write such a reference")

    def test_an_absence_note_on_a_closed_case_is_kept_and_opens_nothing(self):
        for state in ("resolved", "archived"):
            case = self.open_case(specialist_id=self.sara.id, user_id=self.sara.id, document_none_needed=True)
            message = self.get_answer_to(case)
            for step in ("resolved", state):
                self.move(case, step)
            before = [case.case_state, case.user_id, case.resolved_at, case.archived_at, case.answered_on]
            sent = {"From": "Paula <paula@client.example.com>", "To": f"casos@{DOMAIN}", "In_Reply_To": message.message_id}
            for number, robot in enumerate(({"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"})):
                subject = f"Respuesta automática: fuera {number}"
                self.assertEqual(self.receive(f"{state} {number}", Subject=subject, **sent, **robot), case)
                self.assertEqual(
                    [case.case_state, case.user_id, case.resolved_at, case.archived_at, case.answered_on], before, robot
                )
                self.assertIn(subject, case.message_ids.mapped("subject"))
            self.assertFalse(case.next_case_ids)
            self.receive(f"{state} person", Subject="Re: papeles", **sent)
            self.assertEqual(case.case_state, "in_review")
