"""The partner's board: figures counted by hand, each of which opens exactly its rows."""

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged, users

from .browser_common import DESK, PHONE, BrowserCase
from .case_common import CaseCase

NOW = "2026-03-04 12:00:00"  # a Wednesday


@freeze_time(NOW)
class BoardCase(CaseCase):
    """Olga has two new requests, one of them late; Oscar has a proposal to make; one belongs to nobody; Sara's case is late."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.lead"].search([]).write({"active": False})
        cls.env["helpdesk.ticket"].search([("is_case", "=", True)]).write({"stage_id": cls.env.ref("crm_firm.stage_archived").id})
        cls.campaign = cls.env["utm.campaign"].create({"name": "Spring"})
        spring = {"campaign_id": cls.campaign.id}
        cls.late, cls.new, cls.ready, cls.pool = (
            cls.receive_request(contact_name=name, email_from=f"{number}@x.example.com", user_id=owner.id, **values)
            for number, (name, owner, values) in enumerate(
                (
                    ("Late", cls.olga, spring),
                    ("New", cls.olga, {}),
                    ("Ready", cls.oscar, spring),
                    ("Pool", cls.env["res.users"], {"practice_area_id": cls.area_unclassified.id}),
                )
            )
        )
        cls.pool.user_id = False
        cls.late.first_contact_deadline = "2026-03-03 17:00:00"
        cls.ready.mark_ready_for_proposal({"need_known": True, "employee_count": 3, "accounting_software": "Excel"})
        cls.spam = [
            cls.receive_request(contact_name="Spam", email_from=f"spam{number}@x.example.com", user_id=cls.olga.id, **spring)
            for number in range(2)
        ]
        for lead in cls.spam:
            lead.discard(cls.reason_spam)
        cls.case = cls.open_case(name="Late case", user_id=cls.sara.id)
        cls.case.deadline_ids.filtered(lambda deadline: deadline.state == "running").write({"due_at": "2026-03-03 17:00:00"})
        cls.env.flush_all()

    def get_board(self, user):
        return self.env["firm.board"].with_user(user).get_board()


@tagged("post_install", "-at_install")
class TestBoard(BoardCase):
    def test_each_owner_has_a_row_with_what_is_theirs(self):
        rows = {row["id"]: row["counts"] for row in self.get_board(self.marta)["owners"]}
        self.assertEqual(
            rows,
            {
                False: {"new": 1, "late": 0, "to_propose": 0, "cases_late": 0},
                self.olga.id: {"new": 2, "late": 1, "to_propose": 0, "cases_late": 0},
                self.oscar.id: {"new": 0, "late": 0, "to_propose": 1, "cases_late": 0},
                self.sara.id: {"new": 0, "late": 0, "to_propose": 0, "cases_late": 1},
            },
        )

    def test_a_number_opens_exactly_that_many_rows(self):
        board = self.env["firm.board"].with_user(self.marta)
        data = board.get_board()
        for column in data["columns"]:
            total = 0
            for row in data["owners"]:
                action = board.open_cell(column["key"], row["id"])
                model = self.env[action["res_model"]].with_user(self.marta)
                found = model.with_context(**action["context"]).search_count(action["domain"])
                self.assertEqual(found, row["counts"][column["key"]], (column, row))
                self.assertIn(row["name"], action["name"])
                total += found
            action = board.open_cell(column["key"], None)
            self.assertEqual(self.env[action["res_model"]].with_user(self.marta).search_count(action["domain"]), total)

    def test_campaigns_are_judged_by_what_became_of_their_leads(self):
        rows = {row["id"]: row for row in self.get_board(self.marta)["campaigns"]}
        self.assertEqual(set(rows), {self.campaign.id, False})
        spring = rows[self.campaign.id]
        self.assertEqual((spring["leads"], spring["discarded"], spring["discard_rate"]), (4, 2, 50))
        self.assertEqual(spring["reasons"], [{"name": self.reason_spam.name, "count": 2, "rate": 50}])
        self.ready.convert_request()
        spring = {row["id"]: row for row in self.get_board(self.marta)["campaigns"]}[self.campaign.id]
        self.assertEqual((spring["leads"], spring["opportunities"], spring["opportunity_rate"]), (4, 1, 25))

    def test_twelve_weeks_end_with_this_one_and_count_in_the_firms_days(self):
        self.new.received_on = "2026-03-01 23:30:00"  # Monday 00:30 in Madrid
        self.late.received_on = "2026-03-01 22:30:00"  # Sunday
        self.ready.received_on = "2025-12-01 10:00:00"  # more than twelve weeks ago
        weeks = self.get_board(self.marta)["weeks"]
        self.assertEqual(len(weeks), 12)
        sums = [sum(week["requests"].values()) for week in weeks]
        self.assertEqual(sums, [0] * 10 + [1, 4])

    def test_deadlines_of_cases_are_counted_met_and_missed(self):
        self.case.log_answer("Answered")
        self.case.resolve_case()
        week = self.get_board(self.marta)["weeks"][-1]
        done = self.case.deadline_ids.filtered("outcome")
        self.assertTrue(done)
        self.assertEqual(week["met"] + week["missed"], len(done))

    def test_a_missed_deadline_counts_before_anybody_has_answered(self):
        running = self.case.deadline_ids.filtered(lambda deadline: deadline.state == "running")
        running._mark_missed(fields.Datetime.now())
        self.assertEqual({(deadline.outcome, deadline.done_at) for deadline in running}, {("missed", False)})
        week = self.get_board(self.marta)["weeks"][-1]
        self.assertEqual((week["met"], week["missed"]), (0, len(running)))

    def test_who_sees_only_their_own_has_no_board(self):
        for user in (self.olga, self.sara, self.fran, self.elsa):
            self.assertEqual(self.get_board(user), {}, user.name)
        self.assertEqual(self.env["crm.lead"].with_user(self.olga).get_follow_up_dashboard()["board"], {})

    def test_a_manager_of_cases_sees_cases_and_a_manager_of_leads_sees_leads(self):
        of_cases = new_test_user(self.env, "carla.cases", groups="crm_firm.crm_firm_group_case_manager")
        of_leads = new_test_user(self.env, "lola.leads", groups="sales_team.group_sale_salesman_all_leads")
        self.assertEqual([column["key"] for column in self.get_board(of_cases)["columns"]], ["cases_late"])
        self.assertEqual(self.get_board(of_cases)["campaigns"], [])
        self.assertEqual([column["key"] for column in self.get_board(of_leads)["columns"]], ["new", "late", "to_propose"])
        for user, column in ((of_cases, "new"), (of_leads, "cases_late"), (self.olga, "new"), (self.marta, "nonsense")):
            with self.assertRaises(UserError):
                self.env["firm.board"].with_user(user).open_cell(column, None)

    def test_jobs_are_the_administrators(self):
        Lead = self.env["crm.lead"]
        self.assertFalse(Lead.with_user(self.marta).get_follow_up_dashboard()["jobs"])
        self.marta.group_ids += self.env.ref("base.group_system")
        self.assertTrue(Lead.with_user(self.marta).get_follow_up_dashboard()["jobs"])

    @users("marta.manager")
    def test_the_number_of_queries_does_not_depend_on_that_of_rows(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["firm.board"].get_board()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for number in range(6):
            owner = new_test_user(self.env(su=True), f"owner.number{number}", groups="sales_team.group_sale_salesman")
            campaign = self.env["utm.campaign"].sudo().create({"name": f"Campaign {number}"})
            lead = self.receive_request(
                email_from=f"n{number}@x.example.com", user_id=owner.id, campaign_id=campaign.id, contact_name=f"N {number}"
            )
            lead.received_on = f"2026-02-{10 + number} 10:00:00"
        count()  # new users empty what is cached for good
        self.assertEqual(count(), few)


@tagged("post_install", "-at_install")
class TestBoardInBrowser(BrowserCase, CaseCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(2):
            cls.receive_request(contact_name="New", email_from=f"new{number}@x.example.com", user_id=cls.olga.id)
        cls.open_case(user_id=cls.sara.id)

    def test_a_manager_opens_what_a_colleague_has(self):
        session = self.authenticate(self.marta.login, self.marta.login)
        for device in (DESK, PHONE):
            with self.browse(device, "/odoo", session=session, ready=".o_firm_board") as page:
                self.assertFalse(self.find_faults(page, only=[".o_firm_board"]))
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), device["viewport"]["width"])
                page.click(f"tr[data-owner='{self.olga.id}'] .o_firm_cell[data-column=new]")
                page.wait_for_selector(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
                rows = page.locator(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")
                self.assertEqual(rows.count(), 2)
