"""What the sender of a form is told, and that it carries nothing of a stranger's."""

from odoo.tests import tagged
from odoo.tools import mute_logger

from .web_common import WebCase


@tagged("post_install", "-at_install")
class TestWebAcknowledgement(WebCase):
    def get_acknowledgement(self, lead):
        return self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id), ("email_to", "!=", False)])

    def test_sender_is_told_in_the_language_of_the_page(self):
        template = self.env.ref("crm_firm.mail_template_acknowledge_request")
        template.with_context(lang="es_ES").subject = "Hemos recibido su solicitud"
        mail = self.get_acknowledgement(self.send_lead("/es/request"))
        self.assertEqual(mail.subject, "Hemos recibido su solicitud")
        self.assertEqual(mail.email_to, "ana.ruiz@client.example.com")
        self.assertIn("de 20", mail.body_html, "the day, as Spanish writes it")

    def test_who_left_no_number_reads_of_none(self):
        self.company.phone = "+34 910 00 00 00"
        mail = self.get_acknowledgement(self.send_lead(phone=""))
        self.assertIn("Is it urgent?", mail.body_html)
        self.assertNotIn("number", mail.body_html)

    def test_acknowledgement_carries_nothing_a_stranger_typed(self):
        lead = self.send_lead(
            contact_name="WIN http://evil.example.com", partner_name="<a href='http://evil.example.com'>x</a>",
            description="http://evil.example.com",
        )  # fmt: skip
        mail = self.get_acknowledgement(lead)
        self.assertNotIn("evil", f"{mail.subject}{mail.body_html}{mail.email_from}{mail.reply_to}{mail.headers}")
        self.assertIn("+34 600 11 22 33", mail.body_html)
        self.assertIn("'Auto-Submitted': 'auto-replied'", mail.headers)

    def test_address_is_told_once_a_day(self):
        first = self.send_lead()
        second = self.send_lead(description="again", email_from="ANA.ruiz@client.example.com")
        self.assertTrue(self.get_acknowledgement(first))
        self.assertFalse(self.get_acknowledgement(second))
        first.acknowledged_on = "2026-01-01 10:00:00"
        self.assertTrue(self.get_acknowledgement(self.send_lead(description="later")))

    def test_acknowledgement_can_be_switched_off(self):
        self.company.crm_firm_acknowledge_request = False
        self.assertFalse(self.get_acknowledgement(self.send_lead()))

    def test_template_edited_into_nonsense_costs_no_request(self):
        template = self.env.ref("crm_firm.mail_template_acknowledge_request")
        # Odoo refuses what it can tell is nonsense; a field of an addon that was removed looks like this.
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = jsonb_build_object('en_US', %s) WHERE id = %s",
            ["<t t-out='object.nonsense'/>", template.id],
        )
        template.invalidate_recordset()
        with mute_logger("odoo.addons.crm_firm.models.mail_template", "odoo.addons.mail.models.mail_render_mixin"):
            lead = self.send_lead()
        self.assertFalse(lead.acknowledged_on)
