"""The pages around the form: languages, sessions, frames, without JavaScript; and no address of theirs is an error."""

import random
import string

from lxml import html

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import convert_file, mute_logger

from .web_common import CONTROLLER, WebCase


@tagged("post_install", "-at_install")
class TestWebPage(WebCase):
    # === SESSIONS AND PAGES === #

    def test_session_that_changed_meanwhile_is_renewed(self):
        self.authenticate("paula.portal", "paula.portal")
        hidden = self.get_hidden(self.open_page())
        data = hidden | {"contact_name": "Paula", "phone": "600112233", "consent_handling": "1", "csrf_token": "old"}
        answer = self.post(data)
        self.assertRegex(answer["error"], "press the button again")
        self.assertIn("id", self.post(data | {"csrf_token": answer["error_fields"]["csrf_token"]}))

    def test_spanish_address_shows_spanish_whatever_the_browser_prefers(self):
        for default in (self.english, self.spanish):
            self.website.default_lang_id = default
            self.opener.cookies.clear()
            page = self.open_page("/solicitud?utm_source=Portada", headers={"Accept-Language": "en"})
            self.assertEqual(page.get("lang"), "es-ES")
            token = self.env["crm.lead"]._read_web_token(self.get_hidden(page)["crm_firm_token"])
            self.assertEqual((token["lang"], token["utm"]), ("es_ES", {"utm_source": "Portada"}))
        self.website.language_ids = self.website.default_lang_id = self.english
        self.assertEqual(self.open_page("/solicitud").get("lang"), "en-US")

    def test_frame_is_for_the_sites_in_the_settings_alone(self):
        header = "Content-Security-Policy"
        for path in ("/request/embed", "/request/embed/thanks"):
            self.company.crm_firm_embed_origins = False
            self.assertEqual(self.url_open(path).headers[header], "frame-ancestors 'none'")
            self.company.crm_firm_embed_origins = "https://www.example.com\nhttp://localhost:8080/"
            response = self.url_open(path)
            self.assertEqual(response.headers[header], "frame-ancestors 'self' https://www.example.com http://localhost:8080")
            self.assertNotIn("X-Frame-Options", response.headers)
        self.assertEqual(self.url_open("/request").headers[header], "frame-ancestors 'self'")
        self.assertNotIn(header, self.url_open("/").headers)

    def test_a_site_with_other_letters_is_named_as_browsers_name_it_and_what_is_none_is_refused(self):
        for written, named in {
            "https://www.España.es/": "https://www.xn--espaa-rta.es",
            "http://münchen.de:8080": "http://xn--mnchen-3ya.de:8080",
            "https://[::1]:8443": "https://[::1]:8443",
        }.items():
            self.company.crm_firm_embed_origins = written
            header = self.url_open("/request/embed").headers["Content-Security-Policy"]
            self.assertEqual(header, f"frame-ancestors 'self' {named}")
        for written in (
            "https://–.es",
            "https://a\x01b.es",
            "https://\u202eexample.com",
            "https://-ñ-.es",
            "https://x y",
            "https://",
        ):
            with self.assertRaises(ValidationError, msg=written), self.cr.savepoint():
                self.company.crm_firm_embed_origins = written
                self.company.flush_recordset()

    def test_page_is_never_taken_from_a_cache(self):
        tokens = {self.get_hidden(self.open_page())["crm_firm_token"] for _number in range(2)}
        self.assertEqual(len(tokens), 2)
        self.assertIn("private", self.url_open("/request").headers["Cache-Control"])

    def test_privacy_policy_is_one_click_away(self):
        (link,) = self.open_page().find_class("o_crm_firm_privacy")[0].iter("a")
        self.assertEqual(self.url_open(link.get("href")).status_code, 200)
        self.company.crm_firm_privacy_url = "javascript:alert(1)"
        (link,) = self.open_page().find_class("o_crm_firm_privacy")[0].iter("a")
        self.assertEqual(link.get("href"), "/privacy")

    def test_without_javascript_the_form_works_and_keeps_what_was_typed(self):
        page = self.open_page()
        (button,) = page.find_class("s_website_form_send")
        typed = {"contact_name": "O'Neill <b>", "phone": "12", "description": "\nfirst\nline", "consent_commercial": "1"}
        typed |= {"practice_area_id": str(self.area_tax.id)}
        response = self.url_open(button.get("formaction"), data=self.get_hidden(page) | typed)
        self.assertEqual(response.status_code, 200)
        again = html.document_fromstring(response.text)
        form = again.get_element_by_id("crm_firm_request")
        self.assertEqual(form.fields["contact_name"], "O'Neill <b>")
        self.assertEqual(form.fields["practice_area_id"], str(self.area_tax.id))
        self.assertEqual(form.inputs["description"].text.strip("\n"), "first\nline")
        self.assertTrue(form.inputs["consent_commercial"].checked)
        self.assertFalse(form.inputs["consent_handling"].checked)
        phone = form.inputs["phone"]
        self.assertEqual(phone.get("aria-invalid"), "true")
        self.assertIn("phone number", again.get_element_by_id(phone.get("aria-describedby")).text)
        before = self.count_leads()
        data = self.get_hidden(again) | typed | {"phone": "600112233", "consent_handling": "1"}
        for _number in range(2):
            response = self.url_open(button.get("formaction"), data=data)
            self.assertTrue(response.url.endswith("/request/thanks"), response.url)
        self.assertEqual(self.count_leads(), before + 1)

    # === NO INPUT GIVES A 500 === #

    def test_fuzzed_forms_get_an_answer_and_never_an_error_page(self):
        rng = random.Random(20260302)
        hidden = self.make_hidden()
        lead_fields = sorted(self.env["crm.lead"]._fields)
        alphabet = string.printable + "\x00\x01\x1f\x7fñ€🌻\u202e\u0000\ufffe\ud7ff\u2028%_\\'\"<>{}[]"

        def make_text():
            kind = rng.randrange(6)
            if kind == 0:
                return "".join(rng.choice(alphabet) for _number in range(rng.randrange(60)))
            if kind == 1:
                return rng.choice(["", " ", "0", "-1", "1e309", "NaN", "null", "[]", "{}", "(4, 1)", str(2**70), "False"])
            if kind == 2:
                return rng.choice(["a@b.com", "600112233", "+34", "2026-02-30", "../../etc/passwd", "{{7*7}}", "%s%s%n"])
            if kind == 3:
                return "x" * rng.choice([10, 300, 25_000])
            if kind == 4:
                return str(rng.randrange(-5, 10**6))
            return rng.choice(list(hidden.values()))[: rng.randrange(400)]

        names = [*hidden, "contact_name", "partner_name", "phone", "email_from", "description", "practice_area_id"]
        names += ["consent_handling", "consent_commercial", "homepage", "context", "model_name", "name", "__class__", "", "a[0]"]
        results = {"id": 0, "error": 0}
        for number in range(300):
            data = [(rng.choice(names), make_text()) for _field in range(rng.randrange(12))]
            data += [(rng.choice(lead_fields), make_text()) for _field in range(rng.randrange(4))]
            if rng.random() < 0.7:
                data += [("email_from", "a@b.com"), ("contact_name", "Ana"), ("consent_handling", "1")]
            if rng.random() < 0.5:
                data += list(hidden.items())
            params = {rng.choice(names + lead_fields): make_text()[:500] for _field in range(rng.randrange(3))}
            files = {rng.choice(names): (make_text()[:50], b"x")} if rng.random() < 0.1 else None
            headers = {"Referer": "x" * 50, "Accept-Language": rng.choice(["es", "xx", "zh-TW,*;q=0.1", ""])}
            with mute_logger(CONTROLLER):
                response = self.url_open(
                    "/website/form/crm.lead", method="POST", data=data, params=params, files=files, headers=headers
                )
            self.assertEqual(response.status_code, 200, f"post {number}: {data} {params}")
            answer = response.json()
            self.assertTrue(answer.get("id") or answer.get("error"), f"post {number}: {data} {answer}")
            results["id" if answer.get("id") else "error"] += 1
        self.assertGreater(results["id"], 20, results)
        self.assertGreater(results["error"], 20, results)

    def test_fuzzed_bodies_are_refused_as_what_they_are(self):
        rng = random.Random(5)
        types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]
        for path in ("/website/form/crm.lead", "/request/send", "/request/embed/send"):
            for number in range(40):
                body = bytes(rng.randrange(256) for _byte in range(rng.randrange(300)))
                response = self.url_open(path, data=body or b"x", headers={"Content-Type": types[number % len(types)]})
                self.assertLess(response.status_code, 500, body)

    def test_fuzzed_addresses_of_the_page_are_no_error(self):
        for query in (
            "utm_source=%00",
            "utm_medium=%FF%FE",
            "utm_source[]=1",
            "x=" + "y" * 5000,
            "utm_campaign=%25%5C",
            "%00=%00",
        ):
            for path in ("/request", "/request/embed", "/request/thanks", "/solicitud"):
                self.assertLess(self.url_open(f"{path}?{query}").status_code, 500, query)

    # === THE SITE OF THE DEMO === #

    def test_site_of_the_demo_opens_with_and_without_ways_to_reach_the_firm(self):
        convert_file(self.env, "crm_firm", "demo/crm_firm_site_demo.xml", {}, mode="init", noupdate=True)
        self.assertIn(self.website, self.env["website.page"].search([("url", "=", "/inicio")]).website_id)
        for phone, email in (("+34 910 00 00 00", "office@firm.example.com"), (False, False)):
            self.company.write({"phone": phone, "email": email})
            self.env.flush_all()
            self.env.registry.clear_all_caches()  # Odoo keeps pages for an hour
            for path in ("/inicio", "/servicios", "/request"):
                with self.subTest(path=path, phone=phone):
                    page = self.open_page(path)
                    links = page.xpath("//a[starts-with(@href, 'tel:') or starts-with(@href, 'mailto:')]/@href")
                    self.assertEqual(bool(links), bool(phone), links)
                    self.assertFalse({"tel:", "mailto:", "mailto:False"} & set(links))
