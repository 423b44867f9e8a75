from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .conversion_common import ConversionCase


@tagged("post_install", "-at_install")
class TestLeadConvert(ConversionCase):
    # === WHAT A CONVERSION MAKES === #

    def test_account_people_and_opportunity_in_one_go(self):
        lead = self.request()
        lead.record_consent("handling", "granted")
        lead.log_contact_attempt("no_answer")
        result = self.convert(lead)
        account = self.env["res.partner"].browse(result["account"])
        people = self.env["res.partner"].browse(result["contacts"])
        self.assertEqual((account.is_company, account.city, account.crm_firm_employee_count), (True, "Reus", 30))
        self.assertEqual(people.mapped("name"), ["Irene Isern", "Jordi Isern"])
        self.assertEqual(people.parent_id, account)
        self.assertEqual(people[0].phone, "+34 600 12 12 12")
        self.assertEqual((lead.type, lead.name, lead.expected_revenue), ("opportunity", "Tax advice", 1200))
        self.assertEqual((lead.partner_id, lead.specialist_id, lead.user_id), (people[0], self.sara, self.olga))
        self.assertEqual(result["opportunity"], lead.id)
        # What belongs to the person goes along
        self.assertEqual(lead.sudo().consent_ids.partner_id, people[0])
        self.assertEqual(len(lead.contact_attempt_ids), 1)
        self.assertEqual(lead.channel_id, self.channel_web)
        self.assertIn("Converted", "".join(lead.sudo().message_ids.mapped("body")))

    def test_planned_calls_stop_and_send_proposal_stays(self):
        lead = self.request()
        lead.mark_ready_for_proposal({"need_known": True})
        lead._schedule_call(self.olga, fields.Date.today())
        self.convert(lead)
        self.assertEqual(lead.activity_ids.activity_type_id, self.env.ref("crm_firm.mail_activity_type_send_proposal"))
        self.assertFalse(lead.next_contact_on)

    def test_who_is_ready_for_a_proposal_does_not_begin_among_the_new_opportunities(self):
        new, qualified = self.env["crm.stage"].search([("team_ids", "=", False)], limit=2)
        ready, other, further = self.request(), self.request(), self.request()
        third = self.env["crm.stage"].search([("team_ids", "=", False)], offset=2, limit=1)
        for lead in (ready, further):
            lead.mark_ready_for_proposal({"need_known": True})
        further.stage_id = third
        for lead in (ready, other, further):
            self.assertEqual(self.convert(lead)["opportunity"], lead.id)
        self.assertEqual((ready.stage_id, other.stage_id, further.stage_id), (qualified, new, third))
        ready.undo_conversion()
        self.assertEqual((ready.stage_id, ready.contact_status), (new, "ready"))

    def test_utm_stays_with_the_opportunity(self):
        source = self.env["utm.source"].create({"name": "Banner of the chamber"})
        lead = self.request(source_id=source.id)
        self.convert(lead)
        self.assertEqual(lead.source_id, source)

    def test_what_exists_is_taken(self):
        lead = self.request(contact_name="Pau Ferrer")
        before = self.env["res.partner"].search_count([])
        result = self.convert(lead, account=self.client_company.id, contacts=[self.client_person.id])
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        self.assertEqual(lead.partner_id, self.client_person)
        self.assertEqual(result["account"], self.client_company.id)

    def test_nothing_said_takes_what_verification_proposes(self):
        known = self.request(contact_name="Pau Ferrer", email_from="pau@bodegasferrer.example.net", partner_name=False, vat=False)
        self.assertEqual(known.convert_request()["contacts"], self.client_person.ids)
        new = self.request()
        result = new.convert_request()
        self.assertEqual(self.env["res.partner"].browse(result["account"]).name, "Isern Logística, S.L.")
        private = self.request(
            partner_name=False, vat=False, email_from="solo@solo.example.net", contact_name="Solo", phone=False
        )
        result = private.convert_request()
        self.assertFalse(result["account"])
        self.assertEqual(private.partner_id.name, "Solo")

    def test_the_words_of_the_request_stay_on_record_when_the_contacts_data_take_their_place(self):
        lead = self.request(contact_name="Paco Ferrer")
        self.convert(lead, account=self.client_company, contacts=[self.client_person])
        self.assertIn("Paco Ferrer", "".join(lead.sudo().message_ids.mapped("body")))

    def test_a_person_without_company_is_put_into_the_account(self):
        person = self.env["res.partner"].create({"name": "Loose Person"})
        own_vat = self.env["res.partner"].create(
            {"name": "Autonomous", "vat": "ES12345678Z", "country_id": self.env.ref("base.es").id}
        )
        self.convert(self.request(), account=self.client_company.id, contacts=[person, own_vat])
        self.assertEqual(person.parent_id, self.client_company)
        self.assertFalse(own_vat.parent_id)

    # === VAT === #

    def test_two_companies_with_one_vat_number_are_never_made(self):
        first = self.convert(self.request())
        for vat in ("B58378431", "ES B-58378431", "esb58378431"):
            second = self.convert(self.request(), account={"name": "Isern Logistica Reus", "vat": vat}, contacts=[])
            self.assertEqual(second["account"], first["account"])
        self.assertEqual(self.env["res.partner"].search_count([("vat", "ilike", "58378431"), ("parent_id", "=", False)]), 1)

    def test_every_spelling_of_its_number_brings_the_archived_company_back(self):
        old = self.client_company
        for spelling in ("A28015865", "ESA28015865", "A-28015865", "CIF: A28015865"):
            old.active = False
            lead = self.request(partner_name="Bodegas Ferrer", vat=spelling)
            result = lead.convert_request(account={"name": "Bodegas Ferrer", "vat": spelling})
            self.assertEqual((result["account"], old.active), (old.id, True), spelling)

    def test_an_archived_company_comes_back_instead_of_a_second_one(self):
        first = self.convert(self.request(), contacts=[])
        account = self.env["res.partner"].browse(first["account"])
        account.action_archive()
        self.assertEqual(self.convert(self.request(), contacts=[])["account"], account.id)
        self.assertTrue(account.active)

    def test_a_wrong_vat_number_is_refused_with_the_format(self):
        lead = self.request()
        before = self.env["res.partner"].search_count([])
        for vat, expected in (("B58378430", "ESA12345674"), ("PT123456788", "PT123456789"), ("FR00", "FR23334175221")):
            with self.assertRaisesRegex(ValidationError, expected):
                self.convert(lead, account={"name": "Wrong", "vat": vat})
        self.assertEqual(lead.type, "lead")
        self.assertFalse(lead.conversion_ids)
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    def test_a_foreign_vat_number_is_checked_by_its_country(self):
        result = self.convert(self.request(), account={"name": "Lisboa Lda", "vat": "PT501964843"}, contacts=[])
        account = self.env["res.partner"].browse(result["account"])
        self.assertEqual(account.country_id.code, "PT")
        self.assertEqual(account.name, "Lisboa Lda")

    # === ONCE, ALL OR NOTHING === #

    def test_converting_twice_tells_who_did_it(self):
        lead = self.request()
        self.convert(lead)
        with self.assertRaisesRegex(UserError, "Olga Owner already converted"):
            self.convert(lead.with_user(self.marta))
        self.assertEqual(len(lead.conversion_ids), 1)

    def test_a_failure_leaves_nothing_behind(self):
        lead = self.request()
        partners = self.env["res.partner"].search_count([])
        with self.assertRaises(UserError):
            self.convert(lead, contacts=[{"name": "Good One"}, {"name": "  "}])
        with self.assertRaisesRegex(UserError, "no longer exists"):
            self.convert(lead, contacts=[10**8])
        with self.assertRaisesRegex(UserError, "comment"):
            self.convert(lead, account={"name": "X", "comment": "y"})
        with self.assertRaisesRegex(UserError, "type"):
            self.convert(lead, opportunity={"type": "lead"})
        with self.assertRaisesRegex(UserError, "not both"):
            self.convert(lead, case={})
        with self.assertRaisesRegex(UserError, "Specify"):
            self.convert(lead, account=False, contacts=[])
        self.assertEqual((lead.type, len(lead.conversion_ids)), ("lead", 0))
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_discarded_leads_are_restored_first(self):
        lead = self.request()
        lead.discard(self.reason_spam)
        with self.assertRaisesRegex(UserError, "Restore it first"):
            self.convert(lead)

    def test_conversion_and_undo_are_for_those_who_may_write_the_lead(self):
        lead = self.request()
        for user in (self.nadia, self.fran, self.elsa, self.paula):
            with self.assertRaises(AccessError):
                self.convert(lead.with_user(user))
        self.convert(lead)
        for user in (self.nadia, self.fran, self.elsa, self.paula):
            with self.assertRaises(AccessError):
                lead.with_user(user).undo_conversion()
        for user in (self.nadia, self.fran):
            self.assertFalse(self.env["firm.lead.conversion"].with_user(user).search([("lead_id", "=", lead.id)]))
        with self.assertRaises(AccessError):
            self.env["firm.lead.conversion"].with_user(self.marta).create({"lead_id": lead.id})
        with self.assertRaises(AccessError):
            lead.with_user(self.marta).conversion_ids.write({"state": "undone"})

    def test_a_contact_of_another_company_cannot_be_chosen(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        foreign = self.env["res.partner"].create({"name": "Foreign", "company_id": other.id})
        with self.assertRaises(AccessError):
            self.convert(self.request(), contacts=[foreign.id])

    # === CASES === #

    def test_the_request_of_a_client_becomes_a_case_with_its_history(self):
        lead = self.request(contact_name="Pau Ferrer", description="<p>Notice of the tax office</p>")
        file = self.env["ir.attachment"].create({"name": "notice.txt", "raw": b"x", "res_model": "crm.lead", "res_id": lead.id})
        lead.message_post(body="Called, it is urgent", message_type="comment", subtype_xmlid="mail.mt_comment")
        result = lead.convert_request(account=self.client_company, contacts=[self.client_person], case={"name": "Notice"})
        ticket = self.env["helpdesk.ticket"].browse(result["case"])
        self.assertEqual((ticket.name, ticket.partner_id), ("Notice", self.client_person))
        self.assertIn("Notice of the tax office", ticket.description)
        self.assertEqual(ticket.channel_id, self.channel_web)
        self.assertIn("it is urgent", "".join(ticket.message_ids.mapped("body")))
        self.assertEqual((file.res_model, file.res_id), ("helpdesk.ticket", ticket.id))
        self.assertEqual((lead.active, lead.won_status, lead.type), (False, "pending", "lead"))
        self.assertNotEqual(lead.contact_status, "discarded")
        self.assertFalse(result["opportunity"])
        self.assertTrue(ticket.with_user(self.olga).has_access("read"))
        with self.assertRaisesRegex(UserError, "already converted"):
            lead.convert_request(account=self.client_company, case={})

    def test_a_stranger_gets_no_case(self):
        with self.assertRaisesRegex(UserError, "existing contact"):
            self.convert(self.request(), opportunity=None, case={})
