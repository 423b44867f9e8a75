"""What networks are asked for: the answers of a form, over HTTP, of a service on loopback."""

from contextlib import contextmanager

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import FirmCast
from .intake_common import LINKEDIN, LINKEDIN_LEAD, META, META_LEAD, IntakeTools, network

META_PATH, LINKEDIN_PATH = "/123123123123", f"/leadFormResponses/{LINKEDIN_LEAD['id']}"
EXPIRED = (400, {"error": {"message": "Error validating access token", "code": 190}})


@tagged("post_install", "-at_install")
class TestIntakeFetching(FirmCast, IntakeTools, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.setUpSources()

    @contextmanager
    def service(self, answers):
        with network(answers) as (address, asked):
            for name in ("crm_firm.meta_graph_url", "crm_firm.linkedin_api_url"):
                self.env["ir.config_parameter"].set_param(name, address)
            yield asked

    def test_meta_is_asked_what_the_person_answered(self):
        self.sources["meta"].mapping_ids = [
            (0, 0, {"question": f"optional_{number}", "target": "consent_commercial", "wording": f"Box {number}"})
            for number in (1, 2)
        ]
        with self.service({META_PATH: (200, META_LEAD)}) as asked:
            lead = self.take_lead("meta", META)
        self.assertEqual((lead.contact_name, lead.email_from), ("Joe Example", "joe@example.com"))
        self.assertEqual((lead.channel_id.code, lead.consent_ids.wording), ("banner", "Box 1"))
        self.assertEqual(str(lead.consent_ids.date), "2015-02-28 08:49:14", "when the box was ticked")
        [(path, query, authorization)] = asked
        self.assertEqual((path, authorization), (META_PATH, "Bearer page token"), "the token is in no address")
        self.assertIn("custom_disclaimer_responses", query["fields"][0])

    def test_linkedin_is_asked_what_the_person_answered(self):
        with self.service({LINKEDIN_PATH: (200, LINKEDIN_LEAD)}):
            lead = self.take_lead("linkedin", LINKEDIN)
        self.assertEqual((lead.contact_name, lead.email_from), ("Ana Ruiz", "ana.ruiz@client.example.com"))
        self.assertIn("11 to 50", lead.description)

    def test_a_test_lead_of_meta_makes_no_request(self):
        test_lead = META_LEAD | {"field_data": [{"name": "email", "values": ["<test lead: dummy data for email>"]}]}
        with self.service({META_PATH: (200, test_lead)}):
            delivery = self.take("meta", META)
            self.run_job()
        self.assertEqual((delivery.state, self.count_leads()), ("test", 0))

    def test_an_expired_token_is_told_at_once_and_a_new_one_brings_what_waited(self):
        answers = {META_PATH: EXPIRED}
        with self.service(answers):
            delivery = self.take("meta", META)
            self.run_job()
            self.assertEqual((delivery.state, delivery.tries), ("failed", 1))
            self.assertIn("expired", delivery.failure)
            self.assertEqual(delivery.task_id.user_id, self.marta)
            answers[META_PATH] = (200, META_LEAD)
            self.sources["meta"].with_user(self.marta).typed_token = "new token"
            self.run_job()
        self.assertEqual((delivery.state, self.count_leads()), ("done", 1))

    def test_what_a_network_answers_badly_is_asked_again_later_each_time(self):
        answers = {}
        with self.service(answers) as asked:
            delivery = self.take("meta", META)
            for number, answer in enumerate(
                (
                    *((500, {}), (404, b"<html>"), (200, b"[]"), (200, b"[" * 50_000), (302, {}), (429, {"error": "busy"})),
                    *((200, b'{"a": "' + b"x" * 1_100_000 + b'"}'), (500, {"error": {"message": ["x"]}})),
                )
            ):
                answers[META_PATH] = answer
                self.let_time_pass()
                self.run_job()
                with self.subTest(answer=str(answer)[:30]):
                    self.assertEqual((delivery.state, delivery.tries), ("failed", number + 1))
                    self.assertTrue(delivery.next_try_on > delivery.write_date)
            self.assertEqual({path for path, _query, _authorization in asked}, {META_PATH}, "it goes nowhere else")
            self.assertEqual(len(self.env["mail.activity"].search([("id", "=", delivery.task_id.id)])), 1)
            answers[META_PATH] = (200, META_LEAD)
            self.let_time_pass()
            self.run_job()
        self.assertEqual((delivery.state, self.count_leads()), ("done", 1))

    def test_a_network_that_is_down_is_asked_again(self):
        with self.service({}):
            pass  # its address is nobody's any more
        delivery = self.take("meta", META)
        self.run_job()
        self.assertEqual((delivery.state, delivery.tries), ("failed", 1))
        self.assertIn("cannot be reached", delivery.failure)

    def test_a_message_that_names_no_form_is_told_and_asks_nobody(self):
        bad = {"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "../../me"}}]}]}
        with self.service({}) as asked:
            delivery = self.take("meta", bad)
            self.run_job()
        self.assertEqual((delivery.state, asked), ("failed", []))
        self.assertTrue(delivery.task_id)
        self.assertFalse(delivery.next_try_on, "nothing is better the next time")

    def test_without_a_token_nobody_is_asked(self):
        self.sources["meta"].token = False
        with self.service({META_PATH: (200, META_LEAD)}) as asked:
            delivery = self.take("meta", META)
            self.run_job()
        self.assertEqual((delivery.state, asked), ("failed", []))

    def test_once_a_day_what_no_message_told_of_is_taken_in_once(self):
        source = self.sources["meta"]
        source.form_ids_text = "77, none, 78"
        second = {"data": [{"id": "2"}, {"id": 5}, {"id": "../me"}, None]}
        pages = {"data": [{"id": "123123123123"}, {"id": "1"}], "paging": {"next": "x", "cursors": {"after": "AB"}}}
        answers = {"/77/leads": (200, pages), "/78/leads": (200, second), META_PATH: (200, META_LEAD)}
        answers |= {f"/{number}": (200, META_LEAD | {"id": number}) for number in ("1", "2", "5")}
        with self.service(answers) as asked:
            self.take("meta", META)
            for _day in range(2):
                self.run_job("ir_cron_intake_reconcile")
                self.run_job()
        found = self.Delivery.search([("source_id", "=", source.id)])
        self.assertEqual(set(found.mapped("external_id")), {"123123123123", "1", "2", "5"})
        self.assertEqual((set(found.mapped("state")), self.count_leads()), ({"done"}, 4))
        self.assertIn(["AB"], [query.get("after") for _path, query, _authorization in asked])

    @mute_logger("odoo.addons.crm_firm.models.channels.firm_intake_source")
    def test_the_daily_comparison_survives_a_network_that_refuses(self):
        self.sources["meta"].form_ids_text = "77"
        with self.service({"/77/leads": EXPIRED}) as asked:
            self.run_job("ir_cron_intake_reconcile")
        self.assertEqual(len(asked), 1)
        self.assertFalse(self.Delivery.search([]))
