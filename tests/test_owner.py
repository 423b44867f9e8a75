"""Who takes a request: strict turns, fallbacks, the pool; what happens when it changes hands."""

import os
import threading

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, Form, new_test_user, tagged
from odoo.tests.common import get_db_name
from odoo.tools import mute_logger

from odoo.addons.crm_firm.models.follow_up.crm_lead_first_contact import CALL
from odoo.addons.crm_firm.models.follow_up.crm_lead_qualification import SEND_PROPOSAL

from .common import FirmCase


class OwnerCase(FirmCase):
    def setUp(self):
        super().setUp()
        self.forget_mails()
        # Turns are not rolled back with a test: whoever is first by name begins.
        for area in self.area_tax | self.area_labour:
            self.env.cr.execute("SELECT setval(%s, 0)", [f"firm_practice_area_turn_{area.id}"])

    def mails_to(self, user):
        """What was queued for the user in this test."""
        self.tell_owners()
        return (
            self.env["mail.mail"]
            .sudo()
            .search([("id", ">", self.last_mail), ("recipient_ids", "in", user.partner_id.ids)], order="id")
        )

    def forget_mails(self):
        self.tell_owners()
        self.last_mail = max(self.env["mail.mail"].sudo().search([]).ids, default=0)

    def owners_of_next(self, count):
        return [self.receive_request().user_id for _number in range(count)]

    def open_calls(self, lead):
        return lead.activity_ids.filtered(lambda activity: activity.activity_type_id == self.env.ref(CALL))


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


@tagged("post_install", "-at_install")
class TestOwnerChange(OwnerCase):
    def test_new_owner_is_told_once_and_the_old_one_not(self):
        lead = self.receive_request()
        self.forget_mails()
        lead.user_id = self.sara
        self.assertEqual(len(self.mails_to(self.sara)), 1)
        self.assertFalse(self.mails_to(self.olga))

    def test_owner_is_told_once_on_arrival(self):
        self.receive_request()
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(len(self.mails_to(self.olga)), 1)
        self.assertIn("Tax return", self.mails_to(self.olga).subject)
        self.assertIn("+34 600 11 22 33", self.mails_to(self.olga).body_html)

    def test_nobody_is_told_what_they_did_themselves(self):
        lead = self.receive_request()
        self.forget_mails()
        lead.with_user(self.marta).user_id = self.marta
        self.assertFalse(self.mails_to(self.marta))

    def test_same_owner_again_is_no_change(self):
        lead = self.receive_request()
        self.forget_mails()
        lead.write({"user_id": self.olga.id, "name": "Renamed"})
        self.assertFalse(self.mails_to(self.olga))

    def test_form_saves_one_change_as_one_mail(self):
        lead = self.receive_request()
        self.forget_mails()
        with Form(lead.with_user(self.marta)) as form:
            form.user_id = self.sara
        self.env.cr.precommit.run()
        self.assertEqual(len(self.mails_to(self.sara)), 1)

    def test_owner_hands_a_request_over_and_loses_sight_of_it(self):
        lead = self.receive_request()
        self.env.flush_all()
        self.env.invalidate_all()
        lead.with_user(self.olga).user_id = self.oscar
        self.env.invalidate_all()
        self.assertEqual(lead.user_id, self.oscar)
        self.assertEqual(self.open_calls(lead).user_id, self.oscar)
        self.assertEqual(len(self.mails_to(self.oscar)), 1)
        with self.assertRaises(AccessError):
            lead.with_user(self.olga).read(["name"])

    def test_open_tasks_of_the_old_owner_move_and_nobody_elses(self):
        lead = self.receive_request()
        meeting = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.olga.id)
        specialists = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.sara.id)
        self.forget_mails()
        lead.user_id = self.oscar
        self.assertEqual((self.open_calls(lead) | meeting).user_id, self.oscar)
        self.assertEqual(specialists.user_id, self.sara)
        self.assertEqual(len(self.mails_to(self.oscar)), 1, "One e-mail for the request, none for each task")

    def test_done_tasks_stay_with_whoever_did_them(self):
        lead = self.receive_request()
        attempt = lead.with_user(self.olga).log_contact_attempt("no_answer")
        lead.user_id = self.oscar
        self.assertEqual(attempt.sudo().activity_id.user_id, self.olga)
        self.assertEqual(self.open_calls(lead).user_id, self.oscar)

    def test_request_that_goes_through_the_pool_keeps_one_call_for_its_next_owner(self):
        lead = self.receive_request()
        lead.user_id = False
        lead.user_id = self.oscar
        self.assertEqual(self.open_calls(lead).user_id, self.oscar)
        self.assertEqual(len(self.open_calls(lead)), 1)

    def test_proposal_moves_from_the_pool_too(self):
        lead = self.receive_request()
        lead.mark_ready_for_proposal({"need_known": True})
        lead.user_id = False
        lead.user_id = self.oscar
        self.assertEqual(lead.activity_ids.activity_type_id, self.env.ref(SEND_PROPOSAL))
        self.assertEqual(lead.activity_ids.user_id, self.oscar)

    def test_who_gives_away_and_takes_back_in_a_moment_tells_nobody(self):
        lead = self.receive_request().with_user(self.marta)
        self.forget_mails()
        lead.user_id = self.sara
        lead.user_id = self.marta
        self.assertFalse(self.mails_to(self.sara) | self.mails_to(self.marta))

    def test_requests_of_one_moment_are_one_mail_to_their_owner(self):
        self.area_tax.owner_ids = self.olga
        for name in ("First", "Second"):
            self.receive_request(name=name)
        mail = self.mails_to(self.olga)
        self.assertEqual(len(mail), 1)
        self.assertIn("First", mail.body_html)
        self.assertIn("Second", mail.body_html)

    def test_many_requests_at_once_are_one_digest(self):
        leads = self.receive_request(name="First") | self.receive_request(name="Second") | self.receive_request(name="Third")
        self.forget_mails()
        leads.user_id = self.sara
        mail = self.mails_to(self.sara)
        self.assertEqual(len(mail), 1)
        for name in ("First", "Second", "Third"):
            self.assertIn(name, mail.body_html)
        self.assertIn("3", mail.subject)

    def test_digest_names_only_what_changed_hands(self):
        mine = self.receive_request(name="Was hers already", user_id=self.sara.id)
        new = self.receive_request(name="Is new")
        self.forget_mails()
        (mine | new).user_id = self.sara
        mail = self.mails_to(self.sara)
        self.assertEqual(len(mail), 1)
        self.assertNotIn("Was hers already", mail.body_html)

    def test_import_tells_each_owner_once(self):
        self.env["crm.lead"].with_user(self.marta).load(
            ["name", "channel_id/id", "practice_area_id/id"],
            [[f"Imported {number}", "crm_firm.channel_email", "crm_firm.practice_area_tax"] for number in range(4)],
        )
        self.assertEqual([len(self.mails_to(self.olga)), len(self.mails_to(self.oscar))], [1, 1])

    def test_setting_off_means_no_mail(self):
        self.company.crm_firm_notify_owner = False
        lead = self.receive_request()
        lead.user_id = self.sara
        self.assertFalse(self.mails_to(self.olga) | self.mails_to(self.sara))
        self.assertEqual(self.open_calls(lead).user_id, self.sara)

    def test_setting_of_the_requests_company_counts(self):
        other = self.env["res.company"].create({"name": "Branch", "crm_firm_notify_owner": False})
        self.olga.company_ids |= other
        self.oscar.company_ids |= other
        self.receive_request(company_id=other.id)
        self.receive_request()
        self.assertFalse(self.mails_to(self.olga))
        self.assertEqual(len(self.mails_to(self.oscar)), 1)

    def test_mail_speaks_the_owners_language(self):
        for code in ("en_US", "es_ES"):
            self.env["res.lang"]._activate_lang(code)
        template = self.env.ref("crm_firm.mail_template_owner_request")
        template.with_context(lang="es_ES").subject = "Solicitud nueva: {{ object.name }}"
        self.olga.lang = "es_ES"
        self.receive_request()
        self.receive_request()
        self.assertEqual(self.mails_to(self.olga).subject, "Solicitud nueva: Tax return")
        self.assertEqual(self.mails_to(self.oscar).subject, "New request: Tax return")

    def break_template(self, name):
        """Odoo refuses a template that it cannot render today; a field that goes with another addon breaks it later."""
        template = self.env.ref(f"crm_firm.{name}")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = %s WHERE id = %s",
            ['{"en_US": "<p t-out=\\"object.no_such_field\\"/>"}', template.id],
        )
        self.env.invalidate_all()

    def test_broken_template_loses_no_request(self):
        self.break_template("mail_template_owner_request")
        with mute_logger("odoo.addons.crm_firm.models.mail_template"):
            lead = self.receive_request()
            self.tell_owners()
        self.assertEqual(lead.user_id, self.olga)
        self.assertFalse(self.mails_to(self.olga))
        self.assertIn("check its template", " ".join(lead.message_ids.mapped("body")))

    def test_broken_digest_is_noted_on_every_request(self):
        self.break_template("mail_template_owner_requests")
        leads = self.receive_request() | self.receive_request()
        self.forget_mails()
        with mute_logger("odoo.addons.crm_firm.models.mail_template"):
            leads.user_id = self.sara
            self.tell_owners()
        self.assertEqual(leads.user_id, self.sara)
        for lead in leads:
            self.assertIn("check its template", " ".join(lead.message_ids.mapped("body")))

    def test_deleted_template_loses_no_request(self):
        self.env.ref("crm_firm.mail_template_owner_request").unlink()
        lead = self.receive_request()
        self.tell_owners()
        self.assertEqual(lead.user_id, self.olga)
        self.assertFalse(lead.owner_untold)

    def test_archived_owner_is_not_written_to(self):
        lead = self.receive_request()
        self.sara.active = False
        self.forget_mails()
        lead.user_id = self.sara
        self.assertFalse(self.mails_to(self.sara))

    def test_odoo_sends_no_assignment_mail_of_its_own(self):
        lead = self.receive_request()
        self.forget_mails()
        lead.with_user(self.marta).with_context(mail_notify_force_send=False).user_id = self.sara
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(len(self.mails_to(self.sara)), 1)
        self.assertIn(self.sara.partner_id, lead.message_partner_ids, "The owner still follows the request")


@tagged("post_install", "-at_install")
class TestPracticeAreaLife(OwnerCase):
    def sequence_exists(self, area_id):
        self.env.cr.execute("SELECT to_regclass(%s) IS NOT NULL", [f"firm_practice_area_turn_{area_id}"])
        return self.env.cr.fetchone()[0]

    def test_new_area_has_turns_of_its_own_and_takes_them_along(self):
        area = self.env["firm.practice.area"].create({"name": "Immigration", "code": "immigration"})
        self.assertTrue(self.sequence_exists(area.id))
        area_id = area.id
        area.unlink()
        self.assertFalse(self.sequence_exists(area_id))

    def test_copies_have_a_free_code_and_turns_of_their_own(self):
        self.receive_request()
        first, second = self.area_tax.copy(), self.area_tax.copy()
        self.assertEqual([first.code, second.code], ["tax-copy", "tax-copy1"])
        self.assertEqual(first.owner_ids, self.area_tax.owner_ids)
        self.assertEqual(self.receive_request(practice_area_id=first.id).user_id, self.olga)
        self.assertEqual(self.receive_request().user_id, self.oscar)

    def test_several_areas_are_copied_at_once(self):
        copies = (self.area_tax | self.area_labour).copy()
        self.assertEqual(copies.mapped("code"), ["tax-copy", "labour-copy"])

    def test_archived_area_still_serves_its_requests(self):
        self.area_tax.active = False
        self.assertEqual(self.receive_request().user_id, self.olga)

    def test_turns_belong_to_the_table(self):
        """So they are dumped, restored and dropped with it."""
        self.env.cr.execute(
            "SELECT pg_get_serial_sequence('firm_practice_area', 'id') IS NOT NULL,"
            " (SELECT count(*) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
            "  WHERE d.refobjid = 'firm_practice_area'::regclass AND d.deptype = 'a' AND s.relname = %s)",
            [f"firm_practice_area_turn_{self.area_tax.id}"],
        )
        self.assertEqual(self.env.cr.fetchone(), (True, 1))


@tagged("post_install", "-at_install", "database_breaking")
class TestTurnsAtTheSameMoment(BaseCase):
    """Several processes take requests in at once: real connections, real commits, all of it removed again."""

    THREADS, EACH, OWNERS = 6, 7, 4

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"no_reset_password": True, "tracking_disable": True})
            cls.owners = [
                env["res.users"]
                .create(
                    {
                        "name": f"Turn {number}",
                        "login": f"crm_firm_turn_{os.getpid()}_{number}",
                        "email": f"turn{number}@firm.example.com",
                        "group_ids": [(6, 0, env.ref("sales_team.group_sale_salesman").ids)],
                    }
                )
                .id
                for number in range(cls.OWNERS)
            ]
            area = env["firm.practice.area"].create(
                {"name": "Turns", "code": f"crm_firm_turns_{os.getpid()}", "owner_ids": [(6, 0, cls.owners)]}
            )
            cls.area = area.id
            cls.channel = env.ref("crm_firm.channel_web_form").id
        cls.addClassCleanup(cls.remove_all)

    @classmethod
    def remove_all(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
            env["crm.lead"].search([("practice_area_id", "=", cls.area)]).unlink()
            env["firm.practice.area"].browse(cls.area).unlink()
            users = env["res.users"].browse(cls.owners)
            partners = users.partner_id
            env["mail.mail"].search([("recipient_ids", "in", partners.ids)]).unlink()
            users.unlink()
            partners.unlink()

    def receive(self, number, failures, started):
        try:
            started.wait()
            for _request in range(self.EACH):
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})

                    def create(env=env):
                        env["crm.lead"].create({"name": f"{number}", "channel_id": self.channel, "practice_area_id": self.area})

                    retrying(create, env)
        except Exception as error:
            failures.append(error)

    def test_turns_stay_strict(self):
        # The thread that runs the tests holds the registry's lock.
        self.patch(Registry, "_lock", DummyRLock())
        failures, started = [], threading.Event()
        threads = [threading.Thread(target=self.receive, args=(number, failures, started)) for number in range(self.THREADS)]
        for thread in threads:
            thread.start()
        started.set()
        for thread in threads:
            thread.join(timeout=120)
        self.assertFalse(failures)
        total = self.THREADS * self.EACH
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            counts = dict(env["crm.lead"]._read_group([("practice_area_id", "=", self.area)], ["user_id"], ["__count"]))
            by_owner = [counts.get(env["res.users"].browse(owner), 0) for owner in self.owners]
            following = env["firm.practice.area"].browse(self.area)._take_turns(env.company)
        share, rest = divmod(total, self.OWNERS)
        # Strict from the first to the last: the first owners have one more, and whose turn it is now follows.
        self.assertEqual(by_owner, [share + (position < rest) for position in range(self.OWNERS)])
        self.assertEqual(following[0].id, self.owners[rest])
