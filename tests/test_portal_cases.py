"""The client area by HTTP, as clients, strangers and attackers use it."""

import re
import socket
from datetime import timedelta
from unittest.mock import patch

from markupsafe import Markup

from odoo import fields, http
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_firm.controllers import document_link

from .common import FirmCast
from .document_common import EXE, PDF, PNG, DocumentCast, make_zip

NUL = "\x00"


class PortalCase(DocumentCast, FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.setUpClients()
        # The other client company of the firm, and the cases everybody tries to get at
        cls.colleague_case = cls.make_case(cls.carlos.partner_id, name="Divorce of Carlos")
        cls.foreign_case = cls.make_case(cls.ivan.partner_id, name="Bankruptcy of Ivan")
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.settle()

    def settle(self):
        """Do what the end of a transaction does, so that the first request does not do it."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def log_in(self, user):
        self.authenticate(user.login, user.login)

    def post(self, path, data=None, token=True, files=None, **headers):
        data = dict(data or {})
        if token:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(path, data=data, files=files, headers=headers or None, allow_redirects=False)

    def get(self, path):
        return self.url_open(path, allow_redirects=False)

    def get_state(self):
        """What nobody is to change by looking."""
        self.env.invalidate_all()
        Ticket = self.env["helpdesk.ticket"].with_context(active_test=False)
        return (
            Ticket.search_count([]),
            {ticket.id: (ticket.stage_id.id, ticket.write_date) for ticket in Ticket.search([])},
            self.env["mail.message"].search_count([("model", "=", "helpdesk.ticket")]),
            self.env["mail.followers"].search_count([("res_model", "=", "helpdesk.ticket")]),
            self.env["firm.document.version"].search_count([]),
            self.env["ir.attachment"].search_count([("access_token", "!=", False)]),
            Ticket.search_count([("access_token", "!=", False)]),
        )


@tagged("post_install", "-at_install")
class TestPortalCases(PortalCase):
    # === READ-ONLY ROUTES === #

    def test_no_route_is_read_only_against_its_parent(self):
        """Odoo sets it back, with a warning a worker."""
        list(http._generate_routing_rules(sorted(self.env.registry._init_modules), nodb_only=False))
        controllers = {
            controller
            for parent in http.Controller.children_classes.values()
            for controller in parent
            if controller.__module__.startswith("odoo.addons.crm_firm.")
        }
        self.assertTrue(controllers)
        # Nobody writes `readonly=False`: that is what Odoo leaves behind of what it refused.
        refused = [
            f"{controller.__name__}.{name}"
            for controller in controllers
            for name, method in vars(controller).items()
            if getattr(method, "original_routing", {}).get("readonly") is False
        ]
        self.assertFalse(refused)

    def test_pages_to_read_are_served_without_writing(self):
        document = self.case.request_document("Passport")
        self.settle()
        self.log_in(self.clara)
        for path in ("/my/tickets", f"/my/ticket/{self.case.id}", f"/request/document/{document.sudo()._get_link_token()}"):
            with self.subTest(path), self.assertNoLogs("odoo.http", "WARNING"):
                self.assertEqual(self.get(path).status_code, 200)

    # === WHO SEES WHAT === #

    def test_contact_sees_own_cases_and_a_delegate_those_of_the_company(self):
        for user, expected in (
            (self.clara, self.case),
            (self.carlos, self.colleague_case),
            (self.diana, self.case | self.colleague_case),
            (self.ivan, self.foreign_case),
        ):
            self.assertEqual(self.env["helpdesk.ticket"].with_user(user).search([]), expected.sorted(), user.login)
            self.log_in(user)
            page = self.get("/my/tickets").text
            for case in self.case | self.colleague_case | self.foreign_case:
                self.assertEqual(case.name in page, case in expected, f"{user.login} {case.name}")
                response = self.get(f"/my/ticket/{case.id}")
                self.assertEqual(response.status_code, 200 if case in expected else 303)

    def test_client_may_open_its_cases_to_all_contacts_and_a_delegate_stops_being_one_at_once(self):
        Ticket = self.env["helpdesk.ticket"].with_user(self.clara)
        self.assertEqual(Ticket.search_count([]), 1)
        self.client.crm_firm_case_visibility = "company"
        self.assertEqual(Ticket.search_count([]), 2)
        self.client.crm_firm_case_visibility = "private"
        self.assertEqual(Ticket.search_count([]), 1)
        self.diana.partner_id.crm_firm_case_delegate = False
        self.assertEqual(self.env["helpdesk.ticket"].with_user(self.diana).search_count([]), 0)

    def test_following_a_case_gives_no_access_to_it(self):
        self.case.message_subscribe((self.ivan | self.carlos).partner_id.ids)
        for user in (self.ivan, self.carlos):
            self.assertFalse(self.case.with_user(user).has_access("read"))
            self.assertNotIn(self.case, self.env["helpdesk.ticket"].with_user(user).search([]))

    def test_colleague_neither_posts_on_a_case_nor_follows_it(self):
        for user in (self.carlos, self.ivan):
            case = self.case.with_user(user)
            with self.assertRaises(AccessError):
                case.message_post(body="mine")
            self.assertFalse(case.message_subscribe(user.partner_id.ids))
            self.assertNotIn(user.partner_id, self.case.message_partner_ids)
            self.log_in(user)
            for path in ("message", "close", "document/1"):
                response = self.post(f"/my/ticket/{self.case.id}/{path}", {"message": "mine", "reason": "mine"})
                self.assertEqual(response.status_code, 404, path)
            result = self.make_jsonrpc_request_raw("/mail/message/post", self.case)
            self.assertIn("error", result)
        self.assertNotIn("mine", " ".join(self.case.message_ids.mapped("body")))

    def make_jsonrpc_request_raw(self, route, case, **more):
        params = {"thread_model": "helpdesk.ticket", "thread_id": case.id, "post_data": {"body": "mine"}} | more
        with mute_logger("odoo.http"):
            return self.url_open(route, json={"jsonrpc": "2.0", "method": "call", "params": params}).json()

    def test_what_a_client_posts_by_rpc_reaches_the_firm_and_nobody_else(self):
        case = self.case.with_user(self.clara)
        message = case.message_post(
            body="Buy this",
            message_type="email",
            subtype_xmlid="mail.mt_note",
            partner_ids=(self.ivan | self.carlos).partner_id.ids,
            outgoing_email_to="anybody@elsewhere.example.com",
            reply_to="thief@elsewhere.example.com",
            author_id=self.sara.partner_id.id,
        ).sudo()
        self.assertFalse(message.partner_ids | (message.notified_partner_ids & (self.ivan | self.carlos).partner_id))
        self.assertFalse(message.outgoing_email_to)
        self.assertNotIn("thief", message.reply_to or "")
        self.assertEqual(message.author_id, self.clara.partner_id)
        self.assertEqual((message.message_type, message.subtype_id), ("comment", self.env.ref("mail.mt_comment")))
        with self.assertRaises(UserError):
            case.message_post(body="x" * 1_000_000)

    def test_client_reads_no_note_of_a_case_by_its_id_and_guesses_none(self):
        self.case.with_user(self.sara).log_answer("He sounds guilty")
        notes = self.case.message_ids.filtered(lambda message: message.subtype_id.internal)
        self.assertIn("guilty", str(notes.mapped("body")))
        self.case.message_post(body="Good news", subtype_xmlid="mail.mt_comment", message_type="comment")
        answer = self.case.message_ids[:1]
        self.env.invalidate_all()
        self.assertIn("Good news", answer.with_user(self.clara).read(["body"])[0]["body"])
        for note in notes:
            with self.assertRaises(AccessError):
                note.with_user(self.clara).read(["body"])
        Ticket = self.env["helpdesk.ticket"].with_user(self.clara)
        for fname in ("message_ids", "website_message_ids"):
            with self.assertRaises(AccessError):
                Ticket.search([(f"{fname}.body", "ilike", "guilty")])

    def test_request_that_is_tried_again_has_all_its_files(self):
        """Odoo tries again what collides with another transaction; it rewinds one file of each input only."""
        self.log_in(self.clara)
        documents = type(self.env["firm.document.request"])
        take, tries = documents._take_files, []

        def collide_once(request, files, actor, more=False):
            tries.append(len(files))
            if len(tries) == 1:
                raise ConcurrencyError("Somebody else was faster")
            return take(request, files, actor, more=more)

        files = [("files", (f"{number}.pdf", PDF + b"%%%d" % number)) for number in range(3)]
        with patch.object(documents, "_take_files", collide_once), mute_logger("odoo.service.model"):
            response = self.post(f"/my/ticket/{self.case.id}/message", {"message": "Here"}, files=files)
        self.assertEqual((response.status_code, tries), (303, [3, 3]), response.text[:500])
        self.assertEqual(len(self.case.document_request_ids.version_ids), 3)

    def test_tokens_open_nothing(self):
        self.case.access_token = "0123456789abcdef"
        self.foreign_case.access_token = "fedcba9876543210"
        signature = self.case._sign_token(self.clara.partner_id.id)
        self.env.flush_all()
        paths = (
            f"/my/ticket/{self.case.id}/0123456789abcdef",
            f"/my/ticket/{self.case.id}?access_token=0123456789abcdef",
            f"/my/ticket/{self.case.id}?access_token=fedcba9876543210",
            f"/my/ticket/{self.case.id}",
        )
        for path in paths:
            response = self.get(path)
            self.assertIn(response.status_code, (302, 303), path)
            self.assertIn("/web/login", response.headers["Location"])
        for params in (
            {"token": "0123456789abcdef"},
            {"hash": signature, "pid": self.clara.partner_id.id},
        ):
            self.assertIn("error", self.make_jsonrpc_request_raw("/mail/message/post", self.case, **params))
        self.log_in(self.ivan)
        for path in paths:
            response = self.url_open(path)
            self.assertNotIn(self.case.name, response.text, path)

    def test_button_of_an_email_carries_no_key(self):
        stranger = self.env["res.partner"].create({"name": "No User", "email": "nouser@client.example.com"})
        case = self.make_case(stranger)
        case.message_post(body="Answer", message_type="comment", subtype_xmlid="mail.mt_comment", partner_ids=stranger.ids)
        mail = self.env["mail.mail"].search(
            [("model", "=", "helpdesk.ticket"), ("res_id", "=", case.id)], limit=1, order="id desc"
        )
        self.assertNotIn("access_token", mail.body_html or "")
        self.assertFalse(case.access_token)

    # === READING === #

    def test_list_shows_first_what_waits_for_the_client(self):
        newer = self.make_case(self.clara.partner_id, name="Newer case")
        asked = self.make_case(self.clara.partner_id, name="Asked case")
        self.make_case(self.clara.partner_id, name="Newest case")
        self.case.stage_id = self.stages["waiting_client"]
        asked.request_document("Passport")
        newer.log_answer("Told by phone")
        newer.stage_id = self.stages["resolved"]
        self.env.flush_all()
        self.log_in(self.clara)
        page = self.get("/my/tickets").text
        names = re.findall(r"(Case of Clara Client|Newer case|Asked case|Newest case)", page)
        self.assertEqual(names, ["Asked case", "Case of Clara Client", "Newest case", "Newer case"])
        self.assertEqual(page.count("Waiting for you</span>"), 2)
        page = self.get("/my/tickets?filterby=closed").text
        self.assertIn("Newer case", page)
        self.assertNotIn("Newest case", page)
        page = self.get("/my/tickets?search=newer").text
        self.assertIn("Newer case", page)
        self.assertNotIn("Asked case", page)

    def test_pages_of_a_long_list_show_every_case_once(self):
        cases = self.env["helpdesk.ticket"]
        for number in range(95):
            cases |= self.make_case(self.clara.partner_id, name=f"Case no {number:03}.")
        cases[:83].stage_id = self.stages["waiting_client"]
        self.env.flush_all()
        self.log_in(self.clara)
        found = []
        for page in (1, 2):
            found += re.findall(r"Case no \d+\.", self.get(f"/my/tickets/page/{page}").text)
        self.assertEqual(len(found), 95)
        self.assertEqual(len(set(found)), 95)

    def test_case_page_shows_what_is_for_the_client_and_nothing_internal(self):
        case = self.case
        case.message_post(
            body="We will see to it.", message_type="comment", subtype_xmlid="mail.mt_comment", attachments=[("answer.pdf", PDF)]
        )
        case.message_post(body="INTERNAL-NOTE", subtype_xmlid="mail.mt_note", attachments=[("internal_strategy.txt", b"secret")])
        case.message_post(body="INTERNAL-TOO", message_type="comment", subtype_xmlid="mail.mt_comment", is_internal=True)
        self.env["ir.attachment"].create(
            {"name": "loose_file.txt", "raw": b"x", "res_model": "helpdesk.ticket", "res_id": case.id}
        )
        case.stage_id = self.stages["in_review"]
        self.env.cr.precommit.run()
        case.publish_document("Our answer", "form303.pdf", PDF + b"303")
        self.env.flush_all()
        self.log_in(self.clara)
        before = self.get_state()
        page = self.get(f"/my/ticket/{case.id}").text
        for text in (case.name, case.number, "What about VAT?", "We will see to it.", "answer.pdf", "form303.pdf", "In review"):
            self.assertIn(text, page)
        for text in ("INTERNAL", "internal_strategy", "loose_file", "access_token="):
            self.assertNotIn(text, page)
        self.assertEqual(self.get_state(), before)

    def test_page_loads_nothing_that_a_message_names_on_another_host(self):
        self.case.message_post(
            body=Markup('<p>Hi<img src="https://tracker.example.com/x.png"/><img src="//t.example.com/y"/></p>'),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.case.description = '<p style="background:url(https://t.example.com/z)">Text<img src="https://t.example.com/w"/></p>'
        self.env.flush_all()
        self.log_in(self.clara)
        response = self.get(f"/my/ticket/{self.case.id}")
        self.assertNotIn("example.com/", response.text.split("o_firm_history")[1].split("</ol>")[0])
        self.assertIn("img-src 'self'", response.headers["Content-Security-Policy"])

    def test_files_are_given_to_those_who_see_the_case_and_the_trail_notes_it(self):
        document = self.case.request_document("Passport")
        document.sudo()._take_files([("pass.pdf", PDF), ("page.docx.txt", b"hello")], {"user_id": self.clara.id})
        versions = document.version_ids.sorted("id")
        note = self.case.message_post(body="note", subtype_xmlid="mail.mt_note", attachments=[("secret.txt", b"secret")])
        answer = self.case.message_post(
            body="hi", message_type="comment", subtype_xmlid="mail.mt_comment", attachments=[("hi.html", b"<script>1</script>")]
        )
        self.env.flush_all()
        path = f"/my/ticket/{self.case.id}"
        self.log_in(self.clara)
        response = self.get(f"{path}/file/{versions[0].id}")
        self.assertEqual((response.status_code, response.content), (200, PDF))
        self.assertIn("sandbox", response.headers["Content-Security-Policy"])
        self.assertNotIn("attachment", response.headers.get("Content-Disposition", ""))
        response = self.get(f"{path}/file/{versions[1].id}")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        response = self.get(f"{path}/attachment/{answer.attachment_ids.id}")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(self.get(f"{path}/attachment/{note.attachment_ids.id}").status_code, 404)
        for attachment in (versions[0].sudo().attachment_id, note.attachment_ids):
            self.assertEqual(self.get(f"/web/content/{attachment.id}").status_code, 404)
        self.env.invalidate_all()
        events = document.sudo().event_ids.filtered(lambda event: event.kind in ("viewed", "downloaded")).sorted("id")
        self.assertEqual(
            [(event.kind, event.user_id, event.version_id) for event in events],
            [("viewed", self.clara, versions[0]), ("downloaded", self.clara, versions[1])],
        )
        self.assertTrue(events[0].ip_address)
        for user in (self.carlos, self.ivan):
            self.log_in(user)
            own = self.colleague_case if user == self.carlos else self.foreign_case
            for case in (self.case, own):
                self.assertEqual(self.get(f"/my/ticket/{case.id}/file/{versions[0].id}").status_code, 404)
                self.assertEqual(self.get(f"/my/ticket/{case.id}/attachment/{answer.attachment_ids.id}").status_code, 404)
            self.assertEqual(self.get(f"/crm_firm/document/{versions[0].id}").status_code, 404)

    def test_staff_take_files_by_a_route_that_notes_it_and_others_get_nothing(self):
        document = self.case.request_document("Passport")
        document.sudo()._take_files([("pass.pdf", PDF)], {"user_id": self.clara.id})
        self.env.flush_all()
        path = f"/crm_firm/document/{document.version_ids.id}"
        self.log_in(self.sara)
        self.assertEqual(self.get(path).content, PDF)
        self.env.invalidate_all()
        self.assertEqual(document.event_ids[0].user_id, self.sara)
        self.log_in(self.elsa)
        self.assertEqual(self.get(path).status_code, 404)
        self.logout()
        self.assertIn(self.get(path).status_code, (302, 303))

    # === WRITING === #

    def test_client_opens_so_many_cases_an_hour_as_a_person_has_questions(self):
        self.company.crm_firm_client_cases_hour = 2
        Ticket, before = self.env["helpdesk.ticket"], self.env["helpdesk.ticket"].search_count([])
        category = Ticket._get_client_categories()[:1]

        def open_case(user):
            return Ticket.with_user(user)._open_by_client(user, "", "A question", category, [], {})

        made = Ticket.search_count([("partner_id", "=", self.carlos.partner_id.id)])
        self.env.cr.execute("UPDATE helpdesk_ticket SET create_date = create_date - interval '2 hours'")
        self.env.invalidate_all()
        for _number in range(2):
            open_case(self.carlos)
        with self.assertRaisesRegex(UserError, "2 cases within the last hour"):
            open_case(self.carlos)
        self.assertTrue(open_case(self.ivan), "another client is not concerned")
        self.assertEqual(Ticket.search_count([("partner_id", "=", self.carlos.partner_id.id)]), made + 2)
        self.company.crm_firm_client_cases_hour = 0
        self.assertTrue(open_case(self.carlos), "no limit")
        self.assertEqual(Ticket.search_count([]), before + 4)

    def test_text_in_place_of_a_file_is_refused_in_words(self):
        self.log_in(self.carlos)
        case = self.colleague_case
        data = {"ufile": "text", "thread_id": case.id, "thread_model": "helpdesk.ticket"}
        answer = self.post("/mail/attachment/upload", data)
        self.assertEqual((answer.status_code, answer.json()), (200, {"error": "Choose a file."}))

    def test_client_opens_a_case_with_files(self):
        self.log_in(self.clara)
        self.assertEqual(self.get("/new/ticket").status_code, 200)
        response = self.post(
            "/submitted/ticket",
            {"category": self.category.id, "description": "First line\n<b>x</b>"},
            files=[("files", ("factura ñ.pdf", PDF)), ("files", ("foto.png", PNG))],
        )
        self.assertEqual(response.status_code, 303)
        case = self.env["helpdesk.ticket"].search([("partner_id", "=", self.clara.partner_id.id)], limit=1, order="id desc")
        self.assertEqual(case.name, "First line <b>x</b>")
        self.assertEqual(case.description, "<p>First line<br>&lt;b&gt;x&lt;/b&gt;</p>")
        self.assertEqual((case.case_state, case.channel_id.code, case.team_id), ("received", "client_area", self.team))
        self.assertFalse(case.user_id.share, "somebody of the firm is in charge")
        self.assertEqual(sorted(case.document_request_ids.version_ids.mapped("name")), ["factura ñ.pdf", "foto.png"])
        page = self.url_open(response.headers["Location"]).text
        self.assertIn("factura ñ.pdf", page)

    def test_case_with_a_bad_file_is_not_opened_and_nothing_typed_is_lost(self):
        self.log_in(self.clara)
        before = self.get_state()
        data = {"category": self.category.id, "subject": "My subject", "description": "My question"}
        response = self.post("/submitted/ticket", data, files=[("files", ("a.pdf", PDF)), ("files", ("invoice.pdf", EXE))])
        self.assertEqual(response.status_code, 422)
        for text in ("My subject", "My question", "invoice.pdf", 'role="alert"'):
            self.assertIn(text, response.text)
        response = self.post("/submitted/ticket", data, files=[("files", ("x.pdf", EXE))], Accept="application/json")
        self.assertIn("x.pdf", response.json()["error"])
        response = self.post("/submitted/ticket", data | {"description": "   "})
        self.assertEqual(response.status_code, 422)
        self.assertEqual(self.get_state(), before)

    def test_client_chooses_no_category_team_or_company_that_is_not_offered(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        Category = self.env["helpdesk.ticket.category"]
        hidden = self.env.ref("crm_firm.category_labour")
        hidden.show_in_portal = False
        foreign = Category.create({"name": "Foreign", "company_id": other.id})
        self.env.flush_all()
        self.log_in(self.clara)
        before = self.get_state()
        for category in (hidden.id, foreign.id, 0, -1, "abc", "9" * 30, NUL, ""):
            response = self.post("/submitted/ticket", {"category": category, "description": "x"})
            self.assertEqual(response.status_code, 422, category)
        self.assertEqual(self.get_state(), before)
        team = self.env["helpdesk.ticket.team"].create({"name": "Foreign", "company_id": other.id})
        self.env.flush_all()
        self.post(
            "/submitted/ticket",
            {
                "category": self.category.id,
                "description": "x",
                "team": team.id,
                "company_id": other.id,
                "partner_id": self.ivan.partner_id.id,
                "user_id": self.clara.id,
            },
        )
        case = self.env["helpdesk.ticket"].search([], limit=1, order="id desc")
        self.assertEqual((case.company_id, case.team_id, case.partner_id), (self.company, self.team, self.clara.partner_id))
        self.assertNotEqual(case.user_id, self.clara)

    def test_client_answers_with_a_message_and_a_file(self):
        self.log_in(self.clara)
        response = self.post(
            f"/my/ticket/{self.case.id}/message", {"message": "Here you are\nThanks"}, files=[("files", ("a.pdf", PDF))]
        )
        self.assertEqual(response.status_code, 303)
        message = self.case.message_ids.filtered(lambda message: "Here you are" in message.body)
        self.assertEqual((message.author_id, message.message_type), (self.clara.partner_id, "comment"))
        self.assertIn("a.pdf", message.body)
        self.assertEqual(self.case.document_request_ids.origin, "client")
        page = self.url_open(response.headers["Location"]).text
        self.assertIn("Here you are", page)
        response = self.post(f"/my/ticket/{self.case.id}/message", {"message": " "})
        self.assertEqual(response.status_code, 422)

    def test_files_sent_after_the_end_go_where_the_message_is_read(self):
        files = [("files", ("a.pdf", PDF))]
        old_case = self.make_case(self.clara.partner_id)
        self.end(self.case, fields.Datetime.now())
        self.end(old_case, fields.Datetime.now() - timedelta(days=60))
        self.log_in(self.clara)
        for case in (self.case, old_case):
            self.assertEqual(self.post(f"/my/ticket/{case.id}/message", {"message": "One more"}, files=files).status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((self.case.case_state, old_case.case_state), ("in_review", "archived"))
        for case in (self.case, old_case.next_case_ids):
            self.assertEqual(case.document_request_ids.version_ids.mapped("name"), ["a.pdf"])

    def end(self, case, moment):
        """Put a case away as complete as it is."""
        case.stage_id = self.stages["in_review"]
        case.log_answer("Told by phone")
        case.document_none_needed = True
        case.resolve_case()
        case.archive_case()
        case.write({"resolved_at": moment, "archived_at": moment})
        self.env.flush_all()

    def test_client_sends_a_document_that_was_asked_for(self):
        document = self.case.request_document("Passport")
        self.env.flush_all()
        self.log_in(self.clara)
        path = f"/my/ticket/{self.case.id}/document/{document.id}"
        response = self.post(path, files=[("files", ("x.pdf", EXE))])
        self.assertEqual(response.status_code, 422)
        self.assertFalse(document.version_ids)
        response = self.post(path, files=[("files", ("x.pdf", PDF))], Accept="application/json")
        self.assertEqual(response.json(), {"redirect": f"/my/ticket/{self.case.id}?sent=files"})
        response = self.post(path, files=[("files", ("y.pdf", PDF))], Accept="application/json")
        self.assertEqual(response.json(), {"redirect": f"/my/ticket/{self.case.id}?sent=known"})
        self.env.invalidate_all()
        self.assertEqual((document.state, len(document.version_ids)), ("received", 1))
        published = self.case.publish_document("Ours", "ours.pdf", PDF + b"1")
        other = self.colleague_case.request_document("Of Carlos")
        self.env.flush_all()
        for wrong in (published.id, other.id, 0, 2**40):
            response = self.post(f"/my/ticket/{self.case.id}/document/{wrong}", files=[("files", ("x.pdf", PDF))])
            self.assertEqual(response.status_code, 404)

    def test_client_closes_an_own_case_with_a_reason(self):
        self.log_in(self.clara)
        path = f"/my/ticket/{self.case.id}/close"
        self.assertEqual(self.post(path, {"reason": "  "}).status_code, 422)
        self.assertEqual(self.case.case_state, "received")
        self.assertEqual(self.post(path, {"reason": "Solved by phone"}).status_code, 303)
        self.env.invalidate_all()
        self.assertEqual(self.case.case_state, "resolved")
        self.assertIn("Solved by phone", " ".join(self.case.message_ids.mapped("body")))
        self.assertEqual(self.post(path, {"reason": "Again"}).status_code, 422)

    # === ATTACKS === #

    def test_nothing_is_written_by_get_and_without_the_token_of_the_session(self):
        document = self.case.request_document("Passport")
        self.settle()
        self.log_in(self.clara)
        before = self.get_state()
        case = f"/my/ticket/{self.case.id}"
        writing = {
            f"/ticket/close?ticket_id={self.case.id}&stage_id={self.stages['resolved'].id}": {},
            f"/submitted/ticket?description=x&category={self.category.id}": {"description": "x"},
            f"{case}/message?message=x": {"message": "x"},
            f"{case}/close?reason=x": {"reason": "x"},
            f"{case}/document/{document.id}": {},
        }
        with mute_logger("odoo.http"):
            for path, data in writing.items():
                self.assertIn(self.get(path).status_code, (303, 404, 405), path)  # 303: to the case
                self.assertEqual(self.post(path, data | {"x": "x"}, token=False).status_code, 400, path)
        self.assertEqual(self.get_state(), before)

    def test_old_closing_route_closes_no_case_and_no_foreign_ticket(self):
        done = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
        awaiting = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")
        plain = self.env["helpdesk.ticket"].create({"name": "Plain", "description": "x", "partner_id": self.clara.partner_id.id})
        other = self.env["helpdesk.ticket"].create({"name": "Other", "description": "x", "partner_id": self.carlos.partner_id.id})
        self.env.flush_all()
        self.log_in(self.clara)
        before = self.get_state()
        for ticket_id, stage_id in (
            (other.id, done.id),
            (self.foreign_case.id, done.id),
            (self.case.id, self.stages["archived"].id),
            (self.case.id, done.id),
            (plain.id, awaiting.id),
            (plain.id, self.stages["resolved"].id),
            ("abc", done.id),
            ("", ""),
            (plain.id, "abc"),
            ("9" * 25, done.id),
            (NUL, NUL),
        ):
            response = self.post("/ticket/close", {"ticket_id": ticket_id, "stage_id": stage_id, "x_id": "y"})
            self.assertIn(response.status_code, (302, 404), f"{ticket_id} {stage_id}")
        self.assertEqual(self.post("/ticket/close").status_code, 404)
        self.assertEqual(self.get_state(), before)
        self.post("/ticket/close", {"ticket_id": plain.id, "stage_id": done.id})
        self.env.invalidate_all()
        self.assertEqual(plain.stage_id, done)

    def test_no_parameter_breaks_a_page(self):
        self.log_in(self.clara)
        before = self.get_state()
        bad = ("zzz", "%00", "-1", "9" * 30, "2026-99-99", "'", "%F0%9F%8C%BB", "0001-01-01", "9999-12-31", "%ED%A0%80", "")
        names = ("sortby", "filterby", "groupby", "search", "search_in", "date_begin", "date_end", "page", "access_token", "sent")
        for name in names:
            for value in bad:
                for path in ("/my/tickets", f"/my/ticket/{self.case.id}", "/new/ticket"):
                    response = self.get(f"{path}?{name}={value}&date_begin=2026-01-01&date_end=2026-13-01")
                    self.assertEqual(response.status_code, 200, f"{path} {name}={value}")
        for path in ("/my/tickets/page/0", "/my/tickets/page/999999999999999", "/new/ticket?category=abc"):
            self.assertEqual(self.get(path).status_code, 200, path)
        for ticket_id in ("0", "999999", "99999999999999999999", "-1", "abc", "1%00"):
            self.assertIn(self.get(f"/my/ticket/{ticket_id}").status_code, (303, 404), ticket_id)
        for path in ("file", "attachment"):
            for number in ("0", "99999999999999999999"):
                self.assertEqual(self.get(f"/my/ticket/{self.case.id}/{path}/{number}").status_code, 404)
        self.assertEqual(self.get_state(), before)
        for path, data in (
            ("message", {"message": f"a{NUL}b"}),
            ("close", {"reason": f"a{NUL}b"}),
        ):
            self.assertEqual(self.post(f"/my/ticket/{self.case.id}/{path}", data).status_code, 303)
        response = self.post("/submitted/ticket", {"category": self.category.id, "subject": NUL, "description": f"{NUL}x"})
        self.assertIn(response.status_code, (303, 422))

    def test_stages_are_written_by_no_visitor(self):
        for user in (self.env.ref("base.public_user"), self.clara):
            with self.assertRaises(AccessError):
                self.stages["received"].with_user(user).name = "mine"

    def test_client_uploads_to_the_chatter_only_what_documents_may_be(self):
        self.log_in(self.clara)
        data = {"thread_id": self.case.id, "thread_model": "helpdesk.ticket", "is_pending": "true"}
        response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", EXE))])
        self.assertIn("x.pdf", response.json()["error"])
        response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", PDF))])
        self.assertIn("data", response.json())
        for sent, content, kept in (
            ("invoice.pdf.bat", PDF, "invoice.pdf.bat.pdf"),
            ("x.js", b"alert(1)", "x.js.txt"),
            ("inv\u202efdp.exe", PDF, "invfdp.exe.pdf"),
            ("..\\..\\x\u200b.pdf", PDF, "x.pdf"),
        ):
            with self.subTest(name=sent):
                self.post("/mail/attachment/upload", data, files=[("ufile", (sent, content))])
                newest = self.env["ir.attachment"].search([("res_model", "=", "mail.compose.message")], limit=1, order="id desc")
                self.assertEqual(newest.name, kept)
        with mute_logger("odoo.http"):
            data["thread_id"] = self.foreign_case.id
            response = self.post("/mail/attachment/upload", data, files=[("ufile", ("x.pdf", PDF))])
            self.assertEqual(response.status_code, 404)

    def test_colleagues_upload_no_program_and_no_name_that_hides_what_it_is(self):
        """On cases and requests; they may send more types than clients, the rule is the same."""
        self.company.crm_firm_document_types = "pdf"
        lead = self.receive_request(user_id=self.sara.id)
        self.log_in(self.sara)
        for record in (self.case, lead):
            data = {"thread_id": record.id, "thread_model": record._name}
            for sent, content, kept in (
                ("invoice.pdf.bat", PDF, "invoice.pdf.bat.pdf"),
                ("invoice.pdf.bat", b"del *.*", "invoice.pdf.bat.txt"),
                ("photo.png", PNG, "photo.png"),
                ("papers.zip", make_zip(a="x"), "papers.zip"),
                ("invoice.pdf.bat", EXE, None),
                ("call.mp3", EXE, None),
            ):
                with self.subTest(model=record._name, name=sent, kept=kept):
                    before = self.env["ir.attachment"].search([], limit=1, order="id desc").id
                    answer = self.post("/mail/attachment/upload", data, files=[("ufile", (sent, content))]).json()
                    self.assertEqual("error" in answer, kept is None)
                    new = self.env["ir.attachment"].search([("id", ">", before), ("res_model", "=", record._name)])
                    self.assertEqual(new.mapped("name"), [kept] if kept else [])

    def test_files_of_the_chatter_are_as_big_as_the_firm_of_the_case_takes_them(self):
        other = self.env["res.company"].create({"name": "Other firm", "crm_firm_document_max_mb": 1})
        self.case.company_id.crm_firm_document_max_mb = 5
        self.clara.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.log_in(self.clara)
        data = {"thread_id": self.case.id, "thread_model": "helpdesk.ticket", "is_pending": "true"}
        files = [("ufile", ("x.pdf", PDF + b" " * 1024 * 1024))]
        answer = self.post("/mail/attachment/upload", data, files=files)
        self.assertNotIn("limit", answer.text, "not the limit of the firm where the client is logged in")
        self.case.company_id.crm_firm_document_max_mb = 1
        other.crm_firm_document_max_mb = 5
        self.assertIn("the limit is 1 MB", self.post("/mail/attachment/upload", data, files=files).json()["error"])


@tagged("post_install", "-at_install")
class TestPortalLink(PortalCase):
    def setUp(self):
        super().setUp()
        self.document = self.case.request_document("Passport", note="Both sides")
        self.settle()
        self.path = f"/request/document/{self.document.sudo()._get_link_token()}"

    def send(self, *files, path=None, more=None, **headers):
        data = {"more": more} if more else {}
        return self.post(path or self.path, data, token=False, files=[("files", file) for file in files] or {"x": ""}, **headers)

    def test_document_is_sent_without_logging_in(self):
        before = self.get_state()
        response = self.get(self.path)
        self.assertEqual(response.status_code, 200)
        for text in ("Passport", "Both sides"):
            self.assertIn(text, response.text)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", response.headers["Cache-Control"])
        self.assertEqual(self.get_state(), before, "opening the link writes nothing")
        response = self.send(("front.png", PNG), ("back.pdf", PDF))
        self.assertEqual(response.status_code, 200)
        self.assertIn("Thank you", response.text)
        self.env.invalidate_all()
        self.assertEqual(self.document.state, "received")
        self.assertTrue(all(self.document.version_ids.mapped("by_link")))
        event = self.document.event_ids[0]
        self.assertEqual((event.kind, event.by_link, bool(event.ip_address)), ("uploaded", True, True))
        response = self.send(("again.pdf", PDF))
        self.assertIn("already", response.text)
        self.assertEqual(len(self.document.version_ids), 2)

    def test_link_shows_nothing_else_of_the_case(self):
        self.case.message_post(body="Secret answer", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.case.request_document("Another document")
        page = self.get(self.path).text
        for text in ("Secret answer", "Another document", "What about VAT"):
            self.assertNotIn(text, page)

    def test_bad_files_are_told_and_nothing_is_kept(self):
        for file in (("x.pdf", EXE), ("x.pdf", b""), (f"a{NUL}b.exe", EXE)):
            response = self.send(file)
            self.assertEqual(response.status_code, 422)
            self.assertIn('role="alert"', response.text)
        response = self.send()
        self.assertEqual(response.status_code, 422)
        response = self.send(("x.exe", EXE), Accept="application/json")
        self.assertEqual(list(response.json()), ["error"])
        self.assertFalse(self.document.version_ids)

    def test_foreign_revoked_expired_and_garbled_links_get_a_friendly_page(self):
        token = self.path.rpartition("/")[2]
        phone_like = self.receive_request(phone=False)._get_phone_request_token()
        self.document.action_revoke_link()
        self.settle()
        before = self.get_state()
        for bad in (token, token[:-3], "x", "%00", "a" * 2000, phone_like, "é"):
            path = f"/request/document/{bad}"
            for response in (self.get(path), self.send(("a.pdf", PDF), path=path)):
                self.assertEqual(response.status_code, 404, bad)
                self.assertIn("no longer valid", response.text)
            response = self.send(("a.pdf", PDF), path=path, Accept="application/json")
            self.assertIn("error", response.json())
        self.assertEqual(self.get_state(), before)

    def test_accepted_document_takes_no_more_files(self):
        self.send(("a.pdf", PDF))
        self.env.invalidate_all()
        self.document.action_validate()
        self.env.flush_all()
        self.assertIn("accepted", self.get(self.path).text)
        self.assertEqual(self.send(("b.png", PNG)).status_code, 422)

    def test_upload_that_is_cut_off_leaves_nothing_and_can_be_repeated(self):
        files = [("res_model", "=", "firm.document.version")]
        before = self.env["ir.attachment"].search_count(files)
        boundary = "----cut"
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode() + PDF * 100
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.base_url().partition('//')[2]}\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {len(body) + 5000}\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
        host, port = self.base_url().partition("//")[2].split(":")
        with (
            self.allow_requests(all_requests=True),
            mute_logger("odoo.http", "werkzeug"),
            socket.create_connection((host, int(port)), timeout=20) as connection,
        ):
            connection.sendall(head + body)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(20)
            answer = connection.recv(65536)
        self.assertNotIn(b"200 OK", answer[:20])
        self.env.invalidate_all()
        self.assertFalse(self.document.version_ids)
        self.assertEqual(self.document.state, "requested")
        self.assertEqual(self.env["ir.attachment"].search_count(files), before)
        self.assertEqual(self.send(("a.pdf", PDF * 100)).status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self.document.state, "received")

    def test_somebody_who_posts_all_the_time_has_to_wait(self):
        for _number in range(document_link.MOST_POSTS):
            self.assertEqual(self.send().status_code, 422)
        self.assertEqual(self.send(("a.pdf", PDF)).status_code, 429)
