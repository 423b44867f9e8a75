"""A case from a client's mail to its end: a real mailbox (dovecot) for what comes in, a real SMTP server for what goes out."""

from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

from odoo.tests import tagged

from .case_common import CaseCase
from .mail_common import MailServers, Sink
from .mail_corpus import DOMAIN, prepare_gateway

CLIENT = "paula@client.example.com"
TEAM = f"casos@{DOMAIN}"


@tagged("post_install", "-at_install")
class TestCaseMailEndToEnd(MailServers, CaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        prepare_gateway(cls.env)
        cls.env["res.lang"]._activate_lang("es_ES")
        cls.env["ir.module.module"]._get("crm_firm")._update_translations("es_ES")
        cls.paula.partner_id.lang = "es_ES"
        domain = cls.env["mail.alias.domain"].search([("name", "=", DOMAIN)])
        cls.team.write({"alias_name": "casos", "alias_domain_id": domain.id})
        cls.team.alias_id.alias_contact = "everyone"
        cls.area_tax.specialist_ids = cls.sara

        cls.start_mailbox()
        cls.sink = Sink()
        cls.start_smtp(cls.sink)

    def send(self):
        """Let the scheduled job send what waits; return what the client received, with its headers checked."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.sink.received.clear()
        self.run_mail_jobs()
        mails = [mail for recipients, mail in self.sink.received if recipients == [CLIENT]]
        for mail in mails:
            self.assertEqual(mail["To"].addresses[0].addr_spec, CLIENT)
            self.assertEqual(mail["Reply-To"].addresses[0].addr_spec, TEAM, mail["Subject"])
            self.assertTrue(mail["From"].addresses[0].domain)
            self.assertRegex(mail["Message-ID"], r"^<[^<>@\s]+@[^<>@\s]+>$")
            self.assertTrue(mail["Date"])
            self.assertIsNone(mail["Bcc"])
            self.assertIsNone(mail["Cc"])
        return mails

    def html_of(self, mail):
        return mail.get_body(("html",)).get_content()

    def client_sends(self, subject, text, answer_to=None):
        """Deliver a mail of the client as her mail program makes it, and let Odoo fetch it.

        :param answer_to: a mail that she received
        """
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = f"Paula <{CLIENT}>"
        mail["To"] = str(answer_to["Reply-To"]) if answer_to else f"Casos <{TEAM}>"
        mail["Subject"] = f"Re: {answer_to['Subject']}" if answer_to else subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = make_msgid(domain="client.example.com")
        if answer_to:
            mail["In-Reply-To"] = answer_to["Message-ID"]
            mail["References"] = " ".join(filter(None, [answer_to["References"], answer_to["Message-ID"]]))
        mail.set_content(text)
        self.dovecot.deliver(mail.as_bytes())
        self.fetch()
        self.assertEqual(self.dovecot.count_unread(), 0)
        return mail

    def test_from_the_clients_mail_to_the_archive_and_back(self):
        before = self.env["helpdesk.ticket"].search([])
        sent = self.client_sends("IVA del primer trimestre", "¿Cuánto sale a pagar? Año 2026.")
        case = self.env["helpdesk.ticket"].search([]) - before
        self.assertEqual(len(case), 1)
        self.assertEqual((case.name, case.partner_id), ("IVA del primer trimestre", self.paula.partner_id))
        self.assertEqual((case.team_id, case.case_state), (self.team, "received"))
        self.assertIn("¿Cuánto sale a pagar? Año 2026.", case.description)
        self.assertEqual(case.message_ids.filtered(lambda m: m.message_type == "email").message_id, sent["Message-ID"])
        self.assertIn("first_answer", case.deadline_ids.filtered(lambda d: d.state == "running").mapped("kind"))

        (acknowledgement,) = self.send()
        self.assertEqual(acknowledgement["Subject"], f"Su caso {case.number} está abierto")

        # The specialist takes it and answers by a message, to whom the screen proposes.
        case.specialist_id = self.sara
        case.with_user(self.sara).assign_to_me()
        recipients = case.with_user(self.sara)._message_get_suggested_recipients(reply_discussion=True)
        self.assertEqual([recipient["partner_id"] for recipient in recipients], self.paula.partner_id.ids)
        case.with_user(self.sara).message_post(
            body="Salen 1.200 €. ¿Quiere domiciliarlo?",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.paula.partner_id.ids,
        )
        self.assertTrue(case.first_answered_on)
        (answer,) = self.send()
        self.assertIn("1.200 €", self.html_of(answer))
        self.assertIn("Sara Specialist", str(answer["From"]))
        self.assertIn(case.name, str(answer["Subject"]))
        for english in ("View", "Ticket", "ticket", "Sent by", "Case"):
            self.assertNotIn(f">{english}", self.html_of(answer))
        self.assertIn(sent["Message-ID"], str(answer["References"]), "her mail program shows it under her mail")

        reply = self.client_sends(None, "Sí, por favor.", answer_to=answer)
        message = case.message_ids[0]
        self.assertEqual((message.message_id, message.author_id), (reply["Message-ID"], self.paula.partner_id))
        self.assertIn("Sí, por favor.", message.body)
        self.assertEqual(self.env["helpdesk.ticket"].search([]) - before, case, "no second case")
        self.assertFalse(self.send(), "her own mail does not come back to her")

        case.with_user(self.sara).resolve_case()
        (resolved,) = self.send()
        self.assertEqual(resolved["Subject"], f"{case.number}: su solicitud está resuelta")
        case.with_user(self.sara).document_none_needed = True
        case.with_user(self.sara).archive_case()
        self.assertEqual(case.case_state, "archived")
        self.assertFalse(self.send(), "of the archive nobody is told unless the settings say so")

        self.client_sends(None, "Una cosa más: ¿y el segundo trimestre?", answer_to=resolved)
        self.assertEqual(case.case_state, "in_review")
        self.assertTrue(case.with_user(self.sara).can_undo_reopening)
        self.assertIn("segundo trimestre", case.message_ids.filtered(lambda m: m.message_type == "email")[0].body)
        self.assertEqual(self.env["helpdesk.ticket"].search([]) - before, case)
        case.with_user(self.sara).undo_reopening()
        self.assertEqual(case.case_state, "archived")
        self.send()

        days = self.company.crm_firm_case_reopen_days + 1
        case.archived_at -= timedelta(days=days)
        case.resolved_at -= timedelta(days=days)
        self.env.flush_all()
        late = self.client_sends(None, "Ahora el tercer trimestre.", answer_to=answer)
        following = self.env["helpdesk.ticket"].search([]) - before - case
        self.assertEqual(case.case_state, "archived")
        self.assertEqual((following.previous_case_id, following.case_state), (case, "received"))
        self.assertEqual(following.partner_id, self.paula.partner_id)
        self.assertIn("tercer trimestre", following.description)
        self.assertEqual(parseaddr(late["To"])[1], TEAM)
        (acknowledgement,) = self.send()
        self.assertIn(following.number, str(acknowledgement["Subject"]))
