from .common import FirmCase

VAT = "ESB58378431"


class ConversionCase(FirmCase):
    """A client with a person, a request of somebody else, and what its conversion usually says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client_company = cls.env["res.partner"].create(
            {"name": "Bodegas Ferrer, S.L.", "is_company": True, "vat": "ESA28015865", "country_id": cls.env.ref("base.es").id}
        )
        cls.client_person = cls.env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": cls.client_company.id, "email": "pau@bodegasferrer.example.net"}
        )

    def request(self, **values):
        lead = self.receive_request(
            **{
                "contact_name": "Irene Isern",
                "partner_name": "Isern Logística, S.L.",
                "email_from": "irene@isern.example.net",
                "phone": "+34 600 12 12 12",
                "vat": VAT,
                "function": "CEO",
                "user_id": self.olga.id,
            }
            | values
        )
        return lead.with_user(lead.user_id)

    def convert(self, lead, **values):
        return lead.convert_request(
            **{
                "account": {"name": "Isern Logística, S.L.", "vat": "B58378431", "city": "Reus", "employee_count": 30},
                "contacts": [
                    {"name": "Irene Isern", "function": "CEO", "mobile": "+34 600 12 12 12", "email": "irene@isern.example.net"},
                    {"name": "Jordi Isern", "function": "CFO"},
                ],
                "opportunity": {"name": "Tax advice", "expected_revenue": 1200, "specialist_id": self.sara.id},
            }
            | values
        )
