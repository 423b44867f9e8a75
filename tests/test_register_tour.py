"""The screen of the front desk in a real browser, by keyboard, by mouse and on a phone."""

from odoo.tests import HttpCase, tagged

from .common import FirmCast


class RegisterTourCase(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")  # the tours read English, whatever the database speaks
        cls.setUpFirm()
        cls.area_tax.consultation_fee = 60
        cls.company.currency_id = cls.env.ref("base.EUR")
        cls.bodegas = cls.env["res.partner"].create({"name": "Bodegas Ferrer, S.L.", "is_company": True})
        cls.pau = cls.env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": cls.bodegas.id, "email": "pau@bodegas.example.net", "phone": "+34 600 99 88 77"}
        )
        cls.env["crm.lead"].create(
            {"name": "Corporate tax", "type": "opportunity", "partner_id": cls.pau.id, "user_id": cls.olga.id}
        )
        cls.receive_request(contact_name="Secret Person", phone="+34 600 45 45 45", user_id=cls.olga.id)
        cls.area_unclassified.owner_ids = False

    def get_registered(self, **domain):
        return self.env["crm.lead"].search([(fname, "=", value) for fname, value in domain.items()])


@tagged("post_install", "-at_install")
class TestRegisterTour(RegisterTourCase):
    browser_size = "1280x800"

    def test_a_client_is_registered_without_a_mouse(self):
        self.start_tour("/odoo", "crm_firm_register_keyboard", login=self.fran.login, timeout=180)
        lead = self.get_registered(name="Question about a tax letter")
        self.assertEqual((lead.type, lead.partner_id, lead.fee_informed_amount), ("opportunity", self.pau, 60))
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual(
            {consent.purpose: consent.state for consent in lead.consent_ids}, {"handling": "granted", "commercial": "withdrawn"}
        )

    def test_a_message_is_left_and_a_known_consent_is_not_asked_again(self):
        marina = self.env["res.partner"].create({"name": "Marina Ferrer", "parent_id": self.bodegas.id, "phone": "+34 600 1"})
        marina.record_consent("handling", "granted")
        opportunity = self.get_registered(name="Corporate tax")
        self.start_tour("/odoo/register-request", "crm_firm_register_message", login=self.fran.login, timeout=180)
        self.assertIn("Asks when the papers are ready", " ".join(opportunity.message_ids.mapped("body")))
        self.assertIn("Call back", opportunity.activity_ids.mapped("summary")[0])
        lead = self.get_registered(partner_id=marina.id)
        self.assertEqual((lead.user_id, len(lead.consent_ids)), (self.olga, 0))

    def test_somebody_new_waits_in_the_pool_and_can_be_opened(self):
        self.start_tour("/odoo/crm", "crm_firm_register_somebody_new", login=self.fran.login, timeout=180)
        lead = self.get_registered(contact_name="Nuria <b>Nueva</b>")
        self.assertEqual(len(lead), 1)
        kept = self.env["firm.request.register"].search([])
        self.assertEqual(kept.mapped("state"), ["done"], "what was refused is gone")
        self.assertFalse(kept.phone or kept.contact_name)
        self.assertEqual((lead.type, lead.user_id, lead.phone), ("lead", self.env["res.users"], "+34 600 45 45 45"))


@tagged("post_install", "-at_install")
class TestRegisterTourPhone(RegisterTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_a_new_person_of_a_client_is_registered_with_a_thumb(self):
        self.start_tour("/odoo/register-request", "crm_firm_register_phone", login=self.fran.login, timeout=180)
        person = self.env["res.partner"].search([("name", "=", "Marina Ferrer")])
        self.assertEqual(person.parent_id, self.bodegas)
        self.assertEqual(self.get_registered(partner_id=person.id).type, "opportunity")
