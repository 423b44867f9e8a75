"""What the registrar says of a request: consents that were read aloud, and what is refused."""

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .register_common import NEW, RegisterCase


@tagged("post_install", "-at_install")
class TestRegisterInput(RegisterCase):
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

    def test_words_that_are_not_read_aloud_may_change(self):
        self.pau.record_consent("handling", "granted")
        wording = self.env["firm.consent.wording"]._get_wordings(self.company, "phone")["handling"]
        old = {"partner_id": self.pau.id, "wording_versions": {"handling": wording.version - 1}}
        self.assertRefused("changed the text", **old, consents={"handling": "granted"})
        self.register(**old, description="A question", consents={})

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
