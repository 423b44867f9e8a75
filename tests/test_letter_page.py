"""The client's page of an engagement letter, as a stranger with the link uses it."""

from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_firm.controllers import engagement_letter

from .engagement_common import LetterPageCase, draw


@tagged("post_install", "-at_install")
class TestLetterPage(LetterPageCase):
    def test_the_page_shows_the_letter(self):
        response = self.url_open(self.url)
        self.assertEqual(response.status_code, 200)
        for text in ("Preparing the return", "Appeals", "Not included", "90.00", "order with obligation to pay", "withdraw"):
            self.assertIn(text, response.text)
        for name, value in (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")):
            self.assertEqual(response.headers[name], value)

    def test_who_only_loads_the_page_has_not_viewed_it_and_a_person_has_once(self):
        events = self.letter.event_ids
        for path in ("", "/pdf", "/sign", "/viewed"):
            self.assertEqual(self.url_open(self.url + path).status_code, 200, path)
            self.assertEqual(self.url_open(self.url + path, method="HEAD").status_code, 200, path)
        self.assertFalse(self.letter.viewed_on)
        self.assertEqual(self.letter.event_ids, events)
        for _number in range(2):
            self.assertEqual(self.post("viewed").status_code, 204)
        self.assertTrue(self.letter.viewed_on)
        self.assertIn("has opened the engagement letter", "".join(self.opportunity.message_ids.mapped("body")))
        self.assertEqual((self.letter.event_ids - events).mapped("kind"), ["viewed"])
        figures = self.env["firm.engagement.letter"].formatted_read_group(
            [("id", "=", self.letter.id)], ["state"], ["viewed_count:sum", "__count"]
        )
        self.assertEqual([(row["viewed_count:sum"], row["__count"]) for row in figures], [(1, 1)])
        self.assertTrue(self.letter.event_ids[-1].ip_address and self.letter.event_ids[-1].user_agent)
        self.assertEqual(self.post("viewed", "x" * 43).status_code, 204, "nobody learns which links there are")

    def test_whatever_a_signer_does_on_the_page_comes_after_a_look(self):
        self.post("ask", question="Is VAT included?")
        self.assertEqual(self.letter.event_ids.mapped("kind")[-2:], ["viewed", "question"])

    def test_who_opens_the_page_on_a_device_of_the_firm_is_no_client_who_looks_at_it(self):
        signer, events, told = self.letter.signer_ids, self.letter.event_ids, self.opportunity.message_ids
        token = self.letter.with_user(self.olga).open_for_signing(signer.id)["url"].rpartition("/")[2]
        self.assertEqual(self.post("viewed", token).status_code, 204)
        self.assertEqual((signer.state, self.letter.viewed_on), ("waiting", False))
        self.assertEqual((self.letter.event_ids, self.opportunity.message_ids), (events, told))
        self.letter.with_user(self.olga).undo_sending()
        self.assertEqual(self.letter.state, "draft")

    def test_whatever_a_signer_does_on_a_device_of_the_firm_comes_after_a_look_that_nobody_is_told(self):
        told = self.opportunity.message_ids
        token = self.letter.with_user(self.olga).open_for_signing(self.letter.signer_ids.id)["url"].rpartition("/")[2]
        self.assertEqual(self.sign_page(token=token, name="").status_code, 422)
        self.assertEqual(self.letter.event_ids[-1:].mapped(lambda event: (event.kind, event.user_id)), [("viewed", self.olga)])
        self.assertTrue(self.letter.viewed_on)
        self.assertEqual(self.opportunity.message_ids, told)
        self.assertEqual(self.sign_page(token=token).status_code, 200)
        self.assertEqual(self.letter.event_ids.mapped("kind")[-4:], ["viewed", "signed", "finished", "started"])
        self.assertEqual(self.letter.signer_ids.channel, "tablet")
        self.assertFalse(self.letter.verify())

    def test_the_page_is_in_the_language_of_the_letter_also_where_the_site_has_another(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.env["website"].search([]).language_ids = self.env.ref("base.lang_en")
        self.client.lang = "es_ES"
        self.opportunity = self.opportunity.copy({"user_id": self.olga.id})
        self.setUp()
        page = self.url_open(self.url).text
        for text in ("pedido con obligación de pago", "Hacer una pregunta", "En nombre propio", "Incluido", 'lang="es-ES"'):
            self.assertIn(text, page)
        for text in ("obligation to pay", "Ask a question", "I do not want to sign"):
            self.assertNotIn(text, page)
        self.assertIn("Escriba su nombre", self.sign_page(name=" ").text)
        self.assertEqual(self.post("refuse", text="No").status_code, 200)

    def test_after_a_post_the_address_is_the_letters(self):
        for action, values, path in (
            ("ask", {"question": "Is VAT included?"}, f"{self.url}?sent=question"),
            (
                "sign",
                {"content_sha256": self.letter.current_version_id.content_sha256, "name": "A", "capacity": "self"},
                self.url,
            ),
            ("withdraw", {}, self.url),
        ):
            response = self.post(action, **values)
            self.assertEqual([each.status_code for each in response.history], [303], action)
            self.assertTrue(response.url.endswith(path), response.url)
            again = self.url_open(f"{self.url}/{action}")
            self.assertEqual((again.status_code, again.url), (200, self.base_url() + self.url), "loaded again")

    def test_a_client_signs_and_gets_the_next_steps(self):
        response = self.sign_page(start_requested="1")
        self.assertIn("The letter is signed.", response.text)
        page = html.fromstring(response.text)
        self.assertTrue(
            page.xpath("//details[summary='Withdraw from the contract']//button[.='Confirm the withdrawal']"), "in two steps"
        )
        self.assertNotIn("can be signed until", response.text)
        self.assertEqual((self.letter.state, self.letter.order_id.state), ("signed", "sale"))
        self.assertTrue(self.letter.start_requested)
        events = self.letter.event_ids
        self.assertEqual(self.sign_page().status_code, 200)
        self.assertEqual(self.letter.event_ids, events, "a second click signs nothing twice")
        self.assertIn("You have withdrawn", self.post("withdraw").text)
        self.assertFalse(self.letter.verify())

    def test_what_is_wrong_is_said_on_the_page_and_nothing_is_written(self):
        response = self.sign_page(content_sha256="0" * 64)
        self.assertEqual(response.status_code, 422)
        self.assertIn("The document changed meanwhile", response.text)
        self.assertEqual(self.letter.state, "sent")

    def test_what_is_wrong_is_said_beside_its_field(self):
        for action, values, name in (
            ("sign", {"name": " "}, "name"),
            ("sign", {"capacity": "king"}, "capacity"),
            ("sign", {"signature": draw(is_blank=True)}, "signature"),
            ("sign", {"signature": "data:image/png;base64,AAAA"}, "signature"),
            ("sign", {"signature": "data:image/png;base64," + "A" * 1_500_000}, "signature"),
            ("refuse", {"reason": "", "text": " "}, "text"),
            ("ask", {"question": " "}, "question"),
        ):
            response = self.sign_page(**values) if action == "sign" else self.post(action, **values)
            page = html.fromstring(response.text)
            with self.subTest(name, values=str(values)[:60]):
                self.assertEqual(response.status_code, 422)
                [told] = page.xpath("//*[@id='field_error']")
                self.assertEqual(told.text, page.xpath("//*[@role='alert']")[0].text, "above, and where it is")
                marked = page.xpath("//*[@aria-describedby='field_error']/@name")
                self.assertEqual(marked, [] if name == "signature" else [name], "a drawing is no field")
                self.assertEqual(bool(page.xpath("//details[@open]")), action != "sign")
        self.assertEqual(self.letter.state, "sent")

    def test_a_client_refuses_or_asks(self):
        self.assertIn("We have your question", self.post("ask", question="Is VAT included?").text)
        self.assertEqual(self.post("refuse", reason="").status_code, 422)
        reason = self.env.ref("crm_firm.lost_reason_fee")
        response = self.post("refuse", reason=reason.id)
        self.assertIn("Thank you for telling us", response.text)
        self.assertTrue(response.url.endswith("/engagement/refused"))
        self.assertEqual(self.letter.refusal_reason_id, reason)
        self.assertEqual(self.letter.state, "refused")
        self.assertEqual(self.url_open(self.url).status_code, 404)

    @mute_logger("odoo.http")
    def test_posts_need_the_pages_own_token(self):
        for action in ("sign", "refuse", "ask", "withdraw"):
            response = self.url_open(f"{self.url}/{action}", data={"reason": "x", "question": "x"})
            self.assertEqual(response.status_code, 400, action)
            self.assertEqual(self.url_open(f"{self.url}/{action}").url, self.base_url() + self.url, "a GET writes nothing")
        self.assertEqual(self.letter.state, "sent")

    def test_wrong_ended_and_used_links_give_one_neutral_page(self):
        pages = []
        for token in ("x" * 43, self.token[:-1], "%00", self.letter.signer_ids.id):
            response = self.url_open(f"/engagement/{token}")
            self.assertEqual(response.status_code, 404, token)
            pages.append(response.text)
        self.letter.with_user(self.olga).revise("Mistake")
        self.assertEqual(self.url_open(self.url).status_code, 404)
        self.assertEqual(self.url_open(f"{self.url}/pdf").status_code, 404)
        self.assertNotIn(self.letter.name, "".join(pages[:2]))

    def test_a_link_ends_a_month_after_the_last_signature(self):
        self.sign(self.letter)
        find = self.env["firm.engagement.link"]._find_signer
        tokens = [self.token, self.get_token(self.get_mails(self.letter)[-1])]
        for days, is_found in ((15, True), (29, True), (31, False)):
            with freeze_time(fields.Datetime.now() + timedelta(days=days)):
                for token in tokens:
                    self.assertEqual(bool(find(token)), is_found, f"after {days} days")

    def test_a_reply_keeps_no_link_that_it_quotes(self):
        """Whoever may read a message may not sign with what it quotes: as text, HTML, and as other servers wrap links."""
        mail = self.get_mails(self.letter)
        link = f"https://firm.example.com/engagement/{self.token}"
        wrapped = f"https://safelinks.example.net/?url=https%3A%2F%2Ffirm.example.com%2Fengagement%2F{self.token}&amp;data=05"
        bodies = {
            "text/plain": f"Yes, but when?\n\n> Read and sign: {link}\n> Regards\n",
            "text/html": f'<p>Yes, but when?</p><blockquote><a href="{link}">{link}</a> <a href="{wrapped}">x</a></blockquote>',
            "text/html; x=long": f'<p>Yes, but when?</p><a href="{link}">{link}</a>' + "<p>line</p>" * 10_000,
        }
        for number, (content_type, body) in enumerate(bodies.items()):
            raw = (
                f"From: Ana Ruiz <ana.ruiz@client.example.com>\nTo: info@firm.example.com\nSubject: Re: {mail.subject}\n"
                f"Message-ID: <reply-{number}@client.example.com>\nIn-Reply-To: {mail.message_id}\n"
                f"MIME-Version: 1.0\nContent-Type: {content_type}; charset=utf-8\n\n{body}"
            )
            self.env["mail.thread"].message_process("crm.lead", raw)
            message = self.env["mail.message"].search([("message_id", "=", f"<reply-{number}@client.example.com>")])
            record = self.env[message.model].browse(message.res_id)
            files = message.attachment_ids.mapped("raw")
            kept = f"{message.body} {files} {record.description if 'description' in record else ''}"
            with self.subTest(content_type):
                self.assertIn("Yes, but when?", kept)
                self.assertNotIn(self.token, kept)

    def test_nobody_sees_a_signature_before_all_have_signed(self):
        self.letter.with_user(self.olga).revise("Luis signs, too")
        self.letter.signer_ids = [(0, 0, {"name": "Luis", "email": "luis@client.example.com", "sequence": 20})]
        self.letter.with_user(self.olga).send_for_signature()
        self.url = f"/engagement/{self.get_token(self.get_mails(self.letter)[-1])}"
        pdf = self.letter.current_version_id._get_pdf()
        self.sign(self.letter, name="Ana Ruiz, her mark", signature=draw())
        self.assertEqual(self.letter.state, "partly_signed")
        page = self.url_open(self.url)
        self.assertIn("Go to signing", page.text)
        for text in ("her mark", "data:image/png;base64"):
            self.assertNotIn(text, page.text)
        self.assertEqual(self.url_open(f"{self.url}/pdf").content, pdf)
        told = self.url_open("/engagement/verify", files={"file": ("letter.pdf", pdf)}).text
        self.assertIn("not signed by everybody", told)
        self.assertNotIn("her mark", told)

    def test_anybody_can_check_a_file_and_learns_only_of_that_file(self):
        pdf = self.letter.current_version_id._get_pdf()
        for content, text in ((pdf, "Unchanged"), (pdf + b" ", "none of our letters"), (b"", "none of our letters")):
            response = self.url_open("/engagement/verify", files={"file": ("letter.pdf", content)})
            self.assertIn(text, response.text)
        self.assertIn("Choose the PDF", self.url_open("/engagement/verify").text)
        self.patch(engagement_letter, "MOST_CHECKS", 3)  # as many as there were
        response = self.url_open("/engagement/verify", files={"file": ("letter.pdf", b"x")})
        self.assertEqual(response.status_code, 429)

    def test_a_file_that_a_later_one_replaced_is_signed_by_nobody(self):
        old = self.letter.current_version_id._get_pdf()
        self.letter.with_user(self.olga).revise("Another fee")
        self.letter.special_terms = "Payment in two parts"
        self.letter.with_user(self.olga).send_for_signature()
        self.sign(self.letter)
        new = self.letter.current_version_id._get_pdf()
        self.assertNotEqual(old, new)
        told = self.url_open("/engagement/verify", files={"file": ("letter.pdf", old)}).text
        self.assertIn("was replaced by a later one", told)
        self.assertNotIn("Signed by", told)
        told = self.url_open("/engagement/verify", files={"file": ("letter.pdf", new)}).text
        self.assertIn("Signed by", told)
        self.assertIn(self.letter._format_moment(self.letter.signer_ids[0].signed_on), told, "as it was where the firm is")
        self.letter._withdraw(self.letter.signer_ids[0], {})
        told = self.url_open("/engagement/verify", files={"file": ("letter.pdf", new)}).text
        self.assertIn("has withdrawn from it", told)
