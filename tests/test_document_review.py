"""Documents are reviewed beside their list: one look, one key."""

from odoo.tests import HttpCase, tagged

from .browser_common import DESK, PHONE, BrowserCase
from .document_common import PDF, PNG, DocumentCase

PREVIEW = ".o_firm_preview h2:text-is('%s')"
ROW = ".o_data_row:has-text('%s')"


@tagged("post_install", "-at_install")
class TestDocumentReview(BrowserCase, DocumentCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two, cls.three = (cls.receive(name) for name in ("Bank statement", "Payroll", "Lease"))
        cls.env.flush_all()

    @classmethod
    def receive(cls, name):
        document = cls.case._add_document(name, "asked", {})
        document._take_files([(f"{name}.png", PNG + name.encode())], {"user_id": cls.clara.id})
        return document

    def browse_documents(self, device=DESK, ready=".o_firm_preview img", user=None, **options):
        user = user or self.sara
        session = self.authenticate(user.login, user.login)
        return self.browse(device, "/odoo/case-documents", session=session, ready=ready, **options)

    def get_states(self):
        with self.between_requests():
            documents = self.one | self.two | self.three
            documents.invalidate_recordset()
            return documents.mapped("state")

    def test_a_look_and_a_key_validate_and_the_next_is_there(self):
        with self.browse_documents() as page:
            page.wait_for_selector(PREVIEW % "Bank statement")
            self.assertFalse(self.find_faults(page, only=[".o_firm_preview"]))
            self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 1366)
            page.keyboard.press("v")
            page.wait_for_selector(PREVIEW % "Payroll")
            page.locator(ROW % "Bank statement").wait_for(state="detached")
            self.assertEqual(self.get_states(), ["validated", "received", "received"])
            with self.between_requests():
                kinds = [(event.kind, event.user_id) for event in self.one.event_ids.sorted("id")]
                self.assertEqual(kinds[-2:], [("viewed", self.sara), ("validated", self.sara)], "one look is one line")

    def test_a_click_looks_at_another_one_and_r_asks_why_it_is_rejected(self):
        with self.browse_documents() as page:
            page.click(f"{ROW % 'Lease'} td[name=name]")
            page.wait_for_selector(PREVIEW % "Lease")
            page.keyboard.press("r")
            page.fill(".modal [name=reason] textarea", "Page 2 is missing: verify")
            page.click(".modal button[name=action_decide]:visible")
            page.locator(ROW % "Lease").wait_for(state="detached")
            page.wait_for_selector(PREVIEW % "Bank statement")
            self.assertEqual(self.get_states(), ["received", "received", "rejected"])

    def test_going_back_from_the_reason_decides_nothing(self):
        with self.browse_documents() as page:
            page.keyboard.press("r")
            page.click(".modal [special=cancel], .modal button:has-text('Back')")
            page.locator(".modal").wait_for(state="detached")
            page.wait_for_load_state("networkidle")  # the list has been read again
            page.wait_for_selector(PREVIEW % "Bank statement")
            self.assertEqual(self.get_states(), ["received"] * 3)

    def test_letters_of_a_search_decide_nothing(self):
        with self.browse_documents() as page:
            page.click(".o_searchview_input")
            page.keyboard.type("vr")
            page.click(PREVIEW % "Bank statement")
            self.assertFalse(page.locator(".modal").count())
            self.assertEqual(self.get_states(), ["received"] * 3)

    def test_all_of_the_case_are_validated_at_once(self):
        with self.browse_documents() as page:
            page.click(".o_firm_preview [data-decision=all]:has-text('3')")
            page.locator(".o_data_row").first.wait_for(state="detached")
            self.assertEqual(self.get_states(), ["validated"] * 3)

    def test_a_pdf_is_shown_by_the_browser_and_what_it_cannot_show_is_downloaded(self):
        self.one._take_files([("statement.pdf", PDF)], {"user_id": self.clara.id})
        self.two._take_files([("letter.txt", b"Dear colleagues")], {"user_id": self.clara.id})
        viewer = ("chrome-extension://", "chrome://")  # the browser's own
        with self.browse_documents(ready=".o_firm_preview iframe", origins=viewer) as page:
            self.assertTrue(page.get_attribute(".o_firm_preview iframe", "src").startswith("blob:"))
            page.click(f"{ROW % 'Payroll'} td[name=name]")
            page.wait_for_selector(".o_firm_preview a[download]")

    def test_on_a_phone_a_row_opens_the_document(self):
        with self.browse_documents(PHONE, ROW % "Payroll") as page:
            self.assertFalse(page.locator(".o_firm_preview").count())
            page.click(f"{ROW % 'Payroll'} td[name=name]")
            page.wait_for_selector(".o_form_view button[name=action_validate]")

    def test_who_only_reads_the_case_looks_and_decides_nothing(self):
        self.case.message_subscribe(self.olga.partner_id.ids)
        with self.browse_documents(user=self.olga) as page:
            page.wait_for_selector(PREVIEW % "Bank statement")
            page.keyboard.press("v")
            page.keyboard.press("r")
            self.assertEqual(page.locator(".o_firm_preview [data-decision]").count(), 1, "it can be opened")
            self.assertFalse(page.locator(".modal").count())
            self.assertEqual(self.get_states(), ["received"] * 3)

    def test_who_may_not_see_the_case_has_nothing_to_review(self):
        for user in (self.nadia, self.fran, self.clara):
            Document = self.env["firm.document.request"].with_user(user)
            self.assertFalse(Document.has_access("read") and Document.search([("state", "=", "received")]), user.name)
