"""The queue in a real browser, as the people who work in it."""

from odoo.tests import HttpCase, tagged

from .common import FirmCast


class StaffTourCase(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")  # the tours read English, whatever the database speaks
        cls.setUpFirm()
        cls.env["crm.lead"].search([("type", "=", "lead")]).action_archive()
        cls.ana = cls._receive("Ana Ready", email_from="ana@client.example.com")
        cls.berta = cls._receive("Berta Silent")
        cls.carlos = cls._receive("Carlos Spam")
        cls.dora = cls._receive("Dora Stays")

    @classmethod
    def _receive(cls, name, **values):
        lead = cls.receive_request(
            name=f"Request of {name}",
            contact_name=name,
            user_id=values.pop("user_id", cls.olga.id),
            received_on="2026-03-02 08:00:00",
            **values,
        )
        # The tours stop the clock around this deadline, whatever the calendar of the firm.
        lead.first_contact_deadline = "2026-03-02 18:00:00"
        return lead


@tagged("post_install", "-at_install")
class TestStaffTours(StaffTourCase):
    browser_size = "1600x900"

    def test_owner_works_the_queue(self):
        self.start_tour("/odoo/first-contact", "crm_firm_owner_queue", login=self.olga.login)
        self.assertEqual(self.ana.contact_status, "ready")
        self.assertEqual((self.ana.expected_revenue, self.ana.employee_count), (1200, 8))
        self.assertEqual(self.berta.contact_status, "second_contact")
        self.assertEqual(self.berta.contact_attempt_count, 1)
        self.assertEqual(self.carlos.contact_status, "discarded")
        self.assertEqual(self.carlos.lost_reason_id, self.reason_spam)
        self.assertEqual(self.dora.contact_status, "second_contact")
        self.assertIn("Prefers the afternoon", str(self.dora.message_ids.mapped("body")))

    def test_manager_discards_many_restores_them_and_reads_the_indicators(self):
        self.start_tour("/odoo/first-contact", "crm_firm_manager", login=self.marta.login)
        self.assertEqual(set((self.berta | self.carlos).mapped("contact_status")), {"to_contact"})

    def test_front_desk_takes_from_the_pool_and_hands_over(self):
        pool = {"practice_area_id": self.area_unclassified.id, "user_id": False}
        paco, petra = self._receive("Paco Pool", **pool), self._receive("Petra Pool", **pool)
        self.start_tour("/odoo/first-contact", "crm_firm_front_desk", login=self.fran.login)
        self.assertEqual(paco.user_id, self.fran)
        self.assertEqual(petra.user_id, self.olga)


@tagged("post_install", "-at_install")
class TestStaffToursPhone(StaffTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_owner_works_the_queue_with_a_thumb(self):
        self.start_tour("/odoo/first-contact", "crm_firm_phone_queue", login=self.olga.login)
        self.assertEqual(self.ana.contact_status, "ready")
        self.assertEqual(self.berta.contact_status, "second_contact")
        self.assertEqual(self.carlos.contact_status, "discarded")
