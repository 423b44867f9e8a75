"""What changes in an engagement is a new letter: the signed one is in force until all have signed the new, and then no more."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .engagement_common import LetterCase, LetterPageCase


@tagged("post_install", "-at_install")
class TestLetterReplacement(LetterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_letter_unsigned = False

    def setUp(self):
        super().setUp()
        self.signed = self.send()
        self.sign(self.signed)

    def replace(self, user=None):
        return self.signed.with_user(user or self.olga).replace_letter().with_env(self.env)

    def get_cases(self):
        return self.env["helpdesk.ticket"].search([("partner_id", "=", self.client.id)])

    def test_the_signed_letter_is_in_force_until_all_have_signed_the_new_one(self):
        later = self.replace()
        self.assertEqual(self.client.with_user(self.fran).letter_state, "Signed", "a later one is only being prepared")
        self.assertEqual(later.replaces_id, self.signed)
        self.assertEqual(self.replace(), later, "asked for again, it is the same")
        later.order_id.order_line.with_user(self.olga).price_unit = 120
        later.signer_ids = [(0, 0, {"name": "Luis", "email": "luis@client.example.com", "sequence": 20})]
        later.with_user(self.olga).send_for_signature()
        self.sign(later)
        self.assertEqual((later.state, self.signed.state), ("partly_signed", "signed"))
        self.sign(later, later.signer_ids[1])
        self.assertEqual((later.state, self.signed.state), ("signed", "superseded"))
        self.assertEqual((later.order_id.state, self.signed.order_id.state), ("sale", "sale"), "what was done is charged")
        self.assertEqual(self.signed.event_ids[-1].note, later.name)
        self.assertEqual(len(self.get_cases()), 1, "the firm has the first documents")
        self.assertFalse((later | self.signed).verify())
        self.assertEqual(self.env["firm.engagement.letter"].search([("state", "=", "signed")]) & (later | self.signed), later)

    def test_a_letter_that_replaced_another_is_replaced_in_its_turn(self):
        chain = self.signed
        for _number in range(2):
            later = chain[-1].with_user(self.olga).replace_letter().with_env(self.env)
            later.with_user(self.olga).send_for_signature()
            self.sign(later)
            chain += later
        self.assertEqual(chain.mapped("state"), ["superseded", "superseded", "signed"])
        self.assertEqual(chain[1:].replaces_id, chain[:2])
        self.assertFalse(chain.verify())
        self.assertEqual(self.client.with_user(self.fran).letter_state, "Signed")

    def test_it_starts_with_what_was_signed_and_says_which_letter_it_replaces(self):
        signed = self.signed.current_version_id._get_content()
        later = self.replace()
        said = later._prepare_content()
        for name in ("client", "area", "services", "general", "totals", "clauses", "subject", "is_consumer", "signers"):
            self.assertEqual(said[name], signed[name], name)
        self.assertEqual((signed["replaces"], said["replaces"]), ("", self.signed.name))
        self.assertFalse(later.missing)
        pdf = self.env["ir.actions.report"]._render_qweb_html("crm_firm.firm_engagement_letter_report", later.ids)[0].decode()
        self.assertRegex(pdf, f"takes the place of the engagement letter <b>{self.signed.name}")

    def test_only_what_is_signed_is_replaced_by_who_may_write_on_it_and_by_one_letter(self):
        with self.assertRaises(AccessError):
            self.replace(self.nadia)
        later = self.replace()
        with self.assertRaisesRegex(UserError, "Only a signed"):
            later.with_user(self.olga).replace_letter()
        later.with_user(self.olga).cancel_letter()
        self.assertNotEqual(self.replace(), later, "that one was given up")
        self.replace().with_user(self.olga).cancel_letter()
        other = self.prepare()
        with self.assertRaisesRegex(UserError, other.name):
            self.replace()

    def test_its_order_stays_frozen_and_a_change_behind_its_back_is_found(self):
        later = self.replace()
        later.with_user(self.olga).send_for_signature()
        self.sign(later)
        for user in (self.olga, self.marta, self.env.user):
            order = self.signed.order_id.with_user(user)
            for change in (
                lambda order=order: order.write({"note": "x"}),
                lambda order=order: order.write({"state": "cancel"}),
                lambda order=order: order.order_line.write({"price_unit": 1}),
            ):
                with self.assertRaises(UserError):
                    change()
        self.env.flush_all()
        for query, letter in (
            ("UPDATE firm_engagement_letter SET state = 'signed' WHERE id = %s", self.signed),
            ("UPDATE firm_engagement_letter SET replaces_id = NULL WHERE id = %s", later),
        ):
            with self.subTest(query), self.env.cr.savepoint(flush=False) as savepoint:
                self.env.cr.execute(query, [letter.id])
                self.env.invalidate_all()
                self.assertTrue(letter.verify())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_withdraws_is_asked_what_holds_and_a_letter_withdrawn_before_stays_so(self):
        later = self.replace()
        later.with_user(self.olga).send_for_signature()
        self.sign(later)
        later._withdraw(later.signer_ids.sudo(), {})
        told = self.env["mail.message"].search([("model", "=", "crm.lead"), ("res_id", "=", self.opportunity.id)], limit=1)
        self.assertIn(f"taken the place of {self.signed.name}", told.body)
        self.opportunity = self.opportunity.copy({"user_id": self.olga.id})
        self.setUp()
        later = self.replace()
        later.with_user(self.olga).send_for_signature()
        self.signed._withdraw(self.signed.signer_ids.sudo(), {})
        self.sign(later)
        self.assertEqual((later.state, self.signed.state), ("signed", "withdrawn"))

    def test_work_that_never_began_is_not_begun_by_the_letter_that_is_replaced(self):
        self.company.crm_firm_letter_identification = True
        self.opportunity = self.opportunity.copy({"user_id": self.olga.id})
        self.setUp()
        self.assertTrue(self.signed.awaits_identification)
        before = len(self.get_cases())
        later = self.replace()
        later.with_user(self.olga).send_for_signature()
        self.sign(later)
        self.assertEqual((self.signed.state, self.signed.order_id.state), ("superseded", "cancel"))
        later.with_user(self.olga).record_identification("Ana Ruiz", "dni", "12345678Z")
        self.assertEqual((later.order_id.state, self.signed.order_id.state), ("sale", "cancel"))
        self.assertEqual(len(self.get_cases()), before + 1, "its documents are asked for: nobody has yet")
        self.assertFalse((later | self.signed).verify())


@tagged("post_install", "-at_install")
class TestPageOfReplaced(LetterPageCase):
    def test_the_pages_say_that_a_later_letter_took_its_place(self):
        pdf = self.letter.current_version_id._get_pdf()
        self.sign_page()
        later = self.letter.with_user(self.olga).replace_letter()
        later.send_for_signature()
        self.sign(later.with_env(self.env))
        self.env.flush_all()
        page = self.url_open(self.url).text
        self.assertIn("taken the place of this one", page)
        self.assertNotIn("Withdraw from the contract", page)
        self.assertEqual(self.post("withdraw").status_code, 422)
        self.assertIn("taken its place", self.url_open("/engagement/verify", files={"file": ("x.pdf", pdf)}).text)
