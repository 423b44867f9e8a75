"""A specialist works a case from the board to the archive, in a real browser."""

from odoo.tests import HttpCase, tagged

from .case_common import CaseCase
from .document_common import PDF


@tagged("post_install", "-at_install")
class TestCaseTours(CaseCase, HttpCase):
    browser_size = "1280x800"

    def test_specialist_reviews_asks_rejects_validates_resolves_and_archives(self):
        self.assertFalse(self.sara.has_group("crm_firm.crm_firm_group_case_manager"))
        self.paula.partner_id.lang = "en_US"
        case = self.open_case(specialist_id=self.sara.id)
        case.user_id = False  # as one that nobody could be given: the specialist takes it
        case.activity_schedule("mail.mail_activity_data_todo", summary="File the form", user_id=self.sara.id)
        self.start_tour("/odoo/cases", "crm_firm_case_ask", login=self.sara.login)
        self.assertEqual((case.case_state, case.user_id), ("waiting_client", self.sara))
        documents = case.document_request_ids
        self.assertEqual(len(documents), 6)
        self.assertEqual(set(documents.mapped("state")), {"requested"})
        self.assertEqual(documents.requested_by_id, self.sara)
        self.assertEqual(self.get_deadline(case, "resolution").state, "paused")
        self.assertEqual(self.get_mails(case).mapped("subject"), [f"Documents we need: {case.name} ({case.number})"])

        issued, received = (
            documents.filtered(lambda document, name=name: document.name.startswith(name))
            for name in ("Invoices issued", "Invoices received")
        )
        issued.sudo()._take_files([("issued.pdf", PDF)], {"user_id": self.paula.id})
        received.sudo()._take_files([("received.pdf", PDF)], {"user_id": self.paula.id})
        self.assertEqual(case.case_state, "waiting_client", "four documents are awaited still")

        self.start_tour("/odoo/cases", "crm_firm_case_close", login=self.sara.login)
        self.assertEqual((received.state, received.reviewed_by_id), ("validated", self.sara))
        rejected = issued.event_ids.filtered(lambda event: event.kind == "rejected")
        self.assertEqual((rejected.user_id, rejected.note), (self.sara, "March is missing"))
        self.assertIn("March is missing", self.get_mails(case)[-1].body_html, "the client is told why")
        self.assertTrue(issued.version_ids, "what came is kept")
        self.assertEqual(set((documents - received).mapped("state")), {"cancelled"})
        self.assertEqual(set((documents - received).mapped("reason")), {"Filed without them"})
        self.assertIn("1,200 € to pay by the 20th", str(case.message_ids.mapped("body")))
        self.assertEqual(case.case_state, "archived")
        self.assertTrue(case.first_answered_on and case.resolved_at and case.archived_at)
        self.assertFalse(case.activity_ids)
        self.assertTrue(case.active)
        self.assertEqual(set(case.deadline_ids.mapped("state")), {"done"})

    def get_mails(self, case):
        """Return the mails about the documents that the client gets, the first one first."""
        mails = self.env["mail.mail"].search([("model", "=", case._name), ("res_id", "=", case.id)], order="id")
        return mails.filtered(lambda mail: mail.subject.startswith("Documents we need"))
