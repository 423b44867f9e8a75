"""The front desk registers a request: who it is, what it becomes, what was said, and what the registrar sees of it."""

from freezegun import freeze_time

from odoo.exceptions import AccessError, ConcurrencyError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import FirmCase

NEW = {
    "contact_name": "Ana Ruiz",
    "phone": "600 11 22 33",
    "description": "Needs help with a tax letter",
    "consents": {"handling": "granted"},
}


class RegisterCase(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.bodegas = env["res.partner"].create(
            {"name": "Bodegas Ferrer, S.L.", "is_company": True, "vat": "ESB58378431", "country_id": env.ref("base.es").id}
        )
        cls.pau = env["res.partner"].create(
            {"name": "Pau Ferrer", "parent_id": cls.bodegas.id, "email": "pau@bodegas.example.net", "phone": "+34 600 99 88 77"}
        )
        cls.area_tax.consultation_fee = 60

    def register(self, user=None, **values):
        values = {"channel_id": self.channel_phone.id, "practice_area_id": self.area_tax.id} | values
        return self.env["crm.lead"].with_user(user or self.fran).register_request(values)

    def get_lead(self, result):
        return self.env["crm.lead"].with_context(active_test=False).browse(result["lead"])

    def register_client(self, **values):
        return self.register(partner_id=self.pau.id, description="A question", consents={"handling": "granted"}, **values)

    def assertRefused(self, text, **values):
        leads = self.env["crm.lead"].with_context(active_test=False).search_count([])
        with self.assertRaisesRegex(UserError, text):
            self.register(**NEW | values)
        self.assertEqual(self.env["crm.lead"].with_context(active_test=False).search_count([]), leads)


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
        with self.assertRaises(ValidationError):
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

    # === CONSENT === #

    def test_without_an_answer_on_handling_the_front_desk_is_told_what_to_say(self):
        self.assertRefused("May I read you a short text", consents={})
        self.assertRefused("May I read you a short text", consents={"commercial": "granted"})

    def test_a_no_on_handling_registers_nothing(self):
        self.assertRefused("Without your permission I cannot", consents={"handling": "withdrawn"})

    def test_both_answers_are_kept_with_the_words_that_were_read(self):
        lead = self.get_lead(self.register(**NEW | {"consents": {"handling": "granted", "commercial": "withdrawn"}}))
        wordings = self.env["firm.consent.wording"]._get_wordings(self.company, "phone")
        for consent in lead.consent_ids:
            self.assertEqual(consent.wording, wordings[consent.purpose]._get_text(self.company))
            self.assertEqual(consent.wording_version, str(wordings[consent.purpose].version))
            self.assertEqual((consent.recorded_by_id, consent.channel_id), (self.fran, self.channel_phone))
        self.assertEqual(
            {consent.purpose: consent.state for consent in lead.consent_ids}, {"handling": "granted", "commercial": "withdrawn"}
        )

    def test_the_words_are_those_of_the_callers_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        wording = self.env["firm.consent.wording"]._get_wordings(self.company, "phone")["handling"]
        wording.with_context(lang="es_ES").text = "Acepto que traten mis datos."
        lead = self.get_lead(self.register(**NEW, lang="es_ES"))
        self.assertEqual(lead.consent_ids.wording, "Acepto que traten mis datos.")
        self.assertEqual(lead.lang_id.code, "es_ES")

    def test_words_that_changed_meanwhile_are_read_again(self):
        wording = self.env["firm.consent.wording"]._get_wordings(self.company, "phone")["handling"]
        self.assertRefused("changed the text", wording_versions={"handling": wording.version - 1})
        self.register(**NEW, wording_versions={"handling": wording.version})

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

    # === ATTACKS === #

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_nobody_else_gets_in(self):
        for user in (self.elsa, self.paula, self.env.ref("base.public_user")):
            env = self.env(user=user)
            for method, argument in (("register_request", dict(NEW, channel_id=self.channel_phone.id)), ("find_callers", "Pau")):
                with self.subTest(user=user.name, method=method), self.assertRaises(AccessError):
                    call_kw(env["crm.lead"], method, [argument], {})

    def test_what_is_no_registration_is_refused_with_a_text(self):
        wrong = [
            None,
            [],
            "x",
            NEW | {"stage_id": 1},
            NEW | {"contact_name": 3},
            NEW | {"contact_name": "x" * 100_000},
            NEW | {"description": "x" * 100_000},
            NEW | {"description": "a\0b"},
            NEW | {"partner_id": "1"},
            NEW | {"partner_id": -4},
            NEW | {"partner_id": 2**40},
            NEW | {"partner_id": True},
            NEW | {"user_id": self.paula.id},
            NEW | {"user_id": self.elsa.id},
            NEW | {"specialist_id": self.paula.id},
            NEW | {"consents": "yes"},
            NEW | {"consents": {"handling": "maybe"}},
            NEW | {"consents": {"handling": ["granted"]}},
            NEW | {"consents": {"handling": "granted", "everything": "granted"}},
            NEW | {"wording_versions": [1]},
            NEW | {"lang": "xx_XX"},
            NEW | {"lang": {"a": 1}},
            NEW | {"result": "ticket"},
            NEW | {"result": ["lead"]},
            NEW | {"create_contact": "yes"},
            NEW | {"idempotency_key": "short"},
            NEW | {"idempotency_key": 12},
            NEW | {"category_id": 10**6},
        ]
        for values in wrong:
            if isinstance(values, dict):
                values = {"channel_id": self.channel_phone.id} | values
            with self.subTest(values=str(values)[:80]), self.assertRaises(UserError):
                call_kw(self.env(user=self.fran)["crm.lead"], "register_request", [values], {})
        for text in (7, ["Pau"], "x" * 1000, "a\0b"):
            with self.subTest(text=str(text)[:20]), self.assertRaises(UserError):
                call_kw(self.env(user=self.fran)["crm.lead"], "find_callers", [text], {})

    def test_other_companies_records_cannot_be_used(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        theirs = {
            "practice_area_id": self.env["firm.practice.area"]
            .create({"name": "X", "code": "x-other", "company_id": other.id})
            .id,
            "partner_id": self.env["res.partner"].create({"name": "Secret Client", "company_id": other.id}).id,
            "channel_id": self.env["helpdesk.ticket.channel"].create({"name": "X", "kind": "phone", "company_id": other.id}).id,
            "user_id": new_test_user(
                self.env,
                login="other.sales",
                groups="sales_team.group_sale_salesman",
                company_id=other.id,
                company_ids=[(6, 0, other.ids)],
            ).id,
        }
        for fname, value in theirs.items():
            with self.subTest(fname), self.assertRaises(UserError) as refusal:
                self.register(**NEW | {fname: value})
            self.assertNotIn("Secret", str(refusal.exception))

    def test_mark_up_is_text(self):
        lead = self.get_lead(self.register(**NEW | {"description": "<script>alert(1)</script>\n<b>bold</b>"}))
        self.assertIn("&lt;script&gt;", lead.description)
        self.assertNotIn("<script>", lead.description)
        self.assertNotIn("<b>bold", lead.description)

    # === MATCHES === #

    def find(self, text, user=None):
        return self.env["crm.lead"].with_user(user or self.fran).find_callers(text)

    def test_callers_are_found_by_phone_email_vat_and_name(self):
        for text, partner in (
            ("600 998 877", self.pau),
            ("+34600998877", self.pau),
            ("PAU@bodegas.example.net", self.pau),
            ("B58378431", self.bodegas),
            ("es-b58378431", self.bodegas),
            ("pau ferrer", self.pau),
            ("Férrer Pau", self.pau),
        ):
            with self.subTest(text):
                match = self.find(text)[0]
                self.assertEqual((match["model"], match["id"]), ("res.partner", partner.id))
                self.assertTrue(match["reason_text"])

    def test_names_are_found_while_they_are_typed(self):
        self.assertFalse(self.find("Bo"))
        self.assertIn(self.bodegas.id, [match["id"] for match in self.find("Bodeg")])
        self.assertIn(self.pau.id, [match["id"] for match in self.find("fer pau")])
        self.assertIn(self.bodegas.id, [match["id"] for match in self.find("Bodegas de Ferr")])
        self.assertIn(self.bodegas.id, [match["id"] for match in self.find("Bodegas Ferrer, S")])
        self.assertFalse(self.find("pau zzz"))
        self.assertFalse(self.find("   "))
        self.assertFalse(self.find("%%%"))
        self.assertFalse(self.find("(.*"))

    def test_a_match_says_what_is_open_and_whom_to_ask_for_the_rest(self):
        self.env["crm.lead"].create(
            [
                {"name": "A", "type": "opportunity", "partner_id": self.pau.id, "user_id": owner.id}
                for owner in (self.fran, self.olga)
            ]
        )
        match = self.find("pau@bodegas.example.net")[0]
        self.assertEqual(match["open_text"], "Opportunities: 1, ask Olga Owner")

    def test_a_request_of_somebody_else_is_told_without_its_content(self):
        self.receive_request(contact_name="Secret Person", phone="+34 600 45 45 45", user_id=self.olga.id)
        (match,) = self.find("600454545")
        self.assertEqual((match["id"], match["ask"]["name"]), (None, "Olga Owner"))
        self.assertNotIn("Secret", str(match))

    def test_a_few_letters_do_not_tell_of_contacts_that_may_not_be_read(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        self.env["res.partner"].create({"name": "Zacarias Oculto", "company_id": other.id})
        self.assertFalse(self.find("Zacar"))

    def test_typing_asks_the_database_a_fixed_number_of_times(self):
        partners = self.env["res.partner"].create([{"name": f"Gumersindo Prueba{n}", "is_company": True} for n in range(8)])
        self.env["crm.lead"].create(
            [{"name": "A", "type": "opportunity", "partner_id": p.id, "user_id": self.olga.id} for p in partners]
        )
        self.env.flush_all()
        self.find("Gumers")
        self.env.invalidate_all()
        with self.assertQueryCount(45):
            self.assertEqual(len(self.find("Gumers")), 8)

    # === THE SCREEN === #

    def test_the_screen_registers_and_keeps_no_copy(self):
        form = Form(self.env["firm.request.register"].with_user(self.fran))
        self.assertFalse(form.handling_answer)
        self.assertFalse(form.commercial_answer)
        self.assertEqual(form.channel_id, self.channel_phone)
        form._view["modifiers"]["partner_id"]["invisible"] = "False"  # the widget sets it
        form.partner_id = self.pau
        self.assertEqual((form.contact_name, form.partner_name), ("Pau Ferrer", "Bodegas Ferrer, S.L."))
        self.assertEqual((form.phone, form.email_from, form.vat), ("+34 600 99 88 77", "pau@bodegas.example.net", "ESB58378431"))
        self.assertEqual(form.result, "opportunity")
        form.practice_area_id = self.area_tax
        self.assertEqual(form.fee, 60)
        form.description = "Wants to talk"
        screen = form.save()
        with self.assertRaisesRegex(UserError, "May I read you a short text"):
            screen.action_register()
        screen.handling_answer = "granted"
        screen.action_register()
        self.assertEqual(screen.state, "done")
        self.assertFalse(screen.contact_name or screen.phone or screen.partner_id or screen.description)
        self.assertEqual(self.env["crm.lead"].search_count([("name", "=", "Wants to talk")]), 1)
        self.assertFalse(screen.open_model)

    def test_what_is_typed_first_is_kept_for_somebody_new(self):
        for text, fname in (
            ("600 12 12 12", "phone"),
            ("new@example.org", "email_from"),
            ("X1234567L", "vat"),
            ("Nuria Nueva", "contact_name"),
        ):
            form = Form(self.env["firm.request.register"].with_user(self.fran))
            form.search_text = text
            self.assertEqual(form[fname], text)

    def test_another_language_asks_for_the_answers_again(self):
        self.env["res.lang"]._activate_lang("es_ES")
        form = Form(self.env["firm.request.register"].with_user(self.fran))
        form.handling_answer = "granted"
        form.lang = "es_ES"
        self.assertFalse(form.handling_answer)

    def test_nobody_reads_what_a_colleague_is_typing(self):
        screen = self.env["firm.request.register"].with_user(self.fran).create({"contact_name": "Ana"})
        for user in (self.olga, self.marta):
            self.assertFalse(self.env["firm.request.register"].with_user(user).search([("id", "=", screen.id)]))
            with self.assertRaises(AccessError):
                screen.with_user(user).read(["contact_name"])
            with self.assertRaises(AccessError):
                screen.with_user(user).unlink()

    def test_the_screen_offers_what_is_of_the_company(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        area = self.env["firm.practice.area"].create({"name": "X", "code": "x-other", "company_id": other.id})
        self.fran.company_ids |= other
        screen = (
            self.env["firm.request.register"].with_user(self.fran).with_context(allowed_company_ids=[self.company.id, other.id])
        )
        described = screen.fields_get(["practice_area_id", "channel_id", "user_id", "specialist_id"], ["domain"])
        areas = self.env["firm.practice.area"].search(described["practice_area_id"]["domain"])
        self.assertIn(self.area_tax, areas)
        self.assertNotIn(area, areas)
        self.assertEqual(
            set(self.env["helpdesk.ticket.channel"].search(described["channel_id"]["domain"]).mapped("kind")),
            {"phone", "in_person"},
        )
        owners = self.env["res.users"].search(described["user_id"]["domain"])
        self.assertIn(self.olga, owners)
        self.assertFalse(owners & (self.elsa | self.paula))

    def test_an_earlier_request_of_somebody_else_fills_in_nothing(self):
        lead = self.receive_request(user_id=self.olga.id)
        with self.assertRaises(AccessError):
            self.env["firm.request.register"].with_user(self.fran).create({"source_lead_id": lead.id})
