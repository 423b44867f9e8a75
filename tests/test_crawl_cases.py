"""Every door of cases, their documents and *My day* is opened in a real Chromium, in Spanish, by everybody it is offered to."""

from odoo.tests import HttpCase, new_test_user, tagged

from .browser_common import DESK, PHONE
from .crawl_common import CrawlCase
from .document_common import PDF

# Doors that nobody opens here, and why
SHUT = {"tab helpdesk.ticket description": "its only field stands at the top of the form"}


@tagged("post_install", "-at_install")
class TestCrawlCases(CrawlCase, HttpCase):
    subject = "cases"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "crm_firm.crm_firm_group_case_manager"
        email = "carlos@firm.example.com"
        cls.people["case manager, no requests"] = new_test_user(
            cls.env, "carlos.cases", groups, email=email, notification_type="inbox"
        )
        # What the firm of the demo is spared: a team with other tickets, a case that was reopened, and sold something by, with
        # documents to look at, and one that nobody has classified; a proposal to send, and somebody who was reached, to be
        # decided; the youngest of its kind is opened
        cls.env["helpdesk.ticket.team"].create({"name": "Soporte"})
        partner = cls.env.ref("crm_firm.demo_client_ana")
        common = {
            "partner_id": partner.id,
            "team_id": cls.env.ref("crm_firm.team_client_requests").id,
            "channel_id": cls.env.ref("crm_firm.channel_client_area").id,
            "description": "Una pregunta",
        }
        category = cls.env.ref("crm_firm.category_vat")
        case = cls.env["helpdesk.ticket"].create(
            {"name": "Reabierto", "category_id": category.id, "user_id": cls.people["specialist"].id, **common}
        )
        case.log_answer("Contestado por teléfono")
        case.resolve_case()
        case.reopen_case()
        owner = cls.people["owner"]
        opportunity = case.create_opportunity({"user_id": owner.id})
        proposal = "crm_firm.mail_activity_type_send_proposal"
        opportunity.activity_schedule(proposal, summary="Enviar la propuesta", user_id=owner.id)
        reached = cls.env["crm.lead"].create({"name": "Por decidir", "type": "lead", "user_id": owner.id})
        reached.channel_id = cls.env.ref("crm_firm.channel_phone")
        reached.log_contact_attempt("reached")
        for name in ("uno.pdf", "dos.pdf"):
            case._take_client_files([(name, PDF + name.encode())], {"user_id": partner.user_ids[:1].id})
        cls.env["helpdesk.ticket"].create({"name": "Sin clasificar", **common})
        cls.env.flush_all()

    def test_screens_of_cases_open_at_a_desk(self):
        self.crawl_everybody(DESK, "", SHUT)

    def test_screens_of_cases_open_on_a_phone(self):
        self.crawl_everybody(PHONE, " by phone", SHUT)
