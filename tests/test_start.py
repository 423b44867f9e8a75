"""Everybody starts at their work, and finds people, requests and cases in one box."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .browser_common import DESK, PHONE, BrowserCase
from .case_common import CaseCase
from .common import FirmCase, FirmCast


@tagged("post_install", "-at_install")
class TestStart(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sonia = new_test_user(
            cls.env, login="sonia.cases", name="Sonia Cases", groups="crm_firm.crm_firm_group_case_specialist"
        )

    def get_start(self, user):
        return self.env["ir.ui.menu"].with_user(user)._get_start_menu()

    def test_each_role_starts_at_its_work(self):
        for user, menu in (
            (self.marta, "follow_up_dashboard_menu"),
            (self.fran, "firm_request_register_menu"),
            (self.olga, "crm_lead_my_day_menu"),
            (self.sonia, "case_my_day_menu"),
        ):
            self.assertEqual(self.get_start(user), self.env.ref(f"crm_firm.{menu}"), user.name)
        self.assertFalse(self.get_start(self.elsa))
        self.assertFalse(self.get_start(self.paula))

    def test_everybody_sees_the_menu_they_start_with(self):
        for user in (self.marta, self.fran, self.olga, self.sonia):
            menu = self.get_start(user)
            self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(user).load_menus(False), user.name)

    def test_the_crm_opens_where_its_user_starts(self):
        root = self.env.ref("crm.crm_menu_root")
        for user in (self.marta, self.fran, self.olga):
            opened = self.env["ir.ui.menu"].with_user(user).load_web_menus(False)[root.id]
            self.assertEqual(opened["actionID"], self.get_start(user).action.id, user.name)
        self.assertNotIn(root.id, self.env["ir.ui.menu"].with_user(self.sonia).load_web_menus(False))


@tagged("post_install", "-at_install")
class TestFinder(CaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls.open_case(user_id=cls.sara.id)
        cls.lead = cls.receive_request(
            contact_name="Berta Quiroga", email_from="berta@quiroga.example.net", phone="+34 611 22 33 44", user_id=cls.olga.id
        )
        cls.partner = cls.env["res.partner"].create({"name": "Quiroga Hermanos SL", "is_company": True, "vat": "ESB12345674"})

    def find(self, user, text):
        found = self.env["firm.finder"].with_user(user).find(text)
        return {(item["model"], item["id"]) for item in found}

    def test_a_request_is_found_by_name_phone_and_address(self):
        for text in ("Quiroga", "611223344", "+34 611 22 33 44", "berta@quiroga.example.net"):
            self.assertIn(("crm.lead", self.lead.id), self.find(self.olga, text), text)
        self.assertIn(("res.partner", self.partner.id), self.find(self.olga, "B12345674"))

    def test_nobody_finds_what_they_may_not_open(self):
        self.assertNotIn(("crm.lead", self.lead.id), self.find(self.nadia, "Quiroga"))
        self.assertNotIn("Berta", str(self.env["firm.finder"].with_user(self.nadia).find("611223344")))
        self.assertFalse(self.find(self.elsa, self.case.number))
        with self.assertRaises(AccessError):
            self.find(self.paula, "Quiroga")

    def test_a_case_is_found_by_its_number_its_title_and_its_client(self):
        for text in (self.case.number, self.case.name, self.case.partner_id.name):
            self.assertIn(("helpdesk.ticket", self.case.id), self.find(self.case.user_id, text), text)

    def test_too_little_finds_nothing_and_junk_is_refused_in_words(self):
        self.assertEqual(self.find(self.olga, " a "), set())
        self.assertEqual(self.find(self.olga, False), set())
        for junk in (5, ["a"], "x" * 5000, "a\0b"):
            with self.assertRaises(UserError):
                self.find(self.olga, junk)


@tagged("post_install", "-at_install")
class TestStartInBrowser(BrowserCase, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.lead = cls.receive_request(contact_name="Berta Quiroga", phone="+34 611 22 33 44", user_id=cls.olga.id)

    def test_who_has_no_role_in_the_firm_starts_as_without_it(self):
        for user in (self.elsa, self.paula):
            self.authenticate(user.login, user.login)
            info = self.make_jsonrpc_request("/web/session/get_session_info", {})
            self.assertEqual(info["uid"], user.id)
            self.assertFalse(info["home_action_id"])

    def test_an_owner_finds_a_caller_from_wherever_they_are(self):
        session = self.authenticate(self.olga.login, self.olga.login)
        for device in (DESK, PHONE):
            # The page after the login says nothing of where to go.
            with self.browse(device, "/odoo", session=session, ready=".o_firm_day") as page:
                self.assertIn("/my-day", page.url)
                page.keyboard.press("Control+k")
                page.fill(".o_command_palette_search input", "611 223 344")
                page.click(".o_firm_found:has-text('Berta Quiroga')")
                page.wait_for_selector(".o_form_view")
                self.assertIn(f"/{self.lead.id}", page.url)
