"""Every door of engagement letters is opened in a real Chromium, in Spanish, by everybody it is offered to."""

from odoo.tests import HttpCase, tagged

from ..models.engagement.firm_engagement_letter import STATES
from .browser_common import DESK, PHONE
from .crawl_common import CrawlCase


@tagged("post_install", "-at_install")
class TestCrawlLetters(CrawlCase, HttpCase):
    subject = "letters"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The firm of the demo has a letter in every state; these are complete, and the youngest of their kind, which is opened
        company = cls.env.ref("base.main_company")
        company.crm_firm_letter_identification = True
        cls.make_letter("draft, ready")
        signed = cls.make_letter("signed")
        # As if the firm knew the client meanwhile: work may start, and nobody has started it.
        cls.env["firm.engagement.identification"]._add(
            [
                {
                    "letter_id": signed.id,
                    "partner_id": signed.partner_id.id,
                    "user_id": cls.env.uid,
                    "date": "2026-03-02",
                    "person": "Ana Prueba",
                    "document": "dni",
                    "number": "12345678Z",
                }
            ]
        )
        company.crm_firm_letter_code = True
        cls.make_letter("sent")
        cls.env.flush_all()

    def test_the_firm_of_the_demo_has_a_letter_in_every_state(self):
        for state, _name in STATES:
            self.assertEqual(self.env.ref(f"crm_firm.demo_letter_{state}").state, state)

    def test_screens_of_letters_open_at_a_desk(self):
        self.crawl_everybody(DESK, "", {})

    def test_screens_of_letters_open_on_a_phone(self):
        self.crawl_everybody(PHONE, " by phone", {})
