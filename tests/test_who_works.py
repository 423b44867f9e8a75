"""Who works on a request now; people who leave, are away, or cannot; who is told of what nobody owns."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.crm_firm.models.follow_up.crm_lead_first_contact import CALL
from odoo.addons.crm_firm.models.follow_up.crm_lead_ready_for_proposal import SEND_PROPOSAL

from .case_common import CaseCase
from .common import FirmCase


def reset_turns(env, record):
    # Turns are not rolled back with a test: whoever is first by name begins.
    env.cr.execute("SELECT setval(%s, 0)", [record._get_turn_name()])


@tagged("post_install", "-at_install")
class TestWhoWorksNow(FirmCase):
    def setUp(self):
        super().setUp()
        reset_turns(self.env, self.area_tax)

    def working(self, users=None, model="crm.lead"):
        return (users or self.olga | self.oscar)._filter_working_on(model, self.company)

    def be_away(self, user):
        now = fields.Datetime.now()
        user.write({"out_of_office_from": now - timedelta(hours=1), "out_of_office_to": now + timedelta(days=1)})

    def test_all_of_the_cast_work(self):
        self.assertEqual(self.working(), self.olga | self.oscar)

    def test_each_reason_takes_somebody_out(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        reasons = {
            "archived": {"active": False},
            "no right": {"group_ids": [(6, 0, self.env.ref("base.group_user").ids)]},
            "other company": {"company_ids": [(6, 0, other.ids)], "company_id": other.id},
            "no e-mail address": {"email": False},
        }
        for reason, values in reasons.items():
            with self.subTest(reason=reason), self.env.cr.savepoint() as savepoint:
                self.oscar.write(values)
                self.assertEqual(self.working(), self.olga)
                self.assertEqual([self.receive_request().user_id for _number in range(2)], [self.olga] * 2)
                self.assertFalse(self.working(self.oscar))
                savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()  # of rights
            reset_turns(self.env, self.area_tax)

    def test_who_has_no_right_to_cases_works_on_none(self):
        self.assertFalse(self.working(model="helpdesk.ticket"))
        self.olga.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        self.assertEqual(self.working(model="helpdesk.ticket"), self.olga)

    def test_who_is_out_of_office_is_passed_over_while_somebody_else_is_there(self):
        self.be_away(self.oscar)
        self.assertEqual([self.receive_request().user_id for _number in range(2)], [self.olga] * 2)
        self.be_away(self.olga)
        self.assertEqual(self.working(), self.olga | self.oscar, "with nobody there, absence does not count")

    def test_a_leave_in_the_working_calendar_is_an_absence(self):
        resource = self.env["resource.resource"].create({"name": "Oscar", "user_id": self.oscar.id})
        now = fields.Datetime.now()
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holidays",
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "date_from": now - timedelta(days=1),
                "date_to": now + timedelta(days=1),
            }
        )
        self.assertEqual(self.working(), self.olga)
        leave.date_to = now - timedelta(hours=1)
        self.assertEqual(self.working(), self.olga | self.oscar)

    def test_a_leader_who_cannot_see_leads_gets_none(self):
        team = self.env["crm.team"].create({"name": "T", "user_id": self.elsa.id, "company_id": False})
        self.area_tax.write({"owner_ids": False, "team_id": team.id})
        self.assertFalse(self.receive_request().user_id)
        team.user_id = self.sara
        self.assertEqual(self.receive_request().user_id, self.sara)

    def test_nothing_is_assigned_by_hand_to_who_has_left(self):
        lead = self.receive_request()
        self.nadia.active = False
        with self.assertRaises(UserError):
            lead.assign_owner(self.nadia)

    def test_the_manager_hears_at_once_of_what_an_absent_owner_has(self):
        self.company.crm_firm_manager_id = self.marta
        lead = self.receive_request(user_id=self.olga.id)
        lead.first_contact_deadline = fields.Datetime.now() - timedelta(seconds=1)
        self.assertNotIn(lead.id, self.env["crm.lead"]._find_overdue_for_managers().get(self.marta.id, []))
        self.be_away(self.olga)
        self.assertIn(lead.id, self.env["crm.lead"]._find_overdue_for_managers().get(self.marta.id, []))

    def test_a_manager_who_is_away_is_not_the_one_who_is_told(self):
        self.company.crm_firm_manager_id = self.sara
        lead = self.receive_request()
        self.assertEqual(lead._get_managers_to_tell(), self.sara)
        self.be_away(self.sara)
        self.assertNotIn(self.sara, lead._get_managers_to_tell())
        self.assertIn(self.marta, lead._get_managers_to_tell())


@tagged("post_install", "-at_install")
class TestPool(FirmCase):
    def mails_of(self, lead):
        last = max(self.env["mail.mail"].sudo().search([]).ids, default=0)
        lead._tell_owner()
        return self.env["mail.mail"].sudo().search([("id", ">", last)])

    def test_the_front_desk_is_told_of_a_request_that_nobody_owns(self):
        lead = self.receive_request(practice_area_id=self.area_unclassified.id)
        self.assertFalse(lead.user_id)
        self.assertTrue(lead.owner_untold, "the job that tells looks for it")
        mails = self.mails_of(lead)
        self.assertIn(self.fran.partner_id, mails.recipient_ids)
        self.assertIn("Tax return", mails[0].body_html)

    def test_who_registered_it_is_not_told(self):
        lead = (
            self.env["crm.lead"]
            .with_user(self.fran)
            .create({"name": "x", "channel_id": self.channel_phone.id, "practice_area_id": self.area_unclassified.id})
        )
        self.assertNotIn(self.fran.partner_id, self.mails_of(lead.sudo()).recipient_ids)

    def test_without_front_desk_the_managers_are_told(self):
        self.env.ref("crm_firm.crm_firm_group_front_desk").all_user_ids.filtered(lambda u: u.id != 1).active = False
        self.company.crm_firm_manager_id = self.marta
        mails = self.mails_of(self.receive_request(practice_area_id=self.area_unclassified.id))
        self.assertEqual(mails.recipient_ids, self.marta.partner_id)

    def test_what_belongs_to_who_cannot_be_told_is_told_to_the_front_desk(self):
        lead = self.receive_request(user_id=self.olga.id)
        self.olga.email = False
        self.assertIn(self.fran.partner_id, self.mails_of(lead).recipient_ids)


@tagged("post_install", "-at_install")
class TestWhoLeaves(CaseCase):
    def setUp(self):
        super().setUp()
        reset_turns(self.env, self.area_tax)
        reset_turns(self.env, self.vat)

    def get_tasks(self, record):
        return self.env["mail.activity"].search([("res_model", "=", record._name), ("res_id", "=", record.id)])

    def make_everything_of_olga(self):
        self.olga.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        lead = self.receive_request(user_id=self.olga.id)
        ready = self.receive_request(user_id=self.olga.id)
        ready.mark_ready_for_proposal({"need_known": True, "practice_area_id": self.area_tax.id})
        opportunity = self.receive_request(user_id=self.olga.id, type="opportunity")
        case = self.open_case(user_id=self.olga.id)
        return lead, ready, opportunity, case

    def test_a_successor_gets_everything(self):
        records = self.make_everything_of_olga()
        lead, _ready, opportunity, case = records
        document = case.with_user(self.olga).request_document("Invoice").with_env(self.env)
        own_task = self.olga.partner_id.activity_schedule("mail.mail_activity_data_todo", user_id=self.olga.id)
        sara_task = opportunity.activity_schedule("mail.mail_activity_data_todo", user_id=self.olga.id)
        self.vat.owner_ids = self.olga
        self.company.crm_firm_manager_id = self.olga
        self.sara.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        self.olga.archive_and_hand_over(self.sara)
        self.assertFalse(self.olga.active)
        for record in records:
            self.assertEqual(record.user_id, self.sara, record.name)
            self.assertLessEqual(self.get_tasks(record).user_id, self.sara, record.name)
        self.assertEqual(self.get_tasks(lead).activity_type_id, self.env.ref(CALL))
        self.assertEqual((own_task | sara_task).user_id, self.sara)
        self.assertEqual(document.requested_by_id, self.sara)
        self.assertEqual(self.area_tax.with_context(active_test=False).owner_ids, self.sara | self.oscar)
        self.assertEqual(self.vat.owner_ids, self.sara)
        self.assertEqual(self.company.crm_firm_manager_id, self.sara)

    def test_without_successor_the_turns_decide(self):
        lead, ready, opportunity, case = self.make_everything_of_olga()
        self.olga.action_archive()
        for record in (lead, ready, opportunity):
            self.assertEqual(record.user_id, self.oscar, record.name)
        self.assertEqual(case.user_id, self.sara, "the specialist of the area: no owner of it works on cases")
        self.assertEqual(self.get_tasks(lead).user_id, self.oscar)
        self.assertEqual(self.get_tasks(ready).activity_type_id, self.env.ref(SEND_PROPOSAL))
        self.assertEqual(self.get_tasks(ready).user_id, self.oscar)

    def test_without_anybody_it_waits_in_the_pool_with_its_call(self):
        lead = self.receive_request(user_id=self.nadia.id, practice_area_id=self.area_labour.id)
        self.nadia.action_archive()
        self.assertFalse(lead.user_id)
        self.assertTrue(lead.owner_untold, "the front desk will be told")
        self.assertEqual(self.get_tasks(lead).activity_type_id, self.env.ref(CALL))
        lead.assign_owner(self.oscar)
        self.assertEqual(self.get_tasks(lead).user_id, self.oscar)

    def test_every_way_to_leave_hands_over(self):
        sales = self.env.ref("sales_team.group_sale_salesman")
        other = self.env["res.company"].create({"name": "Other firm"})
        ways = {
            "write": lambda: self.olga.write({"active": False}),
            "archive": self.olga.action_archive,
            "right": lambda: self.olga.write({"group_ids": [(3, sales.id)]}),
            "group": lambda: sales.write({"user_ids": [(3, self.olga.id)]}),
            "company": lambda: self.olga.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id}),
        }
        for way, leave in ways.items():
            with self.subTest(way=way), self.env.cr.savepoint() as savepoint:
                lead = self.receive_request(user_id=self.olga.id)
                other_lead = self.receive_request(user_id=self.oscar.id, specialist_id=self.olga.id)
                leave()
                self.assertEqual(lead.user_id, self.oscar)
                self.assertFalse(other_lead.specialist_id)
                self.assertEqual(self.get_tasks(lead).user_id, self.oscar)
                savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()  # of rights

    def test_what_was_discarded_before_has_another_owner_when_it_comes_back(self):
        lead = self.receive_request(user_id=self.olga.id)
        lead.discard(self.reason_spam)
        self.olga.action_archive()
        lead.restore_discarded()
        self.assertEqual(lead.user_id, self.oscar)
        self.assertEqual(self.get_tasks(lead).user_id, self.oscar)

    def test_won_requests_stay_whose_they_were(self):
        won = self.receive_request(user_id=self.olga.id, type="opportunity")
        won.action_set_won()
        self.olga.action_archive()
        self.assertEqual(won.user_id, self.olga)

    def test_a_successor_must_be_there(self):
        self.nadia.active = False
        for wrong in (self.olga, self.nadia, self.elsa, 0):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self.olga.archive_and_hand_over(wrong)
        self.assertTrue(self.olga.active)

    def test_only_who_may_change_users_archives_them(self):
        with self.assertRaises(AccessError):
            self.olga.with_user(self.marta).archive_and_hand_over(self.oscar.id)

    def test_who_comes_back_takes_turns_again(self):
        self.olga.action_archive()
        self.assertEqual(self.receive_request().user_id, self.oscar)
        self.olga.action_unarchive()
        self.assertEqual([self.receive_request().user_id for _number in range(2)], [self.olga, self.oscar])


@tagged("post_install", "-at_install")
class TestCaseOwner(CaseCase):
    def setUp(self):
        super().setUp()
        reset_turns(self.env, self.vat)

    def test_owners_of_the_category_take_cases_in_strict_turn(self):
        self.vat.owner_ids = self.ines | self.nadia
        self.assertEqual([self.open_case().user_id for _number in range(3)], [self.ines, self.nadia, self.ines])
        self.nadia.active = False
        self.assertEqual(self.open_case().user_id, self.ines)

    def test_else_the_owners_of_the_area_who_work_on_cases_then_its_specialists(self):
        self.assertEqual(self.vat.practice_area_id, self.area_tax)
        self.assertEqual(self.open_case().user_id, self.sara)
        self.oscar.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        self.assertEqual(self.open_case().user_id, self.oscar)

    def test_cases_take_no_turn_of_leads(self):
        reset_turns(self.env, self.area_tax)
        self.oscar.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        owners = []
        for _number in range(2):
            owners.append(self.receive_request().user_id)
            self.open_case()
        self.assertEqual(owners, [self.olga, self.oscar])

    def test_the_client_is_told_who_and_by_when(self):
        self.paula.partner_id.lang = "en_US"
        case = self.open_case()
        received = self.env.ref("crm_firm.mail_template_case_received")._crm_firm_queue(case)
        self.assertEqual(received.recipient_ids, self.paula.partner_id)
        self.assertIn("Sara Specialist is in charge of it", " ".join(html2plaintext(received.body_html).split()))
        day = fields.Datetime.context_timestamp(case.with_context(tz="Europe/Madrid"), case.expected_on).strftime("%A, %B %-d")
        self.assertIn(f"our answer by {day}", " ".join(html2plaintext(received.body_html).replace("*", "").split()))
        state = self.env["firm.case.desk"].with_user(self.fran).search([("number", "=", case.number)])
        self.env.flush_all()
        self.assertEqual(state.user_id, self.sara)
        self.assertTrue(state.expected_on)

    def test_the_owner_is_told_once(self):
        case = self.open_case()
        mails = self.env["mail.mail"].sudo().search([("model", "=", case._name), ("res_id", "=", case.id)])
        own = mails.filtered(lambda mail: mail.recipient_ids == self.sara.partner_id)
        self.assertEqual(len(own), 1)
        self.assertEqual(own.state, "outgoing", "it waits in the queue, nobody for a mail server")
        self.assertIn("You are in charge of this case", own.body_html)

    def test_what_nobody_is_in_charge_of_is_told_to_the_front_desk_and_to_managers(self):
        last = max(self.env["mail.mail"].sudo().search([]).ids, default=0)
        case = self.open_case(category_id=False)
        self.assertFalse(case.user_id)
        told = self.env["mail.mail"].sudo().search([("id", ">", last)]).recipient_ids
        self.assertLessEqual(self.fran.partner_id | self.marta.partner_id, told)
        case.category_id = self.vat
        self.assertEqual(case.user_id, self.sara, "classified, it has somebody")

    def test_who_had_a_case_and_leaves_hands_it_over(self):
        self.vat.owner_ids = self.ines | self.nadia
        case = self.open_case()
        self.assertEqual(case.user_id, self.ines)
        self.ines.action_archive()
        self.assertEqual(case.user_id, self.nadia)

    def test_who_is_to_be_asked_is_still_there_and_works_in_the_company(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        lead = self.receive_request(contact_name="Zoe Zapatero", email_from="zoe@zapatero.example.net", user_id=self.olga.id)
        lead.team_id.user_id = self.oscar
        account = self.env["res.partner"].create({"name": "Gomez", "is_company": True, "user_id": self.olga.id})
        asked = []
        for company in (self.company, other):
            self.olga.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
            asked.append([self.env["firm.matcher"]._get_user_to_ask(record, self.company) for record in (lead, account)])
        self.olga.write({"company_ids": [Command.set(self.company.ids)], "company_id": self.company.id})
        # Gone without a hand-over
        self.env.cr.execute("UPDATE res_users SET active = false WHERE id = %s", self.olga.ids)
        self.env.invalidate_all()
        asked.append([self.env["firm.matcher"]._get_user_to_ask(record, self.company) for record in (lead, account)])
        nobody = self.env["res.users"]
        self.assertEqual(asked, [[self.olga, self.olga], [self.oscar, nobody], [self.oscar, nobody]])
