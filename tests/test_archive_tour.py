"""Archiving a user in a real browser: who takes the work is asked before."""

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import FirmCast


@tagged("post_install", "-at_install")
class TestArchiveTour(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.adam = new_test_user(cls.env, login="adam.admin", name="Adam Admin", groups="base.group_erp_manager", lang="en_US")

    def test_archiving_asks_for_a_successor(self):
        lead = self.receive_request(user_id=self.olga.id)
        url = f"/odoo/action-base.action_res_users/{self.olga.id}"
        self.start_tour(url, "crm_firm_archive_user", login=self.adam.login, timeout=180)
        self.assertFalse(self.olga.active)
        self.assertEqual(lead.user_id, self.sara)

    def test_the_dialog_is_for_who_may_archive_users(self):
        for user in (self.fran, self.olga, self.marta, self.elsa):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.env["firm.user.archive"].with_user(user).create({"user_ids": [(6, 0, self.olga.ids)]})
