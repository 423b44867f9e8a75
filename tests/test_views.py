"""What holds for the screens: they open for who uses them, say what to do when empty, and stay fast."""

from datetime import date

from lxml import etree

from odoo.tests import Form, freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from .common import FirmCase

# A form of its own, not a list that could be empty.
NOT_A_LIST = ("firm_request_register_action",)


@tagged("post_install", "-at_install")
class TestViews(FirmCase):
    def _get_arch(self, model, view_type, user=None, view=None):
        view_id = self.env.ref(f"crm_firm.{view}").id if view else None
        return etree.fromstring(self.env[model].with_user(user or self.env.user).get_view(view_id, view_type)["arch"])

    def _get_specification(self, arch, model):
        """What the web client asks for to show this view."""
        specification = {}
        for node in arch.iter("field"):
            field = self.env[model]._fields[node.get("name")]
            specification[field.name] = {"fields": {"display_name": {}}} if field.type == "many2one" else {}
        return specification

    # === EVERY ACTION === #

    def _get_records(self, model):
        data = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", model)])
        return {row.name: self.env[model].browse(row.res_id) for row in data}

    def _get_menu_actions(self):
        """Return {xmlid: action} of ours that a menu opens."""
        menus = self.env["ir.ui.menu"].with_context(**{"ir.ui.menu.full_list": True}).search([("action", "!=", False)])
        opened = {menu.action for menu in menus if menu.action._name == "ir.actions.act_window"}
        actions = {xmlid: act for xmlid, act in self._get_records("ir.actions.act_window").items() if act in opened}
        self.assertGreater(len(actions), 25, "they are found")
        return actions

    def test_every_action_has_an_address_and_says_what_to_do_when_empty(self):
        for xmlid, action in self._get_menu_actions().items():
            with self.subTest(xmlid):
                self.assertTrue(action.path)
                if xmlid not in NOT_A_LIST:
                    self.assertIn("o_view_nocontent", action.help or "")

    def test_context_and_domain_of_every_action_name_what_there_is(self):
        """What an action names in vain, Odoo passes over in silence; keys of other kinds are the linter's."""
        actions = self._get_records("ir.actions.act_window")
        self.assertGreater(len(actions), 30)
        active = {"uid": self.marta.id, "active_id": 1, "active_ids": [1], "active_model": "crm.lead"}
        for xmlid, action in actions.items():
            with self.subTest(xmlid):
                Model = self.env[action.res_model]
                Model.search_count(safe_eval(action.domain or "[]", active))
                search = etree.fromstring(Model.get_view(action.search_view_id.id, "search")["arch"])
                offered = set(search.xpath("//*[self::filter or self::field]/@name"))
                for key in safe_eval(action.context or "{}", active):
                    if key.startswith("search_default_"):
                        self.assertIn(key.removeprefix("search_default_"), offered)
                    elif key.startswith("default_"):
                        self.assertIn(key.removeprefix("default_"), Model._fields)

    def test_every_screen_opens_for_everybody_whose_menu_shows_it(self):
        actions = set(self._get_menu_actions().values())
        opened = set()
        self.sara.group_ids += self.env.ref("crm_firm.crm_firm_group_case_specialist")
        self.nadia.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        for user in (self.olga, self.sara, self.nadia, self.fran, self.marta, self.env.ref("base.user_admin")):
            Menu = self.env["ir.ui.menu"].with_user(user)
            for menu in Menu.browse(Menu._visible_menu_ids()):
                action = menu.sudo().action
                if action not in actions:
                    continue
                opened.add(action)
                with self.subTest(action.display_name, user=user.login):
                    views = [(view.view_id.id, view.view_mode) for view in action.view_ids] or [
                        (False, mode) for mode in action.view_mode.split(",")
                    ]
                    context = {"uid": user.id, "active_id": False}
                    Model = self.env[action.res_model].with_user(user)
                    Model.get_views([*views, (action.search_view_id.id, "search")])
                    if Model._transient:
                        continue
                    Model.with_context(**safe_eval(action.context or "{}", context)).web_search_read(
                        safe_eval(action.domain or "[]", context), {"display_name": {}}
                    )
        self.assertEqual(opened, actions, "each is open to somebody")

    def test_every_filter_can_be_searched_and_grouped_by(self):
        admin = self.env.ref("base.user_admin")
        views = {name: view for name, view in self._get_records("ir.ui.view").items() if view.type == "search"}
        self.assertGreater(len(views), 8, "they are found")
        for name, view in views.items():
            Model = self.env[view.model].with_user(admin)
            # With what the views it extends have, and what extends it
            arch = etree.fromstring(Model.get_view((view.inherit_id or view).id, "search")["arch"])
            for node in arch.iter("filter"):
                with self.subTest(name, filter=node.get("name")):
                    # What the web client knows when it evaluates them
                    known = {"uid": admin.id, "context_today": date.today}
                    Model.search_count(safe_eval(node.get("domain") or "[]", known))
                    group_by = safe_eval(node.get("context") or "{}", known).get("group_by")
                    field = Model._fields.get(group_by)
                    if field and field.type in ("date", "datetime"):
                        group_by += ":month"
                    if group_by and not (field and field.type == "properties"):  # there are none until somebody adds one
                        Model.formatted_read_group([], [group_by], ["__count"])

    def test_menus_lie_inside_the_crm(self):
        for xmlid in ("crm_lead_first_contact_menu", "crm_lead_discarded_menu", "crm_lead_report_requests_menu"):
            self.assertTrue(
                self.env.ref(f"crm_firm.{xmlid}").parent_path.startswith(self.env.ref("crm.crm_menu_root").parent_path)
            )
        queue = self.env.ref("crm_firm.crm_lead_first_contact_menu").with_context(lang="en_US")
        self.assertEqual(queue.complete_name, "CRM/Pending/First contact")

    # === THE QUEUE === #

    def test_owner_column_is_for_those_who_see_several_owners(self):
        view = "crm_lead_view_list_first_contact"
        for user, is_shown in ((self.olga, False), (self.fran, True), (self.marta, True)):
            with self.subTest(user.login):
                arch = self._get_arch("crm.lead", "list", user, view)
                self.assertEqual(bool(arch.xpath("//field[@name='user_id']")), is_shown)
                self.assertEqual(bool(arch.xpath("//button[@name='action_take']")), is_shown)

    def test_queue_holds_who_waits_for_the_first_call_newest_first(self):
        action = self.env.ref("crm_firm.crm_lead_first_contact_action")
        old = self.receive_request(user_id=self.olga.id, received_on="2026-03-02 08:00:00")
        new = self.receive_request(user_id=self.olga.id, received_on="2026-03-02 10:00:00")
        called = self.receive_request(user_id=self.olga.id)
        called.log_contact_attempt("no_answer")
        discarded = self.receive_request(user_id=self.olga.id)
        discarded.discard(self.reason_spam)
        others = self.receive_request(user_id=self.oscar.id)
        arch = self._get_arch("crm.lead", "list", self.olga, "crm_lead_view_list_first_contact")
        queue = self.env["crm.lead"].with_user(self.olga).search(safe_eval(action.domain), order=arch.get("default_order"))
        self.assertEqual((queue & (old | new | called | discarded | others)).ids, [new.id, old.id])

    def test_opening_the_queue_costs_the_same_whatever_its_length(self):
        self.env["crm.lead"].create(
            [
                {
                    "name": f"Request {number}",
                    "contact_name": f"Person {number}",
                    "email_from": f"person{number}@client.example.com",
                    "phone": "+34 600 11 22 33",
                    "description": "<p>Long</p>" * 100,
                    "channel_id": self.channel_web.id,
                    "practice_area_id": self.area_tax.id,
                    "user_id": self.olga.id,
                }
                for number in range(100)
            ]
        )
        self.env.flush_all()
        action = self.env.ref("crm_firm.crm_lead_first_contact_action")
        arch = self._get_arch("crm.lead", "list", self.olga, "crm_lead_view_list_first_contact")
        specification = self._get_specification(arch, "crm.lead")
        Lead = self.env["crm.lead"].with_user(self.olga)

        def count_queries(limit):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            result = Lead.web_search_read(safe_eval(action.domain), specification, limit=limit, order=arch.get("default_order"))
            self.assertEqual(len(result["records"]), limit)
            return self.cr.sql_log_count - before

        count_queries(5)  # fills what is cached for longer than the request
        few, many = count_queries(5), count_queries(80)
        self.assertEqual(few, many)
        self.assertLessEqual(many, 12)

    def test_owner_is_changed_in_the_form_by_who_still_sees_the_lead_afterwards(self):
        for user, is_editable in ((self.olga, False), (self.fran, False), (self.marta, True)):
            with self.subTest(user.login):
                arch = self._get_arch("crm.lead", "form", user)
                nodes = arch.xpath("//field[@name='user_id'][not(ancestor::field)]")
                self.assertEqual(len(nodes), 2)
                self.assertEqual({not node.get("readonly") for node in nodes}, {is_editable})

    # === BY HAND === #

    def test_a_lead_made_by_hand_needs_channel_and_area(self):
        Lead = self.env["crm.lead"].with_user(self.olga).with_context(default_type="lead")
        with Form(Lead) as form:
            self.assertEqual(form.channel_id, self.channel_phone)
            form.name = "Called about an inheritance"
            with self.assertRaisesRegex(AssertionError, "practice_area_id"):
                form.save()
            form.practice_area_id = self.area_tax
        self.assertEqual(form.record.practice_area_id, self.area_tax)
        self.assertEqual(form.record.user_id, self.olga, "Who registers it sees it after saving")
        self.assertTrue(form.record.first_contact_deadline)
        form = Form(Lead)
        form.name = "No channel"
        form.practice_area_id = self.area_tax
        form.channel_id = self.env["helpdesk.ticket.channel"]
        with self.assertRaisesRegex(AssertionError, "channel_id"):
            form.save()

    def test_an_old_lead_without_channel_can_still_be_edited(self):
        lead = self.env["crm.lead"].create({"name": "From another CRM", "type": "lead", "user_id": self.olga.id})
        with Form(lead.with_user(self.olga).with_context(default_type="lead")) as form:
            form.partner_name = "Old Client"
        self.assertEqual(lead.partner_name, "Old Client")

    # === INDICATORS === #

    @freeze_time("2026-03-02 09:00:00")
    def test_requests_are_counted_whatever_became_of_them(self):
        action = self.env.ref("crm_firm.crm_lead_report_requests_action")
        area = self.env["firm.practice.area"].create({"name": "Maritime law", "code": "maritime"})
        waiting, discarded, won, archived = (
            self.receive_request(practice_area_id=area.id, user_id=self.olga.id) for _number in range(4)
        )
        discarded.discard(self.reason_spam)
        won.convert_opportunity(self.env["res.partner"])
        archived.probability = 20  # with none, archiving would mean losing
        archived.action_archive()
        Lead = self.env["crm.lead"].with_user(self.marta).with_context(active_test=False)
        requests = Lead.search([*safe_eval(action.domain), ("practice_area_id", "=", area.id)])
        self.assertEqual(requests, waiting | discarded | won)

    @freeze_time("2026-03-02 09:00:00")
    def test_hours_to_first_contact_are_the_average_of_those_who_were_called(self):
        area = self.env["firm.practice.area"].create({"name": "Maritime law", "code": "maritime"})
        leads = self.env["crm.lead"]
        for _number in range(3):
            leads |= self.receive_request(practice_area_id=area.id, user_id=self.olga.id)
        with freeze_time("2026-03-02 11:00:00"):
            leads[0].log_contact_attempt("no_answer")
        with freeze_time("2026-03-03 09:00:00"):
            leads[1].log_contact_attempt("no_answer")
        self.env.flush_all()
        [group] = (
            self.env["crm.lead"]
            .with_user(self.marta)
            .formatted_read_group(
                [("practice_area_id", "=", area.id)], ["practice_area_id"], ["first_contact_hours:avg", "__count"]
            )
        )
        self.assertEqual(group["__count"], 3)
        # 2 hours on Monday; 8 working hours from Monday 10:00 to Tuesday 10:00. The third was not called yet.
        self.assertAlmostEqual(group["first_contact_hours:avg"], 5)

    # === CONTACTS AND SETTINGS === #

    def test_contact_counts_open_requests_that_the_user_may_see(self):
        company = self.env["res.partner"].create({"name": "Client", "is_company": True})
        person = self.env["res.partner"].create({"name": "Person", "parent_id": company.id})
        self.receive_request(partner_id=person.id, user_id=self.olga.id)
        self.receive_request(partner_id=company.id, user_id=self.olga.id)
        self.receive_request(partner_id=company.id, user_id=self.oscar.id)
        self.receive_request(partner_id=person.id, user_id=self.olga.id).discard(self.reason_spam)
        for user, count in ((self.olga, 2), (self.marta, 3), (self.nadia, 0)):
            with self.subTest(user.login):
                self.env.invalidate_all()
                partner = company.with_user(user)
                self.assertEqual(partner.request_count, count)
                action = partner.action_view_open_requests()
                self.assertEqual(self.env["crm.lead"].with_user(user).search_count(action["domain"]), count)

    def test_contact_form_opens_for_everybody(self):
        partner = self.env["res.partner"].create({"name": "Client"})
        for user in (self.elsa, self.olga, self.marta):
            with self.subTest(user.login):
                arch = self._get_arch("res.partner", "form", user)
                names = {node.get("name") for node in arch.iter("field") if not node.xpath("ancestor::field")}
                partner.with_user(user).web_read({name: {} for name in names})

    def test_settings_say_what_would_go_wrong_unseen(self):
        def get_issues():
            return self.env["res.config.settings"].new({"company_id": self.company.id}).crm_firm_setup_issues

        self.env["firm.practice.area"].search([]).owner_ids = self.olga
        self.company.email = "office@firm.example.com"
        (self.olga | self.env.ref("sales_team.group_sale_salesman").all_user_ids).filtered(
            lambda user: not user.email
        ).email = "somebody@firm.example.com"
        self.assertFalse(get_issues())
        self.olga.email = False
        self.assertIn("Olga Owner", get_issues())
        self.olga.email = "olga@firm.example.com"
        self.company.email = False
        self.assertIn(self.company.name, get_issues())
        self.company.email = "office@firm.example.com"
        self.calendar.attendance_ids.unlink()
        self.assertIn("fixed hours", get_issues())
        self.area_labour.owner_ids = False
        self.assertIn(self.area_labour.name, get_issues())
