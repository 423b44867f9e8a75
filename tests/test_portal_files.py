"""Files of cases by HTTP: who gets them, and what may be sent."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .document_common import EXE, PDF, PNG, make_zip
from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalFiles(PortalCase):
    def test_files_are_given_to_those_who_see_the_case_and_the_trail_notes_it(self):
        document = self.case.request_document("Passport")
        document.sudo()._take_files([("pass.pdf", PDF), ("page.docx.txt", b"hello")], {"user_id": self.clara.id})
        versions = document.version_ids.sorted("id")
        note = self.case.message_post(body="note", subtype_xmlid="mail.mt_note", attachments=[("secret.txt", b"secret")])
        answer = self.case.message_post(
            body="hi", message_type="comment", subtype_xmlid="mail.mt_comment", attachments=[("hi.html", b"<script>1</script>")]
        )
        self.env.flush_all()
        path = f"/my/ticket/{self.case.id}"
        self.log_in(self.clara)
        response = self.get(f"{path}/file/{versions[0].id}")
        self.assertEqual((response.status_code, response.content), (200, PDF))
        self.assertIn("sandbox", response.headers["Content-Security-Policy"])
        self.assertNotIn("attachment", response.headers.get("Content-Disposition", ""))
        response = self.get(f"{path}/file/{versions[1].id}")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        response = self.get(f"{path}/attachment/{answer.attachment_ids.id}")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(self.get(f"{path}/attachment/{note.attachment_ids.id}").status_code, 404)
        for attachment in (versions[0].sudo().attachment_id, note.attachment_ids):
            self.assertEqual(self.get(f"/web/content/{attachment.id}").status_code, 404)
        self.env.invalidate_all()
        events = document.sudo().event_ids.filtered(lambda event: event.kind in ("viewed", "downloaded")).sorted("id")
        self.assertEqual(
            [(event.kind, event.user_id, event.version_id) for event in events],
            [("viewed", self.clara, versions[0]), ("downloaded", self.clara, versions[1])],
        )
        self.assertTrue(events[0].ip_address)
        for user in (self.carlos, self.ivan):
            self.log_in(user)
            own = self.colleague_case if user == self.carlos else self.foreign_case
            for case in (self.case, own):
                self.assertEqual(self.get(f"/my/ticket/{case.id}/file/{versions[0].id}").status_code, 404)
                self.assertEqual(self.get(f"/my/ticket/{case.id}/attachment/{answer.attachment_ids.id}").status_code, 404)
            self.assertEqual(self.get(f"/crm_firm/document/{versions[0].id}").status_code, 404)

    def test_staff_take_files_by_a_route_that_notes_it_and_others_get_nothing(self):
        document = self.case.request_document("Passport")
        document.sudo()._take_files([("pass.pdf", PDF)], {"user_id": self.clara.id})
        self.env.flush_all()
        path = f"/crm_firm/document/{document.version_ids.id}"
        self.log_in(self.sara)
        self.assertEqual(self.get(path).content, PDF)
        self.env.invalidate_all()
        self.assertEqual(document.event_ids[0].user_id, self.sara)
        self.log_in(self.elsa)
        self.assertEqual(self.get(path).status_code, 404)
        self.logout()
        self.assertIn(self.get(path).status_code, (302, 303))

    # === WRITING === #

    def test_client_uploads_to_the_chatter_only_what_documents_may_be(self):
        self.log_in(self.clara)
        data = {"thread_id": self.case.id, "thread_model": "helpdesk.ticket", "is_pending": "true"}
        response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", EXE))])
        self.assertIn("x.pdf", response.json()["error"])
        response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", PDF))])
        self.assertIn("data", response.json())
        for sent, content, kept in (
            ("invoice.pdf.bat", PDF, "invoice.pdf.bat.pdf"),
            ("x.js", b"alert(1)", "x.js.txt"),
            ("inv\u202efdp.exe", PDF, "invfdp.exe.pdf"),
            ("..\\..\\x\u200b.pdf", PDF, "x.pdf"),
        ):
            with self.subTest(name=sent):
                self.post("/mail/attachment/upload", data, files=[("ufile", (sent, content))])
                newest = self.env["ir.attachment"].search([("res_model", "=", "mail.compose.message")], limit=1, order="id desc")
                self.assertEqual(newest.name, kept)
        with mute_logger("odoo.http"):
            data["thread_id"] = self.foreign_case.id
            response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", PDF))])
            self.assertEqual(response.status_code, 404)

    def test_colleagues_upload_no_program_and_no_name_that_hides_what_it_is(self):
        """On cases and requests; they may send more types than clients, the rule is the same."""
        self.company.crm_firm_document_types = "pdf"
        lead = self.receive_request(user_id=self.sara.id)
        self.log_in(self.sara)
        for record in (self.case, lead):
            data = {"thread_id": record.id, "thread_model": record._name}
            for sent, content, kept in (
                ("invoice.pdf.bat", PDF, "invoice.pdf.bat.pdf"),
                ("invoice.pdf.bat", b"del *.*", "invoice.pdf.bat.txt"),
                ("photo.png", PNG, "photo.png"),
                ("papers.zip", make_zip(a="x"), "papers.zip"),
                ("invoice.pdf.bat", EXE, None),
                ("call.mp3", EXE, None),
            ):
                with self.subTest(model=record._name, name=sent, kept=kept):
                    before = self.env["ir.attachment"].search([], limit=1, order="id desc").id
                    answer = self.post("/mail/attachment/upload", data, files=[("ufile", (sent, content))]).json()
                    self.assertEqual("error" in answer, kept is None)
                    new = self.env["ir.attachment"].search([("id", ">", before), ("res_model", "=", record._name)])
                    self.assertEqual(new.mapped("name"), [kept] if kept else [])

    def test_no_other_door_takes_what_the_chatter_refuses(self):
        """A file that colleagues put on a case or a request by RPC, a dialog, a message or by moving it there."""
        lead = self.receive_request(user_id=self.sara.id)
        elsewhere = {"res_model": "res.partner", "res_id": self.clara.partner_id.id}
        for record in (self.case.with_user(self.sara), lead.with_user(self.sara)):
            here = {"res_model": record._name, "res_id": record.id}
            Attachment = record.env["ir.attachment"]
            composer = {"res_model": "mail.compose.message", "res_id": 0}

            def move(vals, Attachment=Attachment, here=here):
                file = Attachment.create(vals | elsewhere)
                file.write(here)
                return file

            def take(vals, record=record, Attachment=Attachment):
                file = Attachment.create(vals | elsewhere)
                self.assertEqual(record.message_post(body="x", attachment_ids=file.ids).attachment_ids, file)
                self.assertEqual(file.name, vals["name"], "it stays where it is, as it is called there")
                return file

            def change(vals, Attachment=Attachment, here=here):
                file = Attachment.create({"name": "x.txt", "raw": b"just text"} | here)
                file.write(vals)
                return file

            doors = {
                "create": lambda vals, Attachment=Attachment, here=here: Attachment.create(vals | here),
                "move": move,
                "change": change,
                "taken from a contact": take,
                "message": lambda vals, record=record: (
                    record.message_post(body="x", attachments=[(vals["name"], vals["raw"])]).attachment_ids
                ),
                "composer": lambda vals, record=record, Attachment=Attachment, composer=composer: (
                    record.message_post(body="x", attachment_ids=Attachment.create(vals | composer).ids).attachment_ids
                ),
            }
            for name, door in doors.items():
                with self.subTest(model=record._name, door=name):
                    with self.assertRaisesRegex(UserError, "not an accepted file type"), self.env.cr.savepoint():
                        door({"name": "invoice.pdf", "raw": EXE})
                    kept = "invoice.pdf.bat" if door == take else "invoice.pdf.bat.pdf"
                    self.assertEqual(door({"name": "invoice.pdf.bat", "raw": PDF}).name, kept)
        self.log_in(self.sara)
        with mute_logger("odoo.addons.web.controllers.binary"):
            data = {"model": "helpdesk.ticket", "id": self.case.id}
            answer = self.post("/web/binary/upload_attachment", data, files=[("ufile", ("x.pdf", EXE))])
        self.assertIn("error", answer.json()[0])
        self.assertFalse(self.env["ir.attachment"].search([("name", "=", "x.pdf"), ("res_id", "=", self.case.id)]))

    def test_what_the_system_stores_is_not_judged(self):
        """E-mails that came in, and what hangs on records of other kinds."""
        incoming = self.case.sudo().message_post(body="x", attachments=[("virus.exe", EXE)])
        self.assertEqual(incoming.attachment_ids.name, "virus.exe")
        partner = {"res_model": "res.partner", "res_id": self.clara.partner_id.id}
        file = self.env["ir.attachment"].with_user(self.sara).create({"name": "tool.exe", "raw": EXE} | partner)
        self.assertEqual(file.name, "tool.exe")

    def test_requests_become_one_with_what_came_by_mail(self):
        """What is on a request or a case already is not judged again when it moves to another or gets another name."""
        came = [
            ("smime.p7s", b"\x30\x82\x05\x00" + b"\x01" * 50),
            ("winmail.dat", b"\x78\x9f\x3e\x22" + b"\x01" * 50),
            ("mail.html", b"<html><body>Hello</body></html>"),
            ("informe.pdf", PDF),
        ]
        first, second = (
            self.receive_request(
                user_id=self.sara.id, name=name, contact_name=name, email_from=f"{name}@ruiz.example.com", phone=False
            )
            for name in ("impuestos", "nóminas")
        )
        for lead in (first, second):
            lead.sudo().message_post(body="x", attachments=came)
        merged = (first | second).with_user(self.sara).merge_opportunity()
        files = self.env["ir.attachment"].search([("res_model", "=", "crm.lead"), ("res_id", "=", merged.id)])
        self.assertEqual(len(files), 2 * len(came))
        names = [name for name, _content in came]
        [other] = {"impuestos", "nóminas"} - {merged.name}
        self.assertEqual(sorted(files.mapped("name")), sorted([*names, *(f"{name} (from {other})" for name in names)]))
        files[0].with_user(self.sara).name = "signature"
        self.assertEqual(files[0].name, "signature")
        with self.assertRaisesRegex(UserError, "not an accepted file type"):
            files[0].with_user(self.sara).raw = EXE

    def test_files_of_the_chatter_are_as_big_as_the_firm_of_the_case_takes_them(self):
        other = self.env["res.company"].create({"name": "Other firm", "crm_firm_document_max_mb": 1})
        self.case.company_id.crm_firm_document_max_mb = 5
        self.clara.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.log_in(self.clara)
        data = {"thread_id": self.case.id, "thread_model": "helpdesk.ticket", "is_pending": "true"}
        files = [("ufile", ("x.pdf", PDF + b" " * 1024 * 1024))]
        answer = self.post("/mail/attachment/upload", data, files=files)
        self.assertNotIn("limit", answer.text, "not the limit of the firm where the client is logged in")
        self.case.company_id.crm_firm_document_max_mb = 1
        other.crm_firm_document_max_mb = 5
        self.assertIn("the limit is 1 MB", self.post("/mail/attachment/upload", data, files=files).json()["error"])
