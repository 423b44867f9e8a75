from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models.request.crm_team import ASSIGN_ONLY
from ..models.verification.crm_lead_conflict import REVIEW
from .common import FirmCase


@tagged("post_install", "-at_install")
class TestConflictCheck(FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.env["res.partner"].create(
            {
                "name": "Promociones Levante, S.A.",
                "is_company": True,
                "vat": "ESA28015865",
                "country_id": cls.env.ref("base.es").id,
            }
        )

    def request(self, party=None, **values):
        lead = self.receive_request(**{"contact_name": "Teresa Tortosa", "user_id": self.olga.id} | values)
        if party:
            lead.opposing_party_ids = [(0, 0, party)]
        return lead.with_user(self.olga)

    def test_an_opposing_party_that_is_a_client_is_found(self):
        for party in ({"name": "PROMOCIONES LEVANTE SOCIEDAD ANONIMA"}, {"name": "Other name", "vat": "A28015865"}):
            conflicts = self.request(party).find_conflicts()
            self.assertEqual([(c["kind"], c["id"]) for c in conflicts], [("served", self.client.id)])

    def test_half_a_name_is_no_conflict(self):
        self.env["res.partner"].create({"name": "Ana Ruiz García"})
        self.assertFalse(self.request({"name": "Ana Ruiz"}).find_conflicts())

    def test_a_person_who_was_an_opposing_party_is_found_with_typing_errors(self):
        earlier = self.request({"name": "Bernardo Bustamante"}, contact_name="Somebody Else", user_id=self.oscar.id)
        conflicts = self.request(contact_name="Bernardo Bustamente").find_conflicts()
        self.assertEqual([(c["kind"], c["id"]) for c in conflicts], [("opposed", None)])
        self.assertEqual(conflicts[0]["ask"]["id"], self.oscar.id)
        self.assertNotIn(earlier.sudo().name, str(conflicts))

    def test_parties_of_earlier_leads_are_found(self):
        self.request(contact_name="Carmen Calatrava", email_from="c@calatrava.example.net", phone=False)
        [conflict] = self.request({"name": "Carmen Calatrava"}).find_conflicts()
        self.assertEqual(conflict["model"], "crm.lead")

    def test_verdict_keeps_who_and_when_and_moves_the_state(self):
        lead = self.request({"name": "Nobody Known"})
        self.assertEqual(lead.conflict_state, "not_checked")
        verdict = lead.record_conflict_verdict("clear")
        self.assertEqual(lead.conflict_state, "clear")
        self.assertEqual((verdict.user_id, bool(verdict.date)), (self.olga, True))

    def test_clearing_what_was_found_needs_a_reason(self):
        lead = self.request({"name": "Promociones Levante"})
        with self.assertRaisesRegex(UserError, "explain why"):
            lead.record_conflict_verdict("clear", "  ")
        self.assertEqual(lead.record_conflict_verdict("clear", "Other company of that name").hit_count, 1)

    def test_a_clearance_counts_for_the_parties_it_was_given_for(self):
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("clear")
        lead.opposing_party_ids.name = "Nobody  KNOWN, S.L."
        self.assertEqual(lead.conflict_state, "clear")
        lead.opposing_party_ids = [(0, 0, {"name": "Another One"})]
        self.assertEqual(lead.conflict_state, "not_checked")

    def test_doubt_stays_when_names_change_and_a_manager_lifts_it(self):
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("to_review")
        self.assertIn(self.env.ref("crm_firm.mail_activity_type_conflict_review"), lead.sudo().activity_ids.activity_type_id)
        lead.opposing_party_ids.unlink()
        self.assertEqual(lead.conflict_state, "to_review")
        with self.assertRaisesRegex(UserError, "manager"):
            lead.record_conflict_verdict("clear", "It is fine")
        lead.with_user(self.marta).record_conflict_verdict("clear", "It is fine")
        self.assertEqual(lead.conflict_state, "clear")

    def test_reviews_asked_for_before_they_had_a_type_end_with_the_decision(self):
        self.env["res.lang"]._activate_lang("es_ES")
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("to_review")
        review, todo = (self.env.ref(name) for name in (REVIEW, "mail.mail_activity_data_todo"))
        of_before = [
            lead.sudo().activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=self.marta.id)
            for summary in ("Review a conflict of interest", "Revisar un conflicto de intereses", "Review the file")
        ]
        self.env["crm.lead"]._claim_reviews_of_before()
        self.assertEqual([task.activity_type_id for task in of_before], [review, review, todo])
        lead.with_user(self.marta).record_conflict_verdict("clear", "It is fine")
        self.assertFalse(lead.sudo().activity_ids & (of_before[0] | of_before[1]))
        self.assertIn(of_before[2], lead.sudo().activity_ids)

    def test_ready_for_proposal_stops_at_refused_and_at_what_was_found(self):
        lead = self.request({"name": "Promociones Levante"})
        with self.assertRaisesRegex(UserError, "may be a conflict"):
            lead.mark_ready_for_proposal({"need_known": True})
        lead.record_conflict_verdict("refused")
        with self.assertRaisesRegex(UserError, "refused"):
            lead.mark_ready_for_proposal({"need_known": True})
        with self.assertRaisesRegex(UserError, "refused"):
            lead.convert_request()
        self.assertEqual(lead.contact_status, "to_contact")

    def test_obligatory_by_practice_area(self):
        self.area_tax.conflict_check_required = True
        lead = self.request()
        with self.assertRaisesRegex(UserError, "requires a conflict of interest check"):
            lead.mark_ready_for_proposal({"need_known": True})
        lead.record_conflict_verdict("clear")
        lead.mark_ready_for_proposal({"need_known": True})
        self.assertEqual(lead.contact_status, "ready")

    def test_verdicts_have_one_door(self):
        lead = self.request()
        with self.assertRaisesRegex(UserError, "Unknown decision"):
            lead.record_conflict_verdict("maybe")
        verdict = lead.record_conflict_verdict("clear")
        Verdict = self.env["firm.party.verdict"].with_user(self.marta)
        with self.assertRaises(AccessError):
            Verdict.create({"lead_id": lead.id, "verdict": "clear", "user_id": self.marta.id})
        with self.assertRaises(AccessError):
            verdict.with_user(self.marta).verdict = "refused"
        with self.assertRaises(AccessError):
            verdict.with_user(self.marta).unlink()
        with self.assertRaises(AccessError):
            lead.with_user(self.nadia).record_conflict_verdict("clear")

    def test_parties_and_verdicts_follow_their_lead(self):
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("clear")
        for records in (lead.opposing_party_ids, lead.party_verdict_ids):
            for user in (self.nadia, self.fran):
                self.assertFalse(records.with_user(user).search([("lead_id", "=", lead.id)]))
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["lead_id"])
            self.assertTrue(records.with_user(self.marta).search([("lead_id", "=", lead.id)]))
        with self.assertRaises(AccessError):
            self.env["firm.opposing.party"].with_user(self.nadia).create({"lead_id": lead.id, "name": "Planted"})

    def test_merging_leads_keeps_parties_and_verdicts(self):
        first, second = self.request({"name": "Party One"}), self.request({"name": "Party Two"})
        first.record_conflict_verdict("clear")
        second.record_conflict_verdict("refused", "We represent them")
        merged = (first | second).with_user(self.marta).merge_opportunity()
        self.assertEqual(set(merged.opposing_party_ids.mapped("name")), {"Party One", "Party Two"})
        self.assertEqual(set(merged.party_verdict_ids.mapped("verdict")), {"clear", "refused"})
        self.assertIn(merged.conflict_state, ("to_review", "refused"))

    def test_the_dialog_shows_matches_and_records(self):
        lead = self.request({"name": "Promociones Levante"})
        wizard = self.env["crm.lead.check.conflict"].with_user(self.olga).create({"lead_id": lead.id, "verdict": "refused"})
        self.assertIn("Promociones Levante, S.A.", str(wizard.result))
        wizard.action_confirm()
        self.assertEqual(lead.conflict_state, "refused")

    def test_neither_superuser_nor_assigning_job_converts_a_refused_request(self):
        nobody = self.env["res.partner"]
        refused, free = self.request({"name": "Nobody Known"}), self.request()
        refused.record_conflict_verdict("refused")
        with self.assertRaisesRegex(UserError, "conflict of interest"):
            refused.sudo().convert_opportunity(nobody)
        for lead in (refused, free):
            lead.log_contact_attempt("reached")
        team = self.env["crm.team"].create({"name": "Job"})
        with self.assertRaisesRegex(UserError, "conflict of interest"):  # what RPC can say makes nobody the job
            refused.sudo().with_context(crm_firm_assign_only=True).convert_opportunity(nobody, team_id=team.id)
        job = (refused | free).sudo().with_context(crm_firm_assign_only=ASSIGN_ONLY)
        job.convert_opportunity(nobody, team_id=team.id)
        self.assertEqual((refused.type, free.type), ("lead", "opportunity"))
        self.assertEqual((refused | free).team_id, team)

    def dialog(self, lead):
        Dialog = self.env["crm.lead.check.conflict"].with_user(self.olga).with_context(default_lead_id=lead.id)
        return Form(Dialog, "crm_firm.crm_lead_check_conflict_view_form")

    def test_opposing_party_is_added_in_the_dialog_and_searched_while_it_is_typed(self):
        lead = self.request({"name": "Nobody Known"})
        form = self.dialog(lead)
        self.assertNotIn("Promociones Levante, S.A.", str(form.result))
        with form.opposing_party_ids.new() as party:
            party.name = "Promociones Levante"
        self.assertIn("Promociones Levante, S.A.", str(form.result))
        self.assertEqual(lead.opposing_party_ids.mapped("name"), ["Nobody Known"], "nothing is stored before the decision")
        form.verdict = "refused"
        form.save().action_confirm()
        self.assertEqual(lead.opposing_party_ids.mapped("name"), ["Nobody Known", "Promociones Levante"])
        self.assertEqual((lead.conflict_state, lead.party_verdict_ids.hit_count), ("refused", 1))

    def find_told(self, lead):
        told = [("message_type", "=", "user_notification"), ("model", "=", "crm.lead"), ("res_id", "=", lead.id)]
        return self.env["mail.message"].search([*told, ("notified_partner_ids", "in", self.olga.partner_id.ids)])

    def test_review_is_one_task_and_ends_with_the_decision_which_the_owner_is_told(self):
        self.olga.lang = "es_ES"
        review = self.env.ref("crm_firm.mail_activity_type_conflict_review")
        for verdict, said in (("clear", "Sin conflicto"), ("refused", "Rechazado")):
            lead = self.request({"name": "Nobody Known"})
            for _twice in range(2):
                lead.record_conflict_verdict("to_review")
            tasks = lead.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == review)
            self.assertEqual(len(tasks), 1)
            lead.with_user(self.marta).record_conflict_verdict(verdict, "I asked the client")
            self.assertFalse(tasks.exists().filtered("active"))
            told = self.find_told(lead)
            self.assertEqual(len(told), 1, verdict)
            self.assertIn(said, told.subject)
            self.assertIn("I asked the client", told.body)

    def test_who_decides_for_themselves_is_not_told(self):
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("clear")
        self.assertFalse(self.find_told(lead))

    def test_no_door_makes_an_opportunity_of_a_refused_request(self):
        def convert_by_dialog(lead):
            context = {"active_model": "crm.lead", "active_id": lead.id, "active_ids": lead.ids}
            self.env["crm.lead2opportunity.partner"].with_user(self.olga).with_context(**context).create(
                {"name": "convert"}
            ).action_apply()

        doors = {
            "our method": lambda lead: lead.convert_request(),
            "Odoo's method": lambda lead: lead.convert_opportunity(self.env["res.partner"]),
            "Odoo's dialog": convert_by_dialog,
            "a script": lambda lead: lead.write({"type": "opportunity"}),
            "merging": lambda lead: (
                lead | lead.create({"name": "Ours", "type": "opportunity", "user_id": self.olga.id})
            ).merge_opportunity(),
        }
        for verdict in ("refused", "to_review"):
            for name, door in doors.items():
                lead = self.request({"name": "Nobody Known"})
                lead.record_conflict_verdict(verdict)
                with self.subTest(door=name, verdict=verdict), self.assertRaisesRegex(UserError, "conflict of interest"):
                    door(lead)
        lead = self.request({"name": "Nobody Known"})
        lead.record_conflict_verdict("clear")
        lead.write({"type": "opportunity"})
        self.assertEqual(lead.type, "opportunity")
