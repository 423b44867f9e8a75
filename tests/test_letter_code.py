"""A code that a colleague reads to a signer by telephone: who has the e-mail alone signs nothing."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..models.engagement.firm_engagement_code import MOST_TRIES
from .engagement_common import LetterPageCase


@tagged("post_install", "-at_install")
class TestLetterCode(LetterPageCase):
    @classmethod
    def setUpFirm(cls):
        super().setUpFirm()
        cls.company.crm_firm_letter_code = True

    def setUp(self):
        super().setUp()
        self.signer = self.letter.signer_ids

    def read_out(self):
        return self.letter.with_user(self.olga).read_out_code(self.signer.id)

    def get_other(self, code):
        return f"{(int(code) + 1) % 10**6:06}"

    def type_code(self, code="", token=None, **values):
        return self.sign_page(token, code=code, **values).status_code

    def get_kinds(self):
        return self.letter.event_ids.mapped("kind")

    def test_the_page_asks_for_the_code_and_the_right_one_signs(self):
        self.assertIn('name="code"', self.url_open(self.url).text)
        code = self.read_out()
        self.assertRegex(code, r"^\d{6}$")
        self.assertEqual(self.type_code(f" {code[:3]} {code[3:]} "), 200)
        self.assertEqual(self.letter.state, "signed")
        self.assertEqual(self.get_kinds()[-4:], ["viewed", "signed", "finished", "started"])
        read, signed = (
            self.letter.event_ids.filtered(lambda event, kind=kind: event.kind == kind) for kind in ("code_read", "signed")
        )
        self.assertEqual((read.user_id, read.signer_id), (self.olga, self.signer))
        self.assertIn(f"With the code that {self.olga.name} had read to them", signed.told)
        self.assertFalse(self.letter.verify())
        report = "crm_firm.firm_engagement_evidence_report"
        evidence = self.env["ir.actions.report"]._render_qweb_html(report, self.letter.ids)[0].decode()
        self.assertIn("Code read out by telephone", evidence)
        self.assertIn("With a code that the firm had read out", evidence)

    def test_without_the_code_nothing_is_signed(self):
        told = self.sign_page()
        self.assertEqual(told.status_code, 422)
        self.assertIn('aria-describedby="field_error sign_code_help"', told.text)
        self.assertEqual(self.type_code("123456"), 422, "none was read out")
        code = self.read_out()
        for typed in ("", self.get_other(code), code[:5], f"{code}0", "x" * 12):
            self.assertEqual(self.type_code(typed), 422, typed)
        self.assertEqual(self.letter.state, "sent")
        self.assertEqual(self.get_kinds().count("wrong_code"), 4, "an empty one is no try")

    def test_tries_are_counted_whatever_else_is_refused_and_then_the_right_one_is_too_late(self):
        code = self.read_out()
        for _number in range(MOST_TRIES):
            self.assertEqual(self.type_code(self.get_other(code), name=""), 422)
        self.assertEqual(self.type_code(code), 422)
        self.assertEqual(self.get_kinds().count("wrong_code"), MOST_TRIES)
        self.assertEqual(self.type_code(self.read_out()), 200)
        self.assertEqual(self.letter.state, "signed")

    def test_a_right_code_is_not_asked_for_again_when_something_else_was_wrong(self):
        self.assertEqual(self.type_code(self.read_out(), name=""), 422)
        self.assertNotIn('name="code"', self.url_open(self.url).text)
        self.assertEqual(self.type_code(), 200)
        self.assertEqual(self.letter.state, "signed")

    def test_a_code_works_for_a_quarter_of_an_hour_and_the_last_one_alone(self):
        first, last = self.read_out(), self.read_out()
        while first == last:  # one time in a million
            last = self.read_out()
        self.assertEqual(self.type_code(first), 422)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self.assertTrue(self.letter._asks_code(self.signer, {}))
            self.letter._take_code(self.signer.sudo(), last, {})
            self.assertTrue(self.letter._asks_code(self.signer, {}))
        self.assertEqual(self.type_code(last), 200)

    def test_only_a_hash_is_kept_and_nobody_reads_it(self):
        code = self.read_out()
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(code)::text FROM firm_engagement_code code")
        [(row,)] = self.env.cr.fetchall()
        self.assertNotIn(code, row)
        for user in (self.olga, self.marta, self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.env["firm.engagement.code"].with_user(user).search([])
        kept = [*self.letter.event_ids.mapped("note"), *self.opportunity.message_ids.mapped("body")]
        self.assertNotIn(code, str(kept))
        shown = self.signer.with_user(self.olga).action_read_out_code()["params"]["title"]
        self.assertRegex(shown, r"\d{3} \d{3}$")

    def test_whoever_sits_in_front_of_a_colleague_needs_none(self):
        url = self.letter.with_user(self.olga).open_for_signing(self.signer.id)["url"]
        token = url.rpartition("/")[2]
        self.assertNotIn('name="code"', self.url_open(f"/engagement/{token}").text)
        self.assertEqual(self.type_code(token=token), 200)
        self.assertEqual((self.letter.state, self.signer.channel), ("signed", "tablet"))

    def test_a_code_is_read_to_who_signs_now_by_who_may_send_the_letter(self):
        with self.assertRaises(AccessError):
            self.letter.with_user(self.nadia).read_out_code(self.signer.id)
        for signer in (0, "x", None, self.opportunity.id + 10**6):
            with self.subTest(signer), self.assertRaises(UserError):
                self.letter.with_user(self.olga).read_out_code(signer)
        self.read_out()
        self.letter.with_user(self.olga).revise("Another fee")
        self.assertFalse(self.env["firm.engagement.code"].sudo().search([]), "it dies with the links")
        with self.assertRaises(UserError):
            self.read_out()

    def test_a_signature_without_the_code_is_found_whoever_switched_it_off(self):
        """Who can write to the database may switch the code off, sign, and switch it on again: the chain is good then."""
        switch = "UPDATE firm_engagement_letter SET needs_code = %s WHERE id = %s"
        self.env.flush_all()
        self.env.cr.execute(switch, (False, self.letter.id))
        self.env.invalidate_all()
        self.assertEqual(self.type_code(), 200)
        self.env.invalidate_all()
        self.assertEqual(self.letter.state, "signed")
        self.assertIn("signed without the code", str(self.letter.verify()))
        self.assertIn("something else than the version", str(self.letter.verify()))
        self.env.cr.execute(switch, (True, self.letter.id))
        self.env.invalidate_all()
        [fault] = self.letter.verify()
        self.assertIn("Ana Ruiz signed without the code", fault)
        evidence = (
            self.env["ir.actions.report"]
            ._render_qweb_html("crm_firm.firm_engagement_evidence_report", self.letter.ids)[0]
            .decode()
        )
        self.assertNotIn("With a code that the firm had read out", evidence)

    def test_letters_of_other_firms_ask_for_none(self):
        self.company.crm_firm_letter_code = False
        self.letter.with_user(self.olga).cancel_letter("Mistake")
        letter = self.send()
        self.assertFalse(letter.needs_code)
        self.sign(letter)
        self.assertEqual(letter.state, "signed")
        with self.assertRaises(UserError):
            letter.needs_code = True
