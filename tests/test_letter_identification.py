"""Firms bound by the law on money laundering identify a client before work starts."""

import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .engagement_common import LetterCase

SEEN = {"person": "Ana Ruiz", "document": "dni", "number": "12345678Z", "date": "2026-03-02"}


@tagged("post_install", "-at_install")
class TestIdentification(LetterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_letter_identification = True

    def identify(self, letter, user=None, **values):
        return letter.with_user(user or self.olga).record_identification(**SEEN | values)

    def get_cases(self):
        return self.env["helpdesk.ticket"].search([("partner_id", "=", self.client.id)])

    def get_tasks(self):
        task_type = self.env.ref("crm_firm.mail_activity_type_identify")
        return self.opportunity.activity_ids.filtered(lambda task: task.activity_type_id == task_type)

    def test_a_letter_is_sent_and_signed_but_work_does_not_start(self):
        letter = self.send()
        self.assertTrue(letter.needs_identification)
        self.sign(letter)
        self.assertEqual((letter.state, letter.awaits_identification), ("signed", True))
        self.assertEqual((letter.order_id.state, self.get_cases()), ("sent", self.env["helpdesk.ticket"]))
        self.assertEqual(self.opportunity.won_status, "won")
        self.assertEqual(self.get_tasks().user_id, self.olga)
        self.assertIn("identity document", self.get_mails(letter)[-1].body_html)
        for user in (self.olga, self.marta, self.env.user):
            with self.assertRaisesRegex(UserError, "identified"):
                letter.order_id.with_user(user).action_confirm()
            with self.assertRaises(UserError):
                letter.with_user(user).action_start_work()
        self.assertEqual(letter.order_id.state, "sent")
        self.assertFalse(letter.verify())

    def test_work_starts_when_the_document_is_recorded_and_the_history_says_who_saw_what_when(self):
        letter = self.send()
        self.sign(letter)
        seen = self.identify(letter, valid_until="2030-01-01", scan=base64.b64encode(b"%PDF scan").decode())
        self.assertEqual((seen.user_id, str(seen.date), seen.partner_id), (self.olga, "2026-03-02", self.client))
        self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sale", False))
        self.assertEqual(len(self.get_cases()), 1)
        self.assertFalse(self.get_tasks())
        event = letter.event_ids[-1]
        self.assertEqual((event.kind, event.user_id), ("identified", self.olga))
        for text in ("Ana Ruiz: National identity card (DNI) 12345678Z", "2026-03-02", "2030-01-01"):
            self.assertIn(text, event.told)
        self.assertFalse(letter.verify())

    def test_an_identification_counts_for_its_own_firm(self):
        self.identify(self.prepare())
        other = self.env["res.company"].create({"name": "Another Firm", "crm_firm_letter_identification": True})
        for company, is_needed in ((self.company, False), (other, True)):
            letter = self.env["firm.engagement.letter"].new({"partner_id": self.client.id, "company_id": company.id})
            self.assertEqual(letter.needs_identification, is_needed, company.name)

    def test_who_was_identified_before_starts_at_once_until_the_document_expires(self):
        letter = self.prepare()
        tomorrow = fields.Date.today() + timedelta(days=1)
        self.identify(letter, valid_until=tomorrow)
        letter.with_user(self.olga).send_for_signature()
        self.sign(letter)
        self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sale", False))
        other = self.opportunity.copy({"user_id": self.olga.id}).with_user(self.olga).prepare_letter()
        self.assertFalse(other.needs_identification)
        with freeze_time(fields.Datetime.now() + timedelta(days=3)):
            other.invalidate_recordset()
            self.assertTrue(other.needs_identification)

    def test_managers_who_start_unsigned_identify_first(self):
        self.company.crm_firm_letter_unsigned = True
        letter = self.send()
        with self.assertRaisesRegex(UserError, "identified"):
            letter.order_id.with_user(self.marta).action_confirm()
        self.identify(letter)
        letter.order_id.with_user(self.marta).action_confirm()
        self.assertEqual(letter.order_id.state, "sale")

    def test_what_waits_starts_by_a_button_or_the_order_when_the_firm_no_longer_asks(self):
        for start in (lambda letter: letter.action_start_work(), lambda letter: letter.order_id.action_confirm()):
            self.company.crm_firm_letter_identification = True
            letter = self.send()
            self.sign(letter)
            self.company.crm_firm_letter_identification = False
            letter.invalidate_recordset()
            before = self.get_cases()
            start(letter.with_user(self.marta))
            self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sale", False))
            self.assertEqual(len(self.get_cases() - before), 1)
            self.opportunity = self.opportunity.copy({"user_id": self.olga.id})

    def test_of_a_company_the_owners_are_asked_for(self):
        company = self.env["res.partner"].create({"name": "Bodegas", "is_company": True, "vat": "ESB12345674"})
        self.client.parent_id = company
        letter = self.prepare()
        with self.assertRaisesRegex(UserError, "25 %"):
            self.identify(letter, document="company")
        dialog = self.env["firm.engagement.identify"].with_user(self.olga).with_context(default_letter_id=letter.id)
        with Form(dialog) as form:
            self.assertEqual(form.person, "Ana Ruiz")
            form.document, form.number = "company", "B12345674"
            form.beneficial_owners = "Ana Ruiz, 60 %"
        form.record.action_confirm()
        self.assertEqual(letter.identification_ids.partner_id, company)
        self.assertFalse(letter.needs_identification)

    def test_what_cannot_be_is_refused_in_words(self):
        letter = self.send()
        for junk in (
            *({"person": value} for value in (" ", None, 5)),
            *({"number": value} for value in ("", None, [])),
            *({"document": value} for value in ("library card", None, ["dni"])),
            *({"date": value} for value in ("2099-01-01", "yesterday", 5)),
            *({"valid_until": value} for value in ("2026-03-01", "x")),
            *({"scan": value} for value in ("%%%", 5, {"a": 1})),
        ):
            with self.subTest(junk), self.assertRaises(UserError):
                self.identify(letter, **junk)
        with self.assertRaises(AccessError):
            self.identify(letter, self.nadia)
        self.assertFalse(letter.identification_ids)
        letter.with_user(self.olga).cancel_letter("Mistake")
        with self.assertRaisesRegex(UserError, "over"):
            self.identify(letter)

    def test_an_identification_is_changed_by_nobody_and_a_change_behind_its_back_is_found(self):
        letter = self.send()
        seen = self.identify(letter, scan=base64.b64encode(b"%PDF scan").decode())
        for user in (self.olga, self.marta, self.env.ref("base.user_admin"), self.env.user):
            forged = seen.with_user(user).with_context(crm_firm_engagement_token=True)
            for change in (
                lambda forged=forged: forged.write({"number": "x"}),
                lambda forged=forged: forged.unlink(),
                lambda forged=forged: forged.create({"letter_id": letter.id}),
            ):
                with self.assertRaises(UserError):
                    change()
        self.env.flush_all()
        for query in (
            "UPDATE firm_engagement_identification SET number = '87654321X'",
            "UPDATE firm_engagement_identification SET date = date - 1",
            "UPDATE firm_engagement_identification SET document = 'passport'",
            "DELETE FROM firm_engagement_identification",
            "UPDATE ir_attachment SET store_fname = NULL, db_datas = 'x'::bytea"
            " WHERE res_model = 'firm.engagement.identification' AND res_field = 'scan'",
        ):
            with self.subTest(query), self.env.cr.savepoint(flush=False) as savepoint:
                self.env.cr.execute(query)
                self.assertGreater(self.env.cr.rowcount, 0)
                self.env.invalidate_all()
                self.assertIn("another identification", str(letter.verify()))
                savepoint.rollback()
                self.env.invalidate_all()
        self.assertFalse(letter.verify())

    def test_a_client_who_withdraws_before_is_not_waited_for(self):
        letter = self.send()
        self.sign(letter)
        letter._withdraw(letter.signer_ids.sudo(), {})
        self.assertFalse(letter.awaits_identification)
        with self.assertRaises(UserError):
            self.identify(letter)
