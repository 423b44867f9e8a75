"""A letter goes out, is signed, refused, taken back; nobody forges, and what was signed can be proved."""

import base64
import io
from datetime import timedelta

from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .engagement_common import ACTOR, LetterCase, draw


@tagged("post_install", "-at_install")
class TestLetterSending(LetterCase):
    def test_sending_freezes_a_version_and_writes_to_each_signer(self):
        letter = self.send("Luis")
        version = letter.current_version_id
        self.assertEqual((letter.state, letter.order_id.state, version.number), ("sent", "sent", 1))
        self.assertEqual(version.content_sha256, version._digest(version.content))
        self.assertEqual(version.pdf_sha256, version._digest(version._get_pdf()))
        mails = self.get_mails(letter)
        self.assertEqual(mails.mapped("email_to"), ["ana.ruiz@client.example.com", "luis@client.example.com"])
        self.assertEqual(mails.attachment_ids.mapped("raw"), [version._get_pdf()])
        tokens = [self.get_token(mail) for mail in mails]
        self.assertEqual(len(set(tokens)), 2)
        for token, signer in zip(tokens, letter.signer_ids, strict=True):
            self.assertEqual(self.env["firm.engagement.link"]._find_signer(token), signer)

    def test_who_may_read_the_letter_learns_no_link(self):
        letter = self.send()
        token = self.get_token(self.get_mails(letter))
        messages = self.env["mail.message"].search(
            [("model", "=", "firm.engagement.signer"), ("res_id", "in", letter.signer_ids.ids)]
        )
        self.assertTrue(messages)
        self.assertNotIn(token, str(messages.mapped("body")))
        with self.assertRaises(AccessError):
            self.env["firm.engagement.link"].with_user(self.env.ref("base.user_admin")).search([]).read(["token_hash"])
        self.env.cr.execute("SELECT count(*) FROM firm_engagement_link WHERE token_hash = %s", (token,))
        self.assertEqual(self.env.cr.fetchone(), (0,), "only the hash is kept")

    def test_what_is_missing_is_named_and_nothing_is_sent(self):
        letter = self.prepare()
        letter.subject = False
        with self.assertRaisesRegex(UserError, "purpose"):
            letter.with_user(self.olga).send_for_signature()
        self.assertEqual(letter.state, "draft")
        self.assertFalse(letter.version_ids)

    def test_signers_who_are_none_are_refused_in_words(self):
        letter = self.prepare().with_user(self.olga)
        for signer in (
            {"name": "Eva", "email": "eva@client.example.com", "capacity": "king"},
            {"name": "Eva", "email": "eva@client.example.com", "capacity": ["self"]},
            {"name": " ", "email": "eva@client.example.com"},
            {"email": "eva@client.example.com"},
            {"name": "Eva", "email": "eva"},
            {"name": "Eva", "email": {}},
            {"name": "Eva", "email": self.olga.email},
            {"name": "Eva", "state": "signed"},
        ):
            with self.subTest(signer), self.assertRaises(UserError):
                letter.send_for_signature([signer])
        self.assertEqual((letter.state, letter.signer_ids.name), ("draft", "Ana Ruiz"))
        letter.send_for_signature([{"name": "Eva", "email": "eva@client.example.com"}])
        self.assertEqual(letter.signer_ids.mapped(lambda signer: (signer.name, signer.capacity)), [("Eva", "self")])

    def test_what_was_sent_does_not_change(self):
        letter = self.send()
        for values in ({"subject": "X"}, {"special_terms": "X"}, {"clause_ids": [(5,)]}, {"valid_until": "2030-01-01"}):
            with self.subTest(values), self.assertRaises(UserError):
                letter.with_user(self.olga).write(values)
        for records in (letter.scope_ids, letter.signer_ids):
            with self.assertRaises(UserError):
                records.with_user(self.olga)[0].unlink()

    def test_undo_is_possible_until_somebody_has_looked(self):
        letter = self.send()
        token = self.get_token(self.get_mails(letter))
        letter.with_user(self.olga).undo_sending()
        self.assertEqual((letter.state, letter.order_id.state), ("draft", "draft"))
        self.assertFalse(self.env["firm.engagement.link"]._find_signer(token))
        letter.with_user(self.olga).send_for_signature()
        letter.sudo()._note_view(letter.signer_ids, ACTOR)
        with self.assertRaises(UserError):
            letter.with_user(self.olga).undo_sending()

    def test_a_new_version_says_what_changed_and_everybody_signs_again(self):
        letter = self.send("Luis")
        self.sign(letter)
        letter.with_user(self.olga).revise("They asked for less")
        letter.order_line_ids.price_unit = 80
        letter.excluded_ids[0].text = "Appeals and claims"
        letter.with_user(self.olga).send_for_signature()
        self.assertEqual(letter.signer_ids.mapped("state"), ["waiting", "waiting"])
        changes = letter.current_version_id.changes
        for text in ("80.00", "90.00", "Appeals and claims", "No longer"):
            self.assertIn(text, changes)
        self.assertIn("80.00", self.get_mails(letter)[-1].body_html)
        self.assertFalse(letter.verify())

    def test_the_proposal_task_is_done_when_the_letter_is_out(self):
        self.opportunity.with_user(self.olga)._schedule_proposal()
        self.assertTrue(self.opportunity.activity_ids)
        self.send()
        self.assertFalse(self.opportunity.activity_ids)


@tagged("post_install", "-at_install")
class TestLetterSigning(LetterCase):
    def test_the_last_signature_does_everything_at_once(self):
        letter = self.send("Luis")
        self.sign(letter)
        self.assertEqual((letter.state, letter.order_id.state), ("partly_signed", "sent"))
        self.sign(letter, letter.signer_ids[1])
        self.assertEqual((letter.state, letter.order_id.state), ("signed", "sale"))
        self.assertEqual(self.opportunity.won_status, "won")
        self.assertEqual(self.client.customer_rank, 1)
        case = self.env["helpdesk.ticket"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(len(case.document_request_ids), 3)
        self.assertIn("Welcome", " ".join(self.get_mails(letter).mapped("subject")))
        self.assertEqual(letter.event_ids.mapped("kind"), ["created", "sent", "signed", "signed", "finished"])
        self.assertEqual(letter.event_ids[2].ip_address, "192.0.2.7")
        self.assertEqual(letter.withdrawal_until, self.company._get_crm_firm_today() + timedelta(days=14))
        self.assertFalse(letter.verify())

    def test_a_second_click_signs_nothing_twice(self):
        letter = self.send()
        self.sign(letter)
        events = letter.event_ids
        self.sign(letter)
        self.assertEqual(letter.event_ids, events)

    def test_the_bytes_shown_are_the_bytes_signed(self):
        letter = self.send()
        with self.assertRaisesRegex(UserError, "changed"):
            self.sign(letter, content_sha256="0" * 64)
        self.assertEqual(letter.state, "sent")

    def test_bad_input_signs_nothing(self):
        letter = self.send()
        for values in (
            {"name": " "},
            {"capacity": "king"},
            {"signature": draw(is_blank=True)},
            {"signature": "data:image/png;base64,AAAA"},
            {"signature": "data:image/png;base64," + "A" * 2_000_000},
            {"signature": "data:text/html;base64,AAAA"},
        ):
            with self.subTest(str(values)[:60]), self.assertRaises(UserError):
                self.sign(letter, **values)
        self.assertEqual(letter.signer_ids.state, "waiting")
        self.sign(letter, signature=draw())
        self.assertTrue(letter.signer_ids.signature)

    def test_a_drawing_is_a_small_png_and_nothing_else(self):
        letter = self.send()

        def encode(image, kind):
            stream = io.BytesIO()
            image.save(stream, kind)
            return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()

        for name, drawing in {
            "unpacks to hundreds of megabytes": encode(Image.new("1", (9000, 9000)), "PNG"),
            "another format": encode(Image.new("RGB", (20, 20)), "GIF"),
            "a file in place of text": io.BytesIO(b"x"),
        }.items():
            with self.subTest(name), self.assertRaises(UserError):
                self.sign(letter, signature=drawing)
        self.assertEqual(letter.state, "sent")

    def test_a_scan_is_a_file(self):
        letter = self.send()
        for scan in (10, [1, 2], {"a": 1}, "%%%", True):
            with self.subTest(scan), self.assertRaises(UserError):
                letter.with_user(self.olga).record_paper_signature(letter.signer_ids.id, scan)
        self.assertEqual(letter.state, "sent")

    def test_one_after_the_other(self):
        letter = self.prepare()
        letter.signing_order = "sequence"
        letter.signer_ids = [(0, 0, {"name": "Luis", "email": "luis@client.example.com", "sequence": 20})]
        letter.with_user(self.olga).send_for_signature()
        self.assertEqual(len(self.get_mails(letter)), 1)
        with self.assertRaisesRegex(UserError, "turn"):
            self.sign(letter, letter.signer_ids[1])
        self.sign(letter)
        self.assertEqual(self.get_mails(letter)[-1].email_to, "luis@client.example.com")

    def test_a_paper_signature_is_labelled_as_what_it_is(self):
        letter = self.send()
        letter.with_user(self.olga).record_paper_signature(letter.signer_ids.id, base64.b64encode(b"scan").decode())
        self.assertEqual((letter.state, letter.signer_ids.channel), ("signed", "paper"))
        event = letter.event_ids.filtered(lambda event: event.kind == "recorded")
        self.assertEqual(event.user_id, self.olga)
        self.assertFalse(letter.event_ids.filtered(lambda event: event.kind == "signed"))

    def test_what_is_signed_on_a_device_of_the_firm_says_so_and_ends_after_an_hour(self):
        letter = self.send("Luis")
        url = letter.with_user(self.olga).open_for_signing(letter.signer_ids[0].id)["url"]
        find = self.env["firm.engagement.link"]._find
        link = find(url.rpartition("/")[2])
        self.assertEqual((link.signer_id, link.user_id), (letter.signer_ids[0], self.olga))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=61)):
            self.assertFalse(find(url.rpartition("/")[2]))
        values = {"content_sha256": letter.current_version_id.content_sha256, "name": "Ana Ruiz", "capacity": "self"}
        letter.sudo()._sign(link.signer_id, values, ACTOR | {"user_id": self.olga.id})
        self.assertEqual(link.signer_id.channel, "tablet")
        event = letter.event_ids.filtered(lambda event: event.kind == "signed")
        self.assertEqual((event.user_id, event.signer_name), (self.olga, "Ana Ruiz"))
        self.assertIn("opened by Olga", event.told)
        self.assertFalse(letter.verify())
        for signer in (letter.signer_ids[0].id, 0, "x", None):
            with self.subTest(signer), self.assertRaises(UserError):
                letter.with_user(self.olga).open_for_signing(signer)
        with self.assertRaises(AccessError):
            letter.with_user(self.nadia).open_for_signing(letter.signer_ids[1].id)

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
