"""The client's pages of engagement letters in a real Chromium: on a phone, and as axe-core sees them."""

from odoo.tests import HttpCase, tagged

from .browser_common import DESK, PHONE, BrowserCase
from .engagement_common import LetterCast


@tagged("post_install", "-at_install")
class TestLetterBrowser(BrowserCase, LetterCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def assert_fits(self, page):
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        self.assertLessEqual(*widths, "wider than its screen")

    def test_a_client_reads_and_signs_on_a_phone(self):
        letter = self.send()
        url = f"/engagement/{self.get_token(self.get_mails(letter))}"
        faults = []
        with self.browse(PHONE, url) as page:
            self.assertFalse(letter.viewed_on, "loading is not looking")
            faults += self.find_faults(page)
            self.assert_fits(page)
            with page.expect_response(lambda response: response.url.endswith("/viewed")) as told:
                page.tap("a[href='#sign']")
            self.assertEqual(told.value.status, 204)
            page.wait_for_function("document.querySelector('#sign').getBoundingClientRect().top < window.innerHeight / 2")
            top = page.evaluate("document.querySelector('#sign h2').getBoundingClientRect().top")
            header = page.evaluate("document.querySelector('header').getBoundingClientRect().bottom")
            self.assertGreaterEqual(top, header, "the header covers where one signs")
            box = page.locator("canvas").bounding_box()
            page.mouse.move(box["x"] + 20, box["y"] + 30)
            page.mouse.down()
            page.mouse.move(box["x"] + 120, box["y"] + 90, steps=5)
            page.mouse.up()
            page.check("#sign_start")
            page.click(".o_firm_sign_form button[type=submit]")
            page.wait_for_selector("text=The letter is signed.")
            self.assertTrue(page.url.endswith(url), page.url)
            faults += self.find_faults(page)
        self.assertFalse(faults)
        self.env.invalidate_all()
        self.assertTrue(letter.viewed_on)
        self.assertEqual((letter.state, letter.start_requested), ("signed", True))
        self.assertTrue(letter.signer_ids.signature)
        self.assertFalse(letter.verify())

    def test_a_field_that_is_missing_is_not_behind_the_header(self):
        letter = self.send()
        with self.browse(PHONE, f"/engagement/{self.get_token(self.get_mails(letter))}") as page:
            page.fill("#sign_name", "")
            page.click(".o_firm_sign_form button[type=submit]")
            page.wait_for_selector("#sign_name:focus")
            page.wait_for_function(
                "document.querySelector('#sign_name').getBoundingClientRect().top"
                " >= document.querySelector('header').getBoundingClientRect().bottom"
            )
        self.assertEqual(letter.state, "sent")

    def test_what_a_letter_lacks_is_mended_over_it(self):
        self.client.vat = False
        letter = self.prepare()
        path = f"/odoo/firm.engagement.letter/{letter.id}"
        session = self.authenticate(self.olga.login, self.olga.login)
        with self.browse(DESK, path, session=session, ready=".o_form_view .alert-warning a") as page:
            page.click(".alert-warning a:has-text('Ana Ruiz')")
            page.fill(".modal .o_field_widget[name=vat] input", "12345678Z")
            page.click(".modal .o_form_button_save")
            page.wait_for_selector(".modal", state="detached")
            page.wait_for_selector(".alert-warning a:has-text('Ana Ruiz')", state="detached")
            page.wait_for_selector("button[name=action_send]:visible")
            self.assertEqual(len(page.context.pages), 1, "nothing opens beside the letter")
        self.env.invalidate_all()
        self.assertEqual(self.client.vat, "12345678Z")

    def test_a_client_declines_on_a_phone(self):
        letter = self.send()
        with self.browse(PHONE, f"/engagement/{self.get_token(self.get_mails(letter))}") as page:
            page.click("summary:has-text('I do not want to sign')")
            page.select_option("#reason", label="I have chosen another firm")
            faults = self.find_faults(page)
            page.click("button:has-text('Refuse')")
            page.wait_for_selector("h1:has-text('Thank you for telling us')")
            faults += self.find_faults(page)
            self.assert_fits(page)
        self.assertFalse(faults)
        self.env.invalidate_all()
        self.assertEqual(letter.refusal_reason_id, self.env.ref("crm_firm.lost_reason_other_firm"))

    def test_the_page_that_checks_a_file_can_be_used_by_everybody(self):
        for device in (DESK, PHONE):
            with self.browse(device, "/engagement/verify") as page:
                faults = self.find_faults(page)
                self.assert_fits(page)
                page.set_input_files("#verify_file", {"name": "x.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
                page.click("button:has-text('Verify')")
                page.wait_for_selector("text=none of our letters")
                faults += self.find_faults(page)
            self.assertFalse(faults)
