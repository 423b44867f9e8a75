"""The client area in a real Chromium, on a desk and on a phone."""

import tempfile
from pathlib import Path

from odoo.tests import tagged

from .browser_common import DESK, PHONE, BrowserCase
from .document_common import EXE, PDF, PNG
from .portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortalBrowser(BrowserCase, PortalCase):
    def make_file(self, name, content):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name) / name
        path.write_bytes(content)
        return str(path)

    def log_in(self, user):
        return self.authenticate(user.login, user.login)

    def test_client_opens_a_case_with_files_on_a_phone(self):
        session = self.log_in(self.clara)
        with self.browse(PHONE, "/my/tickets", session=session) as page:
            page.click("text=New case")
            page.wait_for_load_state("networkidle")
            page.select_option("[name=category]", str(self.category.id))
            page.fill("[name=description]", "Is this invoice right? שלום")
            page.set_input_files("input[name=files]", [self.make_file("factura.pdf", PDF), self.make_file("virus.pdf", EXE)])
            page.set_input_files(".o_firm_upload_camera", self.make_file("photo.png", PNG))
            self.assertEqual(page.locator(".o_firm_upload_list li").count(), 3)
            page.click(".o_firm_upload_form button[type=submit]")
            page.wait_for_selector(".o_firm_error")
            self.assertIn("virus.pdf", page.inner_text(".o_firm_error"))
            self.assertEqual(page.input_value("[name=description]"), "Is this invoice right? שלום")
            page.click("[aria-label='Remove virus.pdf']")
            page.click(".o_firm_upload_form button[type=submit]")
            page.wait_for_selector("text=Thank you, we have received your case")
            for text in ("Is this invoice right? שלום", "factura.pdf", "photo.png"):
                self.assertTrue(page.is_visible(f"text={text}"), text)
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
        self.env.invalidate_all()
        case = self.env["helpdesk.ticket"].search([("partner_id", "=", self.clara.partner_id.id)], limit=1, order="id desc")
        self.assertEqual(sorted(case.document_request_ids.version_ids.mapped("name")), ["factura.pdf", "photo.png"])

    def test_document_is_sent_by_the_link_and_from_the_case_and_a_lost_connection_loses_nothing(self):
        document = self.case.request_document("Passport")
        path = f"/request/document/{document.sudo()._get_link_token()}"
        with self.browse(PHONE, path) as page:
            page.set_input_files("input[name=files]", self.make_file("front.png", PNG))
            page.route("**/request/document/**", lambda route: route.abort())
            page.click(".o_firm_upload_form button[type=submit]")
            page.wait_for_selector(".o_firm_error")
            self.assertIn("connection", page.inner_text(".o_firm_error"))
            page.unroute("**/request/document/**")
            self.assertEqual(page.locator(".o_firm_upload_list li").count(), 1)
            page.click(".o_firm_upload_form button[type=submit]")
            page.wait_for_selector("text=we have received your files")
        with self.browse(DESK, f"/my/ticket/{self.case.id}", session=self.log_in(self.clara)) as page:
            page.click("text=Send something else")
            # A drop, as the browser makes it
            transfer = page.evaluate_handle(
                """() => {
                    const data = new DataTransfer();
                    data.items.add(new File(['%PDF-1.4 dropped'], 'dropped.pdf'));
                    return data;
                }"""
            )
            page.dispatch_event(".o_firm_upload_zone", "drop", {"dataTransfer": transfer})
            page.click("details[open] button[type=submit]")
            page.wait_for_selector("text=we have received your files")
            self.assertTrue(page.is_visible("text=dropped.pdf"))
        self.env.invalidate_all()
        self.assertEqual(document.version_ids.sorted("id").mapped("name"), ["front.png", "dropped.pdf"])

    def test_pages_have_no_serious_fault_and_fit_a_phone(self):
        asked = self.case.request_document("Passport", due="2020-01-01", note="Both sides")
        self.case.message_post(
            body="We will see to it.", message_type="comment", subtype_xmlid="mail.mt_comment", attachments=[("answer.pdf", PDF)]
        )
        sent = self.case.request_document("Bank statement")
        sent.sudo()._take_files([("a.pdf", PDF)], {"user_id": self.clara.id})
        self.case.publish_document("Our form", "303.pdf", PDF + b"3")
        link = f"/request/document/{asked.sudo()._get_link_token()}"
        pages = [
            ("/my/tickets", self.diana),
            ("/my/tickets?search=nothing", self.diana),
            (f"/my/ticket/{self.case.id}", self.clara),
            ("/new/ticket", self.clara),
            (link, None),
            ("/request/document/x", None),
        ]
        faults = []
        for device in (DESK, PHONE):
            for path, user in pages:
                session = self.log_in(user) if user else None
                with self.browse(device, path, session=session) as page:
                    faults += self.find_faults(page)
                    if device == PHONE:
                        width = page.evaluate("document.documentElement.scrollWidth")
                        self.assertLessEqual(width, 390, path)
                        small = page.evaluate(
                            """() => [...document.querySelectorAll('.o_firm_portal :is(input:not([type=hidden], [type=checkbox], '
                            + '.visually-hidden), select, textarea, button[type=submit], summary, .btn)')]
                            .filter(el => el.offsetParent && el.getBoundingClientRect().height < 44).map(el => el.outerHTML)"""
                        )
                        self.assertFalse(small, path)
        self.assertFalse(faults)
