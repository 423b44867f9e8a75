"""Odoo's own pages of an order neither sign, decline nor change what an engagement letter stands on, and show no signature."""

from odoo import http
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .engagement_common import LetterCast, draw

OFFER = 'data-bs-target="#modalaccept"'
STATES = ("draft", "sent", "partly_signed")


@tagged("post_install", "-at_install")
class TestLetterPortal(LetterCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        # A colleague of the client, who may read the orders of the company as Odoo has it
        company = cls.env["res.partner"].create({"name": "Bodegas", "is_company": True})
        cls.client.parent_id = company
        cls.colleague = new_test_user(cls.env, "carla.colleague", groups="base.group_portal")
        cls.colleague.partner_id.parent_id = company
        cls.plain = cls.env["sale.order"].create(
            {
                "partner_id": cls.client.id,
                "require_signature": True,
                "require_payment": False,
                "order_line": [(0, 0, {"product_id": cls.service.product_variant_id.id})],
            }
        )
        cls.plain.action_quotation_sent()

    def get_letter(self, state):
        letter = self.prepare() if state == "draft" else self.send("Luis")
        if state == "partly_signed":
            self.sign(letter)
        self.assertEqual(letter.state, state)
        return letter

    def accept(self, order, token):
        values = {"name": "Ana", "signature": draw().rpartition(",")[2]} | ({"access_token": token} if token else {})
        return self.make_jsonrpc_request(f"/my/orders/{order.id}/accept", values)

    def get_facts(self, order):
        self.env.invalidate_all()
        lines = [(line.product_id.id, line.product_uom_qty, line.price_unit) for line in order.order_line]
        return order.state, order.signed_by, bool(order.signature), order.signed_on, lines

    @mute_logger("odoo.http")
    def test_whoever_has_the_orders_link_or_may_read_it_signs_nothing(self):
        for state in STATES:
            letter = self.get_letter(state)
            order = letter.order_id
            before, events = self.get_facts(order), letter.event_ids
            for login, token in ((None, order._portal_ensure_token()), (self.colleague.login, None), (self.olga.login, None)):
                with self.subTest(state, login=login):
                    self.authenticate(login, login)
                    self.env.flush_all()
                    self.assertIn("error", self.accept(order, token))
                    self.assertEqual((self.get_facts(order), letter.event_ids), (before, events))
            letter.with_user(self.olga).cancel_letter("Next")
        self.authenticate(self.colleague.login, self.colleague.login)
        self.assertTrue(self.accept(self.plain, None).get("force_refresh"), "Odoo's own orders are signed as always")
        self.assertEqual(self.get_facts(self.plain)[:2], ("sale", "Ana"))

    def test_nobody_declines_or_changes_it_there(self):
        letter = self.get_letter("sent")
        order = letter.order_id
        self.authenticate(None, None)
        token = order._portal_ensure_token()
        before = self.get_facts(order)
        self.url_open(
            f"/my/orders/{order.id}/decline?access_token={token}",
            data={"decline_message": "no", "csrf_token": http.Request.csrf_token(self)},
        )
        self.make_jsonrpc_request(
            f"/my/orders/{order.id}/update_line_dict",
            {"access_token": token, "line_id": order.order_line.id, "input_quantity": 9},
        )
        self.assertEqual(self.get_facts(order), before)
        token = self.plain._portal_ensure_token()
        self.url_open(
            f"/my/orders/{self.plain.id}/decline?access_token={token}",
            data={"decline_message": "no", "csrf_token": http.Request.csrf_token(self)},
        )
        self.assertEqual(self.get_facts(self.plain)[0], "cancel")

    def test_its_page_and_its_pdf_offer_no_signing_and_show_no_signature(self):
        letter = self.get_letter("sent")
        order = letter.order_id
        url = f"/my/orders/{order.id}?access_token={order._portal_ensure_token()}"
        self.authenticate(None, None)
        self.assertNotIn(OFFER, self.url_open(url).text)
        for signer in letter.signer_ids:
            self.sign(letter, signer, signature=draw())
        self.assertEqual((letter.state, order.state), ("signed", "sale"))
        for page in (url, f"{url}&report_type=html"):
            text = self.url_open(page).text
            self.assertIn(order.name, text)
            self.assertNotIn("Signature", text)
            self.assertNotIn("Luis", text)
        plain = f"/my/orders/{self.plain.id}?access_token={self.plain._portal_ensure_token()}"
        self.assertIn(OFFER, self.url_open(plain).text)

    def test_the_link_of_an_order_taken_back_still_opens_it_that_of_its_letter_no_longer(self):
        letter = self.get_letter("sent")
        token = self.get_token(self.get_mails(letter)[0])
        letter.with_user(self.olga).revise("Another fee")
        self.authenticate(None, None)
        order = letter.order_id
        self.assertEqual(self.url_open(f"/my/orders/{order.id}?access_token={order._portal_ensure_token()}").status_code, 200)
        self.assertEqual(self.url_open(f"/engagement/{token}").status_code, 404)
