"""Verification, conversion and its undoing in a real browser, as the owner."""

from odoo.tests import HttpCase, tagged

from .common import FirmCast


@tagged("post_install", "-at_install")
class TestConvertTour(FirmCast, HttpCase):
    browser_size = "1600x1000"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")  # the tour reads English, whatever the database speaks
        cls.setUpFirm()

    def test_owner_verifies_converts_and_takes_it_back(self):
        company = self.env["res.partner"].create(
            {"name": "Bodegas Ferrer, S.L.", "is_company": True, "vat": "ESA28015865", "country_id": self.env.ref("base.es").id}
        )
        person = self.env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": company.id, "email": "pau@bodegasferrer.example.net", "function": "Socio"}
        )
        lead = self.receive_request(
            contact_name="Pau Ferrer", email_from="pau@bodegasferrer.example.net", function="Administrador", user_id=self.olga.id
        )
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_firm_convert", login=self.olga.login, timeout=180)
        self.assertEqual(person.function, "Administrador")
        self.assertEqual((lead.type, lead.conversion_ids.state), ("lead", "undone"))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Marina Ferrer")]))
        self.assertEqual(lead.data_verified_by_id, self.olga)
