import threading
from datetime import timedelta

from odoo import api, fields
from odoo.exceptions import AccessError, LockError, UserError, ValidationError
from odoo.orm.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import FirmCase

VAT = "ESB58378431"


@tagged("post_install", "-at_install")
class TestLeadConvert(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client_company = cls.env["res.partner"].create(
            {"name": "Bodegas Ferrer, S.L.", "is_company": True, "vat": "ESA28015865", "country_id": cls.env.ref("base.es").id}
        )
        cls.client_person = cls.env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": cls.client_company.id, "email": "pau@bodegasferrer.example.net"}
        )

    def request(self, **values):
        lead = self.receive_request(
            **{
                "contact_name": "Irene Isern",
                "partner_name": "Isern Logística, S.L.",
                "email_from": "irene@isern.example.net",
                "phone": "+34 600 12 12 12",
                "vat": VAT,
                "function": "CEO",
                "user_id": self.olga.id,
            }
            | values
        )
        return lead.with_user(lead.user_id)

    def convert(self, lead, **values):
        return lead.convert_request(
            **{
                "account": {"name": "Isern Logística, S.L.", "vat": "B58378431", "city": "Reus", "employee_count": 30},
                "contacts": [
                    {"name": "Irene Isern", "function": "CEO", "mobile": "+34 600 12 12 12", "email": "irene@isern.example.net"},
                    {"name": "Jordi Isern", "function": "CFO"},
                ],
                "opportunity": {"name": "Tax advice", "expected_revenue": 1200, "specialist_id": self.sara.id},
            }
            | values
        )

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

    # === A LIKENESS IS NOT IDENTITY === #

    def test_somebody_with_the_same_name_is_shown_and_not_taken(self):
        namesake = self.env["res.partner"].create(
            {"name": "María García López", "email": "maria@old.example.net", "phone": "+34 655 11 22 33"}
        )
        lead = self.request(
            contact_name="Maria Garcia Lopez",
            partner_name=False,
            email_from="mg@other.example.net",
            phone="+34 612 34 56 78",
            vat=False,
        )
        self.assertIn(namesake.id, [match["id"] for match in lead.find_matches()])
        contacts = lead.convert_request()["contacts"]
        self.assertTrue(contacts)
        self.assertNotIn(namesake.id, contacts)
        many = self.request(
            contact_name="Maria Garcia Lopez", partner_name=False, email_from="m@third.example.net", phone=False, vat=False
        )
        converted, left = many.convert_clear_requests()
        self.assertEqual((converted, set(left)), (many.browse(), set(many)), "a person has to look")

    def test_another_vat_number_is_somebody_else_whatever_agrees(self):
        known = self.env["res.partner"].create(
            {
                "name": "Pedro Sanz Gil",
                "vat": "11111111H",
                "country_id": self.env.ref("base.es").id,
                "email": "p@sanz.example.net",
            }
        )
        lead = self.request(contact_name="Pedro Sanz Gil", partner_name=False, vat="22222222J", email_from="p@sanz.example.net")
        self.assertIn(known.id, [match["id"] for match in lead.find_matches()])
        self.assertNotEqual(lead._get_conversion_proposal()[1], [known.id])
        self.assertTrue(lead._get_unclear_reason())

    def test_who_is_certain_is_taken_without_a_choice(self):
        lead = self.request(contact_name="Pau Ferrer", partner_name=False, vat=False, email_from="PAU@bodegasferrer.example.net")
        self.assertEqual(lead._get_conversion_proposal(), (self.client_company.id, [self.client_person.id]))

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

    def test_a_case_is_undone_with_its_history(self):
        lead = self.request(contact_name="Pau Ferrer")
        lead.message_post(body="Called", message_type="comment", subtype_xmlid="mail.mt_comment")
        messages = lead.sudo().message_ids
        subtypes = messages.mapped("subtype_id")
        result = lead.convert_request(contacts=[self.client_person], case={})
        outcome = lead.undo_conversion()
        self.assertTrue(lead.active)
        self.assertFalse(lead.case_id)
        self.assertTrue(messages <= lead.sudo().message_ids)
        self.assertEqual(messages.mapped("subtype_id"), subtypes)
        self.assertFalse(self.env["helpdesk.ticket"].browse(result["case"]).exists())
        self.assertFalse(outcome["kept"])
        self.assertTrue(self.client_person.exists())

    def test_a_case_somebody_works_on_stays(self):
        lead = self.request()
        ticket = self.env["helpdesk.ticket"].browse(lead.convert_request(contacts=[self.client_person], case={})["case"])
        ticket.message_post(body="We answer tomorrow", message_type="comment", subtype_xmlid="mail.mt_comment")
        outcome = lead.undo_conversion()
        self.assertEqual([item["name"] for item in outcome["kept"]], [ticket.display_name])
        self.assertTrue(ticket.exists())
        self.assertTrue(lead.active)

    # === UNDO === #

    def test_undo_brings_the_lead_back_with_its_state(self):
        lead = self.request()
        lead.record_consent("commercial", "granted")
        lead.log_contact_attempt("no_answer")
        before = lead.read(
            [
                "type",
                "name",
                "contact_name",
                "partner_name",
                "email_from",
                "phone",
                "partner_id",
                "contact_status",
                "next_contact_on",
                "user_id",
                "stage_id",
                "function",
                "expected_revenue",
                "active",
            ]
        )
        calls = lead.activity_ids.mapped(lambda a: (a.user_id, a.activity_type_id, a.summary))
        result = self.convert(lead)
        created = self.env["res.partner"].browse([result["account"], *result["contacts"]])
        outcome = lead.undo_conversion()
        self.assertEqual(lead.read(list(before[0])), before)
        self.assertEqual(lead.activity_ids.mapped(lambda a: (a.user_id, a.activity_type_id, a.summary)), calls)
        self.assertFalse(created.exists())
        self.assertEqual(len(outcome["removed"]), 3)
        self.assertFalse(lead.sudo().consent_ids.partner_id)
        self.assertEqual(lead.sudo().consent_state, "granted")
        conversion = lead.conversion_ids
        self.assertEqual((conversion.state, conversion.undone_by_id), ("undone", self.olga))
        self.assertIn("undone", "".join(lead.sudo().message_ids.mapped("body")))
        # and it can be converted again
        self.convert(lead)
        self.assertEqual(lead.type, "opportunity")

    def test_undo_names_what_stays_and_why(self):
        lead = self.request()
        result = self.convert(lead)
        person, other = self.env["res.partner"].browse(result["contacts"])
        self.env["sale.order"].create({"partner_id": person.id, "opportunity_id": lead.id})
        outcome = lead.undo_conversion()
        self.assertEqual(len(outcome["kept"]), 2)
        self.assertIn("Sales Order", outcome["kept"][0]["why"])
        self.assertTrue(person.exists() and person.parent_id.exists())
        self.assertFalse(other.exists())
        self.assertIn("was kept", "".join(lead.sudo().message_ids.mapped("body")))
        self.assertTrue(lead.conversion_ids.kept)

    def test_a_contact_that_somebody_else_changed_stays(self):
        lead = self.request()
        person = self.env["res.partner"].browse(self.convert(lead)["contacts"][0])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_uid = %s, write_date = %s WHERE id = %s",
            [self.nadia.id, fields.Datetime.now() + timedelta(minutes=5), person.id],
        )
        self.env.invalidate_all()
        self.assertIn("Nadia", lead.undo_conversion()["kept"][0]["why"])

    def test_undo_lets_go_whom_it_had_put_into_the_account(self):
        person = self.env["res.partner"].create({"name": "Loose Person"})
        lead = self.request()
        self.convert(lead, contacts=[person])
        self.assertTrue(person.parent_id)
        lead.undo_conversion()
        self.assertTrue(person.exists())
        self.assertFalse(person.parent_id)

    def test_undo_has_an_end(self):
        lead = self.request()
        with self.assertRaisesRegex(UserError, "no conversion"):
            lead.undo_conversion()
        self.convert(lead)
        self.assertTrue(lead.can_undo_conversion)
        lead.sudo().conversion_ids.date = fields.Datetime.now() - timedelta(days=8)
        self.assertFalse(lead.can_undo_conversion)
        with self.assertRaisesRegex(UserError, "for 7 days"):
            lead.undo_conversion()
        self.company.crm_firm_undo_days = 30
        lead.undo_conversion()
        with self.assertRaisesRegex(UserError, "no conversion"):
            lead.undo_conversion()

    def test_what_is_won_stays(self):
        lead = self.request()
        self.convert(lead)
        lead.action_set_won()
        with self.assertRaisesRegex(UserError, "won"):
            lead.undo_conversion()

    # === MANY === #

    def test_mass_conversion_takes_what_is_clear_and_lists_the_rest(self):
        new = self.request(
            contact_name="Nora Nueva", partner_name=False, vat=False, email_from="nora@nueva.example.net", phone=False
        )
        known = self.request(
            contact_name="Pau Ferrer", partner_name=False, vat=False, email_from="pau@bodegasferrer.example.net", phone=False
        )
        self.env["res.partner"].create([{"name": "Diego Doble"}, {"name": "Diego Doble"}])
        unclear = self.request(
            contact_name="Diego Doble", partner_name=False, vat=False, email_from=False, phone="+34 600 77 77 77"
        )
        nameless = self.request(contact_name=False, partner_name=False, vat=False, email_from="x@y.example.net", phone=False)
        leads = (new | known | unclear | nameless).with_user(self.olga)
        wizard = (
            self.env["crm.lead2opportunity.partner.mass"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_ids=leads.ids)
            .create({})
        )
        self.assertTrue(wizard.leave_unclear)
        action = wizard.action_mass_convert()
        self.assertEqual(leads.mapped("type"), ["opportunity", "opportunity", "lead", "lead"])
        self.assertEqual(known.partner_id, self.client_person)
        self.assertEqual(action["domain"], [("id", "in", (unclear | nameless).ids)])
        self.assertIn("Diego Doble", "".join(unclear.sudo().message_ids.mapped("body")))

    # === DIALOG === #

    def dialog(self, lead):
        return Form(
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids, default_is_detailed=True)
        )

    def test_the_dialog_proposes_and_writes_nothing_before_it_is_confirmed(self):
        lead = self.request()
        partners = self.env["res.partner"].search_count([])
        form = self.dialog(lead)
        self.assertEqual((form.account_mode, form.account_name, form.account_vat), ("create", "Isern Logística, S.L.", VAT))
        self.assertEqual(form.opportunity_name, "Tax return")
        with form.contact_line_ids.edit(0) as line:
            self.assertEqual((line.name, line.phone), ("Irene Isern", "+34 600 12 12 12"))
        with form.contact_line_ids.new() as line:
            line.name = "Jordi Isern"
        form.expected_revenue = 500
        wizard = form.save()
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        wizard.action_apply()
        self.assertEqual(lead.partner_id.parent_id.child_ids.mapped("name"), ["Irene Isern", "Jordi Isern"])
        self.assertEqual((lead.type, lead.expected_revenue), ("opportunity", 500))

    def test_the_dialog_offers_who_exists_and_says_why(self):
        form = self.dialog(self.request(contact_name="Pau Ferrer", email_from="pau@bodegasferrer.example.net", vat="A28015865"))
        self.assertEqual((form.account_mode, form.account_id), ("exist", self.client_company))
        with form.contact_line_ids.edit(0) as line:
            self.assertEqual(line.partner_id, self.client_person)
            self.assertIn("same e-mail", line.reason)
        self.assertIn("same VAT number", str(form.matches))
        form.target = "case"
        wizard = form.save()
        wizard.action_apply()
        self.assertEqual(wizard.lead_id.with_context(active_test=False).case_id.partner_id, self.client_person)

    def test_odoos_own_way_is_on_record_too_and_can_be_undone(self):
        lead = self.request()
        wizard = (
            self.env["crm.lead2opportunity.partner"]
            .with_user(self.olga)
            .with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
            .create({"action": "create"})
        )
        wizard.action_apply()
        self.assertEqual(lead.type, "opportunity")
        partner = lead.partner_id
        self.assertFalse(lead.activity_ids)
        lead.undo_conversion()
        self.assertEqual(lead.type, "lead")
        self.assertFalse(partner.exists())

    # === MERGE === #

    def test_merging_contacts_keeps_consents_and_conversions(self):
        lead = self.request()
        lead.record_consent("commercial", "granted")
        result = self.convert(lead, account=False, contacts=[{"name": "Irene Isern"}])
        duplicate = self.env["res.partner"].browse(result["contacts"])
        keeper = self.env["res.partner"].create({"name": "Irene Isern", "email": "irene@isern.example.net"})
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((duplicate | keeper).ids, keeper)
        self.env.invalidate_all()
        self.assertEqual(lead.partner_id, keeper)
        self.assertEqual(keeper.consent_ids, lead.sudo().consent_ids)
        self.assertEqual(lead.conversion_ids.partner_id, keeper)
        self.assertFalse(lead.undo_conversion()["removed"])
        self.assertTrue(keeper.exists())


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestLeadConvertTwice(TransactionCase):
    """Two people at the same moment: real transactions on committed data, removed at the end.

    Without the cast: what it writes is not committed, and would block the two.
    """

    def setUp(self):
        super().setUp()
        # The thread of the tests holds the lock of the registries.
        self.patch(Registry, "_lock", DummyRLock())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            self.lead_ids = (
                env["crm.lead"]
                .create(
                    [
                        {"name": f"Race {n}", "type": "lead", "contact_name": f"Racer {n}", "partner_name": "Race S.L."}
                        for n in (1, 2)
                    ]
                )
                .ids
            )
        self.addCleanup(self.remove)

    def remove(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            leads = env["crm.lead"].with_context(active_test=False).browse(self.lead_ids).exists()
            conversions = leads.conversion_ids
            partner_ids = {pid for conversion in conversions for pid in conversion.created_partner_ids or []}
            leads.unlink()
            partners = env["res.partner"].browse(partner_ids).exists()
            partners.filtered("parent_id").unlink()
            partners.exists().unlink()

    def run_at_once(self, *calls):
        """Run functions of an environment in one transaction each, all begun before the first one writes."""
        results, barrier = [None] * len(calls), threading.Barrier(len(calls))

        def run(number, call):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                cr.execute("SELECT 1 FROM res_partner LIMIT 1")  # the snapshot begins
                started = []

                def attempt():
                    if not started:
                        started.append(True)
                        barrier.wait(10)
                    return call(env)

                try:
                    results[number] = retrying(attempt, env)
                except UserError as error:
                    results[number] = error

        threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_one_conversion_and_one_who_is_told(self):
        lead_id = self.lead_ids[0]
        results = self.run_at_once(*[lambda env: env["crm.lead"].browse(lead_id).convert_request()] * 2)
        told = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(told), 1, results)
        self.assertRegex(str(told[0]), "already converted|right now")
        self.assertNotIsInstance(told[0], LockError)
        with self.registry.cursor() as cr:
            lead = api.Environment(cr, api.SUPERUSER_ID, {})["crm.lead"].browse(lead_id)
            self.assertEqual((lead.type, len(lead.conversion_ids)), ("opportunity", 1))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_leads_of_one_new_company_make_one_company(self):
        def convert(lead_id):
            return lambda env: (
                env["crm.lead"]
                .browse(lead_id)
                .convert_request(account={"name": "Race S.L.", "vat": VAT}, contacts=[{"name": f"Racer {lead_id}"}])
            )

        results = self.run_at_once(*map(convert, self.lead_ids))
        self.assertEqual(len({result["account"] for result in results}), 1, results)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            self.assertEqual(env["res.partner"].search_count([("vat", "ilike", "58378431"), ("parent_id", "=", False)]), 1)
