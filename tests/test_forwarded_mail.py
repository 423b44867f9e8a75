"""A mail that a colleague forwards is the client's: name, address, phone and words, whatever program forwards it."""

from odoo.tests import tagged

from ..tools.mail_text import html_to_text
from .mail_corpus import DOMAIN, compose, part
from .test_mail_intake import MailCase

WORDS = "Para vosotros, es de impuestos. Mi móvil: 699 99 99 99"
ASKED = "Hola Marta, necesito ayuda con el IVA. Mi teléfono es 612 34 56 78."
HTML = {"Content_Type": "text/html; charset=utf-8"}
# What mail programs make of the same mail: subject of the one that forwards, its body, headers
PROGRAMS = {
    "Gmail": (
        "Fwd: Consulta IVA",
        f"{WORDS}\n\n---------- Forwarded message ---------\nDe: Ana Ruiz <ana.ruiz@client.example.com>\n"
        f"Date: lun, 2 mar 2026 a las 9:12\nSubject: Consulta IVA\nTo: Marta <marta.manager@{DOMAIN}>\n\n{ASKED}",
        {},
    ),
    "Gmail's HTML": (
        "Fwd: Consulta IVA",
        f"<div>{WORDS}</div><div class='gmail_quote'>---------- Forwarded message ---------<br>De: <strong>Ana Ruiz</strong> "
        "<span>&lt;<a href='mailto:ana.ruiz@client.example.com'>ana.ruiz@client.example.com</a>&gt;</span><br>"
        f"Date: lun, 2 mar 2026<br>Subject: Consulta IVA<br>To: Marta &lt;marta@{DOMAIN}&gt;<br><br><p>{ASKED}</p></div>",
        HTML,
    ),
    "Outlook on the web": (
        "RV: Consulta IVA",
        f"{WORDS}\n________________________________\nDe: Ana Ruiz <ana.ruiz@client.example.com>\n"
        f"Enviado: lunes, 2 de marzo de 2026 9:12\nPara: Marta Manager <marta.manager@{DOMAIN}>\nAsunto: Consulta IVA\n\n{ASKED}",
        {},
    ),
    "Outlook": (
        "RV: Consulta IVA",
        f"{WORDS}\n\nDe: Ana Ruiz [mailto:ana.ruiz@client.example.com]\nEnviado el: lunes, 2 de marzo de 2026 9:12\n"
        f"Para: marta.manager@{DOMAIN}\nAsunto: Consulta IVA\n\n{ASKED}",
        {},
    ),
    "Apple Mail": (
        "Fwd: Consulta IVA",
        f"{WORDS}\n\nBegin forwarded message:\n\n> From: Ana Ruiz <ana.ruiz@client.example.com>\n> Subject: Consulta IVA\n"
        f"> Date: 2 March 2026 at 09:12:00 CET\n> To: marta.manager@{DOMAIN}\n> \n> {ASKED}",
        {},
    ),
    "Thunderbird": (
        "Fwd: Consulta IVA",
        f"<p>{WORDS}</p><div class='moz-forward-container'>-------- Mensaje reenviado --------<table><tr><th>Asunto: </th>"
        "<td>Consulta IVA</td></tr><tr><th>Fecha: </th><td>Mon, 2 Mar 2026 09:12:00 +0100</td></tr><tr><th>De: </th><td>Ana Ruiz "
        "<a href='mailto:ana.ruiz@client.example.com'>&lt;ana.ruiz@client.example.com&gt;</a></td></tr><tr><th>Para: </th>"
        f"<td>marta.manager@{DOMAIN}</td></tr></table><br><p>{ASKED}</p></div>",
        HTML,
    ),
    "no word of it in the subject": (
        "Consulta IVA",
        f"{WORDS}\n\n-------- Mensaje reenviado --------\nDe: Ana Ruiz <ana.ruiz@client.example.com>\nFecha: 2 mar 2026\n"
        f"Asunto: Consulta IVA\n\n{ASKED}",
        {},
    ),
    "passed on twice": (
        "RV: RV: Consulta IVA",
        f"{WORDS}\n\nDe: Olga Owner <olga.owner@{DOMAIN}>\nEnviado: lunes, 2 de marzo de 2026 10:00\nAsunto: RV: Consulta IVA\n\n"
        "De: Ana Ruiz <ana.ruiz@client.example.com>\nEnviado: lunes, 2 de marzo de 2026 9:12\nAsunto: Consulta IVA\n\n" + ASKED,
        {},
    ),
}


@tagged("post_install", "-at_install")
class TestForwardedMail(MailCase):
    def forward(self, subject, body, sender="Marta Manager <marta.manager@%s>", **headers):
        sender = sender % DOMAIN if "%s" in sender else sender
        return self.became(self.receive(f"forwarded {subject}", body, From=sender, Subject=subject, **headers))

    def assert_is_anas(self, lead):
        self.assertEqual((lead.email_normalized, lead.contact_name), ("ana.ruiz@client.example.com", "Ana Ruiz"))
        self.assertEqual(lead.name, "Consulta IVA")
        self.assertEqual(html_to_text(str(lead.description)), ASKED)
        self.assertEqual(lead.phone_sanitized, "+34612345678", "not the colleague's")
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertFalse(lead.acknowledged_on)
        notes = lead.message_ids.filtered(lambda message: "Forwarded by Marta Manager" in str(message.body))
        self.assertTrue(notes.is_internal or notes.subtype_id.internal)
        self.assertIn("Para vosotros, es de impuestos", html_to_text(str(notes.body)))

    def test_it_is_the_clients_whatever_program_forwards_it(self):
        for program, (subject, body, headers) in PROGRAMS.items():
            with self.subTest(program):
                lead = self.forward(subject, body, **headers)
                self.assert_is_anas(lead)
                lead.unlink()

    def test_mail_that_is_attached_is_the_clients_too(self):
        inner = compose({"From": "Ana Ruiz <ana.ruiz@client.example.com>", "Subject": "Consulta IVA"}, ASKED)
        sender, subject = f"Marta Manager <marta.manager@{DOMAIN}>", "RV: Consulta IVA"
        for encoding in (None, "base64"):
            with self.subTest(encoding):
                attached = part(inner, "message/rfc822") if encoding else compose({"Content-Type": "message/rfc822"}, inner)
                raw = self.corpus.add_parts(f"attached {encoding}", [part(WORDS), attached], From=sender, Subject=subject)
                lead = self.became(self.receive_raw(raw))
                self.assert_is_anas(lead)
                lead.unlink()

    def test_client_without_a_phone_is_asked_for_it_and_not_the_colleague(self):
        subject, body, _headers = PROGRAMS["Outlook"]
        lead = self.forward(subject, body.replace("Mi teléfono es 612 34 56 78.", ""))
        self.assertFalse(lead.phone)
        self.assertEqual((lead.contact_status, lead.email_normalized), ("phone_requested", "ana.ruiz@client.example.com"))

    def test_colleague_with_an_address_elsewhere_is_a_colleague(self):
        self.marta.email = "marta@home.example.com"
        subject, body, _headers = PROGRAMS["Gmail"]
        self.assert_is_anas(self.forward(subject, body, sender="Marta Manager <marta@home.example.com>"))

    def test_what_a_stranger_forwards_is_the_strangers(self):
        subject, body, _headers = PROGRAMS["Gmail"]
        lead = self.forward(subject, body, sender="Luis <luis@other.example.com>")
        self.assertEqual((lead.email_normalized, lead.contact_name), ("luis@other.example.com", "Luis"))

    def test_what_a_colleague_writes_or_answers_is_the_colleagues(self):
        _subject, body, _headers = PROGRAMS["Outlook"]
        for subject, text in (
            ("RE: Consulta IVA", body),
            ("Fwd: IVA", "De: el cliente\nMe llama luego"),
            ("De: x", ASKED),
        ):
            with self.subTest(subject):
                self.assertEqual(self.forward(subject, text).email_normalized, f"marta.manager@{DOMAIN}")


@tagged("post_install", "-at_install")
class TestForwardedCase(MailCase):
    def test_clients_mail_that_is_forwarded_to_the_cases_is_theirs_and_they_do_not_read_what_colleagues_say(self):
        team = self.env.ref("crm_firm.team_client_requests")
        domain = self.env["mail.alias.domain"].search([("name", "=", DOMAIN)])
        team.write({"alias_name": "casos", "alias_domain_id": domain.id})
        team.alias_id.alias_contact = "everyone"
        client = self.env["res.partner"].create({"name": "Ruiz SL", "is_company": True, "customer_rank": 1})
        ana = self.env["res.partner"].create({"name": "Ana", "email": "ana.ruiz@client.example.com", "parent_id": client.id})
        subject, body, _headers = PROGRAMS["Outlook"]
        raw = self.corpus.add("case", body, From=f"Marta <marta.manager@{DOMAIN}>", To=f"casos@{DOMAIN}", Subject=subject)
        case = self.became(self.receive_raw(raw))
        self.assertEqual((case._name, case.partner_id), ("helpdesk.ticket", ana))
        self.assertNotIn("Para vosotros", case.description)
        said = case.message_ids.filtered(lambda message: "Para vosotros" in str(message.body))
        self.assertTrue(said)
        self.assertTrue(all(message.is_internal or message.subtype_id.internal for message in said))
