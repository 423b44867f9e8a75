from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from .case_common import CaseCase


@tagged("post_install", "-at_install")
class TestCase(CaseCase):
    def test_a_case_team_has_the_five_states_and_no_other_stage(self):
        self.assertEqual(
            self.team._get_applicable_stages().mapped("case_state"),
            ["received", "in_review", "waiting_client", "resolved", "archived"],
        )
        team = self.env["helpdesk.ticket.team"].create({"name": "Barcelona", "is_case_team": True})
        self.assertEqual(team._get_applicable_stages(), self.team._get_applicable_stages())

    def test_other_teams_never_get_a_state_of_cases(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Printers"})
        self.assertFalse([state for state in team._get_applicable_stages().mapped("case_state") if state])
        ticket = self.env["helpdesk.ticket"].create({"name": "Paper", "description": "Jam", "team_id": team.id})
        self.assertFalse(ticket.is_case)
        self.assertFalse(ticket.deadline_ids)
        with self.assertRaises(ValidationError):
            ticket.stage_id = self.env.ref("crm_firm.stage_in_review")

    def test_a_case_never_gets_a_stage_of_another_team(self):
        case = self.open_case()
        with self.assertRaises(ValidationError):
            case.stage_id = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")

    def test_the_five_stages_cannot_be_deleted_or_archived(self):
        stage = self.env.ref("crm_firm.stage_resolved")
        with self.assertRaises(UserError):
            stage.unlink()
        with self.assertRaises(UserError):
            stage.active = False
        stage.name = "Answered"

    def test_the_board_shows_five_columns_even_without_cases(self):
        groups = (
            self.env["helpdesk.ticket"]
            .with_context(crm_firm_new_case=True, read_group_expand=True)
            .formatted_read_group([("is_case", "=", True), ("id", "=", 0)], ["stage_id"], ["__count"])
        )
        self.assertEqual(len(groups), 5)

    def test_a_new_case_takes_area_and_number_from_what_it_is_about(self):
        case = self.open_case()
        self.assertEqual(case.case_state, "received")
        self.assertEqual(case.practice_area_id, self.area_tax)
        self.assertEqual(case.user_id, self.sara, "the area's, not whoever registers")
        self.assertEqual(case.partner_email, "paula@client.example.com")
        self.assertRegex(case.number, r"^C\d{4}-\d{5}$")
        self.assertEqual(case.commercial_partner_id, self.account)

    def test_the_billing_area_comes_from_the_practice_area(self):
        plan = self.env["account.analytic.plan"].create({"name": "Areas"})
        account = self.env["account.analytic.account"].create({"name": "Tax", "plan_id": plan.id, "company_id": False})
        self.area_tax.analytic_account_id = account
        self.assertEqual(self.open_case().analytic_account_id, account)

    def test_a_client_is_never_in_charge_of_the_own_case(self):
        self.assertEqual(self.open_case(user_id=self.paula.id).user_id, self.sara)

    def test_a_ninth_category_is_refused_and_one_to_archive_is_named(self):
        with self.refused(ValidationError, "Archive one first"):
            self.env["helpdesk.ticket.category"].create({"name": "Ninth", "for_cases": True, "company_id": False})
        self.env.ref("crm_firm.category_other").active = False
        self.env["helpdesk.ticket.category"].create({"name": "Ninth", "for_cases": True, "company_id": False})
        with self.assertRaises(ValidationError):
            self.env.ref("crm_firm.category_other").active = True

    def test_categories_of_other_helpdesk_teams_are_not_counted(self):
        printers = self.env["helpdesk.ticket.category"].create({"name": "Printers"})
        with self.refused(ValidationError, "Archive one first"):
            printers.for_cases = True

    def test_a_category_for_one_company_counts_there_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env.ref("crm_firm.category_other").company_id = other
        self.env["helpdesk.ticket.category"].create({"name": "Ours", "for_cases": True, "company_id": self.company.id})
        with self.assertRaises(ValidationError):
            self.env["helpdesk.ticket.category"].create({"name": "More", "for_cases": True, "company_id": other.id})

    def test_what_is_full_in_another_company_names_nothing_of_it(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        theirs = self.env.ref("crm_firm.category_other")
        theirs.write({"company_id": other.id, "name": "Their own"})
        Category = self.env["helpdesk.ticket.category"].with_user(self.marta)
        with self.assertRaises(ValidationError) as refused:
            Category.create({"name": "Ninth", "for_cases": True, "company_id": False})
        self.assertIn("a company you do not work in", str(refused.exception))
        self.assertNotRegex(str(refused.exception), "Other Firm|Their own")

    def test_a_category_for_the_client_area_warns_and_logs_when_registered_by_phone(self):
        case = self.open_case(category_id=self.invoices.id, channel_id=self.channel_phone.id)
        self.assertTrue(case.is_channel_unusual)
        self.assertIn("Phone", "".join(case.message_ids.mapped("body")))

    def test_an_emergency_by_phone_passes_with_its_reason_on_record(self):
        case = self.open_case(category_id=self.invoices.id, channel_id=self.channel_phone.id, urgency_reason_id=self.dismissal.id)
        self.assertFalse(case.is_channel_unusual)
        self.assertIn("Dismissal", "".join(case.message_ids.mapped("body")))

    def test_urgent_without_a_reason_is_refused(self):
        with self.assertRaises(ValidationError):
            self.open_case(priority="3")
        case = self.open_case(urgency_reason_id=self.dismissal.id)
        self.assertEqual(case.priority, "3")
        case.priority = "1"
        self.assertFalse(case.urgency_reason_id)

    def test_a_consent_is_recorded_on_a_case(self):
        consent = self.open_case().record_consent("commercial", "granted")
        self.assertTrue(consent.ticket_id)
        self.assertEqual(consent.partner_id, self.paula.partner_id)

    def test_the_form_of_a_new_case_needs_client_category_and_channel(self):
        cases = self.env["helpdesk.ticket"].with_user(self.marta).with_context(crm_firm_new_case=True)
        with Form(cases, "helpdesk_mgmt.ticket_view_form") as form:
            form.name = "Payroll of March"
            form.description = "It is wrong"
            form.partner_id = self.paula.partner_id
            form.category_id = self.env.ref("crm_firm.category_labour")
            form.channel_id = self.channel_phone
            self.assertEqual(form.practice_area_id, self.area_labour)
        self.assertEqual(form.record.team_id, self.team)
        self.assertTrue(form.record.deadline_ids)

    def test_a_client_reads_no_staff_field_of_the_own_case(self):
        case = self.open_case()
        fields_of_client = self.env["helpdesk.ticket"].with_user(self.paula).fields_get()
        staff_only = {
            *("specialist_id", "practice_area_id", "urgency_reason_id", "deadline_ids", "next_due_at", "analytic_account_id"),
            *("consent_ids", "consent_state", "origin_lead_ids", "reopening", "document_none_needed", "idempotency_key"),
            *("rating_last_feedback", "previous_case_id", "opportunity_ids", "partner_phone", "channel_kind"),
        }
        self.assertFalse(staff_only & set(fields_of_client))
        self.assertEqual(case.with_user(self.paula).read(["name", "case_state"])[0]["case_state"], "received")

    def test_several_cases_are_copied_at_once(self):
        cases = self.open_case() | self.open_case()
        copies = cases.copy()
        self.assertEqual(len(set((cases | copies).mapped("number"))), 4)

    def test_whoever_gets_a_case_reads_by_when_and_what_the_client_wrote(self):
        """By the deadline that the case has once it is made, classified or handed over, not by the one it had."""

        def assert_told(case, owner):
            mails = self.env["mail.mail"].sudo().search([("model", "=", case._name), ("res_id", "=", case.id)], order="id desc")
            text = " ".join(html2plaintext(mails.filtered(lambda m: m.recipient_ids == owner.partner_id)[:1].body_html).split())
            self.assertIn(self.company.with_context(lang="en_US")._describe_deadline(case.expected_on), text.replace("*", ""))
            self.assertIn("How much is it?", text)

        assert_told(self.open_case(), self.sara)
        case = self.open_case(category_id=False, user_id=False)
        before = case.expected_on
        case.with_user(self.fran).classify_case(self.invoices, owner=self.nadia)
        self.assertNotEqual(case.expected_on, before)
        assert_told(case, self.nadia)
        case.user_id = self.sara
        assert_told(case, self.sara)
