"""Every page that visitors and clients see is opened in a real Chromium, in Spanish, at a desk and on a phone."""

import tempfile
from pathlib import Path

from odoo.http import _generate_routing_rules
from odoo.tests import HttpCase, tagged
from odoo.tests.common import _registry_test_lock

from .browser_common import DESK, PHONE
from .crawl_common import CrawlCase
from .crawler import Crawler
from .document_common import PDF

# Routes of ours that are no page to look at, and why
NO_PAGE = {
    "/request/send": "what a browser without scripts posts to; answers with the thanks",
    "/request/embed/send": "as /request/send",
    "/request/consents": "a fragment that the form fetches when it was filled in for long",
    "/my/ticket/<int:ticket_id>/<string:access_token>": "sends on to the case",
    "/my/ticket/<int:ticket_id>/message": "what the case's form posts to",
    "/my/ticket/<int:ticket_id>/close": "what the case's form posts to",
    "/my/ticket/<int:ticket_id>/document/<int:document_id>": "what the case's form posts to",
    "/my/ticket/<int:ticket_id>/file/<int:version_id>": "the file itself",
    "/my/ticket/<int:ticket_id>/attachment/<int:attachment_id>": "the file itself",
    "/crm_firm/document/<int:version_id>": "the file itself",
    "/engagement/<string:token>/<any(sign,refuse,ask,withdraw,viewed):_action>": "leads back to the letter",
    "/engagement/<string:token>/viewed": "what the letter's page tells when somebody reads it",
    "/engagement/<string:token>/pdf": "the file itself",
    "/engagement/<string:token>/sign": "what the letter's form posts to",
    "/engagement/<string:token>/refuse": "what the letter's form posts to",
    "/engagement/<string:token>/ask": "what the letter's form posts to",
    "/engagement/<string:token>/withdraw": "what the letter's form posts to",
    "/intake/lead/<string:key>": "what other systems send requests to",
    "/mail/attachment/upload": "what the box for a message posts its files to",
    "/website/form/<string:model_name>": "what the form of a request posts to",
    "/submitted/ticket": "what the form of a new case posts to",
    "/ticket/close": "a form of helpdesk_mgmt that our page of a case does not have",
}


WITHDRAWAL = "details:has(form[action$='/withdraw']) > summary"  # what signers are offered afterwards
# Pages of others that show what is ours
PAGES = {"/", "/my", "/my/tickets", "/new/ticket", "/privacy"}


class Visitor(Crawler):
    """Opens pages of the website and sends their forms."""

    def visit(self, route, path=None):
        with self.open("page", route):
            self.load(path or route)
            self.counts["field"] += self.ask("focusFields")
        for index in range(self.ask("count", "#wrap details:not([open]) > summary")):
            with self.open("section", route, str(index)):
                self.ask("click", "#wrap details > summary", index)

    def send(self, name, field, answer, /, files=None, **values):
        """Fill in the form that has a field, send it, and look at the answer.

        :param str answer: selector of what the answer shows
        :param dict values: texts by the names of fields; of a choice any text takes the last
        """
        with self.open("form", name):
            form = self.page.locator("form", has=self.page.locator(field)).first
            for key, value in values.items():
                entry = form.locator(f"[name={key}]")
                if entry.evaluate("el => el.matches('select')"):
                    entry.select_option(index=entry.locator("option").count() - 1)
                elif entry.evaluate("el => el.matches('[type=checkbox]')"):
                    entry.check()
                else:
                    entry.fill(value)
            if files:
                form.locator("input[type=file]").first.set_input_files(files)
            form.locator("[type=submit]").click()
            self.page.wait_for_selector(answer)
            self.page.evaluate(self.script, self.case.english)


@tagged("post_install", "-at_install")
class TestCrawlOutside(CrawlCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client_user = cls.env.ref("crm_firm.demo_user_client_ana")
        cls.case_asked = cls.env.ref("crm_firm.demo_case_vat")
        cls.case_open = cls.env.ref("crm_firm.demo_case_notice")
        cls.document = cls.env.ref("crm_firm.demo_case_hire").document_request_ids[:1].sudo()
        cls.lead = cls.env["crm.lead"].search([("contact_status", "=", "phone_requested")], limit=1).sudo()
        cls.lead._request_phone()
        cls.letter, cls.letter_refused = cls.make_letter("sent"), cls.make_letter("sent")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.pdf, cls.empty, cls.letter_pdf = (str(Path(folder.name) / f"{name}.pdf") for name in ("prueba", "vacio", "carta"))
        Path(cls.pdf).write_bytes(PDF)
        Path(cls.empty).write_bytes(b"")
        Path(cls.letter_pdf).write_bytes(cls.letter._get_pdf())

    def setUp(self):
        super().setUp()
        routes = _generate_routing_rules(sorted(self.env.registry._init_modules), nodb_only=False)
        ours = {url for url, endpoint in routes if endpoint.func.__module__.startswith("odoo.addons.crm_firm.")}
        self.doors = {f"page {route}" for route in (ours | PAGES) - set(NO_PAGE)}

    def crawl_as_visitor(self, device, role):
        phone = f"/request/phone/{self.lead._get_phone_request_token()}"
        document = f"/request/document/{self.document._get_link_token()}"
        with self.browse(device, "/", locale="es-ES") as page:
            visitor = Visitor(page, role, self, set())
            for route in (
                "/",
                "/solicitud",
                "/contactus",
                "/request",
                "/request/embed",
                "/request/thanks",
                "/request/embed/thanks",
                "/privacy",
            ):
                visitor.visit(route)
            with self.isolate():
                visitor.visit("/request")
                visitor.send("request, empty", "[name=contact_name]", "#s_website_form_result .s_website_form_error, .is-invalid")
                visitor.send(
                    "request",
                    "[name=contact_name]",
                    "#wrap h1:has-text('Gracias')",
                    contact_name="Ana Prueba",
                    email_from="ana@prueba.example",
                    practice_area_id="last",
                    description="Una pregunta",
                    consent_handling="yes",
                )
                visitor.visit("/request/phone/<string:token>", "/request/phone/nothing")
                visitor.visit("/request/phone/<string:token>", phone)
                visitor.send("phone, empty", "[name=phone]", "#phone_error")
                visitor.send("phone", "[name=phone]", ".fa-check-circle", phone="600 11 22 33", call_on="last")
                visitor.visit("/request/document/<string:token>", "/request/document/nothing")
                visitor.visit("/request/document/<string:token>", document)
                visitor.send("document, nothing in it", "[name=files]", ".o_firm_error", files=self.empty)
                visitor.visit("/request/document/<string:token>", document)
                visitor.send("document", "[name=files]", ".alert-success", files=self.pdf)
        return visitor

    def crawl_as_signer(self, device, role):
        page, no_page = "/engagement/<string:token>", "/engagement/nothing"
        Link = self.env["firm.engagement.link"]
        with self.isolate(), self.browse(device, "/", locale="es-ES") as browser_page:
            with _registry_test_lock:
                link, other = (Link._make(letter.signer_ids) for letter in (self.letter, self.letter_refused))
                self.env.flush_all()
            link, other = (url.removeprefix(self.base_url()) for url in (link, other))
            signer = Visitor(browser_page, role, self, set())
            signer.visit(page, no_page)
            signer.visit(page, link)
            signer.send("question", "#question", ".alert-success", question="¿Cuándo empiezan?")
            signer.visit(page, link)
            signer.send("signature, no name", "#sign_name", ".alert-danger", name=" ")
            signer.visit(page, link)
            signer.send("signature", "#sign_name", WITHDRAWAL, name="Ana Prueba", start_requested="yes")
            signer.visit(page, link)
            signer.send("withdrawal", ".btn-outline-danger", ".alert-info")
            signer.visit(page, other)
            signer.send("refusal", "#reason", "[role=status] h1", reason="last", text="Es caro")
            signer.visit("/engagement/refused")
            for name, answer, path in (
                ("another file", ".alert-danger", self.pdf),
                ("letter", ".alert-success", self.letter_pdf),
            ):
                signer.visit("/engagement/verify")
                signer.send(f"check, {name}", "#verify_file", answer, files=path)
        return signer

    def crawl_as_client(self, device, role):
        self.client_user.password = "ana.client"
        session = self.authenticate("ana", "ana.client")
        case = f"/my/ticket/{self.case_asked.id}"
        shown = self.env["helpdesk.ticket"].with_user(self.client_user).search([]).ids
        with self.browse(device, "/my", session=session, locale="es-ES") as page:
            client = Visitor(page, role, self, set())
            for route in ("/my", "/my/tickets", "/new/ticket"):
                client.visit(route)
            client.visit("/my/tickets/page/<int:page>", "/my/tickets/page/1")
            for case_id in shown:
                client.visit("/my/ticket/<int:ticket_id>", f"/my/ticket/{case_id}")
            with self.isolate():
                client.visit("/my/ticket/<int:ticket_id>", case)
                client.send("message, empty", "[name=message]", ".o_firm_error")
                client.send("message", "[name=message]", ".alert-success", files=self.pdf, message="Una pregunta")
                client.visit("/my/ticket/<int:ticket_id>", case)
                client.send("document of a case", "[id^=files_]:not([id=files_message])", ".alert-success", files=self.pdf)
                client.visit("/my/ticket/<int:ticket_id>", case)
                client.send("closing", "[name=reason]", ".alert-success", reason="Está resuelto")
                client.visit("/new/ticket")
                client.send(
                    "case", "[name=description]", ".alert-success", files=self.pdf, category="last", description="Una pregunta"
                )
        return client

    def test_pages_of_visitors_and_clients_open(self):
        crawlers = []
        for device, how in ((DESK, ""), (PHONE, " by phone")):
            crawlers += [
                crawl(device, f"{role}{how}")
                for crawl, role in (
                    (self.crawl_as_visitor, "visitor"),
                    (self.crawl_as_signer, "signer of a letter"),
                    (self.crawl_as_client, "client"),
                )
            ]
        self.check(crawlers, {})
