from collections import Counter

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools import match_keys
from .common import FirmCase


@tagged("post_install", "-at_install")
class TestVerification(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spain = cls.env.ref("base.es")
        cls.gomez = cls.env["res.partner"].create(
            {
                "name": "Construcciones Gómez e Hijos, S.L.",
                "is_company": True,
                "vat": "ESB58378431",
                "country_id": cls.spain.id,
                "phone": "+34 915 55 01 01",
                "email": "info@gomezhijos.example.net",
            }
        )
        cls.luis = cls.env["res.partner"].create(
            {
                "name": "Luis Gómez Arrabal",
                "parent_id": cls.gomez.id,
                "email": "luis@gomezhijos.example.net",
                "phone": "+34 600 55 01 02",
                "function": "Socio",
            }
        )

    def find(self, user=None, **criteria):
        return self.env["crm.lead"].with_user(user or self.olga).find_matches_for(criteria)

    def assert_found(self, partner, reason, **criteria):
        matches = {match["id"]: match for match in self.find(**criteria) if match["model"] == "res.partner"}
        self.assertIn(partner.id, matches, criteria)
        self.assertIn(reason, matches[partner.id]["reasons"])
        return matches[partner.id]

    # === KEYS === #

    def test_one_company_in_many_spellings_has_one_key(self):
        spellings = [
            "Construcciones Gómez, S.L.",
            "CONSTRUCCIONES GOMEZ SL",
            "gomez construcciones s. l.",
            "Construcciones Gómez Sociedad Limitada",
            "Construcciones Gómez, S.L.U.",
            "Gómez Construcciones",
        ]
        self.assertEqual({match_keys.get_name_key(name) for name in spellings}, {"construcciones gomez"})

    def test_other_legal_forms_are_left_out_too(self):
        for name in ("Núñez, C.B.", "Nunez S.A.", "NÚÑEZ SOCIEDAD ANÓNIMA", "Nunez GmbH", "Núñez Ltd.", "Nunez Limited"):
            self.assertEqual(match_keys.get_name_key(name), "nunez", name)

    def test_a_name_that_is_only_a_legal_form_keeps_its_letters(self):
        self.assertTrue(match_keys.get_name_key("S.A."))
        self.assertFalse(match_keys.get_name_key(" . "))
        self.assertFalse(match_keys.get_name_tokens(None, ""))

    def test_typing_errors_are_small_and_names_stay_apart(self):
        def compare(name, other):
            return match_keys.compare_names(match_keys.get_name_words(name), match_keys.get_name_words(other))

        self.assertEqual(compare("Ana Ruiz", "Ruiz, Ana"), "same")
        self.assertEqual(compare("Ana Ruiz", "Ana Riuz"), "similar")
        self.assertEqual(compare("María Rodríguez", "Maria Rodirguez"), "similar")
        self.assertEqual(compare("Mercadona", "Mercadonna S.A."), "similar")
        self.assertEqual(compare("Ana Ruiz", "Ana Ruiz García"), "part")
        self.assertIsNone(compare("Ana Ruiz", "Ana Díaz"))
        self.assertIsNone(compare("Ana Ruiz", "Eva Ruiz"))
        self.assertIsNone(compare("Ana", "Ana Ruiz"))

    def test_every_similar_name_lies_in_a_common_bucket(self):
        names = ["Ana Ruiz", "Francisco Javier Gil", "Inditex", "Talleres Núñez S.L.", "María del Mar Sanz Vega"]
        likenesses = Counter()
        for name in names:
            words = match_keys.get_name_words(name)
            for position, word in enumerate(words):
                for at in range(len(word) - 1):
                    if len(word) < 4:
                        continue
                    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
                    for slip in (swapped, word[:at] + word[at + 1 :], word[:at] + "x" + word[at + 1 :]):
                        other = sorted([*words[:position], slip, *words[position + 1 :]])
                        if match_keys.compare_names(words, other) not in ("same", "similar"):
                            continue
                        likenesses[name] += 1
                        stored = set(match_keys.get_name_tokens(" ".join(other)).split())
                        asked = match_keys.get_similar_tokens(words) | match_keys.get_same_tokens(words)
                        self.assertTrue(stored & asked, f"{words} / {other}")
        self.assertEqual(set(likenesses), set(names), "each has slips that are still like it")

    def test_vat_keys_know_countries(self):
        self.assertEqual(match_keys.get_vat_key("b-58.378.431", "ES"), "ESB58378431")
        self.assertEqual(match_keys.get_vat_key("ES B58378431", "FR"), "ESB58378431")
        self.assertEqual(match_keys.get_vat_key("EL123456783"), "GR123456783")
        self.assertNotEqual(match_keys.get_vat_key("DE123456788"), match_keys.get_vat_key("PT123456788"))
        for nothing in ("/", "", None, "N/A"):
            self.assertFalse(match_keys.get_vat_key(nothing, "ES"))

    def test_free_mail_is_nobodys_domain(self):
        for email in ("a@gmail.com", "a@hotmail.es", "a@telefonica.net", "a@movistar.es", "nonsense", None):
            self.assertFalse(match_keys.get_company_domain(email), email)
        self.assertEqual(match_keys.get_company_domain("Ana <ana@Bufete-Sol.example.net>"), "@bufete-sol.example.net")

    # === MATCHES === #

    def test_each_key_finds_with_its_reason(self):
        self.assert_found(self.gomez, "vat", vat="B58378431")
        self.assert_found(self.gomez, "vat", vat="es b-58378431")
        self.assert_found(self.luis, "email", email="Luis <LUIS@gomezhijos.example.net>")
        self.assert_found(self.luis, "phone", phone="600550102")
        self.assert_found(self.luis, "phone", phone="0034 600 55 01 02")
        self.assert_found(self.gomez, "domain", email="compras@gomezhijos.example.net")
        self.assert_found(self.gomez, "name", company_name="Gomez e hijos construcciones sociedad limitada")
        self.assert_found(self.luis, "name", name="GOMEZ ARRABAL, Luis")
        self.assert_found(self.luis, "similar", name="Luis Gomez Arrabla")
        self.assert_found(self.luis, "part", name="Luis Gómez")

    def test_two_errors_in_two_words_are_found_by_trigrams(self):
        if not self.env.registry.has_trigram:
            self.skipTest("needs pg_trgm")
        self.assert_found(self.luis, "similar", name="Luis Gomes Arabal")

    def test_without_trigrams_everything_else_is_found(self):
        self.patch(self.env.registry, "has_trigram", False)
        self.assert_found(self.luis, "similar", name="Luis Gomez Arrabla")
        self.assertFalse(self.find(name="Luis Gomes Arabal"))

    def test_several_reasons_rank_higher(self):
        matches = self.find(
            email="luis@gomezhijos.example.net", name="Luis Gómez Arrabal", company_name="Construcciones Gomez e Hijos"
        )
        self.assertEqual([match["id"] for match in matches][:2], [self.luis.id, self.gomez.id])
        self.assertGreater(matches[0]["score"], matches[1]["score"])
        self.assertIn("same e-mail", matches[0]["reason_text"])

    def test_archived_and_discarded_are_found_and_shown_as_such(self):
        self.luis.active = False
        self.assertEqual(self.assert_found(self.luis, "phone", phone="+34600550102")["state"], "archived")
        lead = self.receive_request(email_from="rosa@rosales.example.net", contact_name="Rosa Rosales", user_id=self.olga.id)
        lead.discard(self.env.ref("crm_firm.lost_reason_not_interested"))
        match = next(match for match in self.find(email="rosa@rosales.example.net") if match["id"] == lead.id)
        self.assertEqual(match["state"], "discarded")
        self.assertIn("Not interested", match["state_text"])

    def test_a_match_out_of_reach_tells_only_whom_to_ask(self):
        lead = self.receive_request(
            name="Secret matter", contact_name="Zoe Zapatero", email_from="zoe@zapatero.example.net", phone="+34 600 99 88 77"
        )
        self.assertEqual(lead.user_id, self.olga | lead.user_id)
        [match] = self.find(user=self.nadia, email="zoe@zapatero.example.net")
        self.assertEqual(match["model"], "crm.lead")
        self.assertIsNone(match["id"])
        self.assertEqual(match["ask"], {"id": lead.user_id.id, "name": lead.user_id.name})
        for secret in ("Secret", "Zoe", "Zapatero", "600", "discarded", "opportunity"):
            self.assertNotIn(secret, str({**match, "ask": None}))

    def test_a_contact_of_another_company_is_not_told_of_at_all(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        self.assertTrue(self.find(user=self.nadia, phone="+34600550102"))
        self.luis.write({"parent_id": False, "company_id": other.id})
        self.assertFalse(self.find(user=self.nadia, phone="+34600550102"))

    def test_who_has_no_part_in_requests_may_not_look_people_up(self):
        for user in (self.elsa, self.paula):
            with self.assertRaises(AccessError):
                self.find(user=user, phone="+34600550102")
            with self.assertRaises(AccessError):
                self.env["firm.matcher"].with_user(user).find_matches({"phone": "+34600550102"})

    def test_unknown_criterion_is_refused_and_nonsense_finds_nobody(self):
        with self.assertRaisesRegex(UserError, "birthday"):
            self.find(birthday="1980-01-01")
        for nonsense in ("%", "'; DROP TABLE res_partner; --", "\\", "{}", "🙂", "a"):
            self.assertFalse(self.find(name=nonsense, phone=nonsense[:50], email=nonsense, vat=nonsense, company_name=nonsense))
        with self.assertRaisesRegex(UserError, "too long"):
            self.find(name="x" * 5000)
        self.assertFalse(self.find())

    def test_matches_of_a_lead_leave_itself_out(self):
        lead = self.receive_request(contact_name="Only One", email_from="only@one.example.net", phone=False)
        self.assertFalse(lead.find_matches())
        with self.assertRaises(AccessError):
            lead.with_user(self.nadia).find_matches()

    def test_a_name_of_many_is_no_flood(self):
        self.env["res.partner"].create([{"name": "Antonio García"} for _number in range(40)])
        self.assertLessEqual(len(self.find(name="Antonio Garcia")), 20)

    def test_lookup_takes_few_queries_however_many_match(self):
        self.env["res.partner"].create([{"name": "Berta Benítez", "email": f"b{n}@gmail.com"} for n in range(15)])
        criteria = {"name": "Berta Benitez", "email": "b1@gmail.com", "phone": "+34600550102", "vat": "B58378431"}
        self.find(**criteria)
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            self.find(**criteria)

    # === WHAT IS OPEN === #

    def test_open_business_counts_by_right_and_names_whom_to_ask(self):
        self.env["crm.lead"].create(
            [
                {
                    "name": "Audit",
                    "type": "opportunity",
                    "partner_id": self.luis.id,
                    "user_id": self.olga.id,
                    "expected_revenue": 900,
                },
                {
                    "name": "Hidden",
                    "type": "opportunity",
                    "partner_id": self.gomez.id,
                    "user_id": self.nadia.id,
                    "expected_revenue": 5,
                },
            ]
        )
        self.env["helpdesk.ticket"].create(
            {"name": "Secret ticket", "description": "x", "partner_id": self.luis.id, "user_id": self.oscar.id}
        )
        business = self.luis.with_user(self.olga).get_open_business()
        self.assertEqual(business["opportunities"]["count"], 1)
        self.assertEqual(business["opportunities"]["amount"], 900)
        self.assertEqual(business["opportunities"]["ask"], [self.nadia.name])
        self.assertEqual(business["opportunities"]["items"][0]["age_days"], 0)
        self.assertEqual(business["cases"]["count"], 0)
        self.assertEqual(business["cases"]["ask"], [self.oscar.name])
        self.assertNotIn("Secret", str(business))
        self.assertNotIn("Hidden", str(business))

    def test_unpaid_invoices_by_right(self):
        account = self.env["account.account"].search([("account_type", "=", "income")], limit=1)
        journal = self.env["account.journal"].search([("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1)
        if not (account and journal):
            self.skipTest("no chart of accounts in this database")
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.gomez.id,
                "invoice_user_id": self.nadia.id,
                "invoice_line_ids": [(0, 0, {"name": "Advice", "quantity": 1, "price_unit": 100, "tax_ids": [(6, 0, [])]})],
            }
        )
        move.action_post()
        invoices = self.luis.with_user(self.nadia).get_open_business()["invoices"]
        self.assertEqual((invoices["count"], invoices["amount"]), (1, 100))
        invoices = self.luis.with_user(self.olga).get_open_business()["invoices"]
        self.assertEqual((invoices["count"], invoices["ask"]), (0, [self.nadia.name]))

    # === DIFFERENCES === #

    def request_of_luis(self, **values):
        return self.receive_request(
            **{
                "contact_name": "Luis Gómez Arrabal",
                "partner_name": "Construcciones Gomez e Hijos SL",
                "email_from": "luis@gomezhijos.example.net",
                "phone": "+34 600 00 00 01",
                "vat": "B58378431",
                "function": "Administrador",
                "employee_count": 12,
                "user_id": self.olga.id,
            }
            | values
        )

    def test_only_what_differs_is_a_difference(self):
        differences = {d["field"]: d for d in self.request_of_luis().get_differences(self.luis)}
        self.assertEqual(set(differences), {"phone", "function", "employee_count"})
        self.assertEqual(differences["function"]["contact"], "Socio")
        self.assertEqual(differences["function"]["request"], "Administrador")
        self.assertEqual(differences["employee_count"]["partner_id"], self.gomez.id)

    def test_the_likeliest_contact_is_compared_by_itself(self):
        lead = self.request_of_luis()
        self.assertEqual({d["partner_id"] for d in lead.get_differences()}, {self.luis.id, self.gomez.id})

    def test_take_over_field_by_field_with_who_and_when(self):
        lead = self.request_of_luis().with_user(self.olga)
        lead.take_over_differences(self.luis.id, ["function", "employee_count"])
        self.assertEqual(self.luis.function, "Administrador")
        self.assertEqual(self.gomez.crm_firm_employee_count, 12)
        self.assertEqual(self.luis.phone, "+34 600 55 01 02")
        self.assertEqual(lead.data_verified_by_id, self.olga)
        self.assertTrue(lead.data_verified_on)
        self.assertEqual(self.luis.crm_firm_verified_by_id, self.olga)
        self.assertIn("Socio → Administrador", "".join(self.luis.message_ids.mapped("body")))

    def test_verified_without_taking_over_anything_is_recorded_too(self):
        lead = self.request_of_luis()
        lead.take_over_differences(self.luis)
        self.assertTrue(lead.data_verified_on)
        self.assertEqual(self.luis.function, "Socio")

    def test_a_wrong_vat_number_is_not_taken_over(self):
        lead = self.request_of_luis(vat="B12345670")
        with self.assertRaisesRegex(ValidationError, "ESA12345674"):
            lead.take_over_differences(self.luis, ["vat"])

    def test_take_over_writes_nothing_else_and_for_nobody_else(self):
        lead = self.request_of_luis()
        with self.assertRaisesRegex(UserError, "user_id"):
            lead.take_over_differences(self.luis, ["user_id"])
        with self.assertRaises(AccessError):
            lead.with_user(self.nadia).take_over_differences(self.luis, ["function"])
        with self.assertRaisesRegex(UserError, "no contact"):
            self.receive_request(contact_name="Nobody", email_from="no@body.example.net", phone=False).take_over_differences()

    def test_the_dialog_takes_what_is_ticked(self):
        lead = self.request_of_luis().with_user(self.olga)
        wizard = self.env["crm.lead.verify"].with_user(self.olga).create({"lead_id": lead.id})
        self.assertEqual(wizard.partner_id, self.luis)
        wizard.line_ids.filtered(lambda line: line.field_name == "function").is_taken = True
        wizard.action_confirm()
        self.assertEqual(self.luis.function, "Administrador")

    # === PANEL, DISCARDED === #

    def test_the_panel_shows_matches_differences_and_what_is_open(self):
        audit = self.env["crm.lead"].create(
            {"name": "Audit 2026", "type": "opportunity", "partner_id": self.luis.id, "user_id": self.olga.id}
        )
        self.assertNotIn("Audit 2026", str(audit.with_user(self.olga).verification_panel), "of itself it tells nothing")
        panel = str(self.request_of_luis(phone="<script>1</script>").with_user(self.olga).verification_panel)
        for text in ("Luis Gómez Arrabal", "Audit 2026", "Administrador", "Socio"):
            self.assertIn(text, panel)
        self.assertNotIn("<script>", panel)

    def test_the_panel_says_when_nobody_is_known(self):
        lead = self.receive_request(contact_name="Nobody Known", email_from="nobody@known.example.net", phone=False)
        self.assertIn("No match found", str(lead.verification_panel))

    def test_not_interested_stays_on_the_contact_and_the_next_request_shows_it(self):
        reason = self.env.ref("crm_firm.lost_reason_not_interested")
        lead = self.request_of_luis()
        lead.discard(reason)
        self.assertEqual(self.luis.crm_firm_discard_reason_id, reason)
        match = next(m for m in self.request_of_luis().with_user(self.oscar).sudo().find_matches() if m["id"] == self.luis.id)
        self.assertIn("Not interested", match["state_text"])
        lead.restore_discarded()
        self.assertFalse(self.luis.crm_firm_discard_reason_id)
