"""What happens when a request changes hands: tasks move along, each is told once."""

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_firm.models.follow_up.crm_lead_ready_for_proposal import SEND_PROPOSAL

from .owner_common import OwnerCase


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
