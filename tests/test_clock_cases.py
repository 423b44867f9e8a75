from odoo.tests import tagged

from .clock_common import ClockCase


@tagged("post_install", "-at_install")
class TestClockExchanged(ClockCase):
    """Another rule takes over the clock of a case: hours used stay used, waiting stays waiting."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.weekly = cls.invoices
        cls.monthly = cls.env.ref("crm_firm.category_banks")
        cls.other = cls.env.ref("crm_firm.category_other")
        cls.weekly.write({"deadline_kind": "weekly", "cut_off_weekday": "4", "cut_off_hour": 14.0, "round_hours": 8.0})
        cls.other.write({"deadline_kind": "hours", "answer_hours": 24.0, "resolution_hours": 48.0})

    def open_at(self, local, **values):
        with self.at(local):
            return self.open_case(**values)

    def test_a_category_after_a_wait_counts_the_hours_used_before_it(self):
        case = self.open_at("2026-03-02 09:00", category_id=self.weekly.id)
        with self.at("2026-03-02 10:00"):
            case._move_to("waiting_client")
        with self.at("2026-03-06 10:00"):
            case._move_to("in_review")
            case.category_id = self.vat
        self.assertLocal(self.get_due(case), "2026-03-13 19:00", message="47 hours are left")
        self.assertLocal(self.get_due(case, "first_answer"), "2026-03-04 19:00", message="the first answer never waits")

    def test_a_category_during_a_wait_leaves_the_clock_standing(self):
        case = self.open_at("2026-03-02 09:00", category_id=self.weekly.id)
        with self.at("2026-03-02 10:00"):
            case._move_to("waiting_client")
        with self.at("2026-03-06 10:00"):
            case.category_id = self.vat
        clock = self.get_deadline(case, "resolution")
        self.assertEqual(clock.state, "paused")
        self.assertAlmostEqual(clock.used_hours, 1.0)
        self.assertEqual(self.get_deadline(case, "cut_off").state, "cancelled")
        with self.at("2026-03-09 10:00"):
            case._move_to("in_review")
        self.assertLocal(clock.due_at, "2026-03-16 19:00")

    def test_a_wait_that_began_before_the_first_clock_is_no_work(self):
        self.other.deadline_kind = "none"
        case = self.open_at("2026-03-02 09:00", category_id=self.other.id)
        self.assertFalse(case.deadline_ids)
        with self.at("2026-03-02 10:00"):
            case._move_to("waiting_client")
        with self.at("2026-03-06 10:00"):
            case.category_id = self.vat
        self.assertAlmostEqual(self.get_deadline(case, "resolution").used_hours, 1.0)

    def test_a_round_after_a_wait_is_that_of_the_time_without_it(self):
        case = self.open_at("2026-03-02 10:00", category_id=self.vat.id)
        with self.at("2026-03-02 11:00"):
            case._move_to("waiting_client")
        with self.at("2026-03-09 10:00"):
            case._move_to("in_review")
            case.category_id = self.weekly
        self.assertLocal(case.round_on, "2026-03-13 14:00", message="not that of last Friday, when it waited")

    def test_a_rule_by_mistake_put_back_leaves_all_as_before(self):
        for wrong in (
            {"urgency_reason_id": self.dismissal.id},
            {"category_id": False},
            {"category_id": self.other.id},
            {"category_id": self.weekly.id},
            {"category_id": self.monthly.id},
        ):
            case = self.open_at("2026-03-02 10:00")
            with self.at("2026-03-04 10:00"):
                case.write(wrong)
            with self.at("2026-03-04 10:05"):
                case.write({"urgency_reason_id": False, "category_id": self.vat.id})
            self.assertLocal(self.get_due(case), "2026-03-10 10:00", message=wrong)
            self.assertLocal(self.get_due(case, "first_answer"), "2026-03-05 10:00", message=wrong)
            self.assertEqual(
                set(case.deadline_ids.filtered(lambda clock: clock.state == "running").mapped("kind")),
                {"first_answer", "resolution"},
                wrong,
            )

    def test_a_round_by_mistake_put_back_is_that_of_the_arrival(self):
        for wrong in (
            {"category_id": self.monthly.id},
            {"category_id": self.vat.id},
            {"urgency_reason_id": self.dismissal.id},
        ):
            case = self.open_at("2026-03-02 10:00", category_id=self.weekly.id)
            before = case.round_on, self.get_due(case, "cut_off")
            with self.at("2026-03-04 10:00"):
                case.write(wrong)
            with self.at("2026-03-04 10:05"):
                case.write({"urgency_reason_id": False, "category_id": self.weekly.id})
            self.assertEqual((case.round_on, self.get_due(case, "cut_off")), before, wrong)

    def test_a_round_that_becomes_urgent_is_due_from_now_and_never_later_than_the_round(self):
        old = self.open_at("2026-03-02 10:00", category_id=self.monthly.id)
        with self.at("2026-03-05 09:00"):
            old.urgency_reason_id = self.dismissal
        self.assertLocal(self.get_due(old, "first_answer"), "2026-03-05 13:00", message="four hours from now")
        due = self.get_due(old)
        self.assertGreater(due, self.utc("2026-03-05 09:00"))
        with self.at("2026-03-05 10:00"):
            old.urgency_reason_id = False
        with self.at("2026-03-06 09:00"):
            old.urgency_reason_id = self.dismissal
        self.assertGreater(self.get_due(old), self.utc("2026-03-06 09:00"), "urgent again: from that moment")
        self.weekly.round_hours = 1
        soon = self.open_at("2026-03-06 09:00", category_id=self.weekly.id)
        self.assertLocal(self.get_due(soon, "cut_off"), "2026-03-06 17:00", message="an hour after 14:00 is after lunch")
        self.dismissal.resolution_hours = 40
        with self.at("2026-03-06 10:00"):
            soon.urgency_reason_id = self.dismissal
        self.assertLocal(self.get_due(soon), "2026-03-06 17:00")

    def test_another_calendar_counts_from_then_on(self):
        case = self.open_at("2026-03-02 09:00")
        with self.at("2026-03-04 09:00"):
            self.team.case_calendar_id = self.make_calendar(hours=((9, 13),))
            self.follow_calendar()
        clock = self.get_deadline(case, "resolution")
        self.assertAlmostEqual(clock.used_hours, 16.0, msg="two days of eight hours stay used")
        self.assertLocal(clock.due_at, "2026-03-13 13:00", message="32 hours are left: eight days of four")
        with self.at("2026-03-05 09:00"):
            self.team.case_calendar_id = False
            self.follow_calendar()
        self.assertAlmostEqual(clock.used_hours, 20.0)
        self.assertLocal(
            clock.due_at, "2026-03-10 13:00", message="28 hours are left: Thursday, Friday, Monday, and four of Tuesday"
        )

    def test_another_calendar_during_a_wait_leaves_the_clock_standing(self):
        case = self.open_at("2026-03-02 09:00")
        with self.at("2026-03-03 09:00"):
            case._move_to("waiting_client")
        with self.at("2026-03-04 09:00"):
            self.team.case_calendar_id = self.make_calendar(hours=((9, 13),))
            self.follow_calendar()
        clock = self.get_deadline(case, "resolution")
        self.assertEqual((clock.state, clock.used_hours), ("paused", 8.0))

    def test_a_holiday_entered_late_gives_the_hours_of_that_day_back(self):
        case = self.open_at("2026-03-02 10:00")
        with self.at("2026-03-04 10:00"):
            leave = self.add_holiday("2026-03-03", calendar=self.calendar)
            self.follow_calendar()
            self.assertLocal(self.get_due(case), "2026-03-11 10:00")
            leave.unlink()
            self.follow_calendar()
        self.assertLocal(self.get_due(case), "2026-03-10 10:00")
        self.assertEqual(set(self.get_deadline(case, "resolution").change_ids.mapped("cause")), {"calendar"})

    def test_hours_of_the_calendar_changed_line_by_line_reach_open_cases(self):
        case = self.open_at("2026-03-02 09:00")
        with self.at("2026-03-02 10:00"):
            self.calendar.attendance_ids.filtered(lambda line: line.day_period == "afternoon").unlink()
            self.follow_calendar()
        self.assertLocal(self.get_due(case, "first_answer"), "2026-03-06 13:00")


@tagged("post_install", "-at_install")
class TestClockEnds(ClockCase):
    """A clock that ends, starts again or is told of."""

    def open_at(self, local, **values):
        with self.at(local):
            return self.open_case(**values)

    def test_resolved_out_of_a_long_wait_has_used_what_it_had_before(self):
        case = self.open_at("2026-03-02 10:00")
        with self.at("2026-03-02 10:30"):
            case.log_answer("Told by phone")
        with self.at("2026-03-02 11:00"):
            case._move_to("waiting_client")
        with self.at("2026-04-06 10:00"):
            case.resolve_case()
        clock = self.get_deadline(case, "resolution")
        self.assertAlmostEqual(clock.used_hours, 1.0)
        self.assertEqual((clock.outcome, clock.state), ("met", "done"))

    def test_reopened_after_its_deadline_is_not_missed_and_nobody_is_alarmed(self):
        case = self.open_at("2026-03-02 10:00")
        with self.at("2026-03-02 11:00"):
            case.log_answer("x")
        with self.at("2026-03-02 12:00"):
            case.resolve_case()
        clock = self.get_deadline(case, "resolution")
        with self.at("2026-03-11 10:00") as now:
            case.message_post(
                body="One more thing",
                author_id=self.paula.partner_id.id,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
            self.assertEqual((case.case_state, clock.state, clock.outcome), ("in_review", "running", False))
            self.assertLocal(clock.due_at, "2026-03-18 18:00")
            self.env["firm.case.deadline"]._mark_missed(now)
            told = self.env["firm.case.deadline"]._find_to_tell(now)
            self.assertNotIn(clock.id, [id_ for fields in told.values() for ids in fields.values() for id_ in ids])
            self.assertFalse(clock.outcome)

    def test_a_missed_deadline_moved_into_the_future_is_told_of_anew(self):
        self.vat.answer_hours = 2
        case = self.open_at("2026-03-02 10:00")
        clock = self.get_deadline(case, "first_answer")
        with self.at("2026-03-02 18:00"):
            self.run_job("crm_firm.ir_cron_case_deadlines")
            self.assertEqual((clock.outcome, bool(clock.alarmed_on)), ("missed", True))
            self.vat.answer_hours = 24
            self.follow_calendar()
        self.assertEqual((clock.outcome, clock.alarmed_on), (False, False))
        self.assertLocal(clock.due_at, "2026-03-05 10:00")

    def test_looking_for_whom_to_tell_writes_nothing(self):
        self.vat.answer_hours = 2
        case = self.open_at("2026-03-02 10:00")
        clock = self.get_deadline(case, "first_answer")
        with self.at("2026-03-02 18:00") as now:
            self.assertTrue(self.env["firm.case.deadline"]._find_to_tell(now))
        self.assertFalse(clock.outcome)

    def test_a_missed_deadline_is_noted_where_there_is_nobody_to_tell(self):
        self.vat.answer_hours = 2
        self.env.ref("crm_firm.crm_firm_group_case_manager").user_ids = False
        self.team.user_id = self.company.crm_firm_manager_id = False
        case = self.open_at("2026-03-02 10:00", user_id=False)
        with self.at("2026-03-02 18:00"):
            self.run_job("crm_firm.ir_cron_case_deadlines")
        self.assertEqual(self.get_deadline(case, "first_answer").outcome, "missed")

    def test_staff_reopens_what_was_archived_a_year_ago(self):
        case = self.open_at("2025-03-03 10:00", user_id=self.sara.id)
        with self.at("2025-03-04 10:00"):
            case.log_answer("x")
            case.document_none_needed = True
            case.resolve_case()
            case.archive_case()
        with self.at("2026-03-02 10:00"):
            case.with_user(self.sara).reopen_case()
        self.assertEqual(case.case_state, "in_review")
