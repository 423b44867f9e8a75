"""The screens people work on all day, at the sizes they have: what is needed first is seen first, and one click does it."""

from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .browser_common import PHONE, BrowserCase
from .case_common import CaseCase

DESK = {"viewport": {"width": 1366, "height": 768}}
POPOVER = ".o_firm_call_outcome [data-outcome=%s]"
# Selectors of what hides some of its text
FIND_CUT = """selectors => selectors.filter(selector => [...document.querySelectorAll(selector)].some(
    element => element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().width === 0))"""


@tagged("post_install", "-at_install")
class TestStaffScreens(BrowserCase, CaseCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.receive_request(
            contact_name="Maximiliana Fernández-Villaverde y Ruiz de Apodaca",
            partner_name="Explotaciones Agropecuarias del Guadalquivir Medio, S.A.T.",
            phone="+34 911 223 344 ext. 5566",
            description="<p>We inherited a flat.</p>" + "<p>And a garage.</p>" * 40,
            user_id=cls.olga.id,
        )

    def browse_as(self, user, path, device=DESK, ready=".o_data_row"):
        return self.browse(device, path, session=self.authenticate(user.login, user.login), ready=ready)

    def get_outcomes(self):
        return [outcome for outcome, _note in self.get_attempts()]

    def get_attempts(self):
        with self.between_requests():
            self.lead.invalidate_recordset()
            return [(attempt.outcome, attempt.note) for attempt in self.lead.contact_attempt_ids]

    def undo(self, page):
        with page.expect_response(lambda response: response.url.endswith("undo_contact_attempt")):
            page.click(".o_notification button:has-text('Undo')")

    def assert_seen(self, page, *selectors):
        """What is looked for is inside the window without scrolling."""
        height = page.viewport_size["height"]
        for selector in selectors:
            box = page.locator(selector).first.bounding_box()
            self.assertTrue(box, f"{selector} is shown")
            self.assertLess(box["y"] + min(box["height"], 40), height, f"{selector} is below the window")

    def test_names_lateness_and_phones_of_the_queue_are_never_cut(self):
        for user in (self.olga, self.marta):
            with self.browse_as(user, "/odoo/first-contact") as page:
                page.wait_for_selector(".o_data_row .o_firm_deadline .badge")
                cut = page.evaluate(
                    FIND_CUT,
                    [
                        ".o_data_row td[name=received_on] .o_firm_deadline",
                        ".o_data_row td[name=contact_name]",
                        ".o_data_row td[name=contact_name] .o_firm_two_lines > div",
                        ".o_data_row td[name=phone]",
                        ".o_data_row td.o_list_button",
                    ],
                )
                self.assertFalse(cut, user.name)
                for words in ("Reached", "No answer", "Proposal"):
                    self.assertTrue(page.locator(f".o_data_row button:has-text('{words}')").first.is_visible(), words)
                self.assert_seen(page, ".o_data_row .o_firm_log_call")
                self.assertFalse(self.find_faults(page, only=[".o_data_row .o_list_button", ".o_firm_deadline"]))

    def test_outcome_of_a_call_is_given_on_list_card_and_form(self):
        card = ".o_kanban_record:not(.o_kanban_ghost)"
        for device, path, ready in (
            (DESK, "/odoo/first-contact", ".o_data_row"),
            (PHONE, "/odoo/first-contact", card),
            (DESK, f"/odoo/first-contact/{self.lead.id}", ".o_form_statusbar"),
        ):
            with (
                self.subTest(path=path, width=device["viewport"]["width"]),
                self.browse_as(self.olga, path, device, ready) as page,
            ):
                page.click(f"{ready} .o_firm_log_call")
                page.wait_for_selector(POPOVER % "reached")
                self.assertFalse(self.find_faults(page, only=[".o_firm_call_outcome"]))
                page.fill(".o_firm_call_outcome textarea", "Asks for Tuesday")
                page.click(POPOVER % "reached")
                page.wait_for_selector(".o_notification:has-text('Reached')")
                self.assertEqual(self.get_attempts(), [("reached", "Asks for Tuesday")])
                self.undo(page)
                self.assertEqual(self.get_outcomes(), [])

    def test_a_later_call_is_agreed_with_a_click_on_a_working_day(self):
        with self.browse_as(self.olga, "/odoo/first-contact") as page:
            page.click(".o_data_row .o_firm_log_call")
            page.click(POPOVER % "call_back")
            page.click(".o_firm_call_outcome [data-proposal]:nth-child(3)")
            page.click(".o_firm_call_outcome .btn-primary:enabled")
            page.wait_for_selector(".o_notification:has-text('Next try')")
        self.assertEqual(self.get_outcomes(), ["call_back"])
        day = self.company._get_crm_firm_local_date(self.lead.next_contact_on)
        today = self.company._get_crm_firm_today()
        self.assertEqual(self.company._get_crm_firm_working_days(today + timedelta(days=1), day), [day])

    def test_the_queue_waits_while_the_outcome_of_a_call_is_written(self):
        frames = "() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))"
        with self.browse_as(self.olga, "/odoo/first-contact") as page:

            def make_refresh_due():
                page.evaluate(
                    """() => {
                        const now = luxon.Settings.now();
                        luxon.Settings.now = () => now + 61_000;
                        document.dispatchEvent(new Event("visibilitychange"));
                    }"""
                )

            page.click(".o_data_row .o_firm_log_call")
            page.fill(".o_firm_call_outcome textarea", "Asks for Tuesday")
            asked = []
            page.on("request", lambda request: asked.append(request.url))
            make_refresh_due()
            page.evaluate(frames)
            self.assertFalse([url for url in asked if "web_search_read" in url])
            self.assertEqual(page.input_value(".o_firm_call_outcome textarea"), "Asks for Tuesday")
            page.keyboard.press("Escape")
            page.wait_for_selector(".o_firm_call_outcome", state="detached")
            with page.expect_response(lambda response: "web_search_read" in response.url):
                make_refresh_due()

    def test_reached_and_no_answer_are_one_click(self):
        for button, outcome in (("action_log_reached", "reached"), ("action_log_no_answer", "no_answer")):
            with self.browse_as(self.olga, "/odoo/first-contact") as page:
                page.click(f".o_data_row button[name={button}]")
                page.wait_for_selector(".o_notification button:has-text('Undo')")
                self.assertEqual(self.get_outcomes(), [outcome])
                self.undo(page)

    def test_new_in_the_queue_opens_register(self):
        with self.browse_as(self.fran, "/odoo/first-contact", ready=".o_list_button_add") as page:
            page.click(".o_list_button_add")
            page.wait_for_selector(".o_firm_register .o_firm_caller input:focus")

    def test_lead_says_at_once_who_how_to_reach_them_what_they_wrote_and_what_comes_next(self):
        top = ("div[name=firm_who]", "div[name=firm_who] a[href^='tel:+34911223344']", "div[name=firm_words]", ".o_notebook")
        with self.browse_as(self.olga, f"/odoo/first-contact/{self.lead.id}", ready=".o_form_view .o_firm_due") as page:
            self.assert_seen(page, *top, ".o_form_view .o_firm_due")
            self.assertIn("We inherited a flat", page.inner_text("div[name=firm_words]"))
            self.assertRegex(page.inner_text("div[name=firm_next]"), r"\w{3} \d+ \w{3}, \d\d:\d\d")
        with self.browse_as(self.olga, f"/odoo/first-contact/{self.lead.id}", PHONE, ".o_form_view .o_firm_due") as page:
            self.assert_seen(page, *top[:3])

    def test_case_says_at_once_who_how_to_reach_them_what_they_wrote_and_what_is_due(self):
        self.paula.partner_id.phone = "+34 911 223 355"
        case = self.open_case(user_id=self.marta.id, description="<p>Is this invoice right?</p>")
        with self.browse_as(self.marta, f"/odoo/helpdesk.ticket/{case.id}", ready=".o_form_view .o_firm_due") as page:
            self.assert_seen(page, "div[name=firm_who] a[href^='tel:']", "div[name=firm_words]", ".o_firm_due", ".o_notebook")
            self.assertIn("Is this invoice right?", page.inner_text("div[name=firm_words]"))
