"""The screen of the front desk: who calls, found while it is typed, and what it offers."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.crm_firm.models.request.crm_lead_register_input import RECORDS

from .register_common import NEW, RegisterCase


@tagged("post_install", "-at_install")
class TestRegisterScreen(RegisterCase):
    # === MATCHES === #

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

    def test_the_screen_and_the_case_judge_a_channel_alike(self):
        category = self.env.ref("crm_firm.category_invoices")
        emergency = self.env.ref("crm_firm.urgency_dismissal")
        for reason, channel, is_unusual in (
            (False, "channel_phone", True),
            (emergency, "channel_phone", False),
            (emergency, "channel_in_person", True),
            (False, "channel_client_area", False),
        ):
            values = {"category_id": category.id, "channel_id": self.env.ref(f"crm_firm.{channel}").id}
            values["urgency_reason_id"] = reason and reason.id
            screen = self.env["firm.request.register"].with_user(self.fran).create(values | {"result": "case"})
            team = self.env.ref("crm_firm.team_client_requests")
            case = self.env["helpdesk.ticket"].create(values | {"name": "A", "description": "B", "team_id": team.id})
            with self.subTest(reason=reason and reason.name, channel=channel):
                self.assertEqual(screen.is_channel_unusual, is_unusual)
                self.assertEqual(case.is_channel_unusual, is_unusual)

    def test_what_the_screen_does_not_offer_cannot_be_registered_either(self):
        choices = self.env["firm.request.register"].with_user(self.fran)
        for fname, model in RECORDS.items():
            with self.subTest(field=fname):
                # No search for the negation: of groups within groups it finds whoever has another group besides.
                Model = self.env[model].with_context(active_test=False)
                refused = (Model.search([]) - Model.search(choices._get_choices(fname)))[:1]
                if refused:
                    with self.assertRaises(UserError):
                        self.register(**NEW, **{fname: refused.id})

    def test_an_earlier_request_of_somebody_else_fills_in_nothing(self):
        lead = self.receive_request(user_id=self.olga.id)
        with self.assertRaises(AccessError):
            self.env["firm.request.register"].with_user(self.fran).create({"source_lead_id": lead.id})
