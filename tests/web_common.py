"""Visitors of the website, and what they see and send. No test in here."""

from unittest.mock import patch

from lxml import html

from odoo.tests import HttpCase

from .common import FirmCast

INTAKE = "odoo.addons.crm_firm.models.request.crm_lead_web_page"
CONTROLLER = "odoo.addons.crm_firm.controllers.website_form"


class WebCase(FirmCast, HttpCase):
    """Forms as a browser sends them: the page is fetched, its hidden fields go along with what a person types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.website = cls.env["website"].search([], limit=1)
        cls.company = cls.website.company_id
        cls.english, cls.spanish = (cls.env["res.lang"]._activate_lang(code) for code in ("en_US", "es_ES"))
        cls.company.partner_id.lang = "en_US"
        cls.website.write(
            {
                "language_ids": [(6, 0, (cls.english | cls.spanish).ids)],
                "default_lang_id": cls.english.id,
                "crm_default_user_id": False,
                "crm_default_team_id": False,
            }
        )

    def setUp(self):
        super().setUp()
        # Nobody is faster than a test; the limits themselves have tests of their own.
        self.startPatcher(patch(f"{INTAKE}.MIN_FILL_SECONDS", 0))
        self.company.write({"crm_firm_web_requests_hour": 0, "crm_firm_web_requests_person": 0})
        self.env.flush_all()

    def open_page(self, path="/request", **kwargs):
        response = self.url_open(path, **kwargs)
        self.assertEqual(response.status_code, 200)
        return html.document_fromstring(response.text)

    def get_hidden(self, page):
        return {field.name: field.value or "" for field in page.xpath("//form[@id='crm_firm_request']//input[@type='hidden']")}

    def post(self, data, query="", **kwargs):
        response = self.url_open(f"/website/form/crm.lead{query}", data=data, **kwargs)
        self.assertEqual(response.status_code, 200, response.text[:500])
        return response.json()

    def make_hidden(self):
        """What a page fetched by a visitor would hold: many a test does not need the page itself."""
        page = self.env["crm.lead"]._prepare_web_page_values(self.website, f"{self.base_url()}/request")
        return {"crm_firm_token": page["token"], "idempotency_key": ""}

    def send(self, path=None, **typed):
        """Fill in the page and send it. `None` leaves a field out."""
        data = self.get_hidden(self.open_page(path)) if path else self.make_hidden()
        data |= {
            "contact_name": "Ana Ruiz",
            "phone": "600 11 22 33",
            "email_from": "ana.ruiz@client.example.com",
            "description": "I need help with my tax return.",
            "practice_area_id": str(self.area_tax.id),
            "consent_handling": "1",
        }
        return self.post({name: text for name, text in (data | typed).items() if text is not None})

    def send_lead(self, path=None, **typed):
        answer = self.send(path, **typed)
        self.assertIn("id", answer, answer)
        return self.env["crm.lead"].browse(answer["id"])

    def count_leads(self):
        return self.env["crm.lead"].with_context(active_test=False).search_count([])

    def assert_refused(self, answer, field, message):
        self.assertNotIn("id", answer)
        self.assertRegex(answer["error_fields"][field], message)
        self.assertRegex(answer["error"], message)
