from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import html2plaintext

from .case_common import CaseCase
from .document_common import PDF


@tagged("post_install", "-at_install")
class TestCaseClosing(CaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls.open_case(specialist_id=cls.sara.id)

    def answer(self, case=None):
        (case or self.case).with_user(self.sara).message_post(
            body="It is 100 €.", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def client_writes(self, case=None):
        (case or self.case).with_user(self.paula).message_post(
            body="One more thing", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.env.flush_all()

    def add_document(self, case=None):
        case = case or self.case
        return self.env["ir.attachment"].create({"name": "model303.pdf", "raw": b"x", "res_model": case._name, "res_id": case.id})

    def complete(self, case=None):
        self.answer(case)
        self.add_document(case)

    def test_resolved_needs_the_answer_recorded(self):
        with self.refused(UserError, "Reply to the client"):
            self.case.resolve_case()
        self.answer()
        self.case.resolve_case()
        self.assertTrue(self.case.resolved_at)

    def test_a_message_is_an_answer_when_the_client_gets_it(self):
        """By e-mail or in the client area. What only colleagues get leaves the clock running and the case open."""
        caller = self.env["res.partner"].create({"name": "Caller", "email": "caller@client.example.com"})
        unreachable = self.env["res.partner"].create({"name": "Nowhere", "parent_id": caller.id})
        for reaches, partner, post in (
            (False, caller, {}),
            (False, caller, {"partner_ids": self.ines.partner_id.ids}),
            (False, caller, {"partner_ids": unreachable.ids}),
            (True, caller, {"partner_ids": caller.ids}),
            (True, caller, {"outgoing_email_to": "caller@client.example.com"}),
            (True, caller, {"message_type": "email", "incoming_email_to": "Caller <caller@client.example.com>"}),
            (True, self.paula.partner_id, {}),
        ):
            case = self.open_case(partner_id=partner.id, specialist_id=self.sara.id, channel_id=self.channel_phone.id)
            case.with_user(self.sara).message_post(
                **{"body": "It is 100 €.", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"} | post
            )
            self.assertEqual(bool(case.first_answered_on), reaches, post)
            self.assertEqual(self.get_deadline(case, "first_answer").state, "done" if reaches else "running", post)
            if not reaches:
                with self.refused(UserError, "Reply to the client"):
                    case.resolve_case()

    def test_a_note_of_the_call_is_an_answer(self):
        with self.assertRaises(UserError):
            self.case.log_answer("  ")
        self.case.with_user(self.sara).log_answer("Told her: 100 €")
        self.case.resolve_case()
        self.assertIn("Told her", self.case.message_ids[0].body + self.case.message_ids[1].body)

    def test_no_door_leads_around_what_is_missing(self):
        for state in ("resolved", "archived"):
            stage = self.env.ref(f"crm_firm.stage_{state}")
            with self.assertRaises(UserError):
                self.case.with_user(self.sara).write({"stage_id": stage.id})
            with self.assertRaises(UserError):
                self.case.sudo().stage_id = stage
            with self.assertRaises(UserError):
                self.open_case(stage_id=stage.id)
            with self.assertRaises(UserError):
                self.case.with_user(self.sara).with_context(crm_firm_closing_token=True).stage_id = stage

    def test_nobody_writes_the_date_of_an_answer_that_was_not_given(self):
        case = self.case.with_user(self.sara)
        for fname in ("answered_on", "first_answered_on", "resolved_at", "archived_at", "reopened_on", "client_closed_on"):
            with self.refused(UserError, "cannot be changed directly"):
                case.write({fname: "2026-01-01 10:00:00"})

    def test_archiving_lists_everything_that_is_missing(self):
        self.case.activity_schedule("mail.mail_activity_data_todo", summary="Send the form", user_id=self.sara.id)
        with self.assertRaises(UserError) as caught:
            self.case.with_user(self.sara).archive_case()
        for part in ("Reply to the client", "Link a document", "Send the form"):
            self.assertIn(part, str(caught.exception))

    def test_a_complete_case_is_archived(self):
        self.complete()
        self.case.with_user(self.sara).archive_case()
        self.assertEqual(self.case.case_state, "archived")
        self.assertTrue(self.case.archived_at)
        self.assertTrue(self.case.active, "it stays findable")

    def test_saying_that_no_document_is_needed_is_enough(self):
        self.answer()
        self.case.document_none_needed = True
        self.case.archive_case()
        self.assertEqual(self.case.case_state, "archived")

    def test_the_dialog_lets_what_is_missing_be_filled_in(self):
        self.case.activity_schedule("mail.mail_activity_data_todo", summary="Send the form", user_id=self.sara.id)
        action = self.case.with_user(self.sara).action_archive_case()
        wizards = self.env[action["res_model"]].with_user(self.sara).with_context(**action["context"])
        with Form(wizards) as form:
            self.assertIn("Send the form", form.missing)
            form.answer = "Told her: 100 €"
            form.document_none_needed = True
            form.cancel_activities = True
        form.record.action_archive()
        self.assertEqual(self.case.case_state, "archived")
        self.assertFalse(self.case.activity_ids)

    def test_the_dialog_settles_the_documents_that_are_open(self):
        self.answer()
        come, awaited = self.case.request_document("Invoices"), self.case.request_document("Bank statement")
        come.sudo()._take_files([("invoices.pdf", PDF)], {"user_id": self.paula.id})
        self.case.resolve_case()
        action = self.case.with_user(self.sara).action_archive_case()
        wizards = self.env[action["res_model"]].with_user(self.sara).with_context(**action["context"])
        with Form(wizards) as form:
            for name in ("Invoices", "Bank statement"):
                self.assertIn(name, form.missing)
            self.assertTrue(form.has_document, "what came for a request is a document of the case")
            form.validate_documents = True
            form.cancel_documents = True
            form.cancel_reason = "Filed without it"
        form.record.action_archive()
        self.assertEqual((come.state, come.reviewed_by_id), ("validated", self.sara))
        self.assertEqual((awaited.state, awaited.reason), ("cancelled", "Filed without it"))
        self.assertEqual(self.case.case_state, "archived")

    def test_a_script_settles_what_the_dialog_settles(self):
        come, awaited = self.case.request_document("Invoices"), self.case.request_document("Bank statement")
        come.sudo()._take_files([("invoices.pdf", PDF)], {"user_id": self.paula.id})
        self.case.activity_schedule("mail.mail_activity_data_todo", summary="Send the form", user_id=self.sara.id)
        file = self.env["ir.attachment"].with_user(self.sara).create({"name": "model303.pdf", "raw": PDF})
        case = self.case.with_user(self.sara)
        with self.refused(UserError, "Give a reason"):
            case.archive_case(cancel_documents=True)
        case.archive_case(
            answer="Told her: 100 €",
            attachment_ids=file.ids,
            validate_documents=True,
            cancel_documents=True,
            cancel_reason="Filed without it",
            cancel_activities=True,
        )
        self.assertEqual((case.case_state, come.state, awaited.state), ("archived", "validated", "cancelled"))
        self.assertIn(file, case.message_ids.attachment_ids)

    def test_the_dialog_gives_up_no_document_without_a_reason(self):
        self.answer()
        document = self.case.request_document("Bank statement")
        wizard = self.env["helpdesk.ticket.archive"].with_user(self.sara).create({"ticket_id": self.case.id})
        wizard.cancel_documents = True
        with self.refused(UserError, "Give a reason"):
            wizard.action_archive()
        self.assertEqual(document.state, "requested")

    def test_the_dialog_tells_what_is_missing_still(self):
        wizard = self.env["helpdesk.ticket.archive"].with_user(self.sara).create({"ticket_id": self.case.id, "answer": "100 €"})
        with self.refused(UserError, "Link a document"):
            wizard.action_archive()

    def test_an_archived_case_is_read_only_until_it_is_reopened(self):
        self.complete()
        self.case.with_user(self.sara).archive_case()
        with self.refused(UserError, "read only"):
            self.case.with_user(self.sara).name = "Other"
        with self.assertRaises(UserError):
            self.case.with_user(self.marta).write({"description": "x"})
        self.case.with_user(self.sara).reopen_case()
        self.case.with_user(self.sara).name = "Other"

    def test_archived_cases_are_found_by_client_number_text_and_document(self):
        self.complete()
        self.case.archive_case()
        cases = self.env["helpdesk.ticket"].with_user(self.sara)
        for domain in (
            [("commercial_partner_id", "ilike", "Panadería")],
            [("number", "ilike", self.case.number[-5:])],
            [("description", "ilike", "how much")],
            [("attachment_ids.name", "ilike", "model303")],
            [("campaign_year", "=", self.case.received_on.year)],
        ):
            self.assertIn(self.case, cases.search(domain), domain)

    def test_the_answer_of_the_client_ends_the_waiting(self):
        self.move(self.case, "waiting_client")
        self.client_writes()
        self.assertEqual(self.case.case_state, "in_review")

    def test_what_somebody_else_writes_does_not(self):
        stranger = self.env["res.partner"].create({"name": "Stranger", "email": "stranger@example.com"})
        self.move(self.case, "waiting_client")
        self.case.message_post(
            body="Buy", message_type="email", subtype_xmlid="mail.mt_comment", author_id=stranger.id, email_from=stranger.email
        )
        self.assertEqual(self.case.case_state, "waiting_client")

    def test_a_client_reopens_within_the_grace_period_and_it_is_undone_by_one_click(self):
        self.complete()
        self.case.resolve_case()
        resolved_at, outcome = self.case.resolved_at, self.case.deadline_ids.mapped("outcome")
        self.client_writes()
        self.assertEqual(self.case.case_state, "in_review")
        self.assertFalse(self.case.resolved_at)
        with self.assertRaises(UserError, msg="what was asked now has no answer yet"):
            self.case.resolve_case()
        self.case.with_user(self.sara).undo_reopening()
        self.assertEqual(self.case.case_state, "resolved")
        self.assertEqual(self.case.resolved_at, resolved_at)
        self.assertEqual(self.case.deadline_ids.mapped("outcome"), outcome)
        with self.assertRaises(UserError):
            self.case.with_user(self.sara).undo_reopening()

    def test_a_later_answer_opens_a_new_case_linked_to_the_old(self):
        self.complete()
        self.case.archive_case()
        with freeze_time(fields.Datetime.now() + timedelta(days=11)):
            self.client_writes()
        self.assertEqual(self.case.case_state, "archived")
        new = self.case.next_case_ids
        self.assertEqual(len(new), 1)
        self.assertEqual((new.case_state, new.partner_id, new.specialist_id), ("received", self.paula.partner_id, self.sara))
        self.assertIn("One more thing", new.description)
        self.assertTrue(new.deadline_ids)

    def run_archive_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("crm_firm.ir_cron_case_archive").method_direct_trigger()

    def test_resolved_cases_archive_themselves_and_whoever_has_an_incomplete_one_is_told_once(self):
        incomplete = self.open_case(user_id=self.sara.id)
        self.complete()
        self.answer(incomplete)
        (self.case | incomplete).resolve_case()
        self.run_archive_job()
        self.assertEqual(self.case.case_state, "resolved", "not yet")
        with freeze_time(fields.Datetime.now() + timedelta(days=16)):
            self.run_archive_job()
            self.run_archive_job()
        self.assertEqual(self.case.case_state, "archived")
        self.assertEqual(incomplete.case_state, "resolved")
        told = self.env["mail.message"].search(
            [("res_id", "=", incomplete.id), ("model", "=", "helpdesk.ticket"), ("subject", "like", "Cannot be archived")]
        )
        self.assertEqual(told.partner_ids, self.sara.partner_id)
        self.assertIn("Link a document", told.body)
        self.add_document(incomplete)
        with freeze_time(fields.Datetime.now() + timedelta(days=17)):
            self.run_archive_job()
        self.assertEqual(incomplete.case_state, "archived", "complete by now")

    def test_the_client_rates_by_one_click_of_the_closing_email(self):
        self.company.crm_firm_case_rating = True
        self.answer()
        self.case.resolve_case()
        mail = self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "=", self.case.id)], order="id desc")
        mail = mail.filtered(lambda mail: "/rate/" in (mail.body_html or ""))
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.paula.partner_id)
        token = self.case._rating_get_access_token(self.paula.partner_id)
        self.assertIn(f"/rate/{token}/5", mail.body_html)
        self.case.rating_apply(5, token=token, feedback="Fast")
        self.assertEqual(self.case.rating_last_value, 5)
        self.assertEqual(self.case.with_user(self.sara).rating_last_feedback, "Fast")

    def test_a_rating_is_told_in_words_and_not_only_by_a_picture(self):
        token = self.case._rating_get_access_token(self.paula.partner_id)
        for rate, word in ((5, "Happy"), (1, "Unhappy")):
            rating = self.case.rating_apply(rate, token=token, feedback="As <it> is")
            said = html2plaintext(rating.message_id.body)
            self.assertIn(f"Rating of the case: {word}", said)
            self.assertIn("As <it> is", said)

    def test_a_case_makes_an_opportunity_that_knows_it(self):
        self.sara.group_ids += self.env.ref("sales_team.group_sale_salesman")
        lead = self.case.with_user(self.sara).create_opportunity({"name": "Labour advice"})
        self.assertEqual((lead.type, lead.partner_id, lead.origin_case_id), ("opportunity", self.paula.partner_id, self.case))
        self.assertEqual(self.case.opportunity_count, 1)
        with self.assertRaises(AccessError):
            self.case.with_user(self.ines).create_opportunity()

    def test_a_lead_of_a_client_becomes_a_case_with_its_area_team_and_deadlines(self):
        lead = self.receive_request(partner_id=self.paula.partner_id.id, specialist_id=self.sara.id)
        result = lead.with_user(lead.user_id).convert_request(
            contacts=[self.paula.partner_id.id], case={"category_id": self.vat.id}
        )
        case = self.env["helpdesk.ticket"].browse(result["case"])
        self.assertTrue(case.is_case)
        self.assertEqual((case.practice_area_id, case.specialist_id), (self.area_tax, self.sara))
        self.assertTrue(case.deadline_ids)
        self.assertEqual(case.origin_lead_ids, lead)
        self.assertEqual(lead.undo_conversion()["kept"], [])
        self.assertFalse(case.exists())
