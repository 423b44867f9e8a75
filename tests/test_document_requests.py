import base64
from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import format_date
from odoo.tools.safe_eval import safe_eval

from .document_common import EXE, PDF, PNG, DocumentCase


@tagged("post_install", "-at_install")
class TestDocumentRequests(DocumentCase):
    # === ASKING === #

    def test_client_is_asked_by_an_email_with_a_link_for_this_document(self):
        before = self.mails()
        document = self.ask(due="2026-04-20", note="Of every account")
        mail = self.mails() - before
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.clara.partner_id)
        self.assertIn("Bank statements", mail.body_html)
        self.assertIn("Of every account", mail.body_html)
        self.assertIn(format_date(self.env, date(2026, 4, 20), lang_code="en_US", date_format="full"), mail.body_html)
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

    def test_dialog_opens_with_the_set_of_the_category_when_it_has_one(self):
        self.env["firm.document.set"].search([]).category_ids = False
        documents = [Command.create({"name": name}) for name in ("Invoices", "Bank statements")]
        own = self.env["firm.document.set"].create({"name": "Own", "category_ids": self.category.ids, "line_ids": documents})
        dialog = self.env["firm.document.ask"].with_user(self.sara).with_context(active_id=self.case.id)
        with Form(dialog) as form:
            self.assertEqual(form.set_id, own)
            self.assertEqual(len(form.line_ids), 2)
        self.assertEqual(form.record.line_ids.mapped("name"), ["Invoices", "Bank statements"])
        own.copy()
        self.assertFalse(Form(dialog).set_id, "one of two is a choice")
        with self.assertRaisesRegex(UserError, "Choose a checklist"):
            dialog.create({}).action_ask()

    def test_every_checklist_of_the_firm_can_be_chosen_whatever_the_category(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        sets = self.env["firm.document.set"]
        for_labour = sets.create({"name": "Payroll", "category_ids": self.env.ref("crm_firm.category_labour").ids})
        general, theirs = sets.create([{"name": "General"}, {"name": "Theirs", "company_id": other.id}])
        form = Form(self.env["firm.document.ask"].with_user(self.sara).with_context(active_id=self.case.id))
        domain = safe_eval(form._view["fields"]["set_id"]["domain"], {"company_id": form.company_id.id})
        offered = sets.with_user(self.sara).search(domain)
        self.assertLessEqual(for_labour | general, offered)
        self.assertNotIn(theirs, offered)

    def test_sizes_are_said_as_people_say_them(self):
        version = self.env["firm.document.version"]
        said = {74: "74 bytes", 2048: "2.0 KB", 5 * 1024**2 + 300_000: "5.3 MB"}
        self.assertEqual({size: version.new({"size": size})._get_size_text() for size in said}, said)
        self.env["res.lang"]._activate_lang("es_ES")
        self.assertEqual(version.with_context(lang="es_ES").new({"size": 1500})._get_size_text(), "1,5 KB")

    def test_all_that_was_received_is_validated_with_one_click(self):
        first, second, third = (self.ask(name) for name in ("First", "Second", "Third"))
        self.send(first, ("a.pdf", PDF))
        self.send(second, ("b.png", PNG))
        with self.assertRaises(AccessError):
            self.case.with_user(self.nadia).action_validate_documents()
        self.case.with_user(self.sara).action_validate_documents()
        self.assertEqual((first.state, second.state, third.state), ("validated", "validated", "requested"))
        self.assertEqual(first.reviewed_by_id, self.sara)

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

    def test_colleagues_add_what_came_by_other_means_to_the_documents_of_the_case_only(self):
        document = self.ask("Passport")
        foreign = self.make_case(self.carlos.partner_id).request_document("Diploma")
        case = self.case.with_user(self.sara)
        case.receive_document("passport.pdf", base64.b64encode(PDF).decode(), document.id)
        self.assertEqual((document.state, document.version_ids.uploaded_by_id), ("received", self.sara))
        with self.assertRaisesRegex(UserError, "already been received"):
            case.receive_document("passport.pdf", PDF, document)
        unasked = case.receive_document("photo.png", PNG, name="Photo of the shop")
        self.assertEqual((unasked.origin, unasked.name), ("client", "Photo of the shop"))
        for other in (foreign, unasked, 2**31 - 1):
            with self.assertRaisesRegex(UserError, "another case"):
                case.receive_document("x.pdf", PDF + b" ", other)
        for content in ("no base64!", None, 5, EXE):
            with self.assertRaises(UserError):
                case.receive_document("x.pdf", content)
        with self.assertRaises(AccessError):
            self.case.with_user(self.nadia).receive_document("x.pdf", PDF)

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
