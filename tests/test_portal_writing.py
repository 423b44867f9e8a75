"""The client area by HTTP: what clients open, say, send and close."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .document_common import EXE, PDF, PNG
from .portal_common import NUL, PortalCase


@tagged("post_install", "-at_install")
class TestPortalWriting(PortalCase):
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

    def test_client_sends_again_what_was_sent_unasked_and_rejected(self):
        document = self.case._take_client_files([("blurred.pdf", PDF)], {"user_id": self.clara.id})
        document.reject("It cannot be read")
        self.settle()
        self.log_in(self.clara)
        page = self.get(f"/my/ticket/{self.case.id}").text
        self.assertIn(f"document_{document.id}", page)
        path = f"/my/ticket/{self.case.id}/document/{document.id}"
        self.assertEqual(self.post(path, files=[("files", ("clear.png", PNG))]).status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((document.state, document.version_number), ("received", 2))

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
