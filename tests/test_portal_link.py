"""The page behind the link of a document, by HTTP."""

import socket
from datetime import date

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_firm.controllers import document_link

from .document_common import EXE, PDF, PNG
from .portal_common import NUL, PortalCase


@tagged("post_install", "-at_install")
class TestPortalLink(PortalCase):
    def setUp(self):
        super().setUp()
        self.document = self.case.request_document("Passport", note="Both sides")
        self.settle()
        self.path = f"/request/document/{self.document.sudo()._get_link_token()}"

    def send(self, *files, path=None, more=None, **headers):
        data = {"more": more} if more else {}
        return self.post(path or self.path, data, token=False, files=[("files", file) for file in files] or {"x": ""}, **headers)

    def test_document_is_sent_without_logging_in(self):
        before = self.get_state()
        response = self.get(self.path)
        self.assertEqual(response.status_code, 200)
        for text in ("Passport", "Both sides"):
            self.assertIn(text, response.text)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertEqual(self.get_state(), before, "opening the link writes nothing")
        response = self.send(("front.png", PNG), ("back.pdf", PDF))
        self.assertEqual(response.status_code, 200)
        self.assertIn("Thank you", response.text)
        self.env.invalidate_all()
        self.assertEqual(self.document.state, "received")
        self.assertTrue(all(self.document.version_ids.mapped("by_link")))
        event = self.document.event_ids[0]
        self.assertEqual((event.kind, event.by_link, bool(event.ip_address)), ("uploaded", True, True))
        response = self.send(("again.pdf", PDF))
        self.assertIn("already", response.text)
        self.assertEqual(len(self.document.version_ids), 2)

    def test_link_shows_nothing_else_of_the_case(self):
        self.case.message_post(body="Secret answer", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.case.request_document("Another document")
        page = self.get(self.path).text
        for text in ("Secret answer", "Another document", "What about VAT"):
            self.assertNotIn(text, page)

    def test_link_says_how_much_is_still_due_and_by_when_not_what(self):
        self.assertNotIn("still due", self.get(self.path).text)
        for name, due in (("Another document", "2026-04-20"), ("Third document", "2026-04-17"), ("Received one", None)):
            document = self.case.request_document(name, due=due)
        document._take_files([("received.pdf", PDF)], {"user_id": self.clara.id})
        self.case.request_document("Of a colleague").partner_id = self.carlos.partner_id
        self.settle()
        for page in (self.get(self.path).text, self.send(("front.png", PNG)).text):
            self.assertIn("2 more documents are still due", page.replace("<span>", "").replace("</span>", ""))
            self.assertIn(self.company._describe_deadline(date(2026, 4, 17)), page)
            for name in ("Another document", "Third document", "Of a colleague"):
                self.assertNotIn(name, page)

    def test_bad_files_are_told_and_nothing_is_kept(self):
        for file in (("x.pdf", EXE), ("x.pdf", b""), (f"a{NUL}b.exe", EXE)):
            response = self.send(file)
            self.assertEqual(response.status_code, 422)
            self.assertIn('role="alert"', response.text)
        response = self.send()
        self.assertEqual(response.status_code, 422)
        response = self.send(("x.exe", EXE), Accept="application/json")
        self.assertEqual(list(response.json()), ["error"])
        self.assertFalse(self.document.version_ids)

    def test_foreign_revoked_expired_and_garbled_links_get_a_friendly_page(self):
        token = self.path.rpartition("/")[2]
        phone_like = self.receive_request(phone=False)._get_phone_request_token()
        self.document.action_revoke_link()
        self.settle()
        before = self.get_state()
        for bad in (token, token[:-3], "x", "%00", "a" * 2000, phone_like, "é"):
            path = f"/request/document/{bad}"
            for response in (self.get(path), self.send(("a.pdf", PDF), path=path)):
                self.assertEqual(response.status_code, 404, bad)
                self.assertIn("no longer valid", response.text)
            response = self.send(("a.pdf", PDF), path=path, Accept="application/json")
            self.assertIn("error", response.json())
        self.assertEqual(self.get_state(), before)

    def test_accepted_document_takes_no_more_files(self):
        self.send(("a.pdf", PDF))
        self.env.invalidate_all()
        self.document.action_validate()
        self.env.flush_all()
        self.assertIn("accepted", self.get(self.path).text)
        self.assertEqual(self.send(("b.png", PNG)).status_code, 422)

    def test_upload_that_is_cut_off_leaves_nothing_and_can_be_repeated(self):
        files = [("res_model", "=", "firm.document.version")]
        before = self.env["ir.attachment"].search_count(files)
        boundary = "----cut"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode() + PDF * 100
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.base_url().partition('//')[2]}\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body) + 5000}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        host, port = self.base_url().partition("//")[2].split(":")
        with (
            self.allow_requests(all_requests=True),
            mute_logger("odoo.http", "werkzeug"),
            socket.create_connection((host, int(port)), timeout=20) as connection,
        ):
            connection.sendall(head + body)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(20)
            answer = connection.recv(65536)
        self.assertNotIn(b"200 OK", answer[:20])
        self.env.invalidate_all()
        self.assertFalse(self.document.version_ids)
        self.assertEqual(self.document.state, "requested")
        self.assertEqual(self.env["ir.attachment"].search_count(files), before)
        self.assertEqual(self.send(("a.pdf", PDF * 100)).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.document.state, "received")

    def test_somebody_who_posts_all_the_time_has_to_wait(self):
        for _number in range(document_link.MOST_POSTS):
            self.assertEqual(self.send().status_code, 422)
        self.assertEqual(self.send(("a.pdf", PDF)).status_code, 429)
