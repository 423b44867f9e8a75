"""How a letter ends otherwise: declined, asked about, withdrawn, out of time."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged

from .engagement_common import ACTOR, LetterCase


@tagged("post_install", "-at_install")
class TestLetterEnds(LetterCase):
    def test_a_refusal_has_a_reason_and_the_owner_hears_it(self):
        letter = self.send()
        signer = letter.signer_ids.sudo()
        with self.assertRaises(UserError):
            letter.sudo()._refuse(signer, {"text": " ", "reason": str(self.env.ref("crm_firm.lost_reason_spam").id)}, ACTOR)
        fee = self.env.ref("crm_firm.lost_reason_fee")
        letter.sudo()._refuse(signer, {"text": "Too expensive", "reason": str(fee.id)}, ACTOR)
        self.assertEqual((letter.state, letter.order_id.state), ("refused", "cancel"))
        self.assertEqual(letter.refusal_reason_id, fee)
        self.assertIn("Too expensive", str(self.opportunity.message_ids.mapped("body")))
        with self.assertRaises(UserError):
            self.sign(letter)

    def test_why_a_client_declined_is_why_the_opportunity_is_discarded(self):
        letter = self.send()
        fee = self.env.ref("crm_firm.lost_reason_fee")
        letter._refuse(letter.signer_ids.sudo(), {"text": "500 is too much", "reason": str(fee.id)}, ACTOR)
        dialog = self.env["crm.lead.lost"].with_user(self.olga).with_context(default_lead_ids=self.opportunity.ids)
        with Form(dialog) as form:
            self.assertEqual(form.lost_reason_id, fee)
            self.assertIn("500 is too much", form.lost_feedback)
        with Form(dialog.with_context(default_lead_ids=self.opportunity.copy().ids)) as form:
            self.assertFalse(form.lost_reason_id)
            form.lost_reason_id = fee

    def test_whoever_has_signed_or_is_not_in_turn_refuses_nothing(self):
        letter = self.send("Luis")
        ana, luis = letter.signer_ids
        self.sign(letter, ana)
        with self.assertRaises(UserError):
            letter._refuse(ana.sudo(), {"text": "Changed my mind"}, ACTOR)
        self.assertEqual((letter.state, ana.state, luis.state), ("partly_signed", "signed", "waiting"))
        letter._refuse(luis.sudo(), {"text": "Too expensive"}, ACTOR)
        self.assertEqual(letter.state, "refused")

    def test_whoever_has_signed_hears_that_the_others_did_not(self):
        for end in (
            lambda letter, signer: letter._refuse(signer.sudo(), {"text": "Too expensive"}, ACTOR),
            lambda letter, _signer: letter.with_user(self.olga).cancel_letter("Mistake"),
            lambda letter, _signer: letter._finish("expired"),
        ):
            letter = self.send("Luis")
            ana, luis = letter.signer_ids
            self.sign(letter, ana)
            before = self.get_mails(letter)
            end(letter, luis)
            told = self.get_mails(letter) - before
            with self.subTest(letter.state):
                self.assertEqual(told.mapped("email_to"), ["ana.ruiz@client.example.com"])
                self.assertIn("binds you to nothing", told.body_html)
        letter = self.send()
        before = self.get_mails(letter)
        letter._refuse(letter.signer_ids.sudo(), {"text": "Too expensive"}, ACTOR)
        self.assertEqual(self.get_mails(letter), before, "nobody had signed")

    def test_somebody_else_signs_and_the_link_of_the_first_is_dead(self):
        letter = self.send()
        old = self.get_token(self.get_mails(letter))
        letter.with_user(self.olga).revise("Her brother signs")
        letter.with_user(self.olga).send_for_signature([{"name": "Luis", "email": "luis@client.example.com"}])
        find = self.env["firm.engagement.link"]._find_signer
        self.assertFalse(find(old))
        luis = find(self.get_token(self.get_mails(letter)))
        self.assertEqual(luis.name, "Luis")
        self.sign(letter, luis)
        self.assertEqual(letter.state, "signed")

    def test_a_question_reaches_the_owner_and_stops_reminders(self):
        letter = self.send()
        self.assertTrue(letter.next_reminder_on)
        letter.sudo()._ask(letter.signer_ids.sudo(), "Is VAT included?", ACTOR)
        self.assertFalse(letter.next_reminder_on)
        self.assertIn("Is VAT included?", str(self.opportunity.activity_ids.mapped("note")))

    def test_a_question_is_the_signers_and_holds_no_link(self):
        letter = self.send("Luis")
        token = self.get_token(self.get_mails(letter)[1])
        for number, signer in enumerate(letter.with_user(self.env.ref("base.public_user")).sudo().signer_ids):
            signer.letter_id._ask(signer, f"Is VAT included? https://firm.example.com/es/engagement/{token}", ACTOR)
            message = self.opportunity.message_ids.filtered(lambda m: "Is VAT included?" in (m.body or "")).sorted("id")[-1:]
            self.assertEqual(message.author_id, (self.client, self.env["res.partner"])[number])
            self.assertIn(signer.name, message.email_from)
            self.assertNotIn("Public user", f"{message.body} {message.email_from} {message.author_id.name}")
        kept = [*self.opportunity.message_ids.mapped("body"), *letter.event_ids.mapped("note")]
        kept += self.opportunity.activity_ids.mapped("note")
        self.assertNotIn(token, str(kept))

    def test_a_consumer_withdraws_within_fourteen_days(self):
        letter = self.send()
        self.sign(letter, start_requested="1")
        self.assertTrue(letter.start_requested)
        with freeze_time(fields.Datetime.now() + timedelta(days=16)), self.assertRaises(UserError):
            letter.sudo()._withdraw(letter.signer_ids.sudo(), ACTOR)
        letter.sudo()._withdraw(letter.signer_ids.sudo(), ACTOR)
        self.assertEqual((letter.state, letter.order_id.state), ("withdrawn", "cancel"))
        mail = self.get_mails(letter)[-1]
        self.assertIn("only pay for what was done", mail.body_html, "confirmed on a durable medium")
        self.assertIn(letter._get_withdrawal_moment(), mail.body_html)

    def test_a_company_cannot_withdraw(self):
        letter = self.prepare()
        letter.client_is_consumer = False
        letter.with_user(self.olga).send_for_signature()
        self.sign(letter, start_requested="1")
        self.assertFalse(letter.withdrawal_until or letter.start_requested)
        with self.assertRaises(UserError):
            letter.sudo()._withdraw(letter.signer_ids.sudo(), ACTOR)

    # === TIME === #

    def test_reminders_after_three_and_seven_days_missed_ones_become_one(self):
        with freeze_time("2026-03-02 10:00:00"):
            letter = self.send()
            self.assertEqual(str(letter.next_reminder_on), "2026-03-05")
        for moment, reminders in (("2026-03-04 10:00:00", 0), ("2026-03-05 10:00:00", 1), ("2026-03-05 11:00:00", 1)):
            with freeze_time(moment):
                letter._follow_time()
            self.assertEqual(letter.reminder_count, reminders, moment)
        with freeze_time("2026-03-10 10:00:00"):
            letter._follow_time()
        self.assertEqual((letter.reminder_count, letter.next_reminder_on), (2, False))
        self.assertEqual(len(self.get_mails(letter)), 3)
        for mail in self.get_mails(letter):
            self.assertEqual(self.env["firm.engagement.link"]._find_signer(self.get_token(mail)), letter.signer_ids)

    def test_reminders_stop_when_the_person_answers_by_mail(self):
        leads = self.env["crm.lead"].search_count([])
        letter = self.send("Luis")
        self.assertTrue(letter.next_reminder_on)
        raw = (
            "From: Luis <luis@client.example.com>\nTo: info@firm.example.com\nSubject: Re: letter\n"
            f"Message-ID: <answer@client.example.com>\nIn-Reply-To: {self.get_mails(letter)[1].message_id}\n"
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nI sign it when I am back."
        )
        self.env["mail.thread"].message_process("crm.lead", raw)
        self.assertIn("when I am back", str(self.opportunity.message_ids.mapped("body")), "whoever of the signers writes")
        self.assertEqual(self.env["crm.lead"].search_count([]), leads)
        self.assertFalse(letter.next_reminder_on)
        self.assertEqual(letter.state, "sent")

    def test_days_of_reminders_are_the_firms(self):
        for days, planned in (("2, 5", "2026-03-04"), ("", "False"), ("20", "False")):
            self.company.crm_firm_letter_reminders = days
            with freeze_time("2026-03-02 10:00:00"):
                letter = self.send()
                self.assertEqual(str(letter.next_reminder_on), planned, "none after it can no longer be signed")
                letter.with_user(self.olga).cancel_letter("Next")

    def test_the_owner_is_told_once_before_time_is_over(self):
        """Whether a reminder is due on that day or not: a question has stopped them here."""
        with freeze_time("2026-03-02 10:00:00"):
            letter = self.send()
            self.assertEqual(str(letter.valid_until), "2026-03-17")
            letter.sudo()._ask(letter.signer_ids.sudo(), "Is VAT included?", ACTOR)
        for moment, count in (("2026-03-14 10:00:00", 0), ("2026-03-15 10:00:00", 1), ("2026-03-16 10:00:00", 1)):
            with freeze_time(moment), self.enter_registry_test_mode():
                self.env.ref("crm_firm.ir_cron_follow_letters").method_direct_trigger()
            self.env.invalidate_all()
            told = self.opportunity.message_ids.filtered(lambda message: "about to expire" in (message.body or ""))
            self.assertEqual(len(told), count, moment)
        with freeze_time("2026-03-16 12:00:00"):
            letter.with_user(self.olga).revise("More time")
            letter.valid_until = "2026-04-20"
            letter.with_user(self.olga).send_for_signature()
            self.assertFalse(letter._is_due())
        with freeze_time("2026-04-18 12:00:00"):
            self.assertTrue(letter._is_due(), "a new version, a new end")

    def test_a_date_that_is_cleared_is_gone(self):
        with freeze_time("2026-03-02 10:00:00"):
            letter = self.prepare()
            letter.valid_until = "2026-03-04"
            letter.with_user(self.olga).send_for_signature()
            letter.with_user(self.olga).revise("More time")
        with freeze_time("2026-03-10 10:00:00"):
            letter.valid_until = False
            letter.with_user(self.olga).send_for_signature()
            self.assertEqual(str(letter.valid_until), "2026-03-25", "the days of the settings")
            letter._follow_time()
            self.assertEqual(letter.state, "sent")

    def test_time_is_over_when_the_day_ends_where_the_firm_is(self):
        with freeze_time("2026-03-02 10:00:00"):
            letter = self.prepare()
            letter.valid_until = "2026-03-04"
            letter.with_user(self.olga).send_for_signature()
        with freeze_time("2026-03-04 22:59:00"):  # 23:59 in Madrid
            letter._follow_time()
            self.assertEqual(letter.state, "sent")
        with freeze_time("2026-03-04 23:01:00"):
            with self.assertRaises(UserError):
                self.sign(letter)
            letter._follow_time()
        self.assertEqual((letter.state, letter.order_id.state), ("expired", "cancel"))
        self.assertIn("expired unsigned", str(self.opportunity.message_ids.mapped("body")))
