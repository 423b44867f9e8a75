"""The front desk, a firm that is a client, and somebody new who calls. No test in here."""

from odoo.exceptions import UserError

from .common import FirmCase

NEW = {
    "contact_name": "Ana Ruiz",
    "phone": "600 11 22 33",
    "description": "Needs help with a tax letter",
    "consents": {"handling": "granted"},
}


class RegisterCase(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.bodegas = env["res.partner"].create(
            {"name": "Bodegas Ferrer, S.L.", "is_company": True, "vat": "ESB58378431", "country_id": env.ref("base.es").id}
        )
        cls.pau = env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": cls.bodegas.id, "email": "pau@bodegas.example.net", "phone": "+34 600 99 88 77"}
        )
        cls.area_tax.consultation_fee = 60

    def register(self, user=None, **values):
        values = {"channel_id": self.channel_phone.id, "practice_area_id": self.area_tax.id} | values
        return self.env["crm.lead"].with_user(user or self.fran).register_request(values)

    def find(self, text, user=None):
        return self.env["crm.lead"].with_user(user or self.fran).find_callers(text)

    def get_lead(self, result):
        return self.env["crm.lead"].with_context(active_test=False).browse(result["lead"])

    def register_client(self, **values):
        return self.register(partner_id=self.pau.id, description="A question", consents={"handling": "granted"}, **values)

    def assertRefused(self, text, **values):
        leads = self.env["crm.lead"].with_context(active_test=False).search_count([])
        with self.assertRaisesRegex(UserError, text):
            self.register(**NEW | values)
        self.assertEqual(self.env["crm.lead"].with_context(active_test=False).search_count([]), leads)
