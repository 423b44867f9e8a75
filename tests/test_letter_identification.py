"""Firms bound by the law on money laundering identify a client before work starts."""

import base64
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..models.engagement.firm_engagement_event import GENESIS
from .document_common import PDF
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
        seen = self.identify(letter, valid_until="2030-01-01", scan=base64.b64encode(PDF).decode())
        self.assertEqual((seen.user_id, str(seen.date), seen.partner_id), (self.olga, "2026-03-02", self.client))
        self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sale", False))
        self.assertEqual(len(self.get_cases()), 1)
        self.assertFalse(self.get_tasks())
        self.assertEqual(letter.event_ids.mapped("kind")[-3:], ["finished", "identified", "started"])
        self.assertEqual(letter.event_ids[-2:].user_id, self.olga)
        event = letter.event_ids[-2]
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

    def test_a_document_that_has_expired_since_it_was_seen_is_kept_and_starts_nothing(self):
        letter = self.send()
        self.sign(letter)
        self.identify(letter, date="2026-02-01", valid_until="2026-02-15")
        self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sent", True))
        self.identify(letter)
        self.assertEqual((letter.order_id.state, letter.awaits_identification), ("sale", False))
        self.assertFalse(letter.verify())

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
        seen = self.identify(letter, scan=base64.b64encode(PDF).decode())
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

    def assert_found(self, letter, query, *values):
        """A change by SQL is found. It is taken back."""
        self.env.flush_all()
        with self.subTest(query), self.env.cr.savepoint(flush=False) as savepoint:
            self.env.cr.execute(query, values)
            self.assertGreater(self.env.cr.rowcount, 0)
            self.env.invalidate_all()
            self.assertTrue(letter.verify())
            savepoint.rollback()
            self.env.invalidate_all()
        self.assertFalse(letter.verify())

    def rewrite(self, letter, kind, facts):
        """What somebody does who has the database and this code: other facts, and hashes that go with them."""
        self.env.flush_all()
        previous = GENESIS
        for event in letter.sudo().event_ids:
            names = ("signer_name", "kind", "date", "ip_address", "user_agent", "note", "facts")
            vals = {name: event[name] for name in names} | {"version_id": event.version_id.id, "user_id": event.user_id.id}
            if event.kind == kind:
                vals["facts"] = event._to_canonical(event._get_facts() | facts)
            vals["previous_hash"] = previous
            row = (
                vals["facts"] or None,
                previous,
                event._digest(event._to_canonical(event._prepare_hashed(vals, letter))),
                event.id,
            )
            self.env.cr.execute("UPDATE firm_engagement_event SET facts = %s, previous_hash = %s, hash = %s WHERE id = %s", row)
            previous = row[2]
        self.env.cr.execute("UPDATE firm_engagement_letter SET last_event_hash = %s WHERE id = %s", (previous, letter.id))
        self.env.invalidate_all()

    def test_that_work_has_waited_is_proved_and_a_start_behind_its_back_is_found(self):
        letter = self.send()
        self.sign(letter)
        order, waits = (
            "UPDATE sale_order SET state = 'sale' WHERE id = %s",
            "UPDATE firm_engagement_letter SET awaits_identification",
        )
        self.assert_found(letter, order, letter.order_id.id)
        self.assert_found(letter, f"{waits} = false WHERE id = %s", letter.id)
        self.identify(letter)
        self.assertEqual(letter.order_id.state, "sale")
        self.assertIn(f"identified before, on the letter {letter.name}", letter.event_ids[-1].told)
        evidence = (
            self.env["ir.actions.report"]._render_qweb_html("crm_firm.firm_engagement_evidence_report", letter.ids)[0].decode()
        )
        places = [
            evidence.index(text) for text in ("Work waits until", "Client identified", "Work started", "identified before, on")
        ]
        self.assertEqual(places, sorted(places))
        self.assert_found(letter, f"{waits} = true WHERE id = %s", letter.id)
        self.assert_found(letter, "DELETE FROM firm_engagement_event WHERE letter_id = %s AND kind = 'identified'", letter.id)
        self.assert_found(letter, "DELETE FROM firm_engagement_event WHERE letter_id = %s AND kind = 'started'", letter.id)
        self.assert_found(letter, "DELETE FROM firm_engagement_identification WHERE letter_id = %s", letter.id)
        moved = "UPDATE firm_engagement_event SET date = date - interval '1 day' WHERE letter_id = %s AND kind = %s"
        for kind in ("identified", "started"):
            self.assert_found(letter, moved, letter.id, kind)

    def test_a_start_by_an_identification_of_another_letter_is_proved_by_that_one(self):
        first = self.send()
        self.identify(first)
        self.sign(first)
        self.opportunity = self.opportunity.copy({"user_id": self.olga.id})
        letter = self.send()
        self.sign(letter)
        self.assertEqual(letter.event_ids.mapped("kind")[-2:], ["finished", "started"])
        self.assertIn(first.name, letter.event_ids[-1].told)
        for change in ("valid_until = '2026-03-03'", "number = 'X'", "person = 'Eva'"):
            self.assert_found(letter, f"UPDATE firm_engagement_identification SET {change} WHERE letter_id = %s", first.id)  # noqa: S608
        self.assert_found(
            letter, "UPDATE firm_engagement_event SET date = date - interval '1 day' WHERE letter_id = %s", first.id
        )
        self.assert_found(letter, "DELETE FROM firm_engagement_event WHERE letter_id = %s", first.id)

    def test_a_history_that_is_forged_as_a_whole_still_names_no_identification(self):
        letter = self.send()
        self.sign(letter)
        self.identify(letter)
        for kind, facts in (
            ("started", {"identified": ""}),
            ("started", {"identified": "0" * 64}),
            ("started", {"identification": False}),
            ("identified", {"number": "X"}),
        ):
            with self.subTest(kind, facts=facts), self.env.cr.savepoint(flush=False) as savepoint:
                self.rewrite(letter, kind, facts)
                self.assertTrue(letter.verify())
                savepoint.rollback()
                self.env.invalidate_all()
        self.rewrite(letter, "started", {})
        self.assertFalse(letter.verify())

    def test_whoever_starts_unsigned_or_without_identification_stands_in_the_history(self):
        self.company.crm_firm_letter_unsigned = True
        letter = self.send()
        self.identify(letter)
        letter.order_id.with_user(self.marta).action_confirm()
        self.assertEqual((letter.event_ids[-1].kind, letter.event_ids[-1].user_id), ("started", self.marta))
        self.assertFalse(letter.verify())
        self.sign(letter)
        self.assertFalse(letter.verify())
        other = self.env["res.partner"].create({"name": "Luis", "email": "luis@client.example.com", "vat": "11111111H"})
        other.write({"street": "x", "city": "x"})
        self.opportunity = self.opportunity.copy({"user_id": self.olga.id, "partner_id": other.id})
        letter = self.send()
        self.sign(letter)
        self.assertTrue(letter.awaits_identification)
        self.company.crm_firm_letter_identification = False
        letter.invalidate_recordset()
        letter.with_user(self.marta).action_start_work()
        self.assertIn("no longer asked", letter.event_ids[-1].told)
        self.assertEqual(letter.event_ids[-1].user_id, self.marta)
        self.assertFalse(letter.verify())

    def test_a_client_who_withdraws_before_is_not_waited_for(self):
        letter = self.send()
        self.sign(letter)
        letter._withdraw(letter.signer_ids.sudo(), {})
        self.assertFalse(letter.awaits_identification)
        with self.assertRaises(UserError):
            self.identify(letter)
