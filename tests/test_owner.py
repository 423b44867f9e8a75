"""Who takes a request: strict turns, fallbacks, the pool."""

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .owner_common import OwnerCase


@tagged("post_install", "-at_install")
class TestOwnerInTurn(OwnerCase):
    def test_owners_take_requests_in_strict_turn(self):
        owners = self.owners_of_next(5)
        self.assertEqual(owners, [self.olga, self.oscar, self.olga, self.oscar, self.olga])

    def test_requests_that_arrive_together_are_shared_like_others(self):
        self.receive_request()
        values = {"name": "Batch", "channel_id": self.channel_web.id, "practice_area_id": self.area_tax.id}
        leads = self.env["crm.lead"].create([dict(values) for _number in range(5)])
        self.assertEqual([lead.user_id for lead in leads], [self.oscar, self.olga, self.oscar, self.olga, self.oscar])
        self.assertEqual(self.receive_request().user_id, self.olga)

    def test_areas_have_turns_of_their_own(self):
        self.area_labour.owner_ids = self.nadia | self.olga
        tax = [self.receive_request().user_id for _number in range(2)]
        labour = [self.receive_request(practice_area_id=self.area_labour.id).user_id for _number in range(2)]
        self.assertEqual(tax, [self.olga, self.oscar])
        self.assertEqual(labour, [self.nadia, self.olga])

    def test_a_request_with_an_owner_takes_nobodys_turn(self):
        self.assertEqual(self.receive_request(user_id=self.sara.id).user_id, self.sara)
        self.assertEqual(self.receive_request().user_id, self.olga)

    def test_a_lead_without_channel_is_left_as_odoo_makes_it(self):
        lead = self.env["crm.lead"].with_user(self.sara).create({"name": "Import", "type": "lead"})
        self.assertEqual(lead.user_id, self.sara)
        self.assertEqual(self.receive_request().user_id, self.olga)

    def test_archived_owner_is_skipped_and_comes_back(self):
        self.oscar.active = False
        self.assertEqual(self.owners_of_next(2), [self.olga, self.olga])
        self.oscar.active = True
        self.assertEqual(self.owners_of_next(2), [self.oscar, self.olga])

    def test_owner_without_access_to_the_company_is_skipped(self):
        other = self.env["res.company"].create({"name": "Branch"})
        self.oscar.company_ids |= other
        owners = [self.receive_request(company_id=other.id).user_id for _number in range(2)]
        self.assertEqual(owners, [self.oscar, self.oscar])
        self.assertEqual(self.receive_request().user_id, self.olga)

    def test_owner_who_became_a_portal_user_is_skipped(self):
        self.oscar.group_ids = [(6, 0, self.env.ref("base.group_portal").ids)]
        self.assertEqual(self.owners_of_next(2), [self.olga, self.olga])

    def test_new_owner_joins_at_the_place_of_the_name(self):
        self.assertEqual(self.owners_of_next(1), [self.olga])
        olivia = new_test_user(self.env, "olivia.owner", "sales_team.group_sale_salesman", name="Olivia Owner")
        self.area_tax.owner_ids |= olivia
        self.assertEqual(self.owners_of_next(3), [olivia, self.oscar, self.olga])

    def test_turn_goes_on_after_an_owner_who_left(self):
        self.area_tax.owner_ids |= self.sara  # Olga, Oscar, Sara
        self.assertEqual(self.owners_of_next(2), [self.olga, self.oscar])
        self.area_tax.owner_ids -= self.oscar
        self.assertEqual(self.owners_of_next(2), [self.sara, self.olga])

    def test_turn_goes_on_after_an_owner_who_was_deleted(self):
        olivia = new_test_user(self.env, "olivia.owner", "sales_team.group_sale_salesman", name="Olivia Owner")
        self.area_tax.owner_ids |= olivia
        leads = self.receive_request() | self.receive_request()
        self.assertEqual(leads[1].user_id, olivia)
        leads.unlink()
        olivia.unlink()
        self.assertEqual(self.owners_of_next(2), [self.olga, self.oscar])

    def test_one_owner_takes_all(self):
        self.area_tax.owner_ids = self.oscar
        self.assertEqual(self.owners_of_next(3), [self.oscar] * 3)

    def test_whoever_registers_gets_the_same_choice(self):
        """A visitor, the front desk and a salesperson may not read what the choice depends on."""
        values = {"name": "Call", "channel_id": self.channel_phone.id, "practice_area_id": self.area_tax.id}
        owners = []
        for user in (self.fran, self.marta):
            lead = self.env["crm.lead"].with_user(user).create(dict(values))
            self.env.invalidate_all()
            owners.append(lead.sudo().user_id)
        self.assertEqual(owners, [self.olga, self.oscar])

    def test_lock_is_given_back_when_the_choice_fails(self):
        self.env.cr.execute(f"DROP SEQUENCE firm_practice_area_turn_{self.area_tax.id}")
        with mute_logger("odoo.sql_db"), self.assertRaisesRegex(Exception, "does not exist"), self.env.cr.savepoint():
            self.receive_request()
        self.env.cr.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = %s",
            [self.area_tax.id],
        )
        self.assertEqual(self.env.cr.fetchone(), (0,))


@tagged("post_install", "-at_install")
class TestOwnerFallback(OwnerCase):
    def test_unknown_area_is_to_be_classified_and_waits_in_the_pool(self):
        lead = self.receive_request(practice_area_id=False)
        self.assertEqual(lead.practice_area_id, self.area_unclassified)
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.activity_ids)
        self.assertTrue(lead.first_contact_deadline)

    def test_area_without_owner_uses_its_teams_leader(self):
        team = self.env["crm.team"].create({"name": "Law", "user_id": self.sara.id, "company_id": False})
        self.area_tax.write({"owner_ids": [(5, 0, 0)], "team_id": team.id})
        lead = self.receive_request()
        self.assertEqual((lead.user_id, lead.team_id), (self.sara, team))
        self.assertEqual(len(self.mails_to(self.sara)), 1)

    def test_leader_without_access_to_the_company_is_skipped(self):
        other = self.env["res.company"].create({"name": "Branch"})
        team = self.env["crm.team"].create({"name": "Law", "user_id": self.sara.id, "company_id": False})
        self.area_tax.write({"owner_ids": [(5, 0, 0)], "team_id": team.id})
        lead = self.receive_request(company_id=other.id)
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.team_id, team)

    def test_archived_leader_is_skipped(self):
        team = self.env["crm.team"].create({"name": "Law", "user_id": self.sara.id, "company_id": False})
        self.area_tax.write({"owner_ids": [(5, 0, 0)], "team_id": team.id})
        self.sara.active = False
        self.assertFalse(self.receive_request().user_id)

    def test_nobody_at_all_is_the_pool(self):
        self.area_tax.owner_ids = False
        lead = self.receive_request()
        self.assertFalse(lead.user_id)
        self.assertFalse(self.mails_to(self.olga) | self.mails_to(self.oscar))

    def test_request_of_the_pool_gets_owner_call_and_mail_once_it_is_classified(self):
        lead = self.receive_request(practice_area_id=False)
        self.env.invalidate_all()
        lead.with_user(self.fran).practice_area_id = self.area_tax
        self.env.invalidate_all()
        self.assertEqual(lead.user_id, self.olga)
        self.assertEqual(self.open_calls(lead).user_id, self.olga)
        self.assertEqual(len(self.mails_to(self.olga)), 1)

    def test_another_area_does_not_take_the_request_from_its_owner(self):
        lead = self.receive_request()
        self.forget_mails()
        lead.practice_area_id = self.area_labour
        self.assertEqual(lead.user_id, self.olga)
        self.assertFalse(self.mails_to(self.nadia) | self.mails_to(self.olga))


@tagged("post_install", "-at_install")
class TestOwnerByRule(OwnerCase):
    """Odoo's rule-based assignment is on: its job gives away what the area has no owner for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].sudo().set_param("crm.lead.auto.assignment", True)
        cls.team = cls.env["crm.team"].create(
            {
                "name": "Law",
                "user_id": cls.marta.id,
                "company_id": False,
                "assignment_domain": [("name", "=", "Rule")],
                "crm_team_member_ids": [(0, 0, {"user_id": cls.sara.id, "assignment_max": 90})],
            }
        )
        cls.area_tax.write({"owner_ids": [(5, 0, 0)], "team_id": cls.team.id})

    def test_request_waits_for_the_rule_and_not_for_the_leader(self):
        trigger = self.env["ir.cron.trigger"].sudo()
        cron = self.env.ref("crm.ir_cron_crm_lead_assign").sudo()
        cron.active = True
        before = trigger.search_count([("cron_id", "=", cron.id)])
        lead = self.receive_request(name="Rule")
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.team_id, self.team)
        self.assertEqual(trigger.search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_rule_assigns_without_converting_and_tells_the_owner_once(self):
        lead = self.receive_request(name="Rule")
        self.team._assign_and_convert_leads(force_quota=True)
        self.assertEqual((lead.user_id, lead.type), (self.sara, "lead"))
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertFalse(lead.partner_id)
        self.assertEqual(self.open_calls(lead).user_id, self.sara)
        self.assertEqual(len(self.mails_to(self.sara)), 1)

    def test_lead_of_odoo_is_assigned_and_converted_as_ever(self):
        lead = self.env["crm.lead"].create({"name": "Rule", "type": "lead", "team_id": self.team.id, "user_id": False})
        self.team._assign_and_convert_leads(force_quota=True)
        self.assertEqual((lead.user_id, lead.type), (self.sara, "opportunity"))

    def test_person_who_converts_by_hand_is_not_held_back(self):
        lead = self.receive_request(name="Rule")
        lead.convert_opportunity(False)
        self.assertEqual(lead.type, "opportunity")

    def test_areas_owners_go_before_the_rule(self):
        self.area_tax.owner_ids = self.olga
        self.assertEqual(self.receive_request(name="Rule").user_id, self.olga)
