"""The front desk registers a request: what it becomes, whose it is, and what the registrar sees of it."""

from freezegun import freeze_time

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .register_common import NEW, RegisterCase


@tagged("post_install", "-at_install")
class TestRegister(RegisterCase):
    # === SOMEBODY NEW === #

    @freeze_time("2026-03-02 09:00:00")  # Monday, 10:00 in Madrid
    def test_somebody_new_is_a_lead_of_whoever_is_next_with_a_call_today(self):
        result = self.register(**NEW)
        lead = self.get_lead(result)
        self.assertEqual((lead.type, lead.name, lead.contact_name), ("lead", "Needs help with a tax letter", "Ana Ruiz"))
        self.assertEqual(lead.phone, "+34 600 11 22 33")
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual(lead.activity_ids.user_id, lead.user_id)
        self.assertTrue(lead.owner_untold)
        self.assertFalse(lead.partner_id)
        self.assertEqual(result["message"], f"{lead.user_id.name} will call by Monday, March 2, 2026.")

    def test_the_registrar_does_not_see_it_afterwards(self):
        result = self.register(**NEW)
        self.assertFalse(result["can_open"])
        lead = self.get_lead(result)
        self.assertFalse(lead.with_user(self.fran).has_access("read"))
        self.assertNotIn(self.fran.partner_id, lead.message_partner_ids)

    def test_what_nobody_owns_waits_in_the_pool_and_can_be_opened(self):
        self.area_unclassified.owner_ids = False
        result = self.register(**NEW, practice_area_id=False)
        lead = self.get_lead(result)
        self.assertEqual((lead.practice_area_id, lead.user_id), (self.area_unclassified, self.env["res.users"]))
        self.assertEqual(result["can_open"], ["crm.lead", lead.id])
        self.assertIn("waiting in the unassigned pool", result["message"])

    def test_owner_and_specialist_chosen_go_before_the_rule(self):
        lead = self.get_lead(self.register(**NEW, user_id=self.nadia.id, specialist_id=self.sara.id))
        self.assertEqual((lead.user_id, lead.specialist_id), (self.nadia, self.sara))

    def test_a_salesperson_registers_for_themselves(self):
        result = self.register(self.olga, **NEW)
        self.assertEqual(self.get_lead(result).user_id, self.olga)
        self.assertEqual(result["can_open"], ["crm.lead", result["lead"]])
        with self.assertRaisesRegex(UserError, "register in your own name"):
            self.register(self.olga, **NEW, user_id=self.oscar.id)

    def test_contacts_made_at_the_desk_are_the_owners_and_not_of_who_picks_up(self):
        result = self.register(
            **NEW | {"email_from": "eva@alcornoque.example.net"},
            partner_name="Alcornoque, S.L.",
            create_account=True,
            create_contact=True,
        )
        lead = self.get_lead(result)
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual((lead.partner_id.user_id, lead.partner_id.parent_id.user_id), (lead.user_id, lead.user_id))

    def test_contact_and_account_are_made_at_once_with_the_lead(self):
        result = self.register(
            **NEW | {"email_from": "ana@olivares.example.net"},
            partner_name="Olivares, S.L.",
            vat="B12345674",
            create_account=True,
            create_contact=True,
        )
        lead = self.get_lead(result)
        self.assertEqual((lead.type, lead.partner_id.name), ("lead", "Ana Ruiz"))
        self.assertEqual(lead.partner_id.parent_id.name, "Olivares, S.L.")
        self.assertEqual(lead.partner_id.parent_id.vat, "B12345674")
        self.assertEqual(lead.consent_ids.partner_id, lead.partner_id)

    def test_no_company_is_made_twice(self):
        lead = self.get_lead(self.register(**NEW, partner_name="Ferrer", vat="B58378431", create_account=True))
        self.assertEqual(lead.partner_id, self.bodegas)

    def test_a_wrong_vat_number_leaves_nothing_behind(self):
        partners, leads = self.env["res.partner"].search_count([]), self.env["crm.lead"].search_count([])
        with self.assertRaisesRegex(UserError, "VAT number is wrong"):
            self.register(**NEW, partner_name="Wrong, S.L.", vat="B12345678", create_account=True, create_contact=True)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)

    def test_what_cannot_be_answered_is_refused_with_what_to_ask(self):
        self.assertRefused("Ask for the name", contact_name="")
        self.assertRefused("phone number or an e-mail", phone="")
        self.assertRefused("phone number is incomplete", phone="12")
        self.assertRefused("e-mail address is incomplete", email_from="ana@")
        self.assertRefused("company's name", create_account=True)
        self.assertRefused("Choose the channel", channel_id=False)

    # === CLIENTS === #

    @freeze_time("2026-03-02 09:00:00")
    def test_a_client_gets_an_opportunity_by_default_with_a_call_for_its_owner(self):
        result = self.register_client()
        lead = self.get_lead(result)
        self.assertEqual((lead.type, lead.partner_id, lead.contact_name), ("opportunity", self.pau, "Pau Ferrer"))
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual(lead.activity_ids.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        self.assertEqual(lead.activity_ids.user_id, lead.user_id)
        self.assertIn("will call by Monday, March 2, 2026", result["message"])
        self.assertFalse(result["can_open"])

    def test_the_area_says_what_a_clients_request_becomes(self):
        self.area_tax.client_request = "case"
        (self.olga | self.oscar).group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        result = self.register_client()
        lead, ticket = self.get_lead(result), self.env["helpdesk.ticket"].browse(result["case"])
        self.assertEqual((result["result"], lead.active, lead.case_id), ("case", False, ticket))
        self.assertEqual((ticket.partner_id, ticket.channel_id), (self.pau, self.channel_phone))
        self.assertNotIn("A question", ticket.description, "the client reads it")
        self.assertIn("A question", " ".join(ticket.message_ids.filtered(lambda m: m.subtype_id.internal).mapped("body")))
        self.assertEqual(ticket.user_id, lead.user_id)
        self.assertIn(ticket.number, result["message"])
        self.assertEqual(set(lead.consent_ids.mapped("partner_id")), {self.pau})

    def test_a_case_leaves_no_call_no_mail_of_the_lead_and_is_out_of_the_registrars_sight(self):
        self.pau.phone = False  # else nothing would be asked for
        (self.olga | self.oscar).group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        result = self.register_client(result="case")
        lead, ticket = self.get_lead(result), self.env["helpdesk.ticket"].browse(result["case"])
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.owner_untold)
        self.assertFalse(lead.follow_up_step_ids.filtered(lambda step: step.state in ("planned", "sending", "failed")))
        self.assertFalse(result["can_open"])
        self.assertFalse(ticket.with_user(self.fran).has_access("read"))
        self.assertTrue(ticket.with_user(lead.user_id).has_access("read"))

    def test_a_company_can_be_the_client(self):
        for kind in ("opportunity", "case"):
            lead = self.get_lead(
                self.register(partner_id=self.bodegas.id, result=kind, phone="600112233", consents={"handling": "granted"})
            )
            self.assertEqual(lead.partner_id, self.bodegas)

    def test_the_registrar_may_choose_a_lead_for_somebody_known(self):
        self.assertEqual(self.get_lead(self.register_client(result="lead")).type, "lead")

    def test_nobody_unknown_gets_an_opportunity_or_a_case(self):
        for kind in ("opportunity", "case"):
            self.assertRefused("existing contact", result=kind)

    def test_what_a_caller_says_does_not_change_the_contact(self):
        lead = self.get_lead(self.register_client(phone="600 00 00 01", email_from="other@example.org"))
        self.assertEqual((lead.phone, lead.email_from), ("+34 600 00 00 01", "other@example.org"))
        self.assertEqual((self.pau.phone, self.pau.email), ("+34 600 99 88 77", "pau@bodegas.example.net"))

    def test_a_number_that_only_the_contact_writes_so_is_taken(self):
        self.pau.phone = "600 99 88 77 ext. 4 / 5"
        self.assertEqual(self.get_lead(self.register_client(phone=self.pau.phone)).phone, self.pau.phone)

    def test_an_archived_contact_who_calls_is_active_again(self):
        self.pau.action_archive()
        self.assertIn("archived", self.find("pau@bodegas.example.net")[0]["state_text"])
        self.register_client()
        self.assertTrue(self.pau.active)

    def test_a_case_can_be_taken_back_by_its_owner(self):
        result = self.register_client(result="case")
        lead = self.get_lead(result)
        lead.with_user(lead.user_id).undo_conversion()
        self.assertEqual((lead.active, lead.type, lead.follow_up_stopped_by), (True, "lead", False))
        self.assertFalse(self.env["helpdesk.ticket"].browse(result["case"]).exists())

    def test_what_the_contact_has_needs_no_typing(self):
        lead = self.get_lead(self.register_client())
        self.assertEqual((lead.phone, lead.email_from), ("+34 600 99 88 77", "pau@bodegas.example.net"))

    def test_an_area_with_obligatory_conflict_check_gets_leads(self):
        self.area_tax.conflict_check_required = True
        for kind in ("opportunity", "case"):
            with self.assertRaisesRegex(UserError, "Register the request as a lead"):
                self.register_client(result=kind)
        self.assertEqual(self.register_client(result="lead")["result"], "lead")

    def test_what_comes_by_the_web_is_a_lead(self):
        with self.assertRaisesRegex(UserError, "always leads"):
            self.register_client(result="opportunity", channel_id=self.channel_web.id)
        self.assertEqual(self.register_client(channel_id=self.channel_web.id)["result"], "lead")

    # === THE FEE === #

    def test_the_fee_told_is_on_record_and_confirmed_with_the_specialist_in_copy(self):
        result = self.register(
            **NEW | {"email_from": "ana@client.example.com"}, specialist_id=self.sara.id, fee_informed=True, lang="en_US"
        )
        lead = self.get_lead(result)
        self.assertEqual((lead.fee_informed_amount, lead.fee_informed_by_id), (60, self.fran))
        self.assertTrue(lead.fee_informed_on)
        mail = self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id)])
        self.assertEqual((mail.email_to, mail.state), ("ana@client.example.com", "outgoing"))
        self.assertIn(self.sara.email, mail.email_cc)
        self.assertIn("60.00", mail.body_html)
        self.assertIn("confirmed by e-mail to ana@client.example.com", " ".join(result["notes"]))
        self.area_tax.consultation_fee = 90
        self.assertEqual(lead.fee_informed_amount, 60)

    def test_the_confirmation_speaks_the_persons_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        template = self.env.ref("crm_firm.mail_template_consultation_fee")
        template.with_context(lang="es_ES").subject = "Honorarios de su consulta"
        lead = self.get_lead(self.register(**NEW | {"email_from": "ana@client.example.com"}, fee_informed=True, lang="es_ES"))
        mail = self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id)])
        self.assertEqual(mail.subject, "Honorarios de su consulta")

    def test_without_an_address_the_fee_is_recorded_and_the_front_desk_told(self):
        mails = self.env["mail.mail"].search_count([])
        result = self.register(**NEW, fee_informed=True)
        self.assertEqual(self.get_lead(result).fee_informed_amount, 60)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertIn("No e-mail address", " ".join(result["notes"]))

    def test_a_case_takes_the_note_of_the_fee_along(self):
        result = self.register_client(result="case", fee_informed=True)
        ticket = self.env["helpdesk.ticket"].browse(result["case"])
        self.assertIn("Informed of the consultation fee", " ".join(ticket.message_ids.mapped("body")))

    def test_a_fee_that_there_is_not_cannot_be_told(self):
        self.area_tax.consultation_fee = 0
        self.assertRefused("no consultation fee", fee_informed=True)

    # === ONCE, OR NOT AT ALL === #

    def test_registering_twice_with_one_key_makes_one_request(self):
        key = "0123456789abcdef"
        first = self.register(**NEW, idempotency_key=key)
        second = self.register(**NEW, idempotency_key=key)
        self.assertEqual(second, first | {"repeated": True})

    def test_a_key_of_somebody_else_tells_nothing(self):
        key = "0123456789abcdef"
        self.register(self.olga, **NEW, idempotency_key=key)
        with self.assertRaisesRegex(UserError, "belongs to another request") as refusal:
            self.register(**NEW, idempotency_key=key)
        self.assertNotIn("Ana", str(refusal.exception))

    def test_of_two_clicks_at_the_same_moment_the_second_starts_again(self):
        """The other transaction is committed after this one began: only the database sees its key."""
        key = "0123456789abcdef"
        self.register(**NEW, idempotency_key=key)
        self.patch(type(self.env["crm.lead"]), "_find_registered", lambda *_args: None)
        leads = self.env["crm.lead"].search_count([])
        with mute_logger("odoo.sql_db"), self.assertRaises(ConcurrencyError):
            self.register(**NEW, idempotency_key=key)
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)

    def test_a_failure_at_the_end_leaves_nothing_behind(self):
        model = type(self.env["crm.lead"])
        counts = {name: self.env[name].search_count([]) for name in ("crm.lead", "res.partner", "firm.consent", "mail.mail")}

        def fail(*_args):
            raise UserError("The last step fails")  # pylint: disable=translation-required

        self.patch(model, "_describe_registered", fail)
        with self.assertRaisesRegex(UserError, "last step"):
            self.register(
                **NEW | {"email_from": "ana@client.example.com", "consents": {"handling": "granted", "commercial": "granted"}},
                create_contact=True,
                fee_informed=True,
            )
        self.assertEqual({name: self.env[name].search_count([]) for name in counts}, counts)
