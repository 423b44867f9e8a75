from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import FirmCast


@tagged("post_install", "-at_install")
class TestFollowUpTour(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def test_mark_done_on_a_call_asks_for_the_outcome(self):
        lead = self.receive_request(user_id=self.olga.id)
        self.start_tour(f"/odoo/crm.lead/{lead.id}", "crm_firm_mark_done_asks_outcome", login="olga.owner", timeout=120)
        self.assertEqual(lead.contact_attempt_ids.sorted("id").mapped("outcome"), ["no_answer", "call_back"])
        self.assertEqual(lead.contact_attempt_ids.sorted("id")[0].note, "voicemail")
        self.assertGreater(lead.next_contact_on, fields.Datetime.add(fields.Datetime.now(), months=5))

    def test_overview_leads_to_the_unreachable_who_start_again(self):
        lead = self.receive_request(user_id=self.olga.id)
        for _call in range(3):
            lead.log_contact_attempt("no_answer")
        self.start_tour("/odoo/pending", "crm_firm_follow_up_overview", login="olga.owner", timeout=120)
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(lead.follow_up_cycle, 2)
