"""The client area by HTTP: who sees which cases, and what of them."""

import re
from datetime import date, timedelta
from unittest.mock import patch

from lxml import html
from markupsafe import Markup

from odoo import http
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .document_common import PDF
from .portal_common import NUL, PortalCase


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

    def test_by_when_there_is_an_answer_is_said_with_its_hour(self):
        self.log_in(self.clara)
        expected = self.company._describe_deadline(self.case.expected_on)
        self.assertRegex(expected, r", \d\d:\d\d · ")
        for path in ("/my/tickets", f"/my/ticket/{self.case.id}"):
            self.assertIn(expected, self.get(path).text)
        self.case.request_document("Bank statements", due="2026-04-20")
        self.settle()
        page = self.get(f"/my/ticket/{self.case.id}").text
        self.assertIn(self.company._describe_deadline(date(2026, 4, 20)), page)

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

    def test_the_client_area_begins_with_the_cases(self):
        self.log_in(self.clara)
        page = html.fromstring(self.get("/my").text)
        entries = page.xpath("//div[contains(@class, 'o_portal_docs')]//a/@href")
        self.assertEqual(entries[0], "/my/tickets")
        self.assertEqual(entries.count("/my/tickets"), 1)

    def test_a_new_case_says_by_when_there_is_an_answer_and_keeps_it(self):
        rounds = self.category.copy({"name": "Rounds", "for_cases": True, "deadline_kind": "weekly", "active": False})
        other = self.env.ref("crm_firm.category_other")
        other.deadline_kind = "none"
        with freeze_time("2026-03-04 09:00:00"):
            expected = (self.category | rounds | other)._get_expected_at(self.company)
            self.assertEqual(set(expected), {self.category, rounds})
            for category in (self.category, rounds):
                case = self.make_case(self.clara.partner_id, category_id=category.id, team_id=category.team_id.id or self.team.id)
                self.assertLess(abs(case.expected_on - expected[category]), timedelta(seconds=2), category.name)
        self.log_in(self.clara)
        page = html.fromstring(self.get("/new/ticket").text)
        [option] = page.xpath(f"//select[@id='case_category']/option[@value='{self.category.id}']")
        self.assertRegex(option.get("data-expected"), r"^\w+day, \w+ \d+, \d{4}, \d\d:\d\d$")
        [nothing] = page.xpath(f"//select[@id='case_category']/option[@value='{other.id}']")
        self.assertIsNone(nothing.get("data-expected"))

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
