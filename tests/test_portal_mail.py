"""What clients are told by e-mail, and what they are not."""

from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import tagged

from .common import FirmCase
from .document_common import DocumentCast


@tagged("post_install", "-at_install")
class TestPortalMail(DocumentCast, MockEmail, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpClients()
        cls.env["res.lang"]._activate_lang("es_ES")
        cls._init_mail_gateway()
        cls.team.alias_name = "cases"
        cls.team.alias_domain_id = cls.mail_alias_domain
        cls.env.cr.precommit.run()

    def move(self, state):
        """Put the case into a state and return the mails that the client gets."""
        if state == "resolved":
            self.case.log_answer("Told by phone")
        with self.mock_mail_gateway():
            self.case.stage_id = self.stages[state]
            self.env.flush_all()
            self.env.cr.precommit.run()
        return self._new_mails

    def test_client_is_told_of_the_states_that_the_settings_say(self):
        for state, is_told in (("in_review", False), ("waiting_client", True), ("resolved", True)):
            mails = self.move(state)
            self.assertEqual(len(mails), int(is_told), state)
            if is_told:
                self.assertEqual(mails.recipient_ids, self.clara.partner_id)
                self.assertIn(self.case.number, mails.subject)
        self.company.write({"crm_firm_tell_in_review": True, "crm_firm_tell_resolved": False})
        self.case = self.make_case(self.clara.partner_id)
        self.env.cr.precommit.run()
        self.assertEqual(len(self.move("in_review")), 1)
        self.assertFalse(self.move("resolved"))

    def test_client_is_told_that_a_new_case_was_received(self):
        with self.mock_mail_gateway():
            case = self.make_case(self.ivan.partner_id)
            self.env.flush_all()
            self.env.cr.precommit.run()
        mails = self._new_mails.filtered(lambda mail: mail.res_id == case.id)
        told = mails.filtered(lambda mail: mail.recipient_ids == self.ivan.partner_id)
        self.assertEqual(len(told), 1)
        self.assertIn("is open", told.subject)
        self.assertFalse((mails - told).recipient_ids.user_ids.filtered("share"), "the others go to the firm")

    def test_client_is_written_to_in_the_own_language(self):
        self.env.ref("crm_firm.mail_template_case_resolved").with_context(lang="es_ES").subject = "Su consulta está resuelta"
        self.clara.partner_id.lang = "es_ES"
        self.assertEqual(self.move("resolved").subject, "Su consulta está resuelta")

    def test_answer_to_the_email_goes_to_the_case(self):
        state_mail = self.move("waiting_client")
        with self.mock_mail_gateway():
            self.case.with_user(self.sara).request_document("Passport")
        domain = [("res_id", "=", self.case.id), ("model", "=", "helpdesk.ticket")]
        document_mail = self.env["mail.mail"].search(domain, limit=1, order="id desc")
        self.assertNotEqual(state_mail, document_mail)
        for number, mail in enumerate(state_mail | document_mail):
            self.assertIn(f"@{self.mail_alias_domain.name}", mail.reply_to)
            self.env["mail.thread"].message_process(
                None,
                f"From: {self.clara.email}\nTo: {mail.reply_to}\nSubject: Re: {mail.subject}\nIn-Reply-To: {mail.message_id}\n"
                f"Message-ID: <answer{number}@client.example.com>\n\nHere is my answer no {number}",
            )
            answer = self.case.message_ids.filtered(lambda message, n=number: f"my answer no {n}" in message.body)
            self.assertEqual(answer.author_id, self.clara.partner_id)
        self.assertEqual(self.env["helpdesk.ticket"].search_count([("partner_id", "=", self.clara.partner_id.id)]), 1)

    def test_email_that_asks_for_documents_is_the_only_one(self):
        with self.mock_mail_gateway():
            self.case.with_user(self.sara).request_document("Passport")
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.assertEqual(self.case.case_state, "waiting_client")
        to_client = self._new_mails.filtered(lambda mail: self.clara.partner_id in mail.recipient_ids)
        self.assertEqual(len(to_client), 1)
        self.assertIn("Documents we need", to_client.subject)

    def test_tickets_of_other_teams_are_told_of_as_before(self):
        plain = self.env["helpdesk.ticket"].create({"name": "Plain", "description": "x", "partner_id": self.clara.partner_id.id})
        self.env.cr.precommit.run()
        with self.mock_mail_gateway():
            plain.stage_id = self.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.assertIn("has been closed", self._new_mails.subject)

    def test_people_in_the_copy_of_a_mail_do_not_get_the_answers(self):
        third = self.env["res.partner"].create({"name": "Third party", "email": "third@elsewhere.example.com"})
        with self.mock_mail_gateway():
            self.format_and_process_mail(
                f"cases@{self.mail_alias_domain.name}", self.clara.email, cc=f"{third.email}, {self.carlos.email}"
            )
        case = self.env["helpdesk.ticket"].search([("name", "=", "Question")])
        self.assertEqual(len(case), 1)
        self.assertEqual(case.partner_id, self.clara.partner_id)
        self.assertNotIn(third, case.message_partner_ids)
        self.assertNotIn(self.carlos.partner_id, case.message_partner_ids)

    def format_and_process_mail(self, to, email_from, cc=""):
        self.env["mail.thread"].message_process(
            None,
            f"From: {email_from}\nTo: {to}\nCc: {cc}\nSubject: Question\nMessage-ID: <q1@client.example.com>\n\nHello",
        )
