"""*My day*: everything that somebody has to do, in order of time, by the rights of what it is about."""

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, freeze_time, tagged, users
from odoo.tools.safe_eval import safe_eval

from .common import new_people
from .document_common import PDF, DocumentCase, DocumentCast

NOW = "2026-03-04 09:00:00"  # a Wednesday, 10:00 in Madrid


class DayCast(DocumentCast):
    """Sara, who works on cases, has one of each kind: a call, a meeting, a proposal, a document, a case, a task."""

    @classmethod
    def setUpClients(cls):
        super().setUpClients()
        cls.lead = cls.receive_request(contact_name="Berta Quiroga", partner_name="Quiroga SL", user_id=cls.sara.id)
        cls.lead.log_contact_attempt("call_back", next_contact_on="2026-03-04 15:30:00")
        cls.ready = cls.receive_request(contact_name="Pilar Proposal", email_from="pilar@x.example.com", user_id=cls.sara.id)
        cls.ready.mark_ready_for_proposal(
            {"need_known": True, "employee_count": 3, "accounting_software": "Excel"}, proposal_on="2026-03-04"
        )
        cls.meeting = cls.env["calendar.event"].create(
            {
                "name": "Visit to the bakery",
                "start": "2026-03-04 11:00:00",
                "stop": "2026-03-04 12:00:00",
                "user_id": cls.sara.id,
                "partner_ids": [Command.set((cls.sara.partner_id | cls.clara.partner_id).ids)],
            }
        )
        cls.document = cls.case._add_document("Bank statements", "asked", {})
        cls.document._take_files([("statements.pdf", PDF)], {"user_id": cls.clara.id})
        cls.task = cls.case.activity_schedule("mail.mail_activity_data_todo", user_id=cls.sara.id, summary="Ask the tax office")
        cls.env.flush_all()

    def get_day(self, user, domain=None):
        Item = self.env["firm.day.item"].with_user(user)
        return Item.search(Item._get_my_day_domain() if domain is None else domain)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestMyDay(DayCast, DocumentCase):
    def test_everything_of_the_day_is_one_list_in_order_of_time(self):
        self.case.deadline_ids.filtered(lambda deadline: deadline.state == "running").write({"due_at": "2026-03-04 13:00:00"})
        day = self.get_day(self.sara)
        self.assertEqual(
            [(item.kind, item.has_hour and str(item.due_at)) for item in day],
            [
                ("meeting", "2026-03-04 11:00:00"),
                ("case", "2026-03-04 13:00:00"),
                ("call", "2026-03-04 15:30:00"),
                *[(kind, False) for kind in day[3:].mapped("kind")],
            ],
        )
        self.assertEqual(sorted(day[3:].mapped("kind")), ["document", "proposal", "task"])
        self.assertFalse(any(day.mapped("is_late")))
        self.assertTrue(all(day.mapped("is_due")))

    def test_each_item_says_who_and_what(self):
        texts = {item.kind: (item.who, item.subject) for item in self.get_day(self.sara, [("user_id", "=", self.sara.id)])}
        self.assertEqual(texts["call"][0], "Berta Quiroga")
        self.assertEqual(texts["proposal"], ("Pilar Proposal", "Send proposal"))
        self.assertEqual(texts["meeting"], ("Clara Client", "Visit to the bakery"))
        self.assertEqual(texts["document"], ("Clara Client", "Bank statements"))
        self.assertEqual(texts["case"], ("Clara Client", self.case.name))
        self.assertEqual(texts["task"], ("Clara Client", "Ask the tax office"))

    def test_an_owner_and_the_specialist_both_have_the_case_in_their_day(self):
        self.case.user_id = self.olga
        for user in (self.olga, self.sara):
            kinds = self.get_day(user, [("user_id", "=", user.id), ("ticket_id", "=", self.case.id)]).mapped("kind")
            self.assertIn("document", kinds, user.name)
            self.assertIn("case", kinds, user.name)
        self.case.user_id = self.sara
        items = self.get_day(self.sara, [("user_id", "=", self.sara.id), ("kind", "=", "case")])
        self.assertEqual(items.ticket_id, self.case)
        self.assertEqual(len(items), 1, "whoever is both has it once")

    def test_who_was_reached_is_to_be_decided_on_that_day_until_something_is_planned(self):
        self.lead.log_contact_attempt("reached")
        (item,) = self.get_day(self.sara, [("lead_id", "=", self.lead.id)])
        self.assertEqual((item.kind, str(item.day), item.has_hour, item.is_late), ("decision", "2026-03-04", False, False))
        self.assertEqual((item.who, item.phone), ("Berta Quiroga", self.lead.phone))
        with freeze_time("2026-03-05 09:00:00"):
            self.env.invalidate_all()
            self.assertTrue(item.is_late)
            self.assertIn(item, self.get_day(self.sara))
        for thing in ("task", "meeting"):
            planned = self.plan(thing)
            self.env.flush_all()
            self.assertNotIn("decision", self.get_day(self.sara, [("lead_id", "=", self.lead.id)]).mapped("kind"), thing)
            planned.unlink()
            self.env.flush_all()
        self.assertEqual(self.get_day(self.sara, [("lead_id", "=", self.lead.id)]), item)
        for action, fname in (("action_ready", "lead_id"), ("action_discard", "lead_ids")):
            opened = getattr(item, action)()
            dialog = self.env[opened["res_model"]].with_user(self.sara).with_context(**opened["context"])
            self.assertEqual(Form(dialog)[fname].ids, self.lead.ids)
        self.lead.discard(self.reason_spam)
        self.env.flush_all()
        self.assertFalse(self.get_day(self.sara, [("lead_id", "=", self.lead.id)]))

    def plan(self, thing):
        if thing == "task":
            return self.lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.sara.id)
        meeting = {"name": "Visit", "start": "2026-03-05 11:00:00", "stop": "2026-03-05 12:00:00"}
        return self.env["calendar.event"].create(meeting | {"opportunity_id": self.lead.id, "user_id": self.sara.id})

    def test_a_message_names_who_called_and_not_the_client(self):
        caller = {"contact_name": "Luis Carrascal", "phone": "+34 600 70 80 90"}
        self.env["crm.lead"].with_user(self.fran).leave_message(
            caller | {"partner_id": self.clara.partner_id.id, "user_id": self.sara.id, "text": "Asks when"}
        )
        self.env.flush_all()
        item = self.get_day(self.sara, [("kind", "=", "call"), ("ticket_id", "=", self.case.id)])
        self.assertEqual((item.who, item.phone), ("Luis Carrascal", "+34 600 70 80 90"))
        self.assertEqual(item.who_else, f"Clara Client, {self.case.number}")

    def test_a_call_stands_once_at_its_hour(self):
        items = self.get_day(self.sara, [("lead_id", "=", self.lead.id)])
        self.assertEqual([(item.kind, item.has_hour) for item in items], [("call", True)])

    def test_a_call_that_somebody_else_than_the_owner_has_to_make_is_not_lost(self):
        call = self.lead.activity_ids.filtered(lambda task: task.activity_type_id.category == "phonecall")
        self.assertTrue(call)
        self.env.flush_all()
        for owner, active in ((self.olga.id, True), (None, True), (self.sara.id, False)):
            self.env.cr.execute("UPDATE crm_lead SET user_id = %s, active = %s WHERE id = %s", [owner, active, self.lead.id])
            self.env.cr.execute("UPDATE mail_activity SET user_id = %s WHERE id = %s", [self.sara.id, call.id])
            self.env.invalidate_all()
            items = self.env["firm.day.item"].search([("user_id", "=", self.sara.id), ("lead_id", "=", self.lead.id)])
            with self.subTest(owner=owner, active=active):
                self.assertEqual((items.activity_id, items.mapped("kind")), (call, ["call"]))

    def test_what_is_over_is_late_and_meetings_are_not(self):
        with freeze_time("2026-03-06 09:00:00"):
            self.env.invalidate_all()
            day = self.get_day(self.sara)
            self.assertNotIn("meeting", day.mapped("kind"))
            late = self.get_day(self.sara, [("user_id", "=", self.sara.id), ("is_late", "=", True)])
            self.assertEqual(late, late.filtered("is_late"))
            self.assertLessEqual({"call", "proposal", "document", "task"}, set(late.mapped("kind")))
            self.assertNotIn("meeting", late.mapped("kind"))

    def test_days_are_those_of_the_firm_whatever_the_server_thinks(self):
        self.lead.log_contact_attempt("call_back", next_contact_on="2026-03-04 23:30:00")  # 00:30 of Thursday in Madrid
        item = self.get_day(self.sara, [("lead_id", "=", self.lead.id)])
        self.assertEqual(str(item.day), "2026-03-05")
        self.assertNotIn(item, self.get_day(self.sara))

    # === RIGHTS === #

    def test_nobody_sees_the_day_of_a_colleague(self):
        for user in (self.olga, self.nadia, self.fran):
            found = self.get_day(user, [("user_id", "=", self.sara.id)])
            self.assertFalse(found, user.name)

    def test_a_manager_sees_what_is_done_on_leads_and_cases(self):
        self.marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        kinds = set(self.get_day(self.marta, [("user_id", "=", self.sara.id)]).mapped("kind"))
        self.assertEqual(kinds, {"call", "proposal", "document", "case", "task"})

    def test_what_was_handed_over_leaves_the_day_with_its_name(self):
        tasks = self.lead.activity_ids | self.task
        self.env.flush_all()
        # A task that still lies with somebody who lost the record, as after a change of rights
        self.env.cr.execute("UPDATE crm_lead SET user_id = %s WHERE id = %s", [self.olga.id, self.lead.id])
        self.env.cr.execute("UPDATE mail_activity SET user_id = %s WHERE id = ANY(%s)", [self.nadia.id, tasks.ids])
        self.env.invalidate_all()
        found = self.get_day(self.nadia, [])
        self.assertFalse(found.filtered(lambda item: item.lead_id == self.lead or item.ticket_id == self.case))

    def test_a_meeting_about_a_closed_lead_names_the_meeting_only(self):
        self.meeting.write({"opportunity_id": self.ready.id, "partner_ids": [Command.link(self.nadia.partner_id.id)]})
        item = self.get_day(self.nadia, [("kind", "=", "meeting")])
        self.assertEqual(item.subject, "Visit to the bakery")
        self.assertFalse(item.lead_id)
        self.assertNotIn("Pilar", str(item.read()))

    def test_a_task_on_something_closed_has_no_name(self):
        secret = self.env["sale.order"].create({"partner_id": self.client.id, "user_id": self.olga.id})
        self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("sale.order"),
                "res_id": secret.id,
                "user_id": self.olga.id,
                "summary": "Check",
            }
        )
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_activity SET user_id = %s WHERE res_model = 'sale.order'", [self.nadia.id])
        self.env.invalidate_all()
        item = self.get_day(self.nadia, [("res_model", "=", "sale.order")])
        self.assertEqual((item.subject, item.who), ("Check", False))

    # === SEARCH === #

    def test_everybody_finds_whom_an_item_is_about_by_what_the_row_shows(self):
        """Also who works on cases only, and may not even search leads."""
        cases_only, marta = self.make_specialist(), self.marta
        marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        self.case.specialist_id = cases_only
        self.env.flush_all()
        for user, text, kinds in (
            (cases_only, "Clara", {"case", "document"}),
            (cases_only, self.case.number, {"case", "document"}),
            (cases_only, "Quiroga", set()),
            (self.sara, "Clara", {"case", "document", "task"}),
            (self.sara, "berta qui", {"call"}),
            (self.sara, "Quiroga SL", {"call"}),
            (marta, "Quiroga", {"call"}),
        ):
            with self.subTest(user=user.name, text=text):
                Item = self.env["firm.day.item"].with_user(user)
                found = Item.web_search_read([("who", "ilike", text)], {"kind": {}})["records"]
                self.assertEqual({item["kind"] for item in found}, kinds)

    def test_fields_that_the_search_offers_can_be_searched_by_everybody(self):
        for user in (self.make_specialist(), self.sara, self.marta):
            Item = self.env["firm.day.item"].with_user(user)
            arch = etree.fromstring(Item.get_view(view_type="search")["arch"])
            names = [node.get("name") for node in arch.findall("field")]
            self.assertIn("who", names)
            for node in arch.findall("field"):
                domain = safe_eval(node.get("filter_domain") or f"[('{node.get('name')}', 'ilike', self)]", {"self": "zzqq"})
                self.assertEqual(Item.web_search_read(domain, {"kind": {}})["length"], 0, node.get("name"))

    def test_a_manager_with_nothing_to_do_sees_their_own_day_not_everybodys(self):
        """The view opens at the user's own day, if it is among those that are offered."""
        self.marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        Item = self.env["firm.day.item"].with_user(self.marta)
        self.assertFalse(Item.search([("user_id", "=", self.marta.id)]))
        (node,) = etree.fromstring(Item.get_view(view_type="search")["arch"]).iterfind("searchpanel/field")
        options = {name: safe_eval(node.get(name)) for name in ("enable_counters", "expand", "hierarchize", "limit")}
        offered = Item.search_panel_select_range("user_id", **options, search_domain=[("is_due", "=", True)])["values"]
        counts = {value["id"]: value["__count"] for value in offered}
        self.assertEqual(counts[self.marta.id], 0)
        self.assertGreater(counts[self.sara.id], 0)
        self.assertNotIn(self.clara.id, counts, "clients have no day")

    def make_specialist(self):
        return new_people(
            self.env,
            {
                "login": "ines.cases",
                "name": "Ines Cases",
                "email": "ines@firm.example.com",
                "groups": "crm_firm.crm_firm_group_case_specialist",
            },
        )

    # === WHAT IS DONE FROM IT === #

    def get_item(self, user=None, **of):
        domain = [(name, "=", value.id if hasattr(value, "id") else value) for name, value in of.items()]
        return self.get_day(user or self.sara, [("user_id", "=", (user or self.sara).id), *domain])

    def test_a_call_is_logged_with_one_click(self):
        self.assertEqual(self.get_item(lead_id=self.lead).action_reached()["tag"], "crm_firm.notify")
        self.assertEqual(self.lead.contact_attempt_ids.sorted("id")[-1:].outcome, "reached")
        self.lead.log_contact_attempt("call_back", next_contact_on="2026-03-04 15:30:00")
        self.get_item(lead_id=self.lead).action_no_answer()
        self.assertEqual(self.lead.contact_attempt_ids.sorted("id")[-1:].outcome, "no_answer")

    def test_dialogs_open_for_the_lead_of_the_row(self):
        item = self.get_item(lead_id=self.lead)
        self.assertEqual(item.action_ready()["context"]["default_lead_id"], self.lead.id)
        self.assertEqual(self.get_item(kind="case").action_log_answer()["res_model"], "helpdesk.ticket.answer")

    def test_what_is_done_leaves_the_list(self):
        for kind, method in (("document", "action_validate"), ("task", "action_done"), ("proposal", "action_done")):
            getattr(self.get_item(kind=kind), method)()
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertFalse(self.get_item(kind=kind), kind)
        self.assertEqual(self.document.state, "validated")
        self.assertFalse(self.task.active)

    def test_each_row_opens_its_record(self):
        for item in self.get_day(self.sara, [("user_id", "=", self.sara.id)]):
            action = item.action_open()
            expected = self.document if item.kind == "document" else self.env[item.res_model].browse(item.res_id)
            self.assertEqual((action["res_model"], action["res_id"]), (expected._name, expected.id))

    def test_a_task_about_nothing_opens_itself_and_can_be_done(self):
        task = self.env["mail.activity"].create(
            {"user_id": self.sara.id, "summary": "Order toner", "date_deadline": "2026-03-04"}
        )
        item = self.get_item(activity_id=task)
        self.assertEqual((item.kind, item.subject, item.who), ("task", "Order toner", False))
        action = item.action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("mail.activity", task.id))
        item.action_done()
        self.assertFalse(task.active)

    def test_a_button_of_another_kind_is_refused_in_words(self):
        for method in ("action_reached", "action_no_answer", "action_ready", "action_validate"):
            with self.assertRaises(UserError):
                getattr(self.get_item(kind="task"), method)()
        with self.assertRaises(UserError):
            self.get_item(kind="case").action_done()

    # === COST === #

    @users("sara.specialist")
    def test_the_number_of_queries_does_not_depend_on_that_of_items(self):
        spec = {
            key: {}
            for key in ("kind", "due_at", "has_hour", "day", "is_late", "who", "who_else", "subject", "phone", "opens_letter")
        }

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            Item = self.env["firm.day.item"]
            result = Item.web_search_read([("user_id", "=", self.env.uid)], spec)
            return self.env.cr.sql_log_count - before, result["length"]

        count()  # what is cached for good
        few, length = count()
        for number in range(8):
            lead = self.env["crm.lead"].sudo()
            lead = lead.create({"name": f"Request {number}", "user_id": self.env.uid, "channel_id": self.channel_web.id})
            lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.env.uid, summary=f"Task {number}")
            case = self.make_case(self.clara.partner_id, name=f"Case {number}")
            case._add_document(f"Document {number}", "asked", {})._take_files([("a.pdf", PDF)], {"user_id": self.clara.id})
            self.meeting.sudo().copy()
        many, longer = count()
        self.assertGreater(longer, length + 30)
        self.assertEqual(many, few)
