"""A letter goes out, is signed, refused, taken back; nobody forges, and what was signed can be proved."""

import base64
import io
from datetime import timedelta

from PIL import Image

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from .document_common import EXE, PDF, PNG, make_office
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
        self.assertEqual(letter.event_ids.mapped("kind"), ["created", "sent", "signed", "signed", "finished", "started"])
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

    def test_a_scan_is_a_picture_or_pdf_file_no_bigger_than_what_clients_send(self):
        letter = self.send()
        self.company.crm_firm_document_max_mb = 1
        page = b"<html><script>alert(1)</script></html>"
        wrong = (10, [1, 2], {"a": 1}, "%%%", True, EXE, page, b"text", make_office("word"), PDF + b"x" * 1024**2)
        for scan in wrong:
            with self.subTest(str(scan)[:20]), self.assertRaises(UserError):
                letter.with_user(self.olga).record_paper_signature(letter.signer_ids.id, scan)
            with self.subTest(str(scan)[:20]), self.assertRaises(UserError):
                letter.with_user(self.olga).record_identification("Ana Ruiz", "dni", "12345678Z", scan=scan)
        self.assertEqual(letter.state, "sent")
        for scan in (PDF, PNG):
            letter.with_user(self.olga).record_identification("Ana Ruiz", "dni", "12345678Z", scan=scan)

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
        letter.with_user(self.olga).record_paper_signature(letter.signer_ids.id, base64.b64encode(PDF).decode())
        self.assertEqual((letter.state, letter.signer_ids.channel), ("signed", "paper"))
        event = letter.event_ids.filtered(lambda event: event.kind == "recorded")
        self.assertEqual(event.user_id, self.olga)
        self.assertFalse(letter.event_ids.filtered(lambda event: event.kind == "signed"))

    def test_a_paper_is_of_a_day_that_has_come_and_of_the_only_one_who_is_left(self):
        letter = self.send("Luis")
        ana, luis = letter.signer_ids
        scan = base64.b64encode(PDF).decode()
        tomorrow = self.company._get_crm_firm_today() + timedelta(days=1)
        with self.assertRaisesRegex(UserError, "future"):
            letter.with_user(self.olga).record_paper_signature(ana.id, scan, tomorrow)
        dialog = self.env["firm.engagement.paper"].with_user(self.olga).with_context(default_letter_id=letter.id)
        with Form(dialog) as form:
            self.assertFalse(form.signer_id, "two are left")
            form.signer_id, form.scan = ana, scan
        form.record.action_confirm()
        self.assertEqual((ana.state, luis.state, letter.state), ("signed", "waiting", "partly_signed"))
        with Form(dialog) as form:
            self.assertEqual(form.signer_id, luis)
            form.scan = scan
        form.record.action_confirm()
        self.assertEqual(letter.state, "signed")

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
