"""The firm's cases: who works on them, and a client who asks. No test in here."""

from contextlib import contextmanager

from .common import FirmCase, add_group, new_people


class CaseCast:
    """The team that cases are of, and Sara who works on them."""

    @classmethod
    def setUpTeam(cls):
        env = cls.env
        add_group(cls.sara, "crm_firm.crm_firm_group_case_specialist")
        cls.team = env.ref("crm_firm.team_client_requests")
        cls.vat = env.ref("crm_firm.category_vat")

    @classmethod
    def open_case_of(cls, partner, **values):
        defaults = {"partner_id": partner.id, "team_id": cls.team.id, "category_id": cls.vat.id}
        return cls.env["helpdesk.ticket"].create(defaults | values)


class CaseCase(CaseCast, FirmCase):
    """Sara is the specialist of the tax area, Nadia of the labour area. Marta manages cases. Paula is the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpCases()

    @classmethod
    def setUpCases(cls):
        env = cls.env
        cls.setUpTeam()
        add_group(cls.nadia, "crm_firm.crm_firm_group_case_specialist")
        cls.area_labour.specialist_ids = cls.nadia
        add_group(cls.marta, "crm_firm.crm_firm_group_case_manager")
        cls.ines = new_people(
            env,
            {
                "login": "ines.invoices",
                "name": "Ines Invoices",
                "email": "ines@firm.example.com",
                "groups": "crm_firm.crm_firm_group_case_specialist",
            },
        )
        cls.account = env["res.partner"].create({"name": "Panadería Paula SL", "is_company": True})
        cls.paula.partner_id.write({"parent_id": cls.account.id, "email": "paula@client.example.com"})
        cls.invoices = env.ref("crm_firm.category_invoices")
        cls.dismissal = env.ref("crm_firm.urgency_dismissal")
        cls.channel_area = env.ref("crm_firm.channel_client_area")
        cls.env.company.crm_firm_case_rating = False

    @classmethod
    def open_case(cls, **values):
        defaults = {
            "name": "VAT of the first quarter",
            "description": "How much is it?",
            "channel_id": cls.channel_area.id,
        }
        return cls.open_case_of(cls.paula.partner_id, **defaults | values)

    @contextmanager
    def refused(self, error, text):
        """Expect an error that says something; what was done until then is taken back (`assertRaisesRegex` does not)."""
        with self.assertRaises(error) as caught:
            yield
        self.assertIn(text, str(caught.exception))

    def get_deadline(self, case, kind):
        return case.deadline_ids.filtered(lambda deadline: deadline.kind == kind)

    def move(self, case, state):
        case.stage_id = self.env.ref(f"crm_firm.stage_{state}")
        self.env.flush_all()
