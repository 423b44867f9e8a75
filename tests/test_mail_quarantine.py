import xmlrpc.client
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import FirmCast
from .mail_corpus import DOMAIN, build_corpus
from .test_mail_intake import THREAD_LOGGER, MailCase


@tagged("post_install", "-at_install")
class TestMailQuarantine(MailCase):
    def test_quarantine_names_a_responsible_and_tells_all_in_one_mail(self):
        self.company.crm_firm_mail_responsible_id = self.marta
        records = self.env["firm.mail.quarantine"].browse()
        for number in range(3):
            records |= self.became(self.receive(f"perdido {number}", To=f"nadie{number}@{DOMAIN}"))
        self.assertEqual(records.user_id, self.marta)
        self.assertEqual(records.activity_ids.user_id, self.marta)
        mails_before = self.env["mail.mail"].search([]).ids
        self.env["firm.mail.quarantine"]._cron_tell_responsibles()
        sent = self.env["mail.mail"].search([("id", "not in", mails_before)])
        self.assertEqual(len(sent), 1)
        self.assertIn("perdido 2", sent.body_html)
        self.env["firm.mail.quarantine"]._cron_tell_responsibles()
        self.assertEqual(self.env["mail.mail"].search_count([("id", "not in", mails_before)]), 1)

    def test_process_again_takes_the_mail_in_after_the_alias_was_made(self):
        record = self.became(self.receive("antes", "Hola", To=f"nueva@{DOMAIN}"))
        self.assertEqual((record.state, record.reason), ("new", "no_route"))
        record.with_user(self.marta).action_process_again()
        self.assertEqual((record.state, record.tries), ("new", 2))
        self.env["crm.team"].create(
            {"name": "Nueva", "use_leads": True, "alias_name": "nueva", "alias_domain_id": self.company.alias_domain_id.id}
        ).alias_id.alias_contact = "everyone"
        record.with_user(self.marta).action_process_again()
        self.assertEqual((record.state, record.result_model), ("processed", "crm.lead"))
        self.assertFalse(record.activity_ids)
        self.assertEqual(self.env["crm.lead"].browse(record.result_id).name, "Consulta antes")

    def test_any_quarantined_mail_becomes_a_lead_by_one_click(self):
        for mail in build_corpus(self.people):
            if mail.becomes != "quarantine":
                continue
            with self.subTest(mail=mail.name):
                record = self.became(self.receive_raw(mail.raw))
                record.with_user(self.marta).action_make_lead()
                lead = self.env["crm.lead"].browse(record.result_id)
                self.assertEqual(record.state, "lead")
                self.assertEqual(lead.channel_id.code, "email")
                eml = lead.message_ids.attachment_ids.filtered(lambda a: a.name == "mail.eml")
                self.assertEqual(eml.raw or b"", mail.raw)

    def test_a_lead_made_of_a_mail_in_quarantine_is_a_request_like_any_other(self):
        record = self.became(self.receive("Llámeme al 612 34 56 78, por favor", To=f"nadie@{DOMAIN}"))
        self.assertEqual(record._name, "firm.mail.quarantine")
        record.with_user(self.marta).action_make_lead()
        lead = self.env["crm.lead"].browse(record.result_id)
        self.assertEqual(lead.phone, "+34 612 34 56 78")
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertTrue(lead.acknowledged_on and lead.first_contact_deadline)
        self.assertEqual(lead.practice_area_id, self.area_unclassified)
        robot = self.became(self.receive("aviso", To=f"nadie@{DOMAIN}", Auto_Submitted="auto-generated"))
        robot.with_user(self.marta).action_make_lead()
        self.assertFalse(self.env["crm.lead"].browse(robot.result_id).acknowledged_on)

    def test_ignoring_needs_a_reason_and_can_be_undone(self):
        record = self.became(self.receive("publicidad", To=f"nadie@{DOMAIN}")).with_user(self.marta)
        with self.assertRaisesRegex(UserError, "Give a reason"):
            record.action_ignore(" ")
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            record.unlink()
        wizard = self.env["firm.mail.quarantine.ignore"].with_user(self.marta).with_context(active_ids=record.ids)
        wizard.create({"reason": "Publicidad"}).action_ignore()
        self.assertEqual((record.state, record.ignore_reason, record.closed_by_id), ("ignored", "Publicidad", self.marta))
        record.action_reopen()
        self.assertEqual(record.state, "new")

    @mute_logger(THREAD_LOGGER)
    def test_error_while_a_lead_is_made_is_quarantine(self):
        def fail(*_args):
            raise ZeroDivisionError("a fault of another addon")

        with patch.object(type(self.env["crm.lead"]), "create", fail):
            received = self.receive("fallo")
        record = self.became(received)
        self.assertEqual((received.kind, record.reason), ("quarantine", "error"))
        self.assertIn("a fault of another addon", record.detail)
        record.with_user(self.marta).action_process_again()
        self.assertEqual(record.state, "processed")

    def test_only_managers_reach_quarantine_and_log(self):
        record = self.became(self.receive("secreto", To=f"nadie@{DOMAIN}"))
        entry = self.env["firm.mail.received"].search([], limit=1, order="id desc")
        for user in (self.olga, self.fran, self.elsa, self.paula):
            with self.subTest(user=user.login):
                for records, method in (
                    (record, "read"),
                    (record, "action_make_lead"),
                    (record, "action_process_again"),
                    (entry, "read"),
                ):
                    with self.assertRaises(AccessError):
                        getattr(records.with_user(user), method)()
                with self.assertRaises(AccessError):
                    record.with_user(user).action_ignore("x")
                with self.assertRaises(AccessError):
                    record.attachment_id.with_user(user).read(["raw"])
        self.assertEqual(record.with_user(self.marta).subject, "Consulta secreto")
        with self.assertRaises(AccessError):
            record.with_user(self.marta).create({"reason": "error", "company_id": self.company.id})
        with self.assertRaises(AccessError):
            entry.with_user(self.marta).write({"kind": "reply"})
        other = self.env["res.company"].create({"name": "Other"})
        record.company_id = other
        with self.assertRaises(AccessError):
            record.with_user(self.marta).read(["subject"])

    def test_nobody_but_the_mail_server_hands_over_mails(self):
        for user in (self.paula, self.elsa, self.olga, self.fran, self.marta):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["mail.thread"].with_user(user).message_process(None, b"From: a@b.example\r\n\r\nx")

    def test_mail_server_hands_mails_over_as_text_and_as_bytes(self):
        raw = self.corpus.add("texto", "Año")
        self.env["mail.thread"].message_process(None, raw.decode())
        self.assertTrue(self.env["crm.lead"].search([("name", "=", "Consulta texto")]))
        raw = self.corpus.add("binario", "Año")
        script = new_test_user(self.env, "mail.script", "crm_firm.crm_firm_group_mail_gateway")
        self.env["mail.thread"].with_user(script).message_process(None, xmlrpc.client.Binary(raw))
        self.assertTrue(self.env["crm.lead"].search([("name", "=", "Consulta binario")]))


@tagged("post_install", "-at_install")
class TestQuarantineDownload(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def test_raw_mail_is_downloaded_by_managers_and_never_shown(self):
        raw = b"<html><script>alert(1)</script></html>"
        self.env["mail.thread"].message_process(None, raw)
        record = self.env["firm.mail.quarantine"].search([], limit=1, order="id desc")
        url = record.action_download()["url"]
        for login in (None, "olga.owner", "paula.portal"):
            self.authenticate(login, login)
            self.assertEqual(self.url_open(url).status_code, 404, login)
        self.authenticate("marta.manager", "marta.manager")
        for address in (url, url.partition("?")[0]):
            answer = self.url_open(address)
            self.assertEqual(answer.content, raw)
            self.assertEqual(answer.headers["Content-Type"].partition(";")[0], "message/rfc822")
