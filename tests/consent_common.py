"""A request whose person answers questions of consent. No test in here."""

from odoo.tests import TransactionCase

from .common import FirmCast

NOW = "2026-03-02 11:00:00"
EMAIL = "ana.ruiz@client.example.com"


class ConsentCase(FirmCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.lead = cls.receive_request(user_id=cls.olga.id)
        cls.handling = cls.env.ref("crm_firm.consent_wording_handling")
        cls.commercial = cls.env.ref("crm_firm.consent_wording_commercial")

    def grant(self, holder=None, **kwargs):
        return (holder or self.lead).record_consent("commercial", "granted", **kwargs)

    def withdraw(self, holder=None, **kwargs):
        return (holder or self.lead).record_consent("commercial", "withdrawn", **kwargs)

    def get_entry(self):
        return self.env["mail.blacklist"].search([("email", "=", EMAIL)])
