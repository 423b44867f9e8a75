"""The screens of staff in a real Chromium: what they show is what is true."""

from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationImporter

from .browser_common import DESK, PHONE, BrowserCase
from .case_common import CaseCase

CURRENT = ".o_arrow_button_current"
BADGE = ".o_data_row:has-text('%s') .o_firm_deadline"


@tagged("post_install", "-at_install")
class TestStaffBrowser(BrowserCase, CaseCase, HttpCase):
    def browse_as(self, user, path, device=DESK):
        return self.browse(
            device, path, session=self.authenticate(user.login, user.login), ready=".o_action_manager .o_view_controller"
        )

    # === THE QUEUES === #

    def test_badge_of_a_lead_follows_its_status_on_every_list(self):
        day = timedelta(days=1)
        now = fields.Datetime.now()
        called, overdue = (
            self.receive_request(contact_name=name, user_id=self.olga.id) for name in ("Ana Called", "Berta Waits")
        )
        (called | overdue).first_contact_deadline = now - day
        called.log_contact_attempt("call_back", next_contact_on=now + timedelta(minutes=90))
        levels = {}
        for screen in ("second-contact", "first-contact"):
            with self.browse_as(self.olga, f"/odoo/{screen}") as page:
                page.wait_for_selector(".o_data_row")
                for lead in called | overdue:
                    badge = page.locator(BADGE % lead.contact_name)
                    if badge.count():
                        levels.setdefault(lead, {})[screen] = (
                            badge.get_attribute("data-level"),
                            badge.inner_text().split("\n")[1],
                        )
        self.assertEqual(set(levels[called]), {"second-contact"})
        self.assertEqual({level for level, _text in levels[called].values()}, {"warning"})
        self.assertTrue(all(text.startswith("Call in") for _level, text in levels[called].values()), levels)
        self.assertEqual(set(levels[overdue]), {"first-contact"})
        self.assertEqual({level for level, _text in levels[overdue].values()}, {"danger"})

    def test_buttons_and_badges_of_the_queue_can_be_read(self):
        lead = self.receive_request(user_id=self.olga.id)
        lead.first_contact_deadline = fields.Datetime.now() + timedelta(days=1)
        with self.browse_as(self.olga, "/odoo/first-contact") as page:
            page.wait_for_selector(".o_firm_deadline[data-level=success]")
            faults = self.find_faults(page, only=[".o_firm_deadline", ".o_data_row .o_list_button"])
            page.click(".o_data_row td[name=contact_name]")
            page.wait_for_selector(".o_form_view .btn-success.o_firm_green")
            faults += self.find_faults(page, only=[".o_form_view .btn-success", ".o_firm_deadline"])
        self.assertFalse(faults)

    def test_dialog_of_a_contact_takes_the_moment_of_the_next_try(self):
        lead = self.receive_request(user_id=self.olga.id)
        moment = ".modal .o_field_widget[name=next_contact_on]"
        with self.browse_as(self.olga, f"/odoo/first-contact/{lead.id}") as page:
            page.click(f".o_form_statusbar button[name='{self.env.ref('crm_firm.crm_lead_attempt_action').id}']")
            page.click(".modal .o_field_widget[name=outcome] :text('Call back later')")
            page.locator(f"{moment} :is(input, button)").first.click()
            page.locator(".o_datetime_picker .o_date_item_cell").last.click()
            page.click(".modal .modal-title")
            page.wait_for_selector(".o_datetime_picker", state="detached")
            page.click(".modal button[name=action_log]")
            page.wait_for_selector(".modal", state="detached")
        self.env.invalidate_all()
        self.assertEqual(lead.contact_attempt_ids.outcome, "call_back")
        self.assertTrue(lead.next_contact_on)

    def test_toast_counts_down_to_the_email_of_a_call_and_undo_keeps_it_from_leaving(self):
        lead = self.receive_request(user_id=self.olga.id)
        mails = self.env["mail.mail"].search([])
        left = (
            "() => Number(document.querySelector('.o_notification [id^=o_firm_countdown]').textContent.match(/in (\\d+) s/)[1])"
        )
        with self.browse_as(self.olga, "/odoo/first-contact") as page:
            page.click(".o_data_row button[name=action_log_no_answer]")
            page.wait_for_selector(".o_notification:has-text('E-mail leaves in')")
            first = page.evaluate(left)
            self.assertTrue(50 < first <= 60, first)
            page.wait_for_function(f"first => ({left})() < first", arg=first)
            page.wait_for_selector(".o_data_row", state="detached")
            page.click(".o_notification button:has-text('Undo')")
            page.wait_for_selector(".o_data_row")
        self.env.invalidate_all()
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertFalse(lead.contact_attempt_ids)
        self.assertFalse(lead.follow_up_step_ids)
        self.assertEqual(self.env["mail.mail"].search([]), mails)

    def test_second_click_on_a_button_neither_opens_the_request_nor_reaches_the_next_one(self):
        for device, item in ((DESK, ".o_data_row"), (PHONE, ".o_kanban_record:not(.o_kanban_ghost)")):
            for moment in ("while it works", "when the list has moved up"):
                with self.subTest(item=item, moment=moment):
                    leads = self.receive_request(user_id=self.olga.id) | self.receive_request(user_id=self.olga.id)
                    self.click_twice(device, f"{item} button[name=action_log_no_answer]", moment)
                    self.env.invalidate_all()
                    self.assertEqual(len(leads.contact_attempt_ids), 1)
                    leads.active = False

    def click_twice(self, device, button, moment):
        """Click twice where the first of two buttons is; one call is made, and what it says is shown."""
        from playwright.sync_api import expect  # noqa: PLC0415  as in browser_common: only where there is a browser

        held, asked = [], []
        session = self.authenticate(self.olga.login, self.olga.login)
        with self.browse(device, "/odoo/first-contact", session=session, ready=button) as page:
            page.on("request", lambda request: "call_button" in request.url and asked.append(request.url))
            box = page.locator(button).first.bounding_box()
            where = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            if moment == "while it works":
                page.route("**/call_button/**", lambda route: held.append(route))  # noqa: PLW0108  a builtin is refused
                page.mouse.click(*where)
                page.wait_for_selector(button + ":disabled")
                page.mouse.click(*where)
                page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")
                for route in held:
                    route.continue_()
                expect(page.locator(button)).to_have_count(1)
            else:
                page.mouse.click(*where)
                expect(page.locator(button)).to_have_count(1)
                page.wait_for_selector(button + ":enabled")
                page.mouse.down(click_count=2)  # the second half of a double click
                page.mouse.up(click_count=2)
                page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")
            page.wait_for_selector(".o_notification:has-text('E-mail leaves in')")
            self.assertFalse(page.is_visible(".o_form_view"))
            self.assertEqual(len(asked), 1)

    # === THE STATE OF A CASE === #

    def test_refused_state_of_a_case_leaves_the_screen_as_it_was(self):
        from playwright.sync_api import expect  # noqa: PLC0415  as in browser_common: only where there is a browser

        case = self.open_case(specialist_id=self.sara.id, user_id=self.sara.id)
        self.move(case, "in_review")
        with self.browse_as(self.sara, f"/odoo/cases/{case.id}") as page:
            page.fill(".o_field_widget[name=name] :is(input, textarea)", "VAT, typed before")
            page.click(".o_statusbar_status button:has-text('Resolved')")
            page.wait_for_selector(".modal:has-text('Reply to the client')")
            page.click(".modal footer button")
            page.wait_for_selector(".modal", state="detached")
            self.assertEqual(page.inner_text(CURRENT), "In review")
            self.assertEqual(page.input_value(".o_field_widget[name=name] :is(input, textarea)"), "VAT, typed before")
            self.assertFalse(page.is_visible(".o_form_status_indicator_buttons .o_form_button_save"), "nothing is left to save")
        self.env.invalidate_all()
        self.assertEqual((case.case_state, case.name), ("in_review", "VAT, typed before"))

        with self.browse_as(self.sara, "/odoo/cases") as page:
            card = page.locator(".o_kanban_group:has-text('In review') .o_kanban_record:has-text('typed before')")
            card.get_by_text("working day").wait_for()  # asked for once the cards are there
            count = page.locator(".o_kanban_group").all_inner_texts()
            source, target = card.bounding_box(), page.locator(".o_kanban_group:has-text('Resolved')").bounding_box()
            page.mouse.move(source["x"] + 20, source["y"] + 20)
            page.mouse.down()
            page.mouse.move(source["x"] + 60, source["y"] + 40, steps=5)
            page.mouse.move(target["x"] + target["width"] / 2, target["y"] + 120, steps=10)
            page.mouse.up()
            page.wait_for_selector(".modal:has-text('Reply to the client')")
            page.click(".modal footer button")
            page.wait_for_selector(".modal", state="detached")
            card.wait_for()
            # The number of a column counts up to what it is.
            expect(page.locator(".o_kanban_group")).to_have_text(count, use_inner_text=True)
        self.env.invalidate_all()
        self.assertEqual(case.case_state, "in_review")

    # === LISTS === #

    def test_who_late_number_and_state_are_never_cut(self):
        """At 1366 pixels, in the longest of our languages."""
        self.env["res.lang"]._activate_lang("es_ES")
        importer = TranslationImporter(self.env.cr)
        importer.load_file(file_path("crm_firm/i18n/es.po"), "es_ES")
        importer.save(overwrite=True)
        (self.fran | self.olga).lang = "es_ES"
        lead = self.receive_request(contact_name="Hermenegildo Fuentes de la Torre", user_id=self.olga.id)
        lead.first_contact_deadline = fields.Datetime.now() - timedelta(hours=22, minutes=58)
        waiting = self.env.ref("crm_firm.stage_waiting_client").id
        self.open_case(user_id=self.nadia.id, specialist_id=self.sara.id).stage_id = waiting
        lists = (
            (self.olga, "first-contact", ("received_on", "contact_name", "phone")),
            (self.fran, "case-states", ("number", "case_state", "user_id", "specialist_id", "expected_on")),
        )
        cut = """cell => [cell, ...cell.querySelectorAll("*")].some(
            node => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX == "hidden")"""
        for user, path, names in lists:
            with self.browse_as(user, f"/odoo/{path}") as page:
                page.wait_for_selector(".o_data_row")
                for name in names:
                    cell = page.locator(f".o_data_row td[name={name}]").first
                    self.assertFalse(cell.evaluate(cut), f"{path}: {name} is cut: {cell.inner_text()}")

    # === A CASE THAT NOBODY HAS CLASSIFIED === #

    def test_front_desk_classifies_a_case_by_its_button(self):
        case = self.open_case(category_id=False, user_id=False)
        with self.browse_as(self.fran, f"/odoo/cases/{case.id}") as page:
            page.click("button[name=action_classify]:visible")
            page.click(".modal .o_field_widget[name=category_id] input")
            # By its name: the first entry says for a moment that the list is being read.
            page.click(f".o-autocomplete--dropdown-item:has-text('{self.vat.name}')")
            page.click(".modal button[name=action_classify]")
            page.wait_for_selector(".modal", state="detached")
        self.env.invalidate_all()
        self.assertTrue(case.category_id.for_cases)
        self.assertFalse(case.is_unclassified)

    def test_front_desk_is_offered_no_message_to_the_client_of_a_case_it_only_reads(self):
        case = self.open_case(category_id=False, user_id=False)
        send, note = ".o-mail-Chatter-sendMessage", ".o-mail-Chatter-logNote"
        with self.browse_as(self.marta, f"/odoo/cases/{case.id}") as page:
            page.wait_for_selector(send)  # who works on cases writes to the client
        for device in (DESK, PHONE):
            with self.browse_as(self.fran, f"/odoo/cases/{case.id}", device) as page:
                page.wait_for_selector(f"{note}:enabled")
                self.assertEqual(page.locator(send).count(), 0)
