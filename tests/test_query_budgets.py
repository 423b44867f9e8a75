from odoo.tests import tagged

from .owner_common import OwnerCase


@tagged("post_install", "-at_install")
class TestQueryBudgets(OwnerCase):
    """What one lead more costs where Odoo takes many, one after the other: what is ours is read for all of them at once.

    The figures are nearly Odoo's own. What the same takes in plain Odoo is compared by `scripts/compare-upstream`.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("crm.lead.auto.assignment", True)
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Law",
                "company_id": False,
                "assignment_domain": [("name", "like", "Rule")],
                "crm_team_member_ids": [(0, 0, {"user_id": cls.sara.id, "assignment_max": 900})],
            }
        )

    def get_cost_of_one_more(self, act, each=1):
        """Return the queries that one more takes beyond the first ones. They are no requests: Odoo handles them as ever."""
        costs, total = [], 0
        for count in (each, 2 * each, 12 * each):
            values = {"type": "lead", "team_id": self.team.id, "user_id": False}
            leads = self.env["crm.lead"].create(
                [
                    values | {"name": f"Rule {n}", "contact_name": f"Person {n}", "email_from": f"rule{n}@budget.example.com"}
                    for n in range(total, total + count)
                ]
            )
            total += count
            self.env.flush_all()
            self.env.cr.flush()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            act(leads)
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
        _warmed, few, many = costs
        return (many - few) / 10

    def test_a_lead_that_the_rule_gives_away(self):
        self.assertLessEqual(self.get_cost_of_one_more(lambda leads: self.team._assign_and_convert_leads(force_quota=True)), 8)

    def test_a_lead_that_is_converted_with_others(self):
        def convert(leads):
            dialog = self.env["crm.lead2opportunity.partner.mass"].with_user(self.marta)
            dialog = dialog.with_context(active_model="crm.lead", active_ids=leads.ids).create({"deduplicate": False})
            self.assertFalse(dialog.leave_unclear)
            dialog.action_mass_convert()
            self.assertEqual(set(leads.mapped("type")), {"opportunity"})

        self.assertLessEqual(self.get_cost_of_one_more(convert), 22)

    def test_a_lead_that_takes_another_one_in(self):
        def merge(leads):
            for number in range(0, len(leads), 2):
                leads.with_user(self.marta)[number : number + 2].merge_opportunity()

        self.assertLessEqual(self.get_cost_of_one_more(merge, each=2), 59)
