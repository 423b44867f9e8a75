"""Two firms in one database, each with a site of its own: what is sent to one is nothing to the other."""

from odoo import Command
from odoo.tests import tagged

from .common import new_people
from .web_common import WebCase

HOST = "other.firm.example.com"
HANGS_ON_IT = (
    *("crm.lead", "helpdesk.ticket", "firm.engagement.letter", "firm.document.request", "firm.consent", "firm.day.item"),
    *("firm.case.deadline", "firm.contact.attempt", "sale.order"),
)


@tagged("post_install", "-at_install")
class TestTwoSites(WebCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create(
            {"name": "Other Firm", "email": "hello@other.example.com", "country_id": cls.env.ref("base.es").id}
        )
        cls.other.partner_id.lang = "en_US"
        cls.other.write({"crm_firm_web_requests_hour": 0, "crm_firm_web_requests_person": 0})
        [cls.berta] = new_people(
            cls.env,
            {
                "login": "berta.boss",
                "name": "Berta Boss",
                "email": "berta@other.example.com",
                "tz": "Europe/Madrid",
                "lang": "en_US",
                "groups": "sales_team.group_sale_manager,crm_firm.crm_firm_group_case_manager",
                "company_id": cls.other.id,
                "company_ids": [Command.set(cls.other.ids)],
            },
        )
        # The area is shared, and Berta is one of its owners.
        cls.area_tax.owner_ids = [Command.link(cls.berta.id)]
        cls.site = cls.env["website"].create(
            {
                "name": "Other Firm",
                "company_id": cls.other.id,
                "domain": f"https://{HOST}",
                "language_ids": [Command.set(cls.english.ids)],
                "default_lang_id": cls.english.id,
                "crm_default_user_id": False,
                "crm_default_team_id": False,
            }
        )
        cls.env.flush_all()

    def send_to_other(self, **typed):
        """Fill in the page of the other firm's site and send it."""
        headers = {"Host": HOST}
        page = self.open_page(headers=headers)
        data = self.get_hidden(page) | {
            "contact_name": "Ana Ruiz",
            "phone": "600 11 22 33",
            "email_from": "ana.ruiz@client.example.com",
            "description": "I need help with my tax return.",
            "practice_area_id": str(self.area_tax.id),
            "consent_handling": "1",
            "consent_commercial": "1",
        }
        answer = self.post(data | typed, headers=headers)
        self.assertIn("id", answer, answer)
        return self.env["crm.lead"].browse(answer["id"])

    def test_a_request_belongs_to_the_firm_whose_site_it_was_sent_to(self):
        theirs, ours = self.send_to_other(), self.send_lead("/request")
        self.assertEqual((theirs.company_id, theirs.user_id, theirs.activity_ids.user_id), (self.other, self.berta, self.berta))
        self.assertEqual(theirs.consent_ids.company_id, self.other)
        self.assertEqual(ours.company_id, self.company)
        self.assertIn(ours.user_id, self.olga | self.oscar)
        mail = self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", theirs.id)])
        self.assertIn(self.other.email, mail.email_from)
        self.assertNotIn(self.company.name, f"{mail.subject} {mail.body_html} {mail.reply_to}")
        for user, mine, foreign in ((self.berta, theirs, ours), (self.marta, ours, theirs)):
            Lead = self.env["crm.lead"].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(Lead.search([("id", "in", (mine | foreign).ids)]).ids, mine.ids)
                self.assertFalse(Lead.browse(mine.id).duplicate_lead_count)
                found = [match["id"] for match in Lead.find_callers("+34 600 11 22 33") if match["model"] == "crm.lead"]
                self.assertEqual(found, mine.ids)

    def test_one_key_sent_to_two_firms_is_a_request_of_each(self):
        key = "b2a7c9d0-0f8e-4e51-9f57-5f3a1c6f0a11"
        theirs, again = (self.send_to_other(idempotency_key=key) for _number in range(2))
        self.assertEqual(theirs, again)
        ours = self.env["crm.lead"].browse(
            self.post(
                self.make_hidden()
                | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1", "idempotency_key": key}
            )["id"]
        )
        self.assertEqual((theirs.company_id, ours.company_id), (self.other, self.company))

    def test_what_becomes_of_it_stays_there(self):
        lead = self.send_to_other().with_user(self.berta)
        lead.log_contact_attempt("reached")
        done = lead.convert_request(opportunity={"name": "Tax"})
        lead.prepare_letter()
        team, category = self.env.ref("crm_firm.team_client_requests"), self.env.ref("crm_firm.category_vat")
        values = {"name": "VAT", "description": "x", "partner_id": done["contacts"][0], "team_id": team.id}
        case = self.env["helpdesk.ticket"].with_user(self.berta).create(values | {"category_id": category.id})
        case.request_document("Invoice", due="2030-01-01")
        for model in HANGS_ON_IT:
            with self.subTest(model=model):
                rows = self.env[model].search([("company_id", "=", self.other.id)])
                self.assertTrue(rows)
                self.assertFalse(self.env[model].with_user(self.marta).search([("id", "in", rows.ids)]))
