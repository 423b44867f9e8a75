"""What people do from the queue besides the three outcomes."""

from datetime import timedelta

from lxml import etree
from markupsafe import Markup

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged

from ..models.follow_up.firm_contact_attempt import OUTCOMES
from .common import FirmCase

MONDAY_MORNING = "2026-03-02 09:00:00"


@tagged("post_install", "-at_install")
@freeze_time(MONDAY_MORNING)
class TestQueue(FirmCase):
    def _receive_of(self, owner, **values):
        return self.receive_request(user_id=owner.id, **values).with_user(owner)

    def _receive_in_pool(self, **values):
        return self.receive_request(practice_area_id=self.area_unclassified.id, **values)

    def _get_calls(self, lead):
        return lead.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref("mail.mail_activity_data_call")
        )

    # === THE POOL === #

    def test_front_desk_takes_a_request_of_the_pool_and_gets_its_call(self):
        lead = self._receive_in_pool()
        self.assertFalse(lead.user_id)
        lead.with_user(self.fran).take()
        self.assertEqual(lead.user_id, self.fran)
        self.assertEqual(self._get_calls(lead).user_id, self.fran)

    def test_taking_what_somebody_else_took_says_so(self):
        lead = self._receive_in_pool()
        lead.with_user(self.marta).take()
        with self.assertRaisesRegex(UserError, "a moment ago"):
            lead.with_user(self.fran).take()
        with self.assertRaisesRegex(UserError, "belongs to Marta"):
            lead.with_user(self.marta).take()
        self.assertEqual(lead.user_id, self.marta)

    def test_salesperson_cannot_take_from_a_pool_they_do_not_see(self):
        lead = self._receive_in_pool()
        with self.assertRaises(UserError):
            lead.with_user(self.nadia).take()
        self.assertFalse(lead.user_id)

    # === HANDING OVER === #

    def test_manager_assigns_many_at_once(self):
        leads = self._receive_in_pool() | self._receive_of(self.olga)
        leads.with_user(self.marta).assign_owner(self.oscar)
        self.assertEqual(leads.user_id, self.oscar)

    def test_assigning_to_nobody_lets_the_owners_of_the_area_take_turns(self):
        leads = self._receive_in_pool() | self._receive_in_pool()
        leads.practice_area_id = self.area_tax
        leads.user_id = False
        leads.with_user(self.marta).assign_owner()
        self.assertEqual(leads.user_id, self.olga | self.oscar)

    def test_front_desk_registers_and_hands_to_who_is_next(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.fran)
            .create(
                {
                    "name": "Walked in",
                    "type": "lead",
                    "user_id": self.fran.id,
                    "channel_id": self.channel_phone.id,
                    "practice_area_id": self.area_labour.id,
                }
            )
        )
        action = self.env["crm.lead.assign"].with_user(self.fran).create({"lead_ids": lead.ids}).action_assign()
        self.assertEqual(lead.sudo().user_id, self.nadia)
        self.assertEqual(self._get_calls(lead).user_id, self.nadia)
        self.assertEqual(action["target"], "main")

    def test_assigning_in_turn_without_owners_says_which_area_lacks_them(self):
        lead = self._receive_in_pool()
        with self.assertRaisesRegex(UserError, "To be classified"):
            lead.with_user(self.marta).assign_owner()

    def test_an_employee_without_leads_cannot_become_owner(self):
        lead = self._receive_in_pool()
        with self.assertRaisesRegex(UserError, "Elsa"):
            lead.with_user(self.marta).assign_owner(self.elsa.id)
        self.assertFalse(lead.user_id)

    def test_owner_hands_over_and_returns_to_the_queue(self):
        lead = self._receive_of(self.olga)
        wizard = self.env["crm.lead.assign"].with_user(self.olga).create({"lead_ids": lead.ids, "user_id": self.nadia.id})
        action = wizard.action_assign()
        self.assertEqual(lead.sudo().user_id, self.nadia)
        self.assertEqual(action["id"], self.env.ref("crm_firm.crm_lead_first_contact_action").id)

    def test_nobody_assigns_the_leads_of_others(self):
        lead = self._receive_of(self.olga)
        with self.assertRaises(AccessError):
            lead.with_user(self.nadia).assign_owner(self.nadia)
        with self.assertRaises(AccessError):
            self.env["crm.lead.assign"].with_user(self.nadia).create(
                {"lead_ids": lead.ids, "user_id": self.nadia.id}
            ).action_assign()
        self.assertEqual(lead.user_id, self.olga)

    # === NOTES === #

    def test_note_is_kept_as_text_and_seen_by_colleagues_only(self):
        lead = self._receive_of(self.olga)
        lead.add_note("Call after 5 <script>alert(1)</script>")
        message = lead.message_ids[0]
        self.assertTrue(message.subtype_id.internal)
        self.assertEqual(message.author_id, self.olga.partner_id)
        self.assertIn("&lt;script&gt;", message.body)

    def test_empty_note_is_refused(self):
        lead = self._receive_of(self.olga)
        with self.assertRaises(UserError):
            lead.add_note("  ")

    def test_notes_dialog_shows_what_people_wrote(self):
        lead = self._receive_of(self.olga)
        lead.add_note("She is in a meeting")
        wizard = self.env["crm.lead.note"].with_user(self.olga).create({"lead_id": lead.id, "note": "Back at noon"})
        self.assertEqual(wizard.message_ids.mapped("preview"), ["She is in a meeting"])
        wizard.action_add()
        self.assertIn("Back at noon", lead.message_ids[0].body)

    # === ONE CLICK AND BACK === #

    def test_no_answer_by_one_click_says_when_the_next_try_is(self):
        lead = self._receive_of(self.olga)
        action = lead.action_log_no_answer()
        self.assertEqual(lead.contact_status, "second_contact")
        self.assertIn("Ana Ruiz", action["params"]["message"])
        self.assertEqual(action["params"]["undo"], "undo_contact_attempt")
        self.assertEqual(action["params"]["ids"], lead.ids)

    def test_first_attempt_taken_back_leaves_the_lead_as_it_arrived(self):
        lead = self._receive_of(self.olga)
        call = self._get_calls(lead)
        lead.action_log_no_answer()
        self.assertNotEqual(self._get_calls(lead), call)
        lead.undo_contact_attempt()
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertFalse(lead.first_contact_on)
        self.assertFalse(lead.next_contact_on)
        self.assertFalse(lead.contact_attempt_ids)
        self.assertEqual(self._get_calls(lead), call)
        self.assertFalse(call.date_done)
        self.assertIn("No answer", lead.message_ids[0].body)

    def test_second_attempt_taken_back_leaves_the_first(self):
        lead = self._receive_of(self.olga)
        first = lead.log_contact_attempt("no_answer")
        next_try = lead.next_contact_on
        with freeze_time("2026-03-03 09:00:00"):
            lead.log_contact_attempt("reached")
            lead.undo_contact_attempt()
        self.assertEqual(lead.contact_attempt_ids, first)
        self.assertEqual(lead.contact_status, "second_contact")
        self.assertEqual(lead.next_contact_on, next_try)
        self.assertEqual(lead.first_contact_on, first.date)

    def test_attempt_of_a_colleague_cannot_be_taken_back(self):
        lead = self._receive_of(self.olga)
        lead.log_contact_attempt("no_answer")
        with self.assertRaisesRegex(UserError, "Olga"):
            lead.with_user(self.marta).undo_contact_attempt()
        self.assertEqual(lead.contact_attempt_count, 1)

    def test_attempt_of_an_hour_ago_cannot_be_taken_back(self):
        lead = self._receive_of(self.olga)
        lead.log_contact_attempt("no_answer")
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)), self.assertRaises(UserError):
            lead.undo_contact_attempt()

    def test_nothing_to_take_back_is_said(self):
        with self.assertRaises(UserError):
            self._receive_of(self.olga).undo_contact_attempt()

    # === DISCARDING THROUGH ODOO'S DIALOG === #

    def test_the_dialog_of_odoo_discards_as_the_method_does(self):
        lead = self._receive_of(self.olga)
        action = (
            self.env["crm.lead.lost"]
            .with_user(self.olga)
            .create({"lead_ids": lead.ids, "lost_reason_id": self.reason_spam.id, "lost_feedback": "<p>Sells <b>SEO</b></p>"})
            .action_lost_reason_apply()
        )
        self.env.flush_all()
        self.cr.precommit.run()  # what is tracked is written on commit
        self.assertEqual(lead.contact_status, "discarded")
        self.assertEqual(lead.lost_reason_id, self.reason_spam)
        self.assertFalse(lead.activity_ids)
        self.assertTrue(any("<b>SEO</b>" in message.body for message in lead.message_ids))
        self.assertEqual(action["params"]["undo"], "restore_discarded")

    def test_the_dialog_of_odoo_asks_for_a_reason(self):
        lead = self._receive_of(self.olga)
        with self.assertRaisesRegex(UserError, "Choose a reason"):
            self.env["crm.lead.lost"].with_user(self.olga).create({"lead_ids": lead.ids}).action_lost_reason_apply()
        self.assertTrue(lead.active)

    def test_discarding_many_and_restoring_them(self):
        leads = self._receive_of(self.olga) | self._receive_of(self.olga) | self._receive_of(self.olga)
        leads.discard(self.reason_spam)
        self.assertEqual(set(leads.mapped("contact_status")), {"discarded"})
        leads.action_restore_discarded()
        self.assertEqual(set(leads.mapped("contact_status")), {"to_contact"})
        self.assertEqual(len(self._get_calls(leads)), 3)

    # === WHAT THE ROWS SHOW === #

    def test_excerpt_of_remarks_is_text_and_short(self):
        lead = self.receive_request(description=Markup("<p>First line</p><p>%s &amp; more</p>") % ("word " * 5000))
        self.assertTrue(lead.remarks_excerpt.startswith("First line word word"))
        self.assertLessEqual(len(lead.remarks_excerpt), 160)
        self.assertFalse(self.receive_request(description=False).remarks_excerpt)

    def test_excerpt_shows_markup_as_a_stranger_wrote_it(self):
        lead = self.receive_request(description=Markup("<p>%s</p>") % "<img src=x onerror=alert(1)> 2 < 3")
        self.assertEqual(lead.remarks_excerpt, "<img src=x onerror=alert(1)> 2 < 3")

    # === MADE BY HAND === #

    def test_a_lead_made_by_hand_came_by_phone_unless_said_otherwise(self):
        Lead = self.env["crm.lead"].with_user(self.olga)
        self.assertEqual(Lead.with_context(default_type="lead").default_get(["channel_id"])["channel_id"], self.channel_phone.id)
        self.assertNotIn("channel_id", Lead.default_get(["channel_id"]))
        self.assertNotIn("channel_id", Lead.with_context(default_type="lead", import_file=True).default_get(["channel_id"]))

    # === DIALOGS SHOW NOTHING THE USER MAY NOT READ === #

    def test_dialogs_do_not_open_on_the_leads_of_others(self):
        lead = self._receive_of(self.olga, vat="B12345674", description="Secret")
        for model in ("crm.lead.ready", "crm.lead.attempt", "crm.lead.note"):
            Wizard = self.env[model].with_user(self.nadia).with_context(default_lead_id=lead.id)
            with self.subTest(model), self.assertRaises(AccessError):
                wizard = Wizard.create({})
                self.env.invalidate_all()
                wizard.read()
                (getattr(wizard, "action_add", None) or getattr(wizard, "action_log", None) or wizard.action_confirm)()
        self.assertEqual(lead.contact_status, "to_contact")

    def test_ready_dialog_starts_from_the_lead_and_says_what_is_missing(self):
        lead = self._receive_of(self.olga, employee_count=12, vat="B12345674")
        wizard = self.env["crm.lead.ready"].with_user(self.olga).with_context(default_lead_id=lead.id).create({})
        self.assertEqual((wizard.employee_count, wizard.vat, wizard.contact_name), (12, "B12345674", "Ana Ruiz"))
        self.assertEqual(wizard.missing, "Need Known")
        with self.assertRaisesRegex(UserError, "Need Known"):
            wizard.action_confirm()
        wizard.need_known = True
        self.assertFalse(wizard.missing)
        wizard.write({"expected_revenue": 900, "specialist_id": self.sara.id})
        message = wizard.action_confirm()["params"]["message"]
        day = lead.activity_ids.filtered(lambda task: task.user_id == self.olga)[:1].date_deadline
        self.assertIn(lead._get_firm_company()._describe_deadline(day), message)
        self.assertEqual(lead.contact_status, "ready")
        self.assertEqual((lead.expected_revenue, lead.specialist_id), (900, self.sara))
        self.assertEqual((lead.employee_count, lead.vat), (12, "B12345674"))

    def test_attempt_dialog_proposes_what_the_lead_would_choose(self):
        lead = self._receive_of(self.olga)
        wizard = self.env["crm.lead.attempt"].with_user(self.olga).with_context(default_lead_id=lead.id).create({})
        self.assertEqual(wizard.outcome, "no_answer")
        self.assertFalse(wizard.next_contact_on)  # the next step of the follow-up plan decides
        wizard.outcome = "reached"
        self.assertFalse(wizard.next_contact_on)
        wizard.outcome = "call_back"
        wizard.next_contact_on = "2026-03-04 16:30:00"
        wizard.note = "On Wednesday"
        wizard.action_log()
        self.assertEqual(lead.next_contact_on, fields.Datetime.to_datetime("2026-03-04 16:30:00"))
        self.assertEqual(lead.contact_attempt_ids.note, "On Wednesday")

    def test_attempt_dialog_asks_for_a_time_only_where_a_call_was_promised(self):
        """What the screen demands, not what the method would take."""
        Wizard = self.env["crm.lead.attempt"].with_user(self.olga)
        for outcome, _label in OUTCOMES:
            with self.subTest(outcome):
                form = Form(Wizard.with_context(default_lead_id=self._receive_of(self.olga).id))
                form.outcome = outcome
                if outcome == "call_back":
                    form.next_contact_on = fields.Datetime.now() + timedelta(days=1)
                form.save().action_log()
        # The field stands there twice, with a label of its own for a call that was promised
        arch = etree.fromstring(Wizard.get_view(view_type="form")["arch"])
        shown = {
            node.get("invisible"): node.get("required") for node in arch.iter("field") if node.get("name") == "next_contact_on"
        }
        promised = "outcome == 'call_back'"
        self.assertEqual(shown, {"outcome in ('reached', 'call_back')": None, "outcome != 'call_back'": promised})

    def test_consent_dialog_shows_the_wording_in_force_and_records_it(self):
        lead = self._receive_of(self.olga)
        wizard = (
            self.env["firm.consent.register"]
            .with_user(self.olga)
            .create({"lead_id": lead.id, "state": "granted", "channel_id": self.channel_phone.id, "note": "Said on the phone"})
        )
        wording = self.env["firm.consent.wording"].search(
            [("purpose", "=", "commercial"), ("channel_kind", "=", "phone"), ("company_id", "=", False)]
        )
        self.assertEqual(wizard.wording, wording.text)
        wizard.action_record()
        consent = lead.consent_ids
        self.assertEqual((consent.wording, consent.wording_version), (wording.text, str(wording.version)))
        self.assertEqual((consent.channel_id, consent.note), (self.channel_phone, "Said on the phone"))
        self.assertEqual(consent.recorded_by_id, self.olga)

    def test_consent_dialog_does_not_write_for_leads_of_others(self):
        lead = self._receive_of(self.olga)
        with self.assertRaises(AccessError):
            self.env["firm.consent.register"].with_user(self.nadia).create(
                {"lead_id": lead.id, "state": "granted", "channel_id": self.channel_phone.id}
            ).action_record()
        self.assertFalse(lead.sudo().consent_ids)
