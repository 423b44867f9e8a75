from odoo.tests import Form, tagged

from .clock_common import CANARY, MADRID, ClockCase


@tagged("post_install", "-at_install")
class TestClockCompanies(ClockCase):
    """What is closed elsewhere is open here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Firm of Bilbao", "country_id": cls.env.ref("base.es").id})
        cls.env.user.company_ids |= cls.other
        cls.vat.answer_hours = 2
        cls.company.crm_firm_proposal_days = 2

    def assert_wednesday_is_worked(self, label):
        env = self.env
        for working_in in (self.company, self.other | self.company):
            here = f"{label}, working in {working_in[0].name}: "
            self.env = env(context=env.context | {"allowed_company_ids": working_in.ids})

            def receive(**values):
                defaults = {"name": "x", "contact_name": "Ana", "phone": "+34600112233", "company_id": self.company.id}
                return self.env["crm.lead"].create(defaults | {"channel_id": self.channel_web.id} | values)

            with self.at("2026-03-04 10:00"):
                lead = receive()
                self.assertLocal(lead.first_contact_deadline, "2026-03-04 19:00", message=here + "due")
                self.assertEqual(str(lead._schedule_task("x").date_deadline), "2026-03-04", here + "task")
            with self.at("2026-03-03 10:00"):
                self.assertLocal(
                    receive().log_contact_attempt("no_answer").next_contact_on, "2026-03-04 10:00", message=here + "next try"
                )
            with self.at("2026-03-03 18:00"):
                case = self.env["helpdesk.ticket"].create(
                    {
                        "name": "x",
                        "description": "x",
                        "team_id": self.team.id,
                        "company_id": self.company.id,
                        "category_id": self.vat.id,
                    }
                )
                self.assertLocal(self.get_due(case, "first_answer"), "2026-03-04 10:00", message=here + "case")
            with self.at("2026-03-02 10:00"):
                lead = receive(user_id=self.env.uid, practice_area_id=self.area_tax.id)
                task = lead.mark_ready_for_proposal({"need_known": True})
                self.assertEqual(str(task.date_deadline), "2026-03-04", here + "proposal")
            with self.at("2026-03-03 20:00"):
                day = self.env["crm.lead"].with_context(lang="en_US")._get_web_contact_day(self.company)
                self.assertEqual(day, "Wednesday, March 4, 2026", here + "page")
        self.env = env

    def test_a_holiday_of_another_company_moves_nothing_of_ours(self):
        self.other.resource_calendar_id = self.make_calendar(company_id=self.other.id)
        self.assertEqual(self.add_holiday("2026-03-04", company=self.other).company_id, self.other)
        self.assert_wednesday_is_worked("two calendars")

    def test_a_holiday_of_another_company_moves_nothing_on_a_calendar_of_both(self):
        shared = self.use_calendar(self.make_calendar(company_id=False))
        self.other.resource_calendar_id = shared
        shared.company_id = False
        leaves = self.add_holiday("2026-03-04", company=self.other)
        leaves |= self.add_holiday("2026-03-04", calendar=shared, company=self.other)
        self.assertEqual(leaves.company_id, self.other)
        self.assert_wednesday_is_worked("one calendar")

    def test_a_holiday_of_another_company_does_not_move_what_is_open(self):
        with self.at("2026-03-03 20:00"):
            lead = self.receive_request()
            case = self.open_case()
            before = lead.first_contact_deadline, self.get_due(case), self.get_due(case, "first_answer")
            self.add_holiday("2026-03-04", company=self.other)
            self.follow_calendar()
            self.assertEqual((lead.first_contact_deadline, self.get_due(case), self.get_due(case, "first_answer")), before)

    def test_our_own_holiday_closes_us_whatever_company_the_calendar_names(self):
        for calendar in (self.calendar, self.use_calendar(self.make_calendar(company_id=False))):
            self.use_calendar(calendar)
            for named in (calendar, None):
                leave = self.add_holiday("2026-03-03", calendar=named)
                with self.at("2026-03-03 10:00"):
                    self.assertLocal(self.receive_request().first_contact_deadline, "2026-03-04 19:00")
                leave.unlink()

    def test_a_holiday_of_no_company_closes_all(self):
        leave = self.add_holiday("2026-03-03")
        leave.company_id = False
        with self.at("2026-03-03 10:00"):
            self.assertLocal(self.receive_request().first_contact_deadline, "2026-03-04 19:00")

    def test_the_leave_of_one_person_closes_nothing(self):
        resource = self.env["resource.resource"].create({"name": "Olga", "calendar_id": self.calendar.id})
        self.add_holiday("2026-03-03", calendar=self.calendar).resource_id = resource
        with self.at("2026-03-03 10:00"):
            self.assertLocal(self.receive_request().first_contact_deadline, "2026-03-03 19:00")


@tagged("post_install", "-at_install")
class TestClockWithoutHours(ClockCase):
    """Where nothing says when the firm works, it works Monday to Friday, 9 to 17."""

    def assert_default_hours(self, label):
        with self.at("2026-03-03 10:00"):
            lead = self.receive_request(user_id=self.marta.id)
            self.assertLocal(lead.first_contact_deadline, "2026-03-03 17:00", message=label)
            attempt = lead.log_contact_attempt("no_answer")
            self.assertLocal(attempt.next_contact_on, "2026-03-04 10:00", message=label)
            self.assertEqual(str(lead.mark_ready_for_proposal({"need_known": True}).date_deadline), "2026-03-06", label)
            self.assertTrue(self.receive_request()._get_times_to_call(), label)
            day = self.env["crm.lead"].with_context(lang="en_US")._get_web_contact_day(self.company)
            self.assertEqual(day, "Tuesday, March 3, 2026", label)
        with self.at("2026-03-07 10:00"):
            saturday = self.receive_request(user_id=self.marta.id)
            self.assertLocal(saturday.first_contact_deadline, "2026-03-09 17:00", message=label)
        with self.at("2026-03-05 10:00"):
            case = self.open_case()
            self.assertLocal(self.get_due(case), "2026-03-13 10:00", message=label)
        with self.at("2026-03-09 17:30"):
            self.assertIn(saturday.id, self.env["crm.lead"]._find_overdue_for_owners().get(self.marta.id, []), label)
        self.add_holiday("2026-03-10")
        with self.at("2026-03-10 10:00"):
            self.assertLocal(self.receive_request().first_contact_deadline, "2026-03-11 17:00", message=f"{label}, holiday")

    def assert_warned(self, text):
        with Form(self.env["res.config.settings"]) as settings:
            self.assertIn(text, settings.crm_firm_setup_issues)
            self.assertIn("Monday to Friday", settings.crm_firm_setup_issues)

    def test_a_company_without_calendar_takes_everything_in(self):
        self.company.partner_id.tz = MADRID
        self.use_calendar(self.env["resource.calendar"])
        self.assertFalse(self.company._get_crm_firm_calendar())
        self.assert_default_hours("no calendar")
        self.assert_warned("has no working hours")

    def test_a_company_without_calendar_is_where_its_country_is(self):
        self.use_calendar(self.env["resource.calendar"])
        self.company.partner_id.tz = False
        self.assertEqual(self.company._get_crm_firm_zone().zone, MADRID)
        self.company.partner_id.tz = CANARY
        self.assertEqual(self.company._get_crm_firm_zone().zone, CANARY)
        self.company.write({"country_id": False})
        self.company.partner_id.tz = False
        self.assertEqual(self.company._get_crm_firm_zone().zone, "UTC")

    def test_a_calendar_without_lines_counts_default_hours(self):
        self.calendar.attendance_ids.unlink()
        self.assert_default_hours("no lines")
        self.assert_warned("does not say when the firm works")

    def test_a_flexible_calendar_keeps_its_week_ends(self):
        flexible = {"flexible_hours": True, "hours_per_day": 8, "hours_per_week": 40, "full_time_required_hours": 40}
        self.use_calendar(self.make_calendar(hours=(), **flexible))
        self.assert_default_hours("flexible")
        self.assert_warned("does not say when the firm works")

    def test_fixed_hours_are_not_warned_of(self):
        with Form(self.env["res.config.settings"]) as settings:
            self.assertNotIn("Monday to Friday", settings.crm_firm_setup_issues or "")

    def test_a_calendar_taken_away_moves_what_counted_it(self):
        team_calendar = self.make_calendar(hours=((9, 11),))
        self.team.case_calendar_id = team_calendar
        with self.at("2026-03-02 09:00"):
            case = self.open_case()
            self.assertLocal(self.get_due(case, "first_answer"), "2026-03-17 11:00", message="two hours a day")
            self.team.case_calendar_id = False
            team_calendar.unlink()
            self.follow_calendar()
        self.assertLocal(self.get_due(case, "first_answer"), "2026-03-04 19:00")
        self.assertEqual(self.get_deadline(case, "first_answer").calendar_id, self.calendar)


@tagged("post_install", "-at_install")
class TestClockHours(ClockCase):
    """Breaks, split days, the nights on which the clock changes."""

    def test_a_lunch_break_entered_as_leaves_is_not_worked(self):
        self.use_calendar(self.make_calendar(hours=((9, 18),)))
        for day in range(2, 14):
            self.env["resource.calendar.leaves"].create(
                {
                    "name": "Lunch",
                    "calendar_id": self.company.resource_calendar_id.id,
                    "date_from": self.utc(f"2026-03-{day:02} 13:00"),
                    "date_to": self.utc(f"2026-03-{day:02} 14:00"),
                }
            )
        with self.at("2026-03-02 10:00"):
            case = self.open_case()
        self.assertLocal(self.get_due(case, "first_answer"), "2026-03-05 10:00")
        self.assertLocal(self.get_due(case), "2026-03-10 10:00")

    def test_warning_and_escalation_count_working_hours_of_a_split_day(self):
        self.use_calendar(self.make_calendar(hours=((8, 12), (14, 18))))
        self.company.crm_firm_case_warning_hours = 1
        for hours, due, warned, told in (
            (4, "2026-03-03 11:00", "2026-03-03 10:00", "2026-03-03 12:00"),
            (1.5, "2026-03-03 08:30", "2026-03-02 17:30", "2026-03-03 09:30"),
        ):
            self.vat.answer_hours = hours
            with self.at("2026-03-02 17:00"):
                clock = self.get_deadline(self.open_case(), "first_answer")
            self.assertLocal(clock.due_at, due)
            self.assertLocal(clock.warn_at, warned)
            self.assertLocal(clock.escalate_at, told)

    def test_the_nights_on_which_the_clock_changes_keep_local_hours(self):
        self.invoices.write({"deadline_kind": "weekly", "cut_off_weekday": "6", "cut_off_hour": 2.5})
        every_day = self.make_calendar(hours=((9, 19),), days="0123456")
        for friday, saturday, sunday, wednesday in (
            ("2026-03-27", "2026-03-28", "2026-03-29", "2026-04-01"),
            ("2026-10-23", "2026-10-24", "2026-10-25", "2026-10-28"),
        ):
            self.use_calendar(self.calendar)
            with self.at(f"{friday} 10:00"):
                case, round_case = self.open_case(), self.open_case(category_id=self.invoices.id)
            self.assertLocal(self.get_due(case, "first_answer"), f"{wednesday} 10:00")
            self.assertDay(round_case.round_on, sunday, "an hour that does not exist lies on that Sunday all the same")
            self.use_calendar(every_day)
            with self.at(f"{saturday} 17:30"):
                attempt = self.receive_request().log_contact_attempt("no_answer")
            self.assertLocal(attempt.next_contact_on, f"{sunday} 17:30")

    def test_hours_in_between_are_counted_over_the_change_of_the_clock(self):
        self.use_calendar(self.make_calendar(hours=((0, 12),), days="0123456"))
        with self.at("2026-03-28 11:00"):
            lead = self.receive_request()
        with self.at("2026-03-29 05:00"):
            lead.log_contact_attempt("reached")
        self.assertAlmostEqual(lead.first_contact_hours, 5.0, msg="one before noon, and four: the night has lost one")


@tagged("post_install", "-at_install")
class TestClockCanary(ClockCase):
    """A firm in the Canary Islands, an owner in Madrid, a server in UTC: days are the firm's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.use_calendar(cls.make_calendar(hours=((9, 17),), tz=CANARY))

    def test_a_request_after_midnight_in_madrid_is_of_the_evening_before(self):
        for moment, due, day, said in (
            ("2026-03-03 00:30", "2026-03-03 17:00", "2026-03-03", "Tuesday, March 3, 2026"),
            ("2026-03-02 17:30", "2026-03-02 17:00", "2026-03-02", "Monday, March 2, 2026"),
        ):
            with self.at(moment):
                lead = self.receive_request(user_id=self.olga.id)
                self.assertLocal(lead.first_contact_deadline, due, CANARY)
                self.assertEqual(str(lead.activity_ids.date_deadline), day)
                self.assertEqual(lead.with_context(lang="en_US").get_first_contact_day(), said)

    def test_clocks_of_cases_and_tries_are_on_the_islands_time(self):
        with self.at("2026-03-02 18:30"):  # 17:30 there: closed
            case = self.open_case()
            attempt = self.receive_request().log_contact_attempt("no_answer")
        self.assertLocal(self.get_due(case, "first_answer"), "2026-03-05 17:00", CANARY)
        self.assertLocal(attempt.next_contact_on, "2026-03-04 09:00", CANARY, "what came after closing time is of Tuesday")

    def test_the_islands_change_their_clock_with_the_continent(self):
        with self.at("2026-03-27 10:00", CANARY):
            case = self.open_case()
            attempt = self.receive_request().log_contact_attempt("no_answer")
        self.assertLocal(self.get_due(case, "first_answer"), "2026-04-01 10:00", CANARY)
        self.assertLocal(attempt.next_contact_on, "2026-03-30 09:00", CANARY)

    def test_a_case_of_new_years_eve_is_of_the_old_year_there(self):
        with self.at("2027-01-01 00:30"):
            self.assertEqual(self.open_case().campaign_year, 2026)
        with self.at("2027-01-01 00:00", CANARY):
            self.assertEqual(self.open_case().campaign_year, 2027)
