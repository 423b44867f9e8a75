"""Whose: whoever sees what several people have to do filters every list by owner in one click."""

from lxml import etree

from odoo.tests import HttpCase, tagged
from odoo.tools.safe_eval import safe_eval

from . import test_views
from .browser_common import DESK, PHONE, BrowserCase
from .case_common import CaseCase

OPTIONS = ("enable_counters", "expand", "hierarchize", "limit")
# Odoo's own lists that colleagues work with, beside all that our menus open
ODOOS = ("crm.crm_lead_all_leads", "crm.crm_lead_action_pipeline", "crm.crm_lead_opportunities")
# What does not belong to its `user_id`
NOT_OWNED = {
    "crm_firm.firm_intake_source_action": "a setting: who gets what comes from there",
}


@tagged("post_install", "-at_install")
class TestOwnerFilter(BrowserCase, CaseCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls.open_case(user_id=cls.sara.id)
        cls.of_olga = cls.receive_request(contact_name="Ana Olga", user_id=cls.olga.id)
        cls.of_oscar = cls.receive_request(contact_name="Berta Oscar", email_from="b@x.example.com", user_id=cls.oscar.id)

    _get_records = test_views.TestViews._get_records
    _get_menu_actions = test_views.TestViews._get_menu_actions

    def get_lists(self):
        """Return {xmlid: action} of all that shows people a list in which rows belong to somebody."""
        actions = {f"crm_firm.{xmlid}": action for xmlid, action in self._get_menu_actions().items()}
        actions |= {xmlid: self.env.ref(xmlid) for xmlid in ODOOS}
        return {
            xmlid: action
            for xmlid, action in actions.items()
            if "list" in action.view_mode and "user_id" in self.env[action.res_model]._fields and xmlid not in NOT_OWNED
        }

    def get_panel(self, action, user):
        arch = self.env[action.res_model].with_user(user).get_view(action.search_view_id.id, "search")["arch"]
        return etree.fromstring(arch).xpath("//searchpanel/field[@name='user_id']")

    def test_every_list_of_what_belongs_to_somebody_is_filtered_by_owner_in_one_click(self):
        lists = self.get_lists()
        self.assertGreaterEqual(len(lists), 17, "they are found")
        for xmlid, action in lists.items():
            with self.subTest(xmlid):
                (node,) = self.get_panel(action, self.marta)
                options = {name: safe_eval(node.get(name, "0")) for name in OPTIONS}
                Model = self.env[action.res_model].with_user(self.marta)
                domain = safe_eval(action.domain or "[]", {"uid": self.marta.id})
                offered = Model.search_panel_select_range("user_id", **options, search_domain=domain)["values"]
                counts = {value["id"]: value["__count"] for value in offered if value["__count"]}
                groups = Model._read_group([*domain, ("user_id", "!=", False)], ["user_id"], ["__count"])
                self.assertEqual(counts, {owner.id: count for owner, count in groups})

    def test_who_sees_their_own_only_is_not_offered_whose(self):
        for xmlid, action in self.get_lists().items():
            if self.env[action.res_model].with_user(self.olga).has_access("read"):
                with self.subTest(xmlid):
                    self.assertFalse(self.get_panel(action, self.olga))

    def test_one_click_at_a_desk_and_a_menu_on_a_phone(self):
        session = self.authenticate(self.marta.login, self.marta.login)
        row = ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)"
        for device in (DESK, PHONE):
            width = device["viewport"]["width"]
            with (
                self.subTest(width=width),
                self.browse(device, "/odoo/first-contact", session=session, ready=row.split(",")[device is PHONE]) as page,
            ):
                if device is PHONE:
                    page.click(".o_search_panel .o-dropdown-caret")
                else:
                    box = page.locator(".o_firm_owners").bounding_box()
                    self.assertEqual(box["width"], width, "it takes a row, and nothing of the width of the list")
                    self.assertLess(box["height"], 60)
                    self.assertFalse(self.find_faults(page, only=[".o_firm_owners", ".o_data_row .o_list_button"]))
                page.click(f".o_search_panel_category_value:has-text('{self.olga.name}')")
                page.wait_for_function("() => !document.querySelector('.o_renderer').textContent.includes('Berta Oscar')")
                self.assertIn("Ana Olga", page.inner_text(".o_renderer"))
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), width)
