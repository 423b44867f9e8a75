"""Turns belong to their area, and stay strict when several processes take requests at the same moment."""

import os
import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from .owner_common import OwnerCase


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
