"""*My day* in the browser: everything is done where it stands, at a desk and on a phone."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import HttpCase, tagged

from .browser_common import DESK, PHONE, BrowserCase
from .document_common import PDF, DocumentCase


@tagged("post_install", "-at_install")
class TestMyDayInBrowser(BrowserCase, DocumentCase, HttpCase):
    def test_a_call_and_a_document_are_done_from_the_list(self):
        session = self.authenticate(self.sara.login, self.sara.login)
        row = ".o_data_row:has-text('%s'), .o_kanban_record:has-text('%s')"
        for device, name in ((DESK, "Ana Desk"), (PHONE, "Berta Phone")):
            lead = self.receive_request(contact_name=name, email_from=f"{name[:3]}@x.example.com", user_id=self.sara.id)
            lead.first_contact_deadline = fields.Datetime.now()
            document = self.case._add_document(f"Bank statement {device['viewport']['width']}", "asked", {})
            document._take_files([("statements.pdf", PDF)], {"user_id": self.clara.id})
            with self.browse(device, "/odoo/my-day", session=session, ready=".o_firm_day") as page:
                call, papers = (page.locator(row % (text, text)) for text in (name, document.name))
                papers.wait_for()
                self.assertFalse(self.find_faults(page, only=[".o_firm_day .o_list_button, .o_firm_day .o_kanban_record .btn"]))
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), device["viewport"]["width"])
                call.locator("button[name=action_reached]").click()
                call.locator("button[name=action_discard]").wait_for()  # no call any more, and still to be decided
                self.assertFalse(call.locator("button[name=action_reached]").is_visible())
                papers.locator("button[name=action_validate]").click()
                papers.wait_for(state="detached")
            self.env.invalidate_all()
            self.assertEqual(lead.contact_attempt_ids.outcome, "reached")
            self.assertEqual(document.state, "validated")

    def test_a_row_opens_its_record(self):
        session = self.authenticate(self.sara.login, self.sara.login)
        lead = self.receive_request(contact_name="Ana Opens", user_id=self.sara.id)
        lead.first_contact_deadline = fields.Datetime.now()
        with self.browse(DESK, "/odoo/my-day", session=session, ready=".o_data_row") as page:
            page.click(".o_data_row:has-text('Ana Opens') td[name=who]")
            page.wait_for_selector(".o_form_view")
            self.assertIn(f"/{lead.id}", page.url)

    def test_every_outcome_of_a_call_is_given_from_the_list(self):
        session = self.authenticate(self.sara.login, self.sara.login)
        row = ".o_data_row:has-text('%s'), .o_kanban_record:has-text('%s')"
        for device, name, outcome in ((DESK, "Ana Wrong", "wrong_number"), (PHONE, "Berta Later", "call_back")):
            lead = self.receive_request(contact_name=name, email_from=f"{name[:3]}@x.example.com", user_id=self.sara.id)
            lead.first_contact_deadline = fields.Datetime.now()
            with self.browse(device, "/odoo/my-day", session=session, ready=".o_firm_day") as page:
                call = page.locator(row % (name, name))
                cut = "cells => cells.filter(cell => cell.scrollWidth > cell.clientWidth + 1).length"
                self.assertEqual(page.eval_on_selector_all("td:has(.o_firm_log_call)", cut), 0, "the button is whole")
                call.locator(".o_firm_log_call").click()
                page.fill(".o_firm_call_outcome textarea", "Said so")
                page.click(f".o_firm_call_outcome [data-outcome={outcome}]")
                if outcome == "call_back":
                    page.click(".o_firm_call_outcome [data-proposal]:last-child")
                    page.click(".o_firm_call_outcome .btn-primary:enabled")
                call.wait_for(state="detached")
                self.assertTrue(page.locator(".o_firm_day").is_visible(), "nobody left the list")
            self.env.invalidate_all()
            self.assertEqual((lead.contact_attempt_ids.outcome, lead.contact_attempt_ids.note), (outcome, "Said so"))

    def test_until_when_is_said_in_words_and_a_task_is_done_where_it_stands(self):
        session = self.authenticate(self.sara.login, self.sara.login)
        today = self.company._get_crm_firm_today()
        late = self.case.activity_schedule(
            "mail.mail_activity_data_todo", today - timedelta(days=30), user_id=self.sara.id, summary="Ask the tax office"
        )
        self.env["calendar.event"].create(
            {
                "name": "Visit to the bakery",
                "allday": True,
                "start_date": today,
                "stop_date": today,
                "user_id": self.sara.id,
                "partner_ids": [Command.set(self.sara.partner_id.ids)],
            }
        )
        with self.browse(DESK, "/odoo/my-day", session=session, ready=".o_firm_day .o_firm_due_distance") as page:
            said = page.locator(".o_data_row:has-text('Ask the tax office') td[name=due_at]:has-text('working days')")
            self.assertRegex(said.inner_text(), r"^\w{3} \d+ \w{3}( \d{4})?\s+\d+ working days late$")
            meeting = page.locator(".o_data_row:has-text('Visit to the bakery') td[name=due_at]")
            self.assertRegex(meeting.inner_text(), r"^\w{3} \d+ \w{3}\s+today$")
            task = page.locator(".o_data_row:has-text('Ask the tax office')")
            self.assertFalse(task.locator(".o_firm_log_call").count(), "no call is made for it")
            task.locator("button[name=action_done]").click()
            task.wait_for(state="detached")
        self.env.invalidate_all()
        self.assertFalse(late.active)
