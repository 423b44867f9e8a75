from unittest.mock import patch

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .access_common import get_name, marks_in
from .case_common import CaseCase
from .document_common import PDF


@tagged("post_install", "-at_install")
class TestCaseRights(CaseCase):
    """One case of the tax area, one of labour, one of another company; each carries its mark in all that hangs on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Other Firm"})
        cls.cases = {
            "tax": cls.make_case("tax"),
            "labour": cls.make_case("labour", category_id=cls.env.ref("crm_firm.category_labour").id),
            "other": cls.make_case("other", company_id=cls.other_company.id),
        }
        for user in cls.sara | cls.nadia | cls.marta | cls.fran | cls.elsa | cls.olga | cls.ines:
            user.group_ids += cls.env.ref("base.group_allow_export")

    @classmethod
    def make_case(cls, mark, **values):
        name = get_name(mark)
        case = cls.open_case(name=name, description=name, **values)
        cls.follower = cls.env["res.partner"].create({"name": name, "email": f"{mark}@follower.example.com"})
        case.message_subscribe(cls.follower.ids)
        case.message_post(body=name, subtype_xmlid="mail.mt_comment", attachments=[(f"{name}.txt", b"secret")])
        case.activity_schedule("mail.mail_activity_data_todo", summary=name, note=name, user_id=cls.env.uid)
        case.rating_apply(1, token=case._rating_get_access_token(case.partner_id), feedback=name)
        case.record_consent("commercial", "granted", evidence={"note": name})
        # Documents
        document = case._add_document(name, "asked", {})
        document._take_files([(f"{name}.pdf", PDF)], {"user_id": cls.paula.id})
        document._trace("failed", {}, note=name)
        cls.env.flush_all()
        return case

    def seen(self, user, model, fnames, domain=()):
        records = self.env[model].with_user(user)
        self.env.invalidate_all()
        try:
            found = records.search(list(domain), limit=10000)
            return marks_in(found.read(fnames)) | marks_in(found.export_data(fnames).get("datas"))
        except AccessError as error:
            return marks_in(str(error))

    DOORS = (
        ("helpdesk.ticket", ["name", "description", "display_name"], ()),
        ("mail.message", ["body", "record_name", "subject"], (("model", "=", "helpdesk.ticket"),)),
        ("ir.attachment", ["name", "index_content"], (("res_model", "=", "helpdesk.ticket"),)),
        ("mail.activity", ["summary", "note", "res_name"], (("res_model", "=", "helpdesk.ticket"),)),
        ("mail.followers", ["display_name", "name"], (("res_model", "=", "helpdesk.ticket"),)),
        ("mail.notification", ["display_name"], (("mail_message_id.model", "=", "helpdesk.ticket"),)),
        ("rating.rating", ["feedback", "res_name"], (("res_model", "=", "helpdesk.ticket"),)),
        ("firm.case.deadline", ["ticket_id"], ()),
        ("firm.consent", ["origin", "note"], ()),
        # Documents
        ("firm.document.request", ["name", "display_name", "ticket_id"], ()),
        ("firm.document.version", ["name", "display_name", "request_id"], ()),
        ("firm.document.event", ["note", "version_id", "request_id"], ()),
        ("ir.attachment", ["name", "index_content"], (("res_model", "=", "firm.document.version"),)),
    )

    def assertSees(self, user, marks):
        for model, fnames, domain in self.DOORS:
            with self.subTest(user=user.login, model=model):
                self.assertLessEqual(self.seen(user, model, fnames, domain), marks)
        self.assertEqual(self.seen(user, "helpdesk.ticket", ["name"]), marks)

    def test_a_specialist_sees_the_cases_of_the_own_areas(self):
        self.assertSees(self.sara, {"TAX"})
        self.assertSees(self.nadia, {"LABOUR"})
        self.assertSees(self.ines, set())

    def test_whoever_a_case_is_given_to_sees_it(self):
        self.cases["labour"].user_id = self.ines
        self.cases["tax"].specialist_id = self.ines
        self.assertSees(self.ines, {"TAX", "LABOUR"})

    def test_whoever_hands_a_case_over_sees_it_no_more(self):
        case = self.cases["labour"]
        case.user_id = self.ines
        self.env.flush_all()
        self.assertIn(self.ines.partner_id, case.message_partner_ids)
        case.user_id = self.nadia
        self.assertSees(self.ines, set())

    def test_managers_see_the_cases_of_their_companies(self):
        self.assertSees(self.marta, {"TAX", "LABOUR"})

    def test_front_desk_salespeople_and_employees_see_no_case_through_any_door(self):
        for user in (self.fran, self.olga, self.elsa):
            self.assertSees(user, set())

    def test_the_front_desk_reads_what_nobody_has_classified_classifies_it_and_reads_it_no_more(self):
        unknown = self.make_case("unknown", category_id=False, practice_area_id=self.area_unclassified.id)
        handed = self.make_case("handed", category_id=False)
        self.assertSees(self.fran, {"UNKNOWN", "HANDED"})
        self.assertSees(self.olga, set())
        self.assertSees(self.elsa, set())
        self.assertIn("UNKNOWN", self.seen(self.marta, "helpdesk.ticket", ["name"]))
        rows = self.env["firm.case.desk"].with_user(self.fran).browse((unknown | self.cases["tax"]).ids)
        self.assertEqual(rows.mapped("can_open"), [True, False])
        self.assertEqual(rows[0].action_open_case()["res_id"], unknown.id)

        dialog = self.env["helpdesk.ticket.classify"].with_user(self.fran)
        with Form(dialog.with_context(**unknown.with_user(self.fran).action_classify()["context"])) as form:
            form.category_id = self.vat
            self.assertEqual(form.practice_area_id, self.area_tax)
        action = form.record.action_classify()
        self.assertEqual(action["res_model"], "firm.case.desk", "not back to what she sees no more")
        self.env.flush_all()
        self.assertEqual((unknown.category_id, unknown.practice_area_id), (self.vat, self.area_tax))
        self.assertTrue(unknown.user_id)
        handed.with_user(self.fran).classify_case(self.vat.id, area=self.area_labour.id, owner=self.ines.id)
        self.assertEqual((handed.practice_area_id, handed.user_id), (self.area_labour, self.ines))
        self.assertSees(self.fran, set())
        with self.assertRaises(AccessError):
            unknown.with_user(self.fran).classify_case(self.vat.id)

    def test_the_front_desk_leaves_notes_on_what_nobody_has_classified_and_tells_the_client_nothing(self):
        case = self.make_case("unknown", category_id=False)
        desk, client = case.with_user(self.fran), self.paula.partner_id
        said = {"subtype_xmlid": "mail.mt_comment", "message_type": "comment"}
        for values in (
            said,
            {"subtype_xmlid": "mail.mt_comment", "message_type": "notification"},
            {"subtype_xmlid": "helpdesk_mgmt.hlp_tck_created", "message_type": "comment"},
            {"subtype_xmlid": "mail.mt_note", "partner_ids": client.ids},
        ):
            with self.subTest(**values), self.assertRaisesRegex(AccessError, "Log a note instead"):
                desk.message_post(body="We have your question", **values)
        desk.message_post(body="She called twice", subtype_xmlid="mail.mt_note")
        self.assertFalse(case.answered_on)
        arch = etree.fromstring(self.env["helpdesk.ticket"].with_user(self.fran).get_view(view_type="form")["arch"])
        for name in ("action_log_answer", "resolve_case", "action_archive_case"):
            self.assertFalse(arch.findall(f".//button[@name='{name}']"), name)
        self.assertTrue(arch.findall(".//button[@name='action_classify']"))
        case.with_user(self.marta).message_post(body="We have your question", **said)
        self.assertTrue(case.answered_on)

    def test_an_unclassified_case_is_classified_by_those_who_may_and_given_to_those_who_can(self):
        case = self.make_case("unknown", category_id=False)
        for user in (self.elsa, self.olga, self.nadia):
            with self.assertRaises(AccessError):
                case.with_user(user).classify_case(self.vat.id)
        plain = self.env["helpdesk.ticket.category"].create({"name": "Printer"})
        foreign = self.env["helpdesk.ticket.category"].create(
            {"name": "Theirs", "for_cases": True, "active": False, "company_id": self.other_company.id}
        )
        for category in (False, plain.id, foreign.id):
            with self.refused(UserError, "Choose the category"):
                case.with_user(self.fran).classify_case(category)
        for people in ({"owner": self.fran.id}, {"specialist": self.elsa.id}):
            with self.refused(UserError, "cannot work on cases"):
                case.with_user(self.fran).classify_case(self.vat.id, **people)
        case.with_user(self.marta).classify_case(self.vat.id)
        with self.refused(UserError, "classified already"):
            case.with_user(self.marta).classify_case(self.invoices.id)

    def convert(self, owner):
        """A request of the tax area becomes a case where nobody's turn is it: its area is known, a category is not."""
        self.area_tax.write({"owner_ids": False, "specialist_ids": False})
        self.team.user_id = False
        lead = self.receive_request(partner_id=self.paula.partner_id.id, user_id=owner.id)
        result = lead.convert_request(contacts=[self.paula.partner_id], case={})
        self.env.flush_all()
        return self.env["helpdesk.ticket"].browse(result["case"])

    def test_a_converted_request_that_is_nobodys_turn_stays_with_its_owner_who_works_on_cases(self):
        with patch.object(type(self.env["helpdesk.ticket"]), "_tell_front_desk", autospec=True) as tell:
            self.assertEqual(self.convert(self.ines).user_id, self.ines)
        self.assertFalse([call for call in tell.call_args_list if call.args[0]], "nobody has to look for one")

    def test_a_case_of_a_known_area_that_nobody_takes_is_the_front_desks_to_hand_over(self):
        case = self.convert(self.olga)
        self.assertFalse(case.user_id or case.category_id)
        self.assertEqual(case.practice_area_id, self.area_tax)
        at_desk = self.env["firm.case.desk"].with_user(self.fran).browse(case.id)
        self.assertTrue(at_desk.can_open)
        self.assertTrue(case.with_user(self.fran).is_unclassified)
        case.with_user(self.fran).classify_case(self.vat.id, owner=self.ines.id)
        self.assertEqual((case.user_id, case.category_id), (self.ines, self.vat))
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(at_desk.can_open)

    def test_an_unclassified_case_that_has_ended_is_for_nobody_to_classify(self):
        case = self.make_case("unknown", category_id=False)
        case.log_answer("Nothing")
        case.resolve_case()
        self.assertSees(self.fran, set())

    def test_helpdesk_users_of_other_teams_see_no_case(self):
        self.elsa.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        self.assertEqual(self.seen(self.elsa, "helpdesk.ticket", ["name"]), set())

    def test_the_front_desk_sees_the_state_and_not_the_content(self):
        desk = self.env["firm.case.desk"].with_user(self.fran).search([])
        numbers = desk.mapped("number")
        self.assertIn(self.cases["tax"].number, numbers)
        self.assertNotIn(self.cases["other"].number, numbers)
        fnames = [fname for fname in desk.fields_get() if desk._fields[fname].type != "binary"]
        self.assertFalse(marks_in(desk.read(fnames)))
        with self.assertRaises(AccessError):
            self.env["firm.case.desk"].with_user(self.elsa).search([])

    def test_the_front_desk_registers_for_anyone_and_reads_nothing_of_it_afterwards(self):
        cases = self.env["helpdesk.ticket"].with_user(self.fran).with_context(crm_firm_new_case=True)
        values = {
            "name": "Payroll",
            "description": "It is wrong",
            "partner_id": self.paula.partner_id.id,
            "category_id": self.vat.id,
            "channel_id": self.channel_phone.id,
        }
        [saved] = cases.web_save(values, {"name": {}, "number": {}})
        self.assertEqual(set(saved), {"id"})
        case = self.env["helpdesk.ticket"].browse(saved["id"])
        self.assertTrue(case.is_case)
        self.assertNotIn(self.fran.partner_id, case.message_partner_ids)
        with self.assertRaises(AccessError):
            case.with_user(self.fran).read(["name"])
        with self.assertRaises(AccessError):
            case.with_user(self.fran).name = "Other"
        self.assertIn(case.number, self.env["firm.case.desk"].with_user(self.fran).search([]).mapped("number"))

    def test_nobody_makes_the_front_desk_a_reader_by_following(self):
        self.cases["tax"].message_subscribe(self.fran.partner_id.ids)
        self.assertNotIn(self.fran.partner_id, self.cases["tax"].message_partner_ids)

    def test_no_task_is_given_to_who_would_not_see_its_case(self):
        case = self.cases["tax"].with_user(self.sara)
        with self.refused(UserError, self.fran.name):
            case.activity_schedule("mail.mail_activity_data_todo", user_id=self.fran.id)
        task = case.activity_schedule("mail.mail_activity_data_todo", user_id=self.marta.id)
        with self.refused(UserError, self.fran.name):
            task.user_id = self.fran
        # Others who are given a task follow the case, which is how it is shared: they see it.
        task.user_id = self.nadia
        self.assertTrue(case.with_user(self.nadia).has_access("read"))

    def test_no_link_tells_the_title_of_a_case(self):
        case = self.cases["tax"]
        document = case.document_request_ids
        for user, model, values in (
            (self.elsa, "firm.document.ask", {"ticket_id": case.id}),
            (self.fran, "firm.document.upload", {"ticket_id": case.id, "content": "eA=="}),
            (
                self.nadia,
                "firm.document.upload",
                {"ticket_id": self.cases["labour"].id, "request_id": document.id, "content": "eA=="},
            ),
            (self.nadia, "helpdesk.ticket.answer", {"ticket_id": case.id, "note": "x"}),
            (self.nadia, "helpdesk.ticket.archive", {"ticket_id": case.id}),
            (self.fran, "crm.lead", {"name": "x", "type": "opportunity", "origin_case_id": case.id}),
            (self.fran, "crm.lead", {"name": "x", "type": "opportunity", "case_id": case.id}),
            (
                self.nadia,
                "helpdesk.ticket",
                {"name": "x", "team_id": self.team.id, "user_id": self.nadia.id, "previous_case_id": case.id},
            ),
        ):
            with self.subTest(user=user.login, model=model), self.assertRaises(UserError) as caught:
                self.env[model].with_user(user).create(values)
            self.assertNotIn(case.name, str(caught.exception))
        specification = {"client_id": {"fields": {"display_name": {}}}}
        with self.assertRaises(AccessError):
            self.env["firm.document.ask"].with_user(self.elsa).onchange({"ticket_id": case.id}, ["ticket_id"], specification)

    def test_a_refusal_names_no_client(self):
        with self.assertRaises(AccessError) as caught:
            self.cases["tax"].with_user(self.nadia).read(["name"])
        self.assertFalse(marks_in(str(caught.exception)))

    def test_grouping_tells_nothing_of_others_cases(self):
        groups = (
            self.env["helpdesk.ticket"]
            .with_user(self.nadia)
            .formatted_read_group([("is_case", "=", True)], ["name"], ["__count"])
        )
        self.assertEqual(marks_in(groups), {"LABOUR"})

    def test_specialists_change_no_rule_of_the_firm(self):
        for record in (self.vat, self.dismissal, self.team, self.env.ref("crm_firm.stage_received")):
            self.assertFalse(record.with_user(self.sara).has_access("write"), record)

    def test_what_is_called_without_right_is_refused(self):
        case = self.cases["tax"].with_user(self.nadia)
        for call in (
            case.archive_case,
            case.resolve_case,
            case.reopen_case,
            case.undo_reopening,
            lambda: case.log_answer("x"),
            case.create_opportunity,
            case.assign_to_me,
            lambda: case.record_consent("commercial", "granted"),
            lambda: self.team.with_user(self.nadia).become_case_team(),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_the_contact_form_counts_the_open_cases_that_the_user_sees(self):
        self.assertEqual(self.account.with_user(self.sara).open_case_count, 1)
        self.assertEqual(self.account.with_user(self.marta).open_case_count, 2)
        action = self.paula.partner_id.with_user(self.sara).action_view_cases()
        self.assertEqual(self.env["helpdesk.ticket"].with_user(self.sara).search(action["domain"]), self.cases["tax"])

    def test_a_specialist_works_on_a_case_with_the_form(self):
        with Form(self.cases["tax"].with_user(self.sara), "helpdesk_mgmt.ticket_view_form") as form:
            form.urgency_reason_id = self.dismissal
        self.assertTrue(self.cases["tax"].deadline_ids)
