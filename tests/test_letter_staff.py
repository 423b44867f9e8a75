"""What an owner does with engagement letters on the screens of the firm, in a real Chromium."""

from odoo.tests import HttpCase, tagged

from .browser_common import DESK, BrowserCase
from .engagement_common import ACTOR, LetterCast

CURRENT = ".o_arrow_button_current"
MISSING = ".o_form_view .alert:has-text('Before sending, complete')"


@tagged("post_install", "-at_install")
class TestLetterStaff(BrowserCase, LetterCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.env["res.lang"]._activate_lang("en_US")

    def browse_record(self, record):
        session = self.authenticate(self.olga.login, self.olga.login)
        return self.browse(DESK, f"/odoo/{record._name}/{record.id}", session=session, ready=".o_form_view .o_form_sheet")

    def send(self, *others, page=None):
        """From the screen when there is a page."""
        if not page:
            return super().send(*others)
        page.click("button[name=action_send]")
        page.click(".modal .modal-footer .btn-primary")
        page.wait_for_selector(f"{CURRENT}:has-text('Out for signature')")
        with self.between_requests():
            self.env.invalidate_all()
            return self.opportunity.letter_ids

    def test_owner_goes_from_ready_to_sent(self):
        self.opportunity.with_user(self.olga)._schedule_proposal()
        with self.browse_record(self.opportunity) as page:
            page.click("button[name=action_prepare_letter]")
            page.wait_for_selector(f"{CURRENT}:has-text('Draft')")
            page.fill(".o_field_widget[name=subject] textarea", "")
            page.click(".nav-link[name=services]")
            page.wait_for_selector(f"{MISSING}:has-text('The purpose of the engagement')")
            self.assertFalse(page.is_visible("button[name=action_send]"), "first what is missing")
            page.click(f"{MISSING} a:has-text('The purpose of the engagement')")
            page.wait_for_selector(".o_field_widget[name=subject] textarea:focus")
            page.fill(".o_field_widget[name=subject] textarea", "Income tax of 2025, with a flat sold")
            page.click(".nav-link[name=services]")
            page.wait_for_selector(MISSING, state="hidden")

            page.click("button[name=action_edit_services]")
            page.click(".modal .o_data_row td[name=price_unit]")
            page.fill(".modal .o_data_row td[name=price_unit] input", "120")
            page.click(".modal .o_form_button_save")
            page.wait_for_selector(".modal", state="detached")
            page.wait_for_selector(".o_field_widget[name=order_line_ids] td[name=price_subtotal]:has-text('120.00')")

            page.click(".nav-link[name=scope]")
            page.click(".o_field_widget[name=excluded_ids] .o_field_x2many_list_row_add a")
            page.fill(".o_field_widget[name=excluded_ids] .o_selected_row [name=text] :is(input, textarea)", "Other years")
            letter = self.send(page=page)
        content = letter.current_version_id._get_content()
        self.assertEqual(letter.state, "sent")
        self.assertEqual(content["subject"], "Income tax of 2025, with a flat sold")
        self.assertEqual(content["services"][0]["untaxed"], "120.00")
        self.assertIn("Other years", content["general"]["excluded"])
        self.assertEqual(self.get_mails(letter).mapped("email_to"), ["ana.ruiz@client.example.com"])
        proposal_type = self.env.ref("crm_firm.mail_activity_type_send_proposal")
        self.assertNotIn(proposal_type, self.opportunity.activity_ids.activity_type_id)

    def test_owner_undoes_sending_and_makes_a_new_version_that_says_what_changed(self):
        letter = self.send()
        with self.browse_record(letter) as page:
            page.click("button[name=undo_sending]")
            page.wait_for_selector(f"{CURRENT}:has-text('Draft')")
            page.click(".nav-link[name=conditions]")
            page.fill(".o_field_widget[name=special_terms] textarea", "Paid in two parts")
            self.send(page=page)
        self.assertEqual(letter.current_version_id.number, 2)
        signer = letter.signer_ids.sudo()
        letter.sudo()._note_view(signer, ACTOR)
        with self.browse_record(letter) as page:
            self.assertFalse(page.is_visible("button[name=undo_sending]"), "it was opened")
            page.click("button:has-text('New version')")
            page.fill(".modal .o_field_widget[name=reason] textarea", "They want to pay monthly")
            page.click(".modal button[name=action_confirm]")
            page.wait_for_selector(f"{CURRENT}:has-text('Draft')")
            page.click(".nav-link[name=conditions]")
            page.fill(".o_field_widget[name=special_terms] textarea", "Paid each month")
            self.send(page=page)
            page.click(".nav-link[name=versions]")
            page.wait_for_selector("text=Changed: special conditions: “Paid each month” instead of “Paid in two parts”")
            page.click(".nav-link[name=history]")
            page.wait_for_selector(".o_data_row:has-text('They want to pay monthly')")
        self.assertEqual(letter.event_ids.mapped("kind"), ["created", "sent", "undone", "sent", "viewed", "revised", "sent"])
        self.assertFalse(letter.verify())
