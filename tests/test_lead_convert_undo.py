from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .conversion_common import ConversionCase


@tagged("post_install", "-at_install")
class TestLeadConvertUndo(ConversionCase):
    def test_undo_brings_the_lead_back_with_its_state(self):
        lead = self.request()
        lead.record_consent("commercial", "granted")
        lead.log_contact_attempt("no_answer")
        before = lead.read(
            [
                "type",
                "name",
                "contact_name",
                "partner_name",
                "email_from",
                "phone",
                "partner_id",
                "contact_status",
                "next_contact_on",
                "user_id",
                "stage_id",
                "function",
                "expected_revenue",
                "active",
            ]
        )
        calls = lead.activity_ids.mapped(lambda a: (a.user_id, a.activity_type_id, a.summary))
        result = self.convert(lead)
        created = self.env["res.partner"].browse([result["account"], *result["contacts"]])
        outcome = lead.undo_conversion()
        self.assertEqual(lead.read(list(before[0])), before)
        self.assertEqual(lead.activity_ids.mapped(lambda a: (a.user_id, a.activity_type_id, a.summary)), calls)
        self.assertFalse(created.exists())
        self.assertEqual(len(outcome["removed"]), 3)
        self.assertFalse(lead.sudo().consent_ids.partner_id)
        self.assertEqual(lead.sudo().consent_state, "granted")
        conversion = lead.conversion_ids
        self.assertEqual((conversion.state, conversion.undone_by_id), ("undone", self.olga))
        self.assertIn("undone", "".join(lead.sudo().message_ids.mapped("body")))
        # and it can be converted again
        self.convert(lead)
        self.assertEqual(lead.type, "opportunity")

    def test_undo_names_what_stays_and_why(self):
        lead = self.request()
        result = self.convert(lead)
        person, other = self.env["res.partner"].browse(result["contacts"])
        self.env["sale.order"].create({"partner_id": person.id, "opportunity_id": lead.id})
        outcome = lead.undo_conversion()
        self.assertEqual(len(outcome["kept"]), 2)
        self.assertIn("Sales Order", outcome["kept"][0]["why"])
        self.assertTrue(person.exists() and person.parent_id.exists())
        self.assertFalse(other.exists())
        self.assertIn("was kept", "".join(lead.sudo().message_ids.mapped("body")))
        self.assertTrue(lead.conversion_ids.kept)

    def test_a_contact_that_somebody_else_changed_stays(self):
        lead = self.request()
        person = self.env["res.partner"].browse(self.convert(lead)["contacts"][0])
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET write_uid = %s, write_date = %s WHERE id = %s",
            [self.nadia.id, fields.Datetime.now() + timedelta(minutes=5), person.id],
        )
        self.env.invalidate_all()
        self.assertIn("Nadia", lead.undo_conversion()["kept"][0]["why"])

    def test_undo_lets_go_whom_it_had_put_into_the_account(self):
        person = self.env["res.partner"].create({"name": "Loose Person"})
        lead = self.request()
        self.convert(lead, contacts=[person])
        self.assertTrue(person.parent_id)
        lead.undo_conversion()
        self.assertTrue(person.exists())
        self.assertFalse(person.parent_id)

    def test_undo_has_an_end(self):
        lead = self.request()
        with self.assertRaisesRegex(UserError, "no conversion"):
            lead.undo_conversion()
        self.convert(lead)
        self.assertTrue(lead.can_undo_conversion)
        lead.sudo().conversion_ids.date = fields.Datetime.now() - timedelta(days=8)
        self.assertFalse(lead.can_undo_conversion)
        with self.assertRaisesRegex(UserError, "for 7 days"):
            lead.undo_conversion()
        self.company.crm_firm_undo_days = 30
        lead.undo_conversion()
        with self.assertRaisesRegex(UserError, "no conversion"):
            lead.undo_conversion()

    def test_what_is_won_stays(self):
        lead = self.request()
        self.convert(lead)
        lead.action_set_won()
        with self.assertRaisesRegex(UserError, "won"):
            lead.undo_conversion()

    # === CASES === #

    def test_a_case_is_undone_with_its_history(self):
        lead = self.request(contact_name="Pau Ferrer")
        lead.message_post(body="Called", message_type="comment", subtype_xmlid="mail.mt_comment")
        messages = lead.sudo().message_ids
        subtypes = messages.mapped("subtype_id")
        result = lead.convert_request(contacts=[self.client_person], case={})
        outcome = lead.undo_conversion()
        self.assertTrue(lead.active)
        self.assertFalse(lead.case_id)
        self.assertTrue(messages <= lead.sudo().message_ids)
        self.assertEqual(messages.mapped("subtype_id"), subtypes)
        self.assertFalse(self.env["helpdesk.ticket"].browse(result["case"]).exists())
        self.assertFalse(outcome["kept"])
        self.assertTrue(self.client_person.exists())

    def test_a_case_somebody_works_on_stays(self):
        lead = self.request()
        ticket = self.env["helpdesk.ticket"].browse(lead.convert_request(contacts=[self.client_person], case={})["case"])
        ticket.message_post(body="We answer tomorrow", message_type="comment", subtype_xmlid="mail.mt_comment")
        outcome = lead.undo_conversion()
        self.assertEqual([item["name"] for item in outcome["kept"]], [ticket.display_name])
        self.assertTrue(ticket.exists())
        self.assertTrue(lead.active)

    # === MERGE === #

    def test_merging_contacts_keeps_consents_and_conversions(self):
        lead = self.request()
        lead.record_consent("commercial", "granted")
        result = self.convert(lead, account=False, contacts=[{"name": "Irene Isern"}])
        duplicate = self.env["res.partner"].browse(result["contacts"])
        keeper = self.env["res.partner"].create({"name": "Irene Isern", "email": "irene@isern.example.net"})
        self.env["base.partner.merge.automatic.wizard"].create({})._merge((duplicate | keeper).ids, keeper)
        self.env.invalidate_all()
        self.assertEqual(lead.partner_id, keeper)
        self.assertEqual(keeper.consent_ids, lead.sudo().consent_ids)
        self.assertEqual(lead.conversion_ids.partner_id, keeper)
        self.assertFalse(lead.undo_conversion()["removed"])
        self.assertTrue(keeper.exists())
