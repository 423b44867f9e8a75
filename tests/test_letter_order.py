"""How a signature is forged in plain Odoo: each way is closed for orders with a letter, and open for others."""

import base64

from odoo.exceptions import UserError
from odoo.tests import tagged

from .engagement_common import LetterCase


@tagged("post_install", "-at_install")
class TestOrderDoors(LetterCase):
    def setUp(self):
        super().setUp()
        self.letter = self.send()
        self.order = self.letter.order_id
        self.plain = self.env["sale.order"].create(
            {
                "partner_id": self.client.id,
                "require_signature": True,
                "require_payment": False,
                "order_line": [(0, 0, {"product_id": self.service.product_variant_id.id})],
            }
        )

    def test_signature_fields_are_written_by_nobody(self):
        values = {"signature": base64.b64encode(b"x"), "signed_by": "Ana", "signed_on": "2026-01-01"}
        for env in (self.env(user=self.marta), self.env, self.env(context={"crm_firm_letter_token": True})):
            with self.assertRaises(UserError):
                self.order.with_env(env).write(values)
        self.plain.write({"signed_by": "Ana"})
        self.assertEqual(self.plain.signed_by, "Ana")

    def test_an_order_is_confirmed_by_the_signature_alone(self):
        for user in (self.olga, self.marta, self.env.user):
            with self.assertRaises(UserError):
                self.order.with_user(user).action_confirm()
            with self.assertRaises(UserError):
                self.order.with_user(user).write({"state": "sale"})
        self.plain.action_confirm()
        self.assertEqual(self.plain.state, "sale")

    def test_managers_start_work_unsigned_where_the_firm_says_so(self):
        self.company.crm_firm_letter_unsigned = True
        with self.assertRaises(UserError):
            self.order.with_user(self.olga).action_confirm()
        self.order.with_user(self.marta).action_confirm()
        self.assertEqual(self.order.state, "sale")

    def test_work_that_has_begun_unsigned_goes_on_when_the_letter_is_signed(self):
        self.company.crm_firm_letter_unsigned = True
        self.order.with_user(self.marta).action_confirm()
        self.letter.with_user(self.olga).revise("Another fee")
        self.assertEqual(self.order.state, "sale")
        self.letter.with_user(self.olga).send_for_signature()
        self.sign(self.letter)
        self.assertEqual((self.letter.state, self.order.state, self.opportunity.won_status), ("signed", "sale", "won"))
        self.assertTrue(self.env["helpdesk.ticket"].search([("partner_id", "=", self.client.id)]).document_request_ids)
        self.assertFalse(self.letter.verify())

    def test_work_that_has_begun_unsigned_ends_with_its_letter_unless_it_was_charged(self):
        self.company.crm_firm_letter_unsigned = True
        self.order.with_user(self.marta).action_confirm()
        self.order.order_line.qty_delivered = 1
        with self.env.cr.savepoint() as savepoint:
            self.letter._finish("expired")
            self.assertEqual(self.order.state, "cancel")
            savepoint.rollback()
            self.env.invalidate_all()
        self.order._create_invoices().action_post()
        self.letter._finish("expired")
        self.assertEqual((self.letter.state, self.order.state), ("expired", "sale"))

    def test_nobody_confirms_the_order_of_a_letter_that_is_over(self):
        self.company.crm_firm_letter_unsigned = True
        for state in ("refused", "expired", "withdrawn", "cancelled"):
            with self.env.cr.savepoint() as savepoint:
                self.letter._finish(state)
                for user in (self.olga, self.marta, self.env.user):
                    with self.subTest(state, user=user.login), self.assertRaises(UserError):
                        self.order.with_user(user).action_confirm()
                savepoint.rollback()
                self.env.invalidate_all()

    def test_lines_and_conditions_are_frozen(self):
        line = self.order.order_line
        for change in (
            lambda: line.write({"price_unit": 1}),
            lambda: line.write({"name": "Other"}),
            line.unlink,
            lambda: self.order.write({"order_line": [(0, 0, {"product_id": self.other_service.product_variant_id.id})]}),
            lambda: self.order.write({"note": "Other"}),
            lambda: self.order.write({"partner_id": self.company.partner_id.id}),
            lambda: self.order.write({"state": "cancel"}),
            self.order.with_user(self.marta).action_unlock,
            self.order.action_cancel,
        ):
            with self.assertRaises(UserError):
                change()
        self.plain.order_line.price_unit = 1
        self.plain.action_unlock()

    def test_lines_become_part_of_a_letter_that_was_sent_by_no_detour(self):
        line, other = self.order.order_line, self.plain.order_line
        product = self.other_service.product_variant_id.id
        for name, change in {
            "called a down payment first": lambda: line.write({"is_downpayment": True}),
            "moved in": lambda: other.write({"order_id": self.order.id}),
            "linked": lambda: self.order.write({"order_line": [(4, other.id)]}),
            "a down payment that counts": lambda: self.order.write(
                {"order_line": [(0, 0, {"product_id": product, "is_downpayment": True, "product_uom_qty": 5})]}
            ),
            "sums of the line": lambda: line.write({"price_subtotal": 1}),
            "sums": lambda: self.order.write({"amount_total": 1}),
        }.items():
            with self.subTest(name), self.assertRaises(UserError):
                change()
        self.order.write({"order_line": [(0, 0, {"product_id": product, "is_downpayment": True, "product_uom_qty": 0})]})
        self.assertEqual(self.order.amount_untaxed, 90, "lines of down payments agree nothing")

    def test_an_order_is_what_its_letter_says_also_before_it_is_sent_and_after_its_end(self):
        self.letter.revise("Mistake")
        for state in ("sale", "sent", "cancel"):
            with self.subTest(state), self.assertRaises(UserError):
                self.order.write({"state": state})
        self.letter.cancel_letter("Mistake")
        self.assertEqual(self.order.state, "cancel")
        for name, change in {
            "revived": self.order.action_draft,
            "confirmed": lambda: self.order.write({"state": "sale"}),
            "signed": lambda: self.order.write({"signed_by": "Ana"}),
        }.items():
            with self.subTest(name), self.assertRaises(UserError):
                change()
        self.plain.action_cancel()
        self.plain.action_draft()

    def test_odoos_own_page_neither_signs_nor_declines_nor_changes_it(self):
        self.assertFalse(self.order._has_to_be_signed())
        self.assertFalse(self.order._can_be_edited_on_portal())
        self.assertTrue(self.plain._has_to_be_signed())
        self.assertTrue(self.plain._can_be_edited_on_portal())

    def test_the_bare_quotation_is_not_sent_beside_the_letter(self):
        with self.assertRaises(UserError):
            self.order.action_quotation_send()

    def test_a_signed_order_is_invoiced_as_usual(self):
        self.sign(self.letter)
        self.assertEqual(self.order.state, "sale")
        with self.assertRaises(UserError):
            self.order.order_line.write({"price_unit": 1})
        self.order.order_line.qty_delivered = 1
        self.assertEqual(self.order.invoice_status, "to invoice")
