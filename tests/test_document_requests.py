import io
import zipfile
from datetime import date, timedelta
from unittest.mock import patch

from PIL import Image

from odoo import fields
from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import format_date, mute_logger

from odoo.addons.crm_firm.tools.uploaded_file import DEFAULT_TYPES, clean_name, get_type, read_types

from .common import FirmCase
from .document_common import EXE, PDF, PNG, DocumentCast, make_office, make_zip


@tagged("post_install", "-at_install")
class TestDocumentRequests(DocumentCast, MockEmail, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpClients()

    def ask(self, name="Bank statements", **values):
        with self.mock_mail_gateway():
            return self.case.with_user(self.sara).request_document(name, **values)

    def send(self, document, *files, **options):
        return document.with_user(self.clara).sudo()._take_files(list(files), {"user_id": self.clara.id}, **options)

    def mails(self):
        """Mails that wait in Odoo's queue for documents of the case."""
        return self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "=", self.case.id)])

    def kinds(self, document):
        return document.sudo().event_ids.sorted("id").mapped("kind")

    # === ASKING === #

    def test_client_is_asked_by_an_email_with_a_link_for_this_document(self):
        before = self.mails()
        document = self.ask(due="2026-04-20", note="Of every account")
        mail = self.mails() - before
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.clara.partner_id)
        self.assertIn("Bank statements", mail.body_html)
        self.assertIn("Of every account", mail.body_html)
        self.assertIn(format_date(self.env, date(2026, 4, 20), lang_code="en_US"), mail.body_html)
        self.assertIn(f"/request/document/{document.sudo()._get_link_token()}", mail.body_html)
        self.assertEqual((document.state, document.requested_by_id), ("requested", self.sara))
        self.assertEqual(document.due_date, date(2026, 4, 20))
        self.assertEqual(self.kinds(document), ["requested"])

    def test_case_with_documents_goes_to_nobody_outside_the_client(self):
        self.case.request_document("Passport")
        self.case.partner_id = self.carlos.partner_id
        with self.assertRaisesRegex(ValidationError, "new case"):
            self.case.partner_id = self.ivan.partner_id

    def test_client_is_asked_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.clara.partner_id.lang = "es_ES"
        template = self.env.ref("crm_firm.mail_template_document_request")
        template.with_context(lang="es_ES").subject = "Documentos que necesitamos"
        self.ask()
        self.assertEqual(self.mails()[0].subject, "Documentos que necesitamos")

    def test_case_waits_for_the_client_until_the_last_document_is_here(self):
        first, second = self.ask("First"), self.ask("Second")
        self.assertEqual(self.case.case_state, "waiting_client")
        self.send(first, ("a.pdf", PDF))
        self.assertEqual(self.case.case_state, "waiting_client")
        self.send(second, ("b.png", PNG))
        self.assertEqual(self.case.case_state, "in_review")
        self.env.invalidate_all()
        told = self.case.message_ids.filtered(lambda message: "All requested documents" in message.body)
        self.assertIn(self.sara.partner_id, told.notified_partner_ids)

    def test_set_asks_for_six_documents_with_one_email(self):
        before = self.mails()
        documents = self.case.with_user(self.sara).request_document_set(self.env.ref("crm_firm.document_set_vat"))
        self.assertEqual(len(documents), 6)
        mail = self.mails() - before
        self.assertEqual(len(mail), 1)
        tokens = {document.sudo()._get_link_token() for document in documents}
        self.assertEqual(len(tokens), 6)
        self.assertTrue(all(token in mail.body_html for token in tokens))

    def test_what_cannot_be_asked_is_told(self):
        case = self.case.with_user(self.sara)
        for name, due in (("", None), ("  ", None), (5, None), ("x" * 300, None), ("a\0b", None), ("Fine", "soon"), ("Fine", 7)):
            with self.assertRaises(UserError, msg=f"{name!r} {due!r}"):
                case.request_document(name, due=due)
        with self.assertRaises(UserError):
            case._request_documents([{"name": "For a stranger", "partner_id": self.ivan.partner_id.id}])
        for user in (self.elsa, self.clara, self.ivan, self.paula):
            with self.assertRaises(AccessError, msg=user.login):
                self.case.with_user(user).request_document("Passport")

    def test_no_input_breaks_asking(self):
        case = self.case.with_user(self.sara)
        for due in ("9999-12-31", "0001-01-01"):
            self.assertTrue(case.request_document("Deed", due=due))
        for value in ("x", [1], 2**40, None):
            with self.assertRaises(UserError):
                case.request_document_set(value)

    def test_client_without_address_leaves_a_trace_instead_of_an_email(self):
        self.clara.partner_id.email = False
        self.case.partner_email = False
        document = self.ask()
        self.assertIn("failed", self.kinds(document))

    # === FILES === #

    def test_new_upload_is_the_current_version_and_none_is_lost(self):
        document = self.ask()
        self.send(document, ("one.pdf", PDF))
        self.send(document, ("two.pdf", PDF + b"2"))
        document.invalidate_recordset()
        versions = document.version_ids
        self.assertEqual(versions.mapped("number"), [2, 1])
        self.assertEqual(document.current_version_ids.name, "two.pdf")
        first = versions[1].sudo()
        self.assertEqual(first.attachment_id.raw, PDF)
        self.assertEqual((first.size, len(first.checksum)), (len(PDF), 64))
        self.assertEqual(first.uploaded_by_id, self.clara)

    def test_several_files_make_one_version_and_pages_can_be_added(self):
        document = self.ask()
        self.send(document, ("p1.png", PNG), ("p2.pdf", PDF))
        self.assertEqual(len(document.current_version_ids), 2)
        self.send(document, ("p3.pdf", PDF + b"3"), more=True)
        self.assertEqual(len(document.current_version_ids), 3)
        self.assertEqual(document.version_number, 1)

    def test_same_file_is_told_and_not_kept_twice(self):
        document = self.ask()
        self.send(document, ("one.pdf", PDF))
        result = self.send(document, ("renamed.pdf", PDF))
        self.assertEqual(result, {"stored": [], "known": ["renamed.pdf"]})
        result = self.send(document, ("again.pdf", PDF), ("new.png", PNG), ("new too.png", PNG))
        self.assertEqual(result, {"stored": ["new.png"], "known": ["again.pdf", "new too.png"]})
        self.assertEqual(len(document.version_ids), 2)

    def test_one_bad_file_and_nothing_is_kept(self):
        document = self.ask()
        for bad in (("program.pdf", EXE), ("empty.pdf", b""), ("page.html", b"<html><script>1</script></html>")):
            with self.assertRaises(UserError):
                self.send(document, ("good.pdf", PDF), bad)
        with self.assertRaises(UserError):
            self.send(document)
        with self.assertRaises(UserError):
            self.send(document, *[(f"{number}.pdf", PDF + b"%d" % number) for number in range(21)])
        self.company.crm_firm_document_max_mb = 1
        with self.assertRaisesRegex(UserError, "too big"):
            self.send(document, ("big.pdf", PDF + b"\0" * 1024 * 1024))
        self.assertFalse(document.version_ids)
        self.assertEqual(document.state, "requested")

    def test_type_is_told_by_the_content(self):
        allowed = read_types(DEFAULT_TYPES)
        odt = make_zip(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": "<x/>"})
        for content, name, expected in (
            (PDF, "x.exe", "pdf"),
            (PNG, "x.pdf", "png"),
            (EXE, "invoice.pdf", None),
            (b"#!/bin/sh\nrm -rf /\n", "x.txt", None),
            (b"<?php echo 1; ?>", "x.txt", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "x.xml", None),
            (b"<?xml version='1.0'?><svg><script/></svg>", "x.xml", None),
            (b"<?xml version='1.0'?><Factura/>", "x.xml", "xml"),
            (b"Fecha;Importe\n1;2\n", "x.csv", "csv"),
            (b"Hola, gracias", "x.txt", "txt"),
            (make_office("word"), "x.docx", "docx"),
            (make_office("xl"), "x", "xlsx"),
            (make_office("ppt"), "x.docx", None),
            (make_office("word", word__vbaProject_bin="x").replace(b"vbaProject_bin", b"vbaProject.bin"), "x.docx", None),
            (odt, "x.odt", "odt"),
            (make_zip(**{"a.class": "x", "META-INF__MANIFEST.MF": "x"}), "x.docx", None),
            (make_zip(**{"a.exe": "x"}), "x.docx", None),
            (b"PK\x03\x04 broken", "x.docx", None),
            (b"\x7fELF" + b"\0" * 100, "x.pdf", None),
            (b"", "x.pdf", None),
        ):
            self.assertEqual(get_type(content, allowed, name), expected, name + repr(content[:20]))

    def test_an_archive_that_would_take_long_to_open_is_refused_without_opening_it(self):
        allowed = read_types(DEFAULT_TYPES)

        def make_archive(entries=(), repeat=0, content=b""):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("[Content_Types].xml", "<x/>")
                for name in [*entries, *(f"word/{number}" for number in range(repeat))]:
                    archive.writestr(name, content)
            return buffer.getvalue()

        self.assertEqual(get_type(make_archive(repeat=500), allowed, "x.docx"), "docx", "a report with many pictures")
        many = make_archive(repeat=30_000)
        self.assertIsNone(get_type(many, allowed, "x.docx"), "many entries")
        countless = make_archive(repeat=70_000)
        with patch.object(zipfile, "ZipFile", side_effect=AssertionError("the list of entries is read")):
            self.assertIsNone(get_type(many, allowed, "x.docx"))
            # The number at the end may be a lie.
            end = many.rindex(b"PK\x05\x06")
            self.assertIsNone(get_type(many[: end + 8] + b"\x02\0\x02\0" + many[end + 12 :], allowed, "x.docx"))
            self.assertIsNone(get_type(countless, allowed, "x.docx"), "more than the record can count")
        bomb = make_archive(["word/document.xml"], content=b"\0" * 150 * 1024**2)
        self.assertLess(len(bomb), 1024**2)
        self.assertIsNone(get_type(bomb, allowed, "x.docx"), "a small file that becomes a big one")

    def test_name_of_a_file_harms_nobody(self):
        for name, expected in (
            ("factura.pdf", "factura.pdf"),
            ("Año 2025 – factura nº 3 (ñ).PDF", "Año 2025 – factura nº 3 (ñ).PDF"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\docs\\a.pdf", "a.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
            ('a"b<c>:d|e?.pdf', "a_b_c__d_e_.pdf"),
            ("a\r\nSet-Cookie: x\0.pdf", "a Set-Cookie_ x.pdf"),
            ("", "document.pdf"),
            ("...", "document.pdf"),
            ("发票.pdf", "发票.pdf"),
            ("\ud800.pdf", "_.pdf"),
        ):
            self.assertEqual(clean_name(name, "pdf"), expected, repr(name))
        self.assertEqual(len(clean_name("é" * 400, "pdf")), 150)

    def test_types_of_the_setting_hold(self):
        document = self.ask()
        self.company.crm_firm_document_types = "PNG"
        with self.assertRaisesRegex(UserError, "png"):
            self.send(document, ("x.pdf", PDF))
        self.send(document, ("x.png", PNG))
        for wrong in ("exe", "pdf, sh", "", False):
            with self.assertRaises(ValidationError, msg=wrong):
                self.company.crm_firm_document_types = wrong

    def test_photo_keeps_its_bytes(self):

        photo = io.BytesIO()
        Image.new("RGB", (2600, 2600), "red").save(photo, "JPEG")
        document = self.ask()
        self.send(document, ("photo.jpg", photo.getvalue()))
        self.assertEqual(document.version_ids.sudo().attachment_id.raw, photo.getvalue())

    # === DECIDING === #

    def test_validated_document_is_sealed_until_it_is_opened_again_with_a_reason(self):
        document = self.ask().with_user(self.sara)
        with self.assertRaises(UserError):
            document.action_validate()
        self.send(document, ("a.pdf", PDF))
        document.action_validate()
        self.assertEqual((document.state, document.reviewed_by_id), ("validated", self.sara))
        with self.assertRaisesRegex(UserError, "locked"):
            document.with_user(self.sara).name = "Something else"
        with self.assertRaisesRegex(UserError, "accepted"):
            self.send(document, ("b.png", PNG))
        with self.assertRaises(UserError):
            document.reopen(" ")
        document.reopen("Wrong year")
        self.send(document, ("b.png", PNG))
        self.assertEqual(self.kinds(document), ["requested", "uploaded", "validated", "reopened", "uploaded"])

    def test_rejected_document_is_asked_for_again_with_the_reason(self):
        document = self.ask().with_user(self.sara)
        self.send(document, ("a.pdf", PDF))
        with self.assertRaises(UserError):
            document.reject("")
        before = self.mails()
        document.reject("Page 2 is missing")
        mail = self.mails() - before
        self.assertIn("Page 2 is missing", mail.body_html)
        self.assertEqual(document.state, "rejected")
        self.send(document, ("b.pdf", PDF + b"2"), more=True)
        self.assertEqual((document.state, document.version_number, document.reason), ("received", 2, False))

    def test_cancelled_document_takes_no_files_and_no_longer_holds_up_the_case(self):
        document = self.ask().with_user(self.sara)
        document.cancel("Found it")
        self.assertEqual(self.case.case_state, "in_review")
        with self.assertRaises(UserError):
            self.send(document, ("a.pdf", PDF))
        self.assertFalse(document.sudo()._get_link_token())

    def test_nobody_else_decides(self):
        document = self.ask()
        self.send(document, ("a.pdf", PDF))
        for user in (self.elsa, self.nadia, self.clara, self.ivan):
            for method, arguments in (
                ("action_validate", ()),
                ("reject", ("x",)),
                ("cancel", ("x",)),
                ("action_revoke_link", ()),
            ):
                with self.assertRaises(AccessError, msg=f"{user.login} {method}"):
                    getattr(document.with_user(user), method)(*arguments)
        with self.assertRaises(UserError):
            document.with_user(self.sara).write({"state": "validated"})
        with self.assertRaises(UserError):
            document.with_user(self.sara).write({"ticket_id": self.make_case(self.ivan.partner_id).id})
        document.with_user(self.sara).write({"due_date": "2026-05-01"})

    def test_trail_and_files_can_neither_be_changed_nor_deleted(self):
        document = self.ask()
        self.send(document, ("a.pdf", PDF))
        for record in (document, document.version_ids, document.event_ids):
            with self.assertRaises(UserError):  # AccessError is one, too
                record.with_user(self.sara).unlink()
            with self.assertRaises(UserError):
                record.sudo().unlink()
        with self.assertRaises(UserError):
            document.event_ids.with_user(self.sara).write({"note": "mine"})
        with self.assertRaises(UserError):
            document.version_ids.with_user(self.sara).write({"name": "mine"})

    def test_file_is_given_to_nobody_as_an_attachment(self):
        document = self.ask()
        self.send(document, ("a.pdf", PDF))
        attachment = document.version_ids.sudo().attachment_id
        for user in (self.sara, self.marta, self.env.ref("base.user_admin"), self.clara):
            with self.assertRaises(AccessError, msg=user.login):
                attachment.with_user(user).read(["raw"])
        self.assertNotIn(attachment, self.case.attachment_ids)

    def test_documents_are_seen_by_whoever_sees_the_case(self):
        document = self.ask()
        self.send(document, ("a.pdf", PDF))
        other = self.make_case(self.ivan.partner_id, specialist_id=False)
        for records in (document, document.version_ids, document.event_ids):
            self.assertEqual(records.with_user(self.sara).search([("id", "in", records.ids)]), records)
            for user in (self.elsa, self.fran, self.clara, self.ivan, self.paula):
                try:
                    found = records.with_user(user).search([("id", "in", records.ids)])
                except AccessError:
                    continue
                readable = self.case.with_user(user).has_access("read") and not user.share
                self.assertEqual(bool(found), readable, user.login)
        self.assertTrue(other)

    def test_client_reads_no_document_field_by_rpc(self):
        names = self.env["helpdesk.ticket"].with_user(self.clara).fields_get()
        self.assertFalse([name for name in names if "document" in name])
        partner = self.env["res.partner"].with_user(self.clara).fields_get()
        self.assertFalse([name for name in partner if name.startswith("crm_firm_")])

    def test_case_says_what_its_documents_lack(self):
        self.assertIn("Link a document", self.case._get_missing_documents()[0])
        self.case.document_none_needed = True
        self.assertFalse(self.case._get_missing_documents())
        document = self.ask().with_user(self.sara)
        self.assertIn("Bank statements", self.case._get_missing_documents()[0])
        self.send(document, ("a.pdf", PDF))
        self.assertIn("validated or rejected", self.case._get_missing_documents()[0])
        document.action_validate()
        self.assertFalse(self.case._get_missing_documents())

    # === THE LINK === #

    def test_link_opens_its_document_until_it_is_revoked_or_expires(self):
        Document = self.env["firm.document.request"]
        first, second = self.ask("First"), self.ask("Second")
        token = first.sudo()._get_link_token()
        self.assertEqual(Document._get_by_link_token(token), first)
        self.assertEqual(Document._get_by_link_token(second.sudo()._get_link_token()), second)
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.assertFalse(Document._get_by_link_token(token))
        first.with_user(self.sara).action_revoke_link()
        self.assertFalse(Document._get_by_link_token(token))
        with self.mock_mail_gateway():
            first.with_user(self.sara).action_send_link()
        self.assertFalse(Document._get_by_link_token(token), "a revoked link stays so")
        self.assertTrue(Document._get_by_link_token(first.sudo()._get_link_token()))
        for bad in ("", "x", token[:-2], None, "\0", "é" * 50):
            self.assertFalse(Document._get_by_link_token(bad))

    # === REMINDERS === #

    def run_reminders(self, day):
        before = self.mails()
        with freeze_time(f"{day} 07:00:00"), self.enter_registry_test_mode():
            self.env.ref("crm_firm.ir_cron_document_reminders").method_direct_trigger()
        return self.mails() - before

    @freeze_time("2026-03-02 11:00:00")
    def test_reminders_go_out_once_each_before_and_after_the_day(self):
        self.ask("First", due="2026-03-10")
        self.ask("Second", due="2026-03-10")
        sent = {day: len(self.run_reminders(f"2026-03-{day:02}")) for day in range(2, 26)}
        self.assertEqual({day: count for day, count in sent.items() if count}, {7: 1, 11: 1, 17: 1})
        self.assertFalse(self.run_reminders("2026-03-17"))

    @freeze_time("2026-03-02 11:00:00")
    def test_reminders_stop_when_the_document_is_here(self):
        document, other = self.ask("First", due="2026-03-10"), self.ask("Second", due="2026-03-10")
        self.send(document, ("a.pdf", PDF))
        mail = self.run_reminders("2026-03-07")
        self.assertIn("Second", mail.body_html)
        self.assertNotIn("First", mail.body_html)
        other.with_user(self.sara).cancel("Not needed")
        self.assertFalse(self.run_reminders("2026-03-11"))

    @freeze_time("2026-03-02 11:00:00")
    def test_job_that_did_not_run_for_days_reminds_once(self):
        self.ask(due="2026-03-10")
        self.assertEqual(len(self.run_reminders("2026-03-16")), 1)
        self.assertEqual(len(self.run_reminders("2026-03-17")), 1)
        self.assertFalse(self.run_reminders("2026-03-30"))

    @freeze_time("2026-03-02 11:00:00")
    def test_rhythm_of_the_firm_and_a_new_date_move_the_reminders(self):
        document = self.ask(due="2026-03-10")
        self.assertEqual(document.next_reminder_on, date(2026, 3, 7))
        document.with_user(self.sara).due_date = "2026-03-20"
        self.assertEqual(document.next_reminder_on, date(2026, 3, 17))
        self.company.crm_firm_document_reminders = "-1"
        self.assertEqual(document.next_reminder_on, date(2026, 3, 19))
        self.company.crm_firm_document_reminders = False
        self.assertFalse(document.next_reminder_on)
        for wrong in ("soon", "1;x", "--3", "9999"):
            with self.assertRaises(ValidationError, msg=wrong):
                self.company.crm_firm_document_reminders = wrong

    @freeze_time("2026-03-02 11:00:00")
    @mute_logger("odoo.addons.crm_firm.models.documents.firm_document_request")
    def test_reminder_that_cannot_be_made_holds_up_no_other(self):
        self.ask(due="2026-03-10")
        case = self.make_case(self.ivan.partner_id)
        with self.mock_mail_gateway():
            case.request_document("Of Ivan", due="2026-03-10")
        Document = self.env.registry["firm.document.request"]
        ask_client = Document._ask_client

        def fail_for_clara(documents, *args):
            if documents.ticket_id == self.case:
                raise ValueError("broken template")
            return ask_client(documents, *args)

        with patch.object(Document, "_ask_client", fail_for_clara):
            self.run_reminders("2026-03-07")
        self.assertIn("failed", self.case.document_request_ids.event_ids.mapped("kind"))
        self.assertEqual(case.document_request_ids.reminded_on, date(2026, 3, 7))
        self.assertIn("reminded", case.document_request_ids.event_ids.mapped("kind"))

    @freeze_time("2026-03-02 11:00:00")
    def test_closed_cases_are_not_reminded_of(self):
        self.ask(due="2026-03-10")
        self.case.active = False
        self.assertFalse(self.run_reminders("2026-03-07"))

    def test_reminding_many_takes_no_query_for_each_document(self):
        def count(number):
            cases = self.env["helpdesk.ticket"]
            for index in range(number):
                partner = self.env["res.partner"].create({"name": f"P{index}", "email": f"p{index}@client.example.com"})
                cases |= self.make_case(partner)
            documents = self.env["firm.document.request"].create(
                [{"ticket_id": case.id, "name": "x", "due_date": "2026-03-10", "requested_on": "2026-03-01"} for case in cases]
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            documents._trace("reminded", {})
            documents._renew_link()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = count(3), count(12)
        self.assertLessEqual(many, few + 20)
