from datetime import datetime, timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .case_common import CaseCase


@tagged("post_install", "-at_install")
class TestCaseMapping(CaseCase):
    """A firm that used helpdesk_mgmt before: tickets in OCA's stages, as its demo data has them, and one of the firm's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.old_team = env["helpdesk.ticket.team"].create({"name": "Support"})
        cls.own_stage = env["helpdesk.ticket.stage"].create({"name": "Called back", "team_ids": [(6, 0, cls.old_team.ids)]})
        stages = [env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}") for name in STATES] + [cls.own_stage]
        cls.tickets = env["helpdesk.ticket"].create(
            [
                {
                    "name": f"Ticket in {stage.name}",
                    "description": "x",
                    "team_id": cls.old_team.id,
                    "stage_id": stage.id,
                    "partner_id": cls.paula.partner_id.id,
                }
                for stage in stages
                for _i in range(2)
            ]
        )
        cls.tickets[-1].active = False
        old = fields.Datetime.to_string(datetime.now() - timedelta(days=400))
        env.flush_all()
        env.cr.execute("UPDATE helpdesk_ticket SET create_date = %s WHERE id = ANY(%s)", (old, cls.tickets.ids))
        env.invalidate_all()

    def test_a_team_with_tickets_is_not_flagged_by_the_way(self):
        with self.refused(UserError, "Turn into case team"):
            self.old_team.is_case_team = True
        with self.assertRaises(UserError):
            self.old_team.with_context(crm_firm_mapping_token=True).is_case_team = True

    def test_every_ticket_becomes_a_case_in_the_state_of_its_stage(self):
        with Form(self.env["helpdesk.team.mapping"].with_context(default_team_id=self.old_team.id)) as form:
            self.assertEqual(len(form.line_ids), 7)
        form.record.line_ids.filtered(lambda line: line.stage_id == self.own_stage).case_state = "waiting_client"
        form.record.action_map()
        self.env.flush_all()
        by_stage = {}
        for ticket in self.tickets:
            self.assertTrue(ticket.exists())
            by_stage.setdefault(ticket.name, set()).add(ticket.case_state)
        self.assertEqual(
            by_stage,
            {
                "Ticket in New": {"received"},
                "Ticket in In Progress": {"in_review"},
                "Ticket in Awaiting": {"waiting_client"},
                "Ticket in Done": {"archived"},
                "Ticket in Cancelled": {"archived"},
                "Ticket in Rejected": {"archived"},
                "Ticket in Called back": {"waiting_client"},
            },
        )

    def test_the_dialog_opens_in_a_browser(self):
        """Which asks for what its view shows, and knows nothing else."""
        action = self.old_team.action_become_case_team()
        dialog = self.env[action["res_model"]].with_user(self.marta).with_context(**action["context"])
        arch = etree.fromstring(dialog.get_view(view_type="form")["arch"])
        fields = {node.get("name"): {"fields": {}} for node in arch.iter("field") if node.getparent().tag == "form"}
        value = dialog.with_context(lang="en_US").onchange({}, [], fields)["value"]
        self.assertEqual(len(value["line_ids"]), 7)

    def test_open_ones_get_deadlines_from_now_and_ended_ones_none(self):
        self.assertEqual(self.old_team.become_case_team(), 14)
        new = self.tickets.filtered(lambda ticket: ticket.case_state == "received")
        self.assertTrue(all(deadline.due_at > fields.Datetime.now() for deadline in new.deadline_ids))
        self.assertEqual(len(new.deadline_ids), 4)
        ended = self.tickets.filtered(lambda ticket: ticket.case_state == "archived")
        self.assertFalse(ended.deadline_ids)
        self.assertTrue(all(ended.mapped("archived_at")))
        self.assertEqual(set(self.tickets.mapped(lambda ticket: ticket.received_on == ticket.create_date)), {True})

    def test_a_clock_that_comes_later_begins_when_the_ticket_became_a_case(self):
        self.old_team.become_case_team()
        case = self.tickets.filtered(lambda ticket: ticket.case_state == "received")[0]
        case.deadline_ids.unlink()
        case.category_id = self.vat
        self.assertTrue(case.deadline_ids)
        self.assertTrue(all(deadline.due_at > fields.Datetime.now() for deadline in case.deadline_ids))

    def test_oca_stages_stay_as_they_are(self):
        self.old_team.become_case_team()
        for name in STATES:
            stage = self.env.ref(f"helpdesk_mgmt.helpdesk_ticket_stage_{name}")
            self.assertTrue(stage.active)
            self.assertFalse(stage.case_state)

    def test_a_wrong_state_or_a_person_without_right_changes_nothing(self):
        with self.assertRaises(UserError):
            self.old_team.become_case_team({self.own_stage.id: "lost"})
        with self.assertRaises(AccessError):
            self.old_team.with_user(self.sara).become_case_team()
        self.assertFalse(self.old_team.is_case_team)


STATES = ("new", "in_progress", "awaiting", "done", "cancelled", "rejected")
