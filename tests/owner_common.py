"""Owners who take turns, from the first by name on, and what is mailed to them. No test in here."""

from odoo.addons.crm_firm.models.follow_up.crm_lead_first_contact import CALL

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
