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
