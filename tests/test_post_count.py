from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_firm.controllers import link_page, phone_request

from .at_once_common import AtOnceCase
from .common import FirmCase, FirmCast


@tagged("post_install", "-at_install")
class TestPostCount(FirmCase):
    """Somebody who posts more often than a person does has to wait."""

    def count(self, times, address="192.0.2.7", page="test", most=3):
        with self.enter_registry_test_mode():
            Count = self.env["firm.post.count"].with_user(self.env.ref("base.public_user"))
            return [Count._is_too_busy(page, address, most) for _post in range(times)]

    def test_each_address_and_page_counts_by_itself_until_the_hour_is_over(self):
        with freeze_time("2026-03-02 09:10:00"):
            self.assertEqual(self.count(4), [False, False, False, True])
            self.assertEqual(self.count(1, address="192.0.2.8"), [False])
            self.assertEqual(self.count(1, page="other"), [False])
        with freeze_time("2026-03-02 10:01:00"):
            self.assertEqual(self.count(1), [False])

    @freeze_time("2026-03-02 09:10:00")
    def test_addresses_of_one_network_of_ipv6_are_one_visitor(self):
        self.assertEqual(self.count(3, address="2001:db8::1"), [False] * 3)
        self.assertEqual(self.count(1, address="2001:db8::2"), [True])
        self.assertEqual(self.count(1, address="2001:db8:0:1::2"), [False])

    def test_no_address_is_kept_and_counts_are_swept(self):
        with freeze_time("2026-03-02 09:10:00"):
            self.count(2)
        rows = self.env["firm.post.count"].search([("page", "=", "test")])
        self.assertEqual(rows.mapped("posts"), [2])
        self.assertRegex(rows.visitor, "^[0-9a-f]{64}$")
        self.env["firm.post.count"]._gc_old()
        self.assertFalse(rows.exists())


@tagged("post_install", "-at_install")
class TestPostCountOfPage(FirmCast, HttpCase):
    def test_a_post_that_is_refused_counts_too(self):
        self.patch(link_page, "WINDOW", 10**9)  # one that does not end while this test posts
        for _post in range(phone_request.MOST_POSTS):
            self.assertEqual(self.url_open("/request/phone/none", data={"phone": "x"}).status_code, 404)
        self.assertEqual(self.url_open("/request/phone/none", data={"phone": "x"}).status_code, 429)


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestPostCountAtOnce(AtOnceCase):
    def forget(self):
        with self.registry.cursor() as cr:
            cr.execute("DELETE FROM firm_post_count WHERE page = 'race'")

    @mute_logger("odoo.sql_db")
    def test_workers_count_together_and_lose_no_post(self):
        def post(env):
            Count = env["firm.post.count"]
            told = [Count._is_too_busy("race", "192.0.2.7", 12, seconds=10**9) for _post in range(5)]
            env.cr.rollback()  # the request is refused
            return told

        results = self.run_at_once(*[post] * 4)
        self.assertEqual(sorted(told for of_worker in results for told in of_worker), [False] * 12 + [True] * 8)
        with self.registry.cursor() as cr:
            cr.execute("SELECT posts FROM firm_post_count WHERE page = 'race'")
            self.assertEqual(cr.fetchall(), [(20,)])
