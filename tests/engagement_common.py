"""An opportunity of Olga's and the services its letters start with. No test in here."""

from .common import FirmCase, FirmCast


class LetterCast(FirmCast):
    @classmethod
    def setUpFirm(cls):
        super().setUpFirm()
        env = cls.env
        cls.company.partner_id.write({"vat": "ESB12345674", "street": "Calle Mayor 1", "city": "Madrid"})
        env["product.template"].search(
            [("practice_area_id", "in", (cls.area_tax | cls.area_labour).ids)]
        ).practice_area_id = False
        cls.service = cls._make_service("Tax return", cls.area_tax, 90, ["Preparing the return", "Filing it"], ["Appeals"])
        cls.other_service = cls._make_service("Payroll", cls.area_labour, 20, ["Payslips"], ["Dismissals"], fee_kind="monthly")
        cls.client = env["res.partner"].create(
            {
                "name": "Ana Ruiz",
                "email": "ana.ruiz@client.example.com",
                "vat": "12345678Z",
                "street": "Calle Menor 2",
                "city": "Madrid",
                "lang": "en_US",
            }
        )
        cls.opportunity = env["crm.lead"].create(
            {
                "name": "Income tax 2025",
                "type": "opportunity",
                "partner_id": cls.client.id,
                "user_id": cls.olga.id,
                "practice_area_id": cls.area_tax.id,
                "channel_id": cls.channel_phone.id,
            }
        )
        env.flush_all()

    @classmethod
    def _make_service(cls, name, area, price, included, excluded, **values):
        scopes = [("included", text) for text in included] + [("excluded", text) for text in excluded]
        return cls.env["product.template"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": False,
                "practice_area_id": area.id,
                "scope_ids": [(0, 0, {"kind": kind, "text": text}) for kind, text in scopes],
            }
            | values
        )

    def prepare(self):
        """The letter of the opportunity, as its owner makes it."""
        return self.opportunity.with_user(self.olga).prepare_letter().with_env(self.env)


class LetterCase(LetterCast, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
