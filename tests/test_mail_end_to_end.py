"""A form is sent by HTTP, and a real SMTP server receives what Odoo makes of it."""

from unittest.mock import patch

from lxml import html

from odoo.tests import HttpCase, tagged

from .common import FirmCast
from .mail_common import QUEUE, MailServers, Sink


@tagged("post_install", "-at_install")
class TestMailEndToEnd(MailServers, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.company.write({"name": "Firm & Partners", "phone": "+34 590 100 000"})
        for code in ("en_US", "es_ES"):
            cls.env["res.lang"]._activate_lang(code)
        cls.company.partner_id.lang = "en_US"
        cls.english, cls.spanish = cls.env.ref("base.lang_en"), cls.env.ref("base.lang_es")
        cls.website = cls.env["website"].search([], limit=1)
        cls.website.write(
            {
                "company_id": cls.company.id,
                "language_ids": [(6, 0, (cls.english | cls.spanish).ids)],
                "default_lang_id": cls.english.id,
                "crm_default_user_id": False,
                "crm_default_team_id": False,
            }
        )
        cls.area_tax.owner_ids = cls.olga
        # The Spanish of this test, whatever the translation file says
        for name, subject in (
            ("mail_template_owner_request", "Solicitud: {{ object.name }}"),
            ("mail_template_acknowledge_request", "Recibida"),
        ):
            cls.env.ref(f"crm_firm.{name}").with_context(lang="es_ES").subject = subject

        cls.sink = Sink()
        cls.start_smtp(cls.sink)

    def setUp(self):
        super().setUp()
        self.sink.received.clear()
        self.env["mail.mail"].sudo().search([]).unlink()
        self.startPatcher(patch("odoo.addons.crm_firm.models.request.crm_lead_web_page.MIN_FILL_SECONDS", 0))

    def send_form(self, path="/request", **typed):
        page = html.document_fromstring(self.url_open(path).text)
        (form,) = page.xpath("//form[contains(@class, 'o_crm_firm_request')]")
        data = {field.name: field.value or "" for field in form.xpath(".//input[@type='hidden']")}
        data |= {
            "contact_name": "Ana Ruiz",
            "phone": "600 11 22 33",
            "email_from": "ana.ruiz@client.example.com",
            "description": "I need help with my tax return. ✓",
            "practice_area_id": str(self.area_tax.id),
            "consent_handling": "1",
        }
        answer = self.url_open("/website/form/crm.lead", data=data | typed).json()
        self.assertIn("id", answer, answer)
        return self.env["crm.lead"].browse(answer["id"])

    def run_mail_queue(self):
        self.run_mail_jobs("crm_firm.ir_cron_tell_owners", QUEUE)

    def received_by(self, address):
        found = [message for recipients, message in self.sink.received if recipients == [address]]
        self.assertEqual(len(found), 1, f"{address}: {[recipients for recipients, _message in self.sink.received]}")
        return found[0]

    def text_of(self, message):
        return html.document_fromstring(message.get_body(("html",)).get_content()).text_content()

    def test_owner_and_sender_each_receive_one_mail(self):
        jobs = self.env.ref("crm_firm.ir_cron_tell_owners") | self.env.ref("mail.ir_cron_mail_scheduler_action")
        self.env["ir.cron.trigger"].search([("cron_id", "in", jobs.ids)]).unlink()
        lead = self.send_form()
        self.assertEqual(lead.user_id, self.olga)
        self.assertFalse(self.sink.received, "nothing is sent within the visitor's request")
        self.assertEqual(self.env["ir.cron.trigger"].search([("cron_id", "in", jobs.ids)]).cron_id, jobs)
        self.run_mail_queue()
        self.assertEqual(len(self.sink.received), 2)

        owners = self.received_by("olga.owner@firm.example.com")
        self.assertEqual(owners["Subject"], "New request: Web request: Ana Ruiz")
        self.assertEqual(owners["From"].addresses[0].addr_spec, "despacho@firm.example.com")
        self.assertEqual(owners["From"].addresses[0].display_name, "Firm & Partners")
        self.assertEqual(owners["To"].addresses[0].addr_spec, "olga.owner@firm.example.com")
        self.assertNotIn("ana.ruiz", owners["Reply-To"] or "", "an answer to Odoo does not go out by mistake")
        text = self.text_of(owners)
        for said in ("Ana Ruiz", "+34 600 11 22 33", "ana.ruiz@client.example.com", "my tax return. ✓", "Tax"):
            self.assertIn(said, text)
        self.assertIn(f"/odoo/crm.lead/{lead.id}", owners.get_body(("html",)).get_content())

        answer = self.received_by("ana.ruiz@client.example.com")
        self.assertEqual(answer["Subject"], "We have received your request - Firm & Partners")
        self.assertEqual(answer["From"].addresses[0].addr_spec, "despacho@firm.example.com")
        self.assertEqual(answer["Reply-To"].addresses[0].addr_spec, "despacho@firm.example.com")
        self.assertEqual(answer["To"].addresses[0].addr_spec, "ana.ruiz@client.example.com")
        self.assertEqual(answer["Auto-Submitted"], "auto-replied")
        self.assertIsNone(owners["Auto-Submitted"])
        self.assertIn("+34 600 11 22 33", self.text_of(answer))
        self.assertNotIn("my tax return", self.text_of(answer), "no stranger's words go to an address a stranger typed")

        identifiers = [message["Message-ID"] for message in (owners, answer)]
        self.assertRegex(identifiers[0], r"^<[^<>@\s]+@[^<>@\s]+>$")
        self.assertEqual(len(set(identifiers)), 2)
        for message in (owners, answer):
            self.assertTrue(message["Date"])
            self.assertIsNone(message["Bcc"])

    def test_each_is_written_to_in_their_own_language(self):
        self.send_form("/es/request")
        self.run_mail_queue()
        self.assertEqual(self.received_by("ana.ruiz@client.example.com")["Subject"], "Recibida")
        self.assertTrue(self.received_by("olga.owner@firm.example.com")["Subject"].startswith("New request: "))

        self.sink.received.clear()
        self.olga.lang = "es_ES"
        self.opener.cookies.clear()  # another visitor
        self.send_form(email_from="second@client.example.com")
        self.run_mail_queue()
        self.assertTrue(self.received_by("olga.owner@firm.example.com")["Subject"].startswith("Solicitud: "))
        self.assertTrue(self.received_by("second@client.example.com")["Subject"].startswith("We have received"))

    def test_queue_that_runs_again_sends_nothing_again(self):
        self.send_form()
        self.run_mail_queue()
        self.run_mail_queue()
        self.assertEqual(len(self.sink.received), 2)

    def test_sender_without_address_gets_no_mail_and_the_owner_does(self):
        self.send_form(email_from="")
        self.run_mail_queue()
        self.received_by("olga.owner@firm.example.com")
        self.assertEqual(len(self.sink.received), 1)

    def test_acknowledgement_switched_off(self):
        self.company.crm_firm_acknowledge_request = False
        self.send_form()
        self.run_mail_queue()
        self.received_by("olga.owner@firm.example.com")
        self.assertEqual(len(self.sink.received), 1)

    def test_names_cannot_add_headers_or_recipients(self):
        self.send_form(contact_name="Ana\r\nBcc: victim@example.com", description="Bcc: victim@example.com")
        self.run_mail_queue()
        self.assertEqual(
            sorted(recipient for recipients, _message in self.sink.received for recipient in recipients),
            ["ana.ruiz@client.example.com", "olga.owner@firm.example.com"],
        )
        for _recipients, message in self.sink.received:
            self.assertIsNone(message["Bcc"])

    def test_next_owner_receives_one_mail(self):
        lead = self.send_form()
        self.run_mail_queue()
        self.sink.received.clear()
        lead.user_id = self.sara
        self.run_mail_queue()
        self.assertEqual(len(self.sink.received), 1)
        self.assertIn("+34 600 11 22 33", self.text_of(self.received_by("sara.specialist@firm.example.com")))

    def test_requests_handed_over_together_arrive_as_one_mail(self):
        leads = self.send_form() | self.send_form(email_from="second@client.example.com")
        self.run_mail_queue()
        self.sink.received.clear()
        leads.user_id = self.sara
        self.run_mail_queue()
        mail = self.received_by("sara.specialist@firm.example.com")
        self.assertEqual(len(self.sink.received), 1)
        for lead in leads:
            self.assertIn(f"/odoo/crm.lead/{lead.id}", mail.get_body(("html",)).get_content())
