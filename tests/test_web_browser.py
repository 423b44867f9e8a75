"""The request page in a real Chromium, on a desk and on a phone, and in a frame of another site."""

import http.server
import re
import threading
from unittest.mock import patch

from odoo.tests import tagged

from .browser_common import DESK, PHONE, BrowserCase
from .web_common import INTAKE, WebCase


@tagged("post_install", "-at_install")
class TestWebBrowser(BrowserCase, WebCase):
    def fill_in(self, page, **typed):
        typed = {
            "contact_name": "Seán O'Brien 🌻",
            "phone": "600112233",
            "email_from": "sean@client.example.com",
            "description": "שלום مرحبا Привет <b>x</b>",
        } | typed
        for name, text in typed.items():
            page.fill(f"[name={name}]", text)
        page.check("[name=consent_handling]")

    def send(self, page):
        page.click(".s_website_form_send")

    def wait_for_thanks(self, page):
        page.wait_for_url("**/thanks")
        self.assertRegex(page.inner_text("h1"), "Thank you|Gracias")

    def find_leads(self):
        self.env.invalidate_all()
        return self.env["crm.lead"].search([("email_from", "=", "sean@client.example.com")])

    def watch_keys(self, page):
        """Return a list that gets the key of every form sent from now on."""
        keys = []

        def note(request):
            if "/website/form/" in request.url:
                keys.append(re.search(r'name="idempotency_key"\r\n\r\n(\w+)', request.post_data)[1])

        page.on("request", note)
        return keys

    # === SENDING === #

    def test_person_sends_a_request_on_a_desk_and_on_a_phone_in_both_languages(self):
        for number, (device, path) in enumerate([(DESK, "/request"), (PHONE, "/request"), (PHONE, "/solicitud")]):
            with self.browse(device, path) as page:
                self.fill_in(page)
                page.select_option("[name=practice_area_id]", str(self.area_tax.id))
                page.check("[name=consent_commercial]")
                self.send(page)
                self.wait_for_thanks(page)
            leads = self.find_leads()
            self.assertEqual(len(leads), number + 1)
            lead = leads.sorted("id")[-1]
            self.assertEqual((lead.contact_name, lead.phone), ("Seán O'Brien 🌻", "+34 600 11 22 33"))
            self.assertEqual(lead.description, "<p>שלום مرحبا Привет &lt;b&gt;x&lt;/b&gt;</p>")
            self.assertEqual(lead.lang_id, self.spanish if path == "/solicitud" else self.english)
            self.assertEqual(lead.consent_state, "granted")
            self.assertIn(lead.user_id, self.olga | self.oscar)

    def test_keyboard_alone_is_enough(self):
        with self.browse() as page:
            page.focus("[name=contact_name]")
            for text in ("Ana", "Ruiz SL", "600112233", "sean@client.example.com", None, "Hello"):
                if text:
                    page.keyboard.type(text)
                page.keyboard.press("Tab")
            self.assertEqual(page.evaluate("document.activeElement.name"), "consent_handling")
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            self.assertEqual(page.evaluate("document.activeElement.textContent").split()[0], "Privacy")
            page.keyboard.press("Tab")
            outline = page.evaluate("getComputedStyle(document.activeElement).boxShadow")
            self.assertNotEqual(outline, "none", "the focus shows")
            page.keyboard.press("Enter")
            self.wait_for_thanks(page)
        self.assertEqual(len(self.find_leads()), 1)

    def test_mistakes_are_told_at_their_fields_and_nothing_typed_is_lost(self):
        for device in (DESK, PHONE):
            with self.browse(device) as page:
                page.fill("[name=phone]", "12")
                page.fill("[name=description]", "x" * 20_001)
                self.send(page)
                page.wait_for_selector("[aria-invalid]")
                self.assertEqual(page.evaluate("document.activeElement.name"), "contact_name")
                wrong = page.eval_on_selector_all("[aria-invalid=true]", "els => els.map(el => el.name)")
                self.assertEqual(wrong, ["contact_name", "phone", "description", "consent_handling"])
                for name in wrong:
                    message_id = page.get_attribute(f"[name={name}]", "aria-describedby")
                    self.assertTrue(page.inner_text(f"#{message_id}"))
                self.assertIn("marked fields", page.inner_text("[role=alert]"))
                self.assertEqual(page.input_value("[name=phone]"), "12")
                self.assertEqual(len(page.input_value("[name=description]")), 20_001)
                self.fill_in(page)
                self.send(page)
                self.wait_for_thanks(page)

    def test_page_that_cannot_reach_the_server_keeps_everything_and_sends_again_with_the_same_key(self):
        failures = [
            lambda route: route.abort(),
            lambda route: route.fulfill(status=500, body="<h1>500</h1>"),
            lambda route: route.fulfill(status=404, body="No database is selected"),
            lambda route: route.fetch() and route.abort(),  # the server has it, its answer is lost
        ]
        with self.browse() as page:
            keys = self.watch_keys(page)
            self.fill_in(page)
            for fail in failures:
                page.route("**/website/form/**", fail)
                page.evaluate("document.querySelector('#s_website_form_result').textContent = ''")
                self.send(page)
                page.wait_for_function("document.querySelector('#s_website_form_result').textContent.includes('still here')")
                page.unroute("**/website/form/**")
                self.assertEqual(page.input_value("[name=contact_name]"), "Seán O'Brien 🌻")
                self.assertTrue(page.is_checked("[name=consent_handling]"))
            self.send(page)
            self.wait_for_thanks(page)
        self.assertEqual(len(keys), 5)
        self.assertEqual(len(set(keys)), 1)
        self.assertEqual(len(self.find_leads()), 1)

    def test_sent_twice_and_sent_again_after_a_reload_is_one_lead_and_a_correction_is_another(self):
        with self.browse() as page:
            keys = self.watch_keys(page)
            self.fill_in(page)
            page.dblclick(".s_website_form_send")
            self.wait_for_thanks(page)
            for _number in range(2):
                page.goto(self.base_url() + "/request")
                page.wait_for_load_state("networkidle")
                self.fill_in(page)
                self.send(page)
                self.wait_for_thanks(page)
            self.assertEqual(len(set(keys)), 1)
            self.assertEqual(len(self.find_leads()), 1)
            page.goto(self.base_url() + "/request")
            page.wait_for_load_state("networkidle")
            self.fill_in(page, description="What I forgot")
            self.send(page)
            self.wait_for_thanks(page)
        self.assertEqual(len(self.find_leads()), 2)

    def test_what_is_typed_before_the_scripts_are_there_stays(self):
        with self.browse(path="/request/thanks") as page:
            page.route("**/*.js", lambda route: page.wait_for_timeout(1500) or route.continue_())
            page.goto(self.base_url() + "/request", wait_until="commit")
            page.wait_for_selector("[name=description]")
            page.fill("[name=description]", "typed early")
            page.unroute_all(behavior="wait")
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(1000)
            self.assertEqual(page.input_value("[name=description]"), "typed early")

    def test_page_that_was_open_for_too_long_is_renewed_in_place(self):
        with self.browse() as page:
            self.fill_in(page)
            page.check("[name=consent_commercial]")
            self.env.ref("crm_firm.consent_wording_commercial").text = "Asked in another way"
            self.env.flush_all()
            with patch(f"{INTAKE}.MAX_AGE_SECONDS", -1):
                self.send(page)
                page.wait_for_function("document.querySelector('#s_website_form_result').textContent.includes('renewed')")
            self.assertEqual(page.input_value("[name=contact_name]"), "Seán O'Brien 🌻")
            self.assertTrue(page.is_checked("[name=consent_handling]"), "its wording is the same")
            self.assertFalse(page.is_checked("[name=consent_commercial]"), "this one has another wording now")
            self.assertIn("Asked in another way", page.inner_text(".o_crm_firm_consents"))
            self.send(page)
            self.wait_for_thanks(page)
        self.assertEqual(self.find_leads().consent_ids.mapped("purpose"), ["handling"])

    def test_form_works_without_javascript(self):
        with self.browse(java_script_enabled=False) as page:
            page.fill("[name=contact_name]", "Seán O'Brien 🌻")
            self.send(page)
            self.assertEqual(page.get_attribute("[name=phone]", "aria-invalid"), "true")
            self.assertEqual(page.input_value("[name=contact_name]"), "Seán O'Brien 🌻")
            self.fill_in(page)
            self.send(page)
            self.wait_for_thanks(page)
        self.assertEqual(len(self.find_leads()), 1)

    # === LOOKS === #

    def test_pages_have_no_serious_fault_of_ours_for_people_with_disabilities(self):
        faults = []
        for device in (DESK, PHONE):
            for path in ("/request", "/es/request", "/request/embed", "/request/thanks", "/request/embed/thanks", "/privacy"):
                with self.browse(device, path) as page:
                    states = [path]
                    if path == "/request":
                        states.append(f"{path} with messages")
                    for state in states:
                        if state != path:
                            self.send(page)
                            page.wait_for_selector("[aria-invalid]")
                            page.wait_for_timeout(500)  # colours fade
                        faults += self.find_faults(page)
        self.assertFalse(faults)

    def test_phone_shows_the_whole_width_and_targets_big_enough_for_a_finger(self):
        for path in ("/request", "/es/request", "/request/embed"):
            with self.browse(PHONE, path) as page:
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 390)
                small = page.evaluate(
                    """() => [...document.querySelectorAll(
                        '#crm_firm_request :is(input:not([type=hidden], [type=checkbox], [tabindex="-1"]), select, textarea, '
                        + 'button, .form-check)')].filter(el => el.getBoundingClientRect().height < 44).map(el => el.outerHTML)"""
                )
                self.assertFalse(small)

    # === FRAME === #

    def open_site(self, frame):
        """Start another site (an origin of its own) that shows our form in a frame; return its address."""
        page = f"""<!DOCTYPE html><title>A firm</title><link rel="icon" href="data:,"><iframe id="request" src="{frame}"></iframe>
            <script>addEventListener("message", (ev) => {{ window.said = [ev.origin, ev.data]; }})</script>""".encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args):
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        # `localhost` is another site than 127.0.0.1, as for cookies: the frame has none of ours.
        return f"http://localhost:{server.server_port}"

    def test_site_in_the_settings_shows_the_form_and_another_does_not(self):
        site = self.open_site(f"{self.base_url()}/request/embed?utm_source=Portada&utm_medium=banner")
        with self.browse(path=site, origins=[site]) as page:
            self.assertFalse(page.frames[1].query_selector("form"), "refused: nobody may, by default")
        self.company.crm_firm_embed_origins = "https://www.example.com"
        with self.browse(path=site, origins=[site]) as page:
            self.assertFalse(page.frames[1].query_selector("form"), "refused: another one may")
        self.company.crm_firm_embed_origins = site
        with self.browse(path=site, origins=[site]) as page:
            frame = page.frames[1]
            frame.wait_for_selector("form")
            self.assertFalse(frame.query_selector("header, footer"))
            page.wait_for_function("window.said")
            origin, said = page.evaluate("window.said")
            self.assertEqual((origin, said["type"]), (self.base_url(), "crm_firm:height"))
            self.assertGreater(said["height"], 500)
            self.fill_in(frame)
            self.send(frame)
            frame.wait_for_url("**/request/embed/thanks")
            frame.wait_for_selector("h1")
        lead = self.find_leads()
        self.assertEqual((lead.source_id.name, lead.channel_id.code), ("Portada", "banner"))
        self.assertEqual(lead.consent_ids.page_url, f"{self.base_url()}/request/embed")
