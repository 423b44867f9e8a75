"""Meetings, visitors, orders, settings and rules: who gets at them, and what must go on working for everybody else."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .access_common import NADIA, OLGA, POOL, get_name
from .test_access_attacks import AttackCase
from .test_access_rights import SILENT


@tagged("post_install", "-at_install")
class TestAccessMeetings(AttackCase):
    # === MEETINGS === #

    def test_colleagues_see_that_somebody_is_busy_and_when(self):
        meeting = self.things[OLGA]["meeting"]
        env = self.env_of(self.elsa)
        found = env["calendar.event"].search_read(
            [("user_id", "=", self.olga.id), ("id", "in", meeting.ids)], ["name", "start", "stop", "show_as"]
        )
        self.assertEqual([(e["name"], e["start"], e["show_as"]) for e in found], [("Busy", meeting.start, "busy")])

    def test_attendees_and_organizers_keep_their_meetings(self):
        meeting = self.things[OLGA]["meeting"]
        meeting.partner_ids = self.elsa.partner_id
        meeting = self.as_user(self.elsa, meeting)
        self.assertEqual((meeting.name, meeting.location), (get_name(OLGA), get_name(OLGA)))
        meeting.location = "Room 2"
        self.assertEqual(self.env_of(self.elsa)["calendar.event"].search([("name", "ilike", get_name(OLGA))]), meeting)
        self.assertTrue(meeting.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.elsa.partner_id).do_accept())

    def test_meetings_without_lead_are_as_before(self):
        vals = {"name": "Lunch", "start": "2026-03-02 12:00:00", "stop": "2026-03-02 13:00:00"}
        meeting = self.env_of(self.elsa)["calendar.event"].create(vals)
        self.assertEqual(self.as_user(self.nadia, meeting).name, "Lunch")
        self.assertEqual(
            self.env_of(self.elsa)["calendar.event"].search([("name", "=", "Lunch"), ("id", "=", meeting.id)]), meeting
        )
        self.as_user(self.elsa, meeting).write({"location": "Canteen", "opportunity_id": False})
        self.as_user(self.nadia, meeting).unlink()

    def test_wizard_finds_the_customer_as_the_user(self):
        """Checking the lead of a dialog must not compute its proposals as superuser."""
        hidden = self.env["res.partner"].create(
            {"name": "Hidden", "email": "hidden@x.example.com", "company_id": self.other_company.id}
        )
        lead = self.env_of(self.marta)["crm.lead"].create({"name": "x", "type": "lead", "email_from": hidden.email})
        wizard = self.env_of(self.marta)["crm.lead2opportunity.partner"]
        wizard = wizard.with_context(active_model="crm.lead", active_id=lead.id, active_ids=lead.ids)
        self.assertFalse(wizard.create({"name": "convert", "action": "exist"}).partner_id)

    def test_meeting_is_closed_too_when_only_its_reference_names_the_lead(self):
        meeting = self.things[OLGA]["meeting"]
        meeting.write({"opportunity_id": False, "res_model_id": self.env["ir.model"]._get_id("crm.lead"), "res_id": self.lead.id})
        self.assertEqual(self.as_user(self.elsa, meeting).name, "Busy")

    def test_meetings_stay_closed_when_their_lead_is_deleted(self):
        meeting = self.things[OLGA]["meeting"]
        self.as_user(self.marta, self.lead).unlink()
        self.assertEqual(self.as_user(self.elsa, meeting).name, "Busy")

    def test_private_meetings_are_as_before(self):
        meeting = (
            self.env["calendar.event"]
            .with_user(self.olga)
            .create({"name": "Doctor", "privacy": "private", "start": "2026-03-02 12:00:00", "stop": "2026-03-02 13:00:00"})
        )
        self.assertEqual(self.as_user(self.nadia, meeting).name, "Busy")
        self.assertEqual(self.as_user(self.olga, meeting).name, "Doctor")

    # === OTHER PLACES === #

    def test_visitor_shows_no_address_of_a_lead_of_others(self):
        visitor = self.env["website.visitor"].create({"access_token": "0" * 32})
        for mark in (OLGA, NADIA):
            self.leads[mark].write(
                {"partner_id": False, "email_from": f"{mark.lower()}@x.example.com", "phone": f"+3460011000{len(mark)}"}
            )
            visitor.lead_ids += self.leads[mark]
        shown = {}
        for user in (self.olga, self.nadia, self.oscar):
            visitor_as = self.as_user(user, visitor)
            shown[user.login] = (visitor_as.email, bool(visitor_as.mobile))
        self.assertEqual(
            shown,
            {
                "olga.owner": ("olga@x.example.com", True),
                "nadia.other": ("nadia@x.example.com", True),
                "oscar.owner": (False, False),
            },
        )

    def test_customers_accountants_and_salespeople_keep_their_orders(self):
        order = self.things[POOL]["order"]
        order.partner_id = self.paula.partner_id
        accountant = self.oscar
        accountant.group_ids = [
            Command.set((self.env.ref("account.group_account_invoice") + self.env.ref("base.group_user")).ids)
        ]
        for user, expected in ((self.paula, True), (accountant, True), (self.nadia, False), (self.marta, True)):
            with self.subTest(user=user.login):
                self.assertEqual(self.as_user(user, order).has_access("read"), expected)
        own = self.env_of(self.nadia)["sale.order"].create({"partner_id": self.client.id})
        self.assertEqual(own.user_id, self.nadia)

    # === COMPANIES AND SETTINGS === #

    @mute_logger(*SILENT)
    def test_areas_and_wordings_are_the_managers_of_their_company(self):
        area = self.env["firm.practice.area"].create({"name": "Other's", "code": "others", "company_id": self.other_company.id})
        self.assertFalse(self.env_of(self.marta)["firm.practice.area"].search([("id", "=", area.id)]))
        self.assertTrue(self.env_of(self.berta)["firm.practice.area"].search([("id", "=", area.id)]))
        for user, record in (
            (self.marta, area),
            (self.adam, self.area_tax),
            (self.olga, self.area_tax),
            (self.fran, self.area_tax),
            (self.elsa, self.area_tax),
            (self.paula, self.area_tax),
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.as_user(user, record).write({"name": "mine"})
        with self.assertRaises(AccessError):
            self.env_of(self.marta)["firm.practice.area"].create({"name": "x", "code": "x", "company_id": self.other_company.id})
        self.as_user(self.marta, self.area_tax).write({"name": "ours"})

    def test_portal_and_public_read_neither_areas_nor_wordings(self):
        for user in (self.paula, self.public):
            for model in ("firm.practice.area", "firm.consent.wording", "helpdesk.ticket.channel"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env_of(user)[model].search([])

    def test_employees_read_the_names_of_areas(self):
        self.assertEqual(self.as_user(self.elsa, self.area_tax).read(["name", "code"])[0]["code"], "tax")

    def test_nobody_but_administrators_changes_settings_of_the_company(self):
        for user in (self.marta, self.olga, self.elsa, self.paula):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.as_user(user, self.company).write({"crm_firm_proposal_days": 30})

    def test_owner_without_access_to_the_company_is_passed_over(self):
        area = self.env["firm.practice.area"].create(
            {"name": "Shared", "code": "shared", "owner_ids": [Command.set((self.berta | self.olga).ids)]}
        )
        leads = self.env["crm.lead"].create(
            [{"name": "x", "channel_id": self.channel_web.id, "practice_area_id": area.id, "company_id": self.company.id}] * 2
        )
        self.assertEqual(leads.user_id, self.olga)

    # === RULES === #

    def test_our_rules_are_renewed_by_updates_and_odoos_own_are_untouched(self):
        data = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "in", ("ir.rule", "ir.model.access"))])
        self.assertTrue(data)
        self.assertFalse(data.filtered("noupdate"), "What noupdate data narrows stays as it was when it was installed.")
        rule = self.env.ref("crm.crm_rule_personal_lead")
        self.assertEqual(rule.domain_force, "['|',('user_id','=',user.id),('user_id','=',False)]")
        self.assertEqual(rule.groups, self.env.ref("sales_team.group_sale_salesman"))
