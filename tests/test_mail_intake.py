from io import BytesIO
from unittest.mock import patch

from PIL import Image

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.mail_text import html_to_text
from .common import FirmCase
from .mail_corpus import DOMAIN, INFO, Corpus, build_corpus, part, prepare_gateway

THREAD_LOGGER = "odoo.addons.crm_firm.models.mail_gateway.mail_thread_intake"


class MailCase(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = prepare_gateway(cls.env)
        cls.corpus = Corpus(cls.people)

    def receive(self, name, body=None, **headers):
        """Hand a mail to the gateway as a mail server does. Return its entry in the log."""
        raw = self.corpus.add(name, body, **headers)
        return self.receive_raw(raw)

    def receive_raw(self, raw):
        last = self.env["firm.mail.received"].search([], order="id desc", limit=1)
        self.env["mail.thread"].message_process(None, raw)
        return self.env["firm.mail.received"].search([("id", ">", last.id or 0)])

    def became(self, received):
        return self.env[received.model].browse(received.res_id)

    def lead_of(self, key):
        return self.env["crm.lead"].browse(self.people[key]["lead_id"])


@tagged("post_install", "-at_install")
class TestMailCorpus(MailCase):
    def test_every_mail_becomes_what_it_should_and_none_is_lost(self):
        mails = build_corpus(self.people)
        self.assertGreaterEqual(len(mails), 150)
        self.assertEqual(len({mail.name for mail in mails}), len(mails))
        Received, Lead = self.env["firm.mail.received"], self.env["crm.lead"].with_context(active_test=False)
        leads_before, quarantine_before = Lead.search_count([]), self.env["firm.mail.quarantine"].search_count([])
        for mail in mails:
            with self.subTest(mail=mail.name):
                before = Received.search([], order="id desc", limit=1).id or 0
                self.env["mail.thread"].message_process(None, mail.raw)
                new = Received.search([("id", ">", before)])
                if mail.becomes == "copy":
                    self.assertFalse(new)
                    continue
                self.assertEqual(new.mapped("kind"), [mail.becomes])
                if mail.says:
                    self.assert_says(self.became(new), mail.says)
        entries = Received.search([])
        self.assertEqual(sum(entries.mapped("copies")), len(mails))
        # What was made is what was logged: no mail made two leads
        made = entries.filtered(lambda entry: entry.kind == "record")
        ids = made.mapped("res_id")
        self.assertEqual([entry.subject for entry in made if ids.count(entry.res_id) > 1], [])
        self.assertEqual(Lead.search_count([]), leads_before + len(made))
        kept = entries.filtered(lambda entry: entry.kind == "quarantine")
        self.assertEqual(self.env["firm.mail.quarantine"].search_count([]), quarantine_before + len(kept))
        for record in self.env["firm.mail.quarantine"].search([]):
            self.assertTrue(record.user_id)
            self.assertIn(record.attachment_id.raw or b"", {mail.raw for mail in mails if mail.becomes == "quarantine"})

    def assert_says(self, lead, says):
        for name, value in says.items():
            if name == "remarks":
                self.assertEqual(html_to_text(str(lead.description or "")), value)
            elif name == "files":
                files = self.env["ir.attachment"].search([("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)])
                for file_name, data in value.items():
                    self.assertIn((file_name, data), [(file.name, file.raw) for file in files])
            else:
                self.assertEqual(lead[name], value)


@tagged("post_install", "-at_install")
class TestMailIntake(MailCase):
    def test_mail_makes_a_request_like_any_other(self):
        self.area_tax.team_id = False
        team = self.env["crm.team"].search([("alias_name", "=", "ventas")])
        team.alias_id.alias_defaults = repr({"team_id": team.id, "practice_area_id": self.area_tax.id, "type": "opportunity"})
        lead = self.became(self.receive("impuestos", "Quiero un presupuesto\n\n-- \nAna", To=f"ventas@{DOMAIN}"))
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.channel_id.code, "email")
        self.assertEqual(lead.practice_area_id, self.area_tax)
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual(lead.contact_name, "Ana Ruiz")
        # A mail brings no number to call: the follow-up asks for one by e-mail.
        self.assertEqual(lead.contact_status, "phone_requested")
        self.assertTrue(lead.follow_up_step_ids)
        self.assertEqual(html_to_text(lead.description), "Quiero un presupuesto")
        self.assertIn("Ana", lead.message_ids.filtered(lambda m: m.message_type == "email").body)

    def test_number_in_the_first_mail_is_called_and_not_asked_for(self):
        for name, body, phone in (
            ("in the text", "Quiero un presupuesto. Llámenme al 600 11 22 33.", "+34 600 11 22 33"),
            ("in the signature", "Quiero un presupuesto\n\n-- \nAna\nTel. 600 11 22 33", "+34 600 11 22 33"),
            ("two numbers", "Llámenme al 600 11 22 33 o al 644 55 66 77", False),
            ("none", "Factura 2026/1234 de 12.345,67", False),
        ):
            with self.subTest(name):
                lead = self.became(self.receive(f"presupuesto {name}", body))
                self.assertEqual(lead.phone, phone)
                self.assertEqual(lead.contact_status, "to_contact" if phone else "phone_requested")

    def test_area_is_to_be_classified_where_the_alias_says_none(self):
        self.assertEqual(self.became(self.receive("sin área")).practice_area_id, self.area_unclassified)

    def test_client_is_marked_and_its_data_is_left_alone(self):
        client = self.env["res.partner"].create(
            {"name": "Client SL", "is_company": True, "customer_rank": 1, "phone": "+34 911 11 11 11"}
        )
        contact = self.env["res.partner"].create(
            {"name": "Carla", "parent_id": client.id, "email": "carla@client-sl.example.com"}
        )
        stranger = self.env["res.partner"].create({"name": "Nadie", "email": "nadie@client-sl.example.com"})
        lead = self.became(self.receive("cliente", From="Otro Nombre <carla@client-sl.example.com>"))
        self.assertEqual(lead.existing_client_id, contact)
        self.assertFalse(lead.partner_id)
        lead.write({"phone": "+34 600 00 00 00", "contact_name": "X"})
        self.assertEqual((contact.name, contact.phone, client.phone), ("Carla", False, "+34 911 11 11 11"))
        lead = self.became(self.receive("no cliente", From="Nadie <nadie@client-sl.example.com>"))
        self.assertFalse(lead.existing_client_id)
        self.assertEqual(stranger.name, "Nadie")

    def test_markup_of_a_mail_is_never_run(self):
        body = '<p onclick="x()">Hola</p><script>alert(1)</script><iframe src="//x"></iframe><a href="javascript:x()">y</a>'
        lead = self.became(self.receive("html", body, Content_Type="text/html", Subject="<script>alert(2)</script>"))
        message = lead.message_ids.filtered(lambda m: m.message_type == "email")
        for text in (str(message.body), str(lead.description)):
            for evil in ("<script", "onclick", "<iframe", "javascript:"):
                self.assertNotIn(evil, text)

    def test_large_picture_keeps_its_bytes(self):
        out = BytesIO()
        Image.effect_noise((2600, 2600), 50).save(out, "PNG")
        parts = [part("Escaneo"), part(out.getvalue(), "image/png", Content_Disposition='attachment; filename="s.png"')]
        self.corpus.add_parts("escaneo", parts)
        lead = self.became(self.receive_raw(self.corpus.mails[-1].raw))
        self.assertEqual(lead.message_ids.attachment_ids.filtered(lambda a: a.name == "s.png").raw, out.getvalue())

    # === THREADS === #

    def test_discarded_lead_that_answers_comes_back_to_the_queue(self):
        lead, person = self.lead_of("discarded"), self.people["discarded"]
        self.assertEqual(lead.contact_status, "discarded")
        received = self.receive("vuelvo", From=f"X <{person['email']}>", Subject="RE: vuelvo", In_Reply_To=person["message_id"])
        self.assertEqual((received.kind, received.res_id), ("reply", lead.id))
        self.assertTrue(lead.active)
        self.assertEqual(lead.contact_status, "to_contact")

    def test_answer_and_robot_and_bounce_call_their_hooks(self):
        calls = []
        Lead = type(self.env["crm.lead"])
        with (
            patch.object(
                Lead, "_on_person_answered", lambda lead, message: calls.append(("person", lead.id, message.message_type))
            ),
            patch.object(Lead, "_on_auto_reply", lambda lead, message: calls.append(("auto", lead.id, message.message_type))),
            patch.object(Lead, "_on_bounce", lambda lead, email, message: calls.append(("bounce", lead.id, email))),
        ):
            wanted = {
                "answer": [],
                "automatic reply 9": [],
                "automatic reply 2": [],
                "dsn failed": [],
                "dsn delayed": [],
                "qmail bounce": [],
            }
            for mail in build_corpus(self.people):
                if mail.name in wanted:
                    calls.clear()
                    self.env["mail.thread"].message_process(None, mail.raw)
                    wanted[mail.name] = list(calls)
            calls.clear()
            self.receive("nueva solicitud")
        lead, email = self.people["open"]["lead_id"], self.people["open"]["email"]
        self.assertEqual(wanted["answer"], [("person", lead, "email")])
        self.assertEqual(wanted["automatic reply 9"], [("auto", lead, "out_of_office")])
        self.assertEqual(wanted["automatic reply 2"], [("auto", lead, "auto_comment")])
        self.assertEqual(wanted["dsn failed"], [("bounce", lead, email)])
        self.assertEqual(wanted["qmail bounce"], [("bounce", lead, email)])
        self.assertEqual(wanted["dsn delayed"], [("auto", lead, "auto_comment")])
        self.assertFalse(calls, "a new request is no answer")

    def test_employee_is_not_the_person(self):
        calls = []
        with patch.object(type(self.env["crm.lead"]), "_on_person_answered", lambda lead, message: calls.append(lead)):
            self.receive(
                "de dentro", From=f"Olga <{self.olga.email}>", Subject="RE: x", In_Reply_To=self.people["open"]["message_id"]
            )
            self.assertFalse(calls)
            self.lead_of("open").message_post(
                body="Desde el portal",
                author_id=self.paula.partner_id.id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
            self.assertEqual(calls, [self.lead_of("open")])

    @mute_logger("odoo.addons.crm_firm.models.mail_gateway.crm_lead_mail_reply")
    def test_fault_in_what_follows_does_not_cost_the_mail(self):
        def fail(lead, message):
            raise ValueError("follow-up is broken")

        with patch.object(type(self.env["crm.lead"]), "_on_person_answered", fail):
            received = self.receive("sigue", "Sigo interesada", Subject="RE: x", In_Reply_To=self.people["open"]["message_id"])
        self.assertEqual(received.kind, "reply")
        self.assertIn("Sigo interesada", "".join(self.lead_of("open").message_ids.mapped("body")))

    def test_reply_address_of_each_lead_is_a_setting(self):
        lead = self.lead_of("open")
        lead.team_id = self.env["crm.team"].search([("alias_name", "=", "info")])
        self.assertIn(INFO, lead._notify_get_reply_to()[lead.id])
        self.company.crm_firm_reply_address_per_lead = True
        self.assertIn(self.people["open"]["reply_to"], lead._notify_get_reply_to()[lead.id])

    # === LOOPS === #

    def test_client_who_sends_25_scans_is_kept_and_answered_once(self):
        entries = [self.receive(f"escaneo {n}", From="Ana <ana.scan@client.example.com>") for n in range(25)]
        leads = self.env["crm.lead"].search([("email_normalized", "=", "ana.scan@client.example.com")])
        self.assertEqual(len(leads), 25)
        self.assertEqual({entry.kind for entry in entries}, {"record"})
        self.assertEqual(len(leads.filtered("acknowledged_on")), 1)
        self.assertFalse(entries[0].is_quiet)
        self.assertTrue(entries[-1].is_quiet)

    def test_robots_and_lists_get_no_acknowledgement(self):
        robots = (
            self.receive("lista", List_Id="<x.example>"),
            self.receive("auto", Auto_Submitted="auto-generated"),
            self.receive("nadie", From="noreply@shop.example.com"),
            self.receive("ausente", Subject="Fuera de la oficina"),
            self.receive("suprimir", X_Auto_Response_Suppress="All"),
        )
        self.assertFalse(self.env["crm.lead"].search([("acknowledged_on", "!=", False)]) & self.get_leads(robots))
        self.assertTrue(self.get_leads([self.receive("persona")]).acknowledged_on)

    def get_leads(self, entries):
        return self.env["crm.lead"].browse([entry.res_id for entry in entries if entry.model == "crm.lead" and entry.res_id])

    def test_addresses_of_ours_are_not_answered(self):
        """Whichever reads mail here: an acknowledgement to it would be the next request."""
        self.env["mail.mail"].search([]).unlink()
        for address in (INFO, f"laboral@{DOMAIN}", f"catchall@{DOMAIN}", f"bounce@{DOMAIN}", f"Despacho@{DOMAIN}"):
            with self.subTest(address):
                self.receive(f"de {address}", From=f"Despacho <{address}>", Return_Path=f"<{address}>")
                self.assertFalse(self.env["mail.mail"].search([("email_to", "ilike", address)]))
        notice = "<123.456-openerp-loop-detection-bounce-email@mail>"
        lead = self.became(self.receive("respuesta al aviso", In_Reply_To=notice, References=notice))
        self.assertFalse(lead.acknowledged_on if lead._name == "crm.lead" else False)
        control = self.became(self.receive("de una persona"))
        self.assertTrue(control.acknowledged_on)
