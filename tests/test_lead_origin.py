"""Leads of other addons and of programs are requests, too; imports of old data are not."""

import xmlrpc.client

from odoo.tests import HttpCase, tagged

from odoo.addons.crm_firm.models.channels import crm_lead_missing_channel

from .common import FirmCase, FirmCast


def assert_is_request(case, lead, code):
    case.assertEqual((lead.type, lead.channel_id.code, lead.contact_status), ("lead", code, "to_contact"))
    case.assertTrue(lead.first_contact_deadline)
    case.assertEqual(lead.practice_area_id, case.area_unclassified)


@tagged("post_install", "-at_install")
class TestLeadOrigin(FirmCase):
    def test_what_other_addons_write_on_their_leads_gives_the_channel(self):
        # Those addons need not be installed: the fields by which they say it are stood in for by their values.
        Lead = self.env["crm.lead"]
        for fname, code in crm_lead_missing_channel.ORIGINS.items():
            for values in ({"type": "opportunity"}, {"type": "lead"}, {}):
                with self.subTest(field=fname, values=values):
                    (completed,) = Lead._complete_request_values([values | {"name": "x", fname: 7, "user_id": False}])
                    self.assertEqual((completed["channel_id"], completed["type"]), (self.get_channel(code).id, "lead"))
                    self.assertEqual(completed["practice_area_id"], self.area_unclassified.id)

    def get_channel(self, code):
        channel = self.env["helpdesk.ticket.channel"]._get_by_code(code)
        self.assertEqual((channel.kind, channel.company_id.id), ("web", False))
        return channel

    def test_a_lead_of_another_addon_has_owner_deadline_and_call(self):
        self.area_unclassified.owner_ids = self.olga
        self.patch(crm_lead_missing_channel, "ORIGINS", {"referred": "chat"})  # a field that is there, in place of the chat's
        lead = self.env["crm.lead"].create({"name": "Chat", "phone": "+34 600 11 22 33", "referred": "x", "user_id": False})
        assert_is_request(self, lead, "chat")
        self.assertEqual((lead.user_id, lead.activity_ids.user_id), (self.olga, self.olga))
        self.assertTrue(lead.owner_untold)

    def test_a_channel_that_was_said_stays_and_other_leads_are_left_alone(self):
        self.patch(crm_lead_missing_channel, "ORIGINS", {"referred": "chat"})
        lead = self.receive_request(referred="x", channel_id=self.channel_phone.id)
        self.assertEqual(lead.channel_id, self.channel_phone)
        self.assertFalse(self.env["crm.lead"].create({"name": "Typed by a person"}).channel_id)

    def test_imports_are_no_requests(self):
        self.patch(crm_lead_missing_channel, "ORIGINS", {"referred": "chat"})
        self.patch(type(self.env["crm.lead"]), "_is_called_by_program", lambda self: True)
        Lead = self.env["crm.lead"].with_user(self.marta)
        result = Lead.load(["name", "type", "referred"], [["Old", "lead", "x"]])
        self.assertFalse(result["messages"])
        self.assertFalse(Lead.browse(result["ids"]).channel_id)
        self.assertFalse(Lead.with_context(import_file=True).create({"name": "Old", "referred": "x"}).channel_id)


@tagged("post_install", "-at_install")
class TestLeadOfProgram(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.area_unclassified.owner_ids = cls.olga
        cls.env.flush_all()

    def call(self, *args, user=None):
        user = user or self.marta
        server = xmlrpc.client.ServerProxy(f"{self.base_url()}/xmlrpc/2/object", transport=self.Transport(self))
        # `new_test_user` gives the login as password
        return server.execute_kw(self.env.cr.dbname, user.id, user.login, "crm.lead", *args)

    class Transport(xmlrpc.client.Transport):
        def __init__(self, case):
            super().__init__()
            self.case = case

        def request(self, host, handler, request_body, verbose=False):
            response = self.case.url_open(handler, data=request_body, headers={"Content-Type": "text/xml"})
            (result,), _method = xmlrpc.client.loads(response.content)
            return [result]

    def make(self, **values):
        answer = self.call("create", [{"name": "By a program", "phone": "+34 600 11 22 33"} | values])
        return self.env["crm.lead"].browse(answer[0] if isinstance(answer, list) else answer)

    def test_a_program_without_a_channel_makes_a_request(self):
        lead = self.make()
        assert_is_request(self, lead, "api")
        self.assertEqual((lead.user_id, lead.activity_ids.user_id), (self.olga, self.olga))

    def test_what_a_program_says_was_worked_on_already_is_left_alone(self):
        for values in ({"type": "opportunity"}, {"active": False}):
            with self.subTest(values=values):
                self.assertFalse(self.make(**values).channel_id)

    def test_a_program_that_imports_makes_no_request(self):
        result = self.call("load", [["name", "type"], [["Old lead", "lead"]]])
        self.assertFalse(self.env["crm.lead"].browse(result["ids"]).channel_id)
