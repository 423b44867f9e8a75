"""Every door of engagement letters is opened in a real Chromium, in Spanish, by everybody it is offered to."""

from odoo.tests import HttpCase, tagged

from .browser_common import DESK, PHONE
from .crawl_common import CrawlCase


@tagged("post_install", "-at_install")
class TestCrawlLetters(CrawlCase, HttpCase):
    subject = "letters"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The firm of the demo has a letter in every state; these are complete, and the youngest of their kind, which is opened
        for state in ("draft, ready", "sent", "signed"):
            cls.make_letter(state)
        cls.env.flush_all()

    def test_screens_of_letters_open_at_a_desk(self):
        self.crawl_everybody(DESK, "", {})

    def test_screens_of_letters_open_on_a_phone(self):
        self.crawl_everybody(PHONE, " by phone", {})
