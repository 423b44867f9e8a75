"""The front desk with a caller on the line: nothing to look for, nothing said twice, the fewest actions."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools.safe_eval import safe_eval

from .browser_common import BrowserCase
from .register_common import NEW, RegisterCase

DESK = {"viewport": {"width": 1366, "height": 768}}
SEARCH = ".o_firm_caller input"
ANSWER = ".o_field_widget[name=%s_answer] .o_radio_item:has-text('%s') input"
DONE = "div[name=done]:has-text('Registered')"


@tagged("post_install", "-at_install")
class TestRegisterDesk(RegisterCase):
    def find_faults(self, **values):
        return self.env["crm.lead"].with_user(self.fran).find_registration_faults({"channel_id": self.channel_phone.id} | values)

    def test_all_that_is_missing_or_wrong_is_said_at_once(self):
        self.assertEqual(set(self.find_faults()), {"contact_name", "phone", "handling"})
        faults = self.find_faults(
            partner_name="X", phone="12", email_from="a@b", vat="B12345678", create_account=True, fee_informed=True
        )
        self.assertEqual(set(faults), {"phone", "email_from", "vat", "fee_informed", "handling"})
        with self.assertRaises(UserError) as caught:
            self.register(phone="12", email_from="a@b", consents={})
        for fault in self.find_faults(phone="12", email_from="a@b").values():
            self.assertIn(fault, str(caught.exception))

    def test_every_fault_has_its_place_on_the_screen(self):
        arch = etree.fromstring(self.env["firm.request.register"].get_view(view_type="form")["arch"])
        places = {safe_eval(node.get("options"))["field"] for node in arch.iter("widget") if node.get("name") == "firm_fault"}
        screen = self.env["firm.request.register"].with_user(self.fran).create({"fee_informed": True, "create_account": True})
        self.assertGreater(len(screen.find_faults()), 3)
        for values in (
            {},
            {"create_contact": True},
            {"phone": "12", "email_from": "a@b", "partner_name": "X", "vat": "B12345678"},
            {"partner_id": self.pau.id, "create_contact": True, "create_account": False},
            {"commercial_version": 99, "handling_version": 99},
        ):
            screen.write(values)
            self.assertLessEqual(set(screen.find_faults()), places)

    def test_nothing_is_said_of_what_can_be_registered(self):
        self.assertEqual(self.find_faults(**NEW), {})

    def test_a_vat_number_is_judged_while_it_is_typed(self):
        Lead = self.env["crm.lead"].with_user(self.fran)
        for text in ("", "B58378431", "b-58.378.431", "CIF: B58378431", "ESB58378431", "12345678Z", "X1234567L"):
            self.assertEqual(Lead.find_vat_fault(text), "", text)
        for text in ("B58378432", "12345678A", "ES12345678A"):
            self.assertIn("digit by digit", Lead.find_vat_fault(text), text)

    def test_a_company_lists_its_people(self):
        Lead = self.env["crm.lead"].with_user(self.fran)
        self.env["res.partner"].create({"name": "Delivery", "parent_id": self.bodegas.id, "type": "delivery"})
        self.assertEqual(
            Lead.find_people(self.bodegas.id), [{"id": self.pau.id, "name": "Pau Ferrer", "function": self.pau.function}]
        )
        self.assertEqual(Lead.find_people(self.pau.id), [])
        with self.assertRaises(AccessError):
            self.env["crm.lead"].with_user(self.elsa).find_people(self.bodegas.id)


@tagged("post_install", "-at_install")
class TestRegisterDeskBrowser(BrowserCase, RegisterCase, HttpCase):
    def browse_desk(self):
        session = self.authenticate(self.fran.login, self.fran.login)
        return self.browse(DESK, "/odoo/register-request", session=session, ready=f"{SEARCH}:focus")

    def is_seen(self, page, selector):
        box = page.locator(selector).bounding_box()
        return box and box["y"] > 0 and box["y"] + box["height"] <= page.viewport_size["height"]

    def test_what_is_read_aloud_is_seen_without_scrolling(self):
        with self.browse_desk() as page:
            shown = (ANSWER % ("handling", "Yes"), ANSWER % ("commercial", "Yes"), "button[name=action_register]")
            for selector in shown:
                self.assertTrue(self.is_seen(page, selector), selector)
            page.fill(SEARCH, "Pau Ferrer")
            page.click(".o_firm_caller_match:has-text('Pau Ferrer')")
            page.wait_for_selector(".o_firm_register_known")
            for selector in shown:
                self.assertTrue(self.is_seen(page, selector), f"{selector} of a known client")
            self.assertFalse(self.find_faults(page, only=[".o_firm_register_bottom", ".o_firm_register_search"]))

    def test_a_call_of_a_known_client_is_four_actions(self):
        self.pau.record_consent("handling", "granted")
        with self.browse_desk() as page:
            page.keyboard.type("600 998 877")
            page.wait_for_selector(".o_firm_caller_match:has-text('Pau Ferrer')")
            page.keyboard.press("Enter")
            page.wait_for_selector(".o_firm_caller .badge:has-text('Pau Ferrer')")
            page.fill(".o_field_widget[name=description] textarea", "Asks about the balance sheet")
            page.keyboard.press("Control+Enter")
            page.wait_for_selector(DONE)
        self.assertTrue(self.env["crm.lead"].search([("name", "=", "Asks about the balance sheet")]))

    def test_tab_goes_on_and_faults_stand_together_at_their_fields(self):
        with self.browse_desk() as page:
            page.keyboard.type("Nuria Nueva")
            page.wait_for_selector(".o_firm_caller_new")
            page.keyboard.press("Tab")
            page.wait_for_selector(".o_field_widget[name=contact_name] input:focus")
            page.fill(".o_field_widget[name=phone] input", "12")
            page.fill(".o_field_widget[name=vat] input", "B12345678")
            page.locator(".o_field_widget[name=vat] input").dispatch_event("input")
            page.wait_for_selector(".o_field_widget[name=vat] .o_firm_fault")
            page.fill(".o_field_widget[name=vat] input", "B58378431")
            page.wait_for_selector(".o_field_widget[name=vat] .o_firm_valid")
            page.keyboard.press("Control+Enter")
            for name in ("phone", "handling_answer"):
                page.wait_for_selector(f".o_firm_fault[data-field={name}]")
            page.wait_for_selector(".o_field_widget[name=phone] input:focus")
            self.assertFalse(page.locator(".modal").count())
            page.fill(".o_field_widget[name=phone] input", "600 11 22 33")
            page.click(ANSWER % ("handling", "Yes"))
            page.wait_for_selector(".o_firm_fault[data-field=phone]", state="detached")
            page.click("button[name=action_register]")
            page.wait_for_selector(DONE)

    def test_no_field_has_the_focus_behind_what_stands_at_the_foot(self):
        covered = """() => {
            const field = document.activeElement, box = field.getBoundingClientRect();
            const seen = document.elementFromPoint(box.left + 3, (box.top + box.bottom) / 2);
            return !seen || !(field.contains(seen) || seen.contains(field));
        }"""
        with self.browse_desk() as page:
            page.fill(".o_field_widget[name=phone] input", "12")
            page.fill(".o_field_widget[name=email_from] input", "a@b")
            page.click("button[name=action_register]")
            page.wait_for_selector(".o_firm_fault[data-field=email_from]")
            page.focus(SEARCH)
            seen = []
            for _step in range(30):
                page.keyboard.press("Tab")
                name = page.evaluate("document.activeElement.closest('.o_field_widget, button')?.getAttribute('name')")
                self.assertFalse(page.evaluate(covered), f"the field {name} is covered")
                if name == "action_register":
                    break
                seen.append(name)
        self.assertLessEqual({"vat", "function", "description", "specialist_id"}, set(seen))

    def test_a_fault_whose_place_is_hidden_is_told_all_the_same(self):
        self.pau.record_consent("handling", "granted")
        self.pau.lang = self.company._get_crm_firm_lang()  # another one would ask anew
        with self.browse_desk() as page:
            page.click(ANSWER % ("handling", "No"))  # hidden as soon as it is known who calls
            page.fill(SEARCH, "600 998 877")
            page.click(".o_firm_caller_match:has-text('Pau Ferrer')")
            page.wait_for_selector(ANSWER % ("handling", "No"), state="detached")
            page.fill(".o_field_widget[name=description] textarea", "Asks about the balance sheet")
            page.click("button[name=action_register]")
            page.wait_for_selector(".o_notification:has-text('Without permission we cannot keep')")
        self.assertFalse(self.env["crm.lead"].search([("name", "=", "Asks about the balance sheet")]))

    def test_what_is_said_of_a_vat_number_is_of_the_one_that_stands_there(self):
        """Neither an answer that comes late, nor one that does not come, nor a number that is far too long."""
        vat, asked = ".o_field_widget[name=vat] input", []
        lost, long, late = "B12345670", "B" * 210, "B12345678"

        def answer(route):
            asked.append(route.request.post_data_json["params"]["args"][0])
            if asked[-1] == lost:
                return route.abort()
            if asked[-1] == late:  # who types goes on before there is an answer
                page.eval_on_selector(vat, "input => { input.value = 'B123'; }")
            return route.continue_()

        with self.browse_desk() as page:
            page.route("**/find_vat_fault", answer)
            page.fill(SEARCH, "Nuria Nueva")
            page.wait_for_selector(".o_firm_caller_new")
            for text in (lost, long, late):
                event = "requestfailed" if text == lost else "requestfinished"
                with page.expect_event(event, lambda request: request.url.endswith("find_vat_fault")):
                    page.fill(vat, text)
                page.evaluate("() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
                self.assertFalse(page.locator(".modal, .o_notification, .o_firm_fault, .o_firm_valid").count(), text)
        self.assertEqual(asked, [lost, long, late])

    def test_the_person_of_a_company_is_chosen_with_a_click(self):
        with self.browse_desk() as page:
            page.keyboard.type("Bodegas Ferrer")
            page.click(".o_firm_caller_match:has-text('Bodegas Ferrer')")
            page.click(".o_firm_caller_people button:has-text('Pau Ferrer')")
            page.wait_for_selector(".o_firm_caller .badge:has-text('Pau Ferrer')")
            page.wait_for_selector(".o_firm_caller_people", state="detached")
            self.assertEqual(page.input_value(".o_field_widget[name=contact_name] input"), "Pau Ferrer")
