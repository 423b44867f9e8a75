"""At the desk: a caller with somebody's open request, words that stay inside, consents read aloud and on record."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from .case_common import CaseCase

INSIDE = "Sounds desperate, says he cannot pay"


class DeskCase(CaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pau = cls.env["res.partner"].create(
            {"name": "Pau Ferrer", "email": "pau@bodegas.example.net", "phone": "+34 600 99 88 77", "lang": "en_US"}
        )
        cls.Lead = cls.env["crm.lead"].with_user(cls.fran)

    def register(self, **values):
        defaults = {
            "channel_id": self.channel_phone.id,
            "practice_area_id": self.area_tax.id,
            "partner_id": self.pau.id,
            "description": INSIDE,
            "consents": {"handling": "granted"},
        }
        return self.Lead.register_request(defaults | values)

    def screen(self, **context):
        return Form(self.env["firm.request.register"].with_user(self.fran).with_context(**context))

    def mails_to(self, user):
        return self.env["mail.mail"].sudo().search([("recipient_ids", "in", user.partner_id.ids), ("id", ">", self.last_mail)])

    def setUp(self):
        super().setUp()
        self.last_mail = max(self.env["mail.mail"].sudo().search([]).ids, default=0)


@tagged("post_install", "-at_install")
class TestLeaveMessage(DeskCase):
    def leave(self, user, **values):
        return self.Lead.leave_message({"partner_id": self.pau.id, "user_id": user.id, "text": "Asks <b>when</b>"} | values)

    def assertTaken(self, record, owner):
        note = record.message_ids.filtered(lambda message: "Asks" in message.body)[-1:]
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertEqual(note.author_id, self.fran.partner_id)
        self.assertNotIn("<b>when", note.body)
        task = self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id), ("summary", "like", "Call back")]
        )
        self.assertEqual(task.user_id, owner)
        self.assertEqual(task.activity_type_id, self.env.ref("mail.mail_activity_data_call"))
        self.assertIn("Pau Ferrer", task.summary)
        mail = self.mails_to(owner).filtered(lambda mail: "Asks" in mail.body_html)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.state, "outgoing", "it waits in the queue, nobody for a mail server")

    def test_an_opportunity_takes_it(self):
        record = self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        result = self.leave(self.olga)
        self.assertIn("Olga Owner", result["message"])
        self.assertTaken(record, self.olga)

    def test_a_case_takes_it_and_its_client_does_not_read_it(self):
        case = self.open_case(partner_id=self.pau.id)
        self.assertEqual(case.user_id, self.sara)
        self.leave(self.sara)
        self.assertTaken(case, self.sara)
        self.assertFalse(self.mails_to(self.env["res.users"]).filtered(lambda mail: "Asks" in mail.body_html))
        told = self.env["mail.mail"].sudo().search([("id", ">", self.last_mail)]).filtered(lambda m: "Asks" in m.body_html)
        self.assertEqual(told.recipient_ids, self.sara.partner_id)

    def test_a_lead_of_nobody_known_takes_it_by_its_phone(self):
        record = self.receive_request(phone="+34 600 12 12 12", user_id=self.olga.id)
        self.assertEqual(self.Lead.find_message_takers(None, "600 121 212"), self.olga)
        self.leave(self.olga, partner_id=False, phone="600 121 212", contact_name="Pau Ferrer")
        self.assertTaken(record, self.olga)

    def test_the_desk_sees_no_more_of_the_request_than_before(self):
        record = self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        self.leave(self.olga)
        self.assertFalse(record.with_user(self.fran).has_access("read"))
        self.assertNotIn(self.fran.partner_id, record.message_partner_ids)

    def test_whoever_is_away_is_stood_in_for(self):
        record = self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        self.company.crm_firm_manager_id = self.marta
        self.olga.out_of_office_from = record.create_date
        result = self.leave(self.olga)
        self.assertIn("Marta Manager", result["message"])
        self.assertTrue(self.mails_to(self.marta).filtered(lambda mail: "Asks" in mail.body_html))
        self.assertTrue(self.mails_to(self.olga).filtered(lambda mail: "Asks" in mail.body_html))

    def test_what_is_wrong_is_refused_and_says_so(self):
        self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        wrong = (
            {"text": " "},
            {"text": 5},
            {"user_id": self.oscar.id},
            {"user_id": 0},
            {"partner_id": False},
            {"lead_id": 1},
        )
        for values in wrong:
            with self.subTest(values=values), self.assertRaises(UserError):
                self.leave(self.olga, **values)
        with self.assertRaises(AccessError):
            self.Lead.with_user(self.elsa).leave_message({"user_id": self.olga.id, "text": "x", "partner_id": self.pau.id})
        with self.assertRaises(AccessError):
            self.Lead.with_user(self.paula).find_message_takers(self.pau.id)

    def test_the_screen_says_at_each_field_what_a_message_lacks(self):
        request = self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        screen = self.screen(default_partner_id=self.pau.id).save()
        self.assertEqual(screen.find_message_faults(), {"message_text": "Write down the message first."})
        screen.message_text = "Please call"
        self.assertFalse(screen.find_message_faults())
        request.user_id = self.oscar
        self.assertIn("message_user_id", screen.find_message_faults(), "meanwhile it is somebody else's")
        self.assertFalse({*screen.find_message_faults()} - screen._fields.keys(), "each has a field to be shown at")

    def test_the_screen_offers_the_message_first(self):
        self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.olga.id)
        self.assertFalse(Form(self.env["firm.request.register"].with_user(self.fran)).message_user_id)
        form = self.screen(default_partner_id=self.pau.id)
        self.assertEqual((form.message_user_id, form.wants), (self.olga, "message"))
        form.message_text = "Please call"
        screen = form.save()
        screen.action_leave_message()
        self.assertEqual(screen.state, "done")
        self.assertIn("Olga Owner", screen.message)
        self.assertFalse(screen.message_text or screen.partner_id)


@tagged("post_install", "-at_install")
class TestSameOwner(DeskCase):
    def test_the_next_request_of_somebody_known_goes_to_the_same_owner(self):
        self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.nadia.id)
        for _number in range(2):
            lead = self.Lead.sudo().browse(self.register()["lead"])
            self.assertEqual(lead.user_id, self.nadia)

    def test_but_not_when_they_are_away_or_cannot(self):
        request = self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.nadia.id)
        self.nadia.out_of_office_from = request.create_date
        self.assertIn(self.Lead.sudo().browse(self.register()["lead"]).user_id, self.olga | self.oscar)

    def test_nor_when_the_registrar_chooses(self):
        self.receive_request(type="opportunity", partner_id=self.pau.id, user_id=self.nadia.id)
        self.assertEqual(self.Lead.sudo().browse(self.register(user_id=self.oscar.id)["lead"]).user_id, self.oscar)


@tagged("post_install", "-at_install")
class TestWordsStayInside(DeskCase):
    def get_client_words(self, case):
        """Everything the client may read of a case, and every e-mail to the client."""
        readable = [case.name, case.description or ""]
        readable += case.message_ids.filtered(lambda message: not message.subtype_id.internal).mapped("body")
        mails = self.env["mail.mail"].sudo().search([("recipient_ids", "in", case.partner_id.ids), ("id", ">", self.last_mail)])
        return " ".join([*readable, *mails.mapped("subject"), *mails.mapped("body_html")])

    def assertInside(self, case):
        self.assertNotIn("desperate", self.get_client_words(case))
        notes = case.message_ids.filtered(lambda message: message.subtype_id.internal)
        self.assertTrue(any("desperate" in (note.body or "") for note in notes), "the firm has them as an internal note")

    def test_what_the_registrar_notes_is_an_internal_note_of_the_case(self):
        result = self.register(result="case", category_id=self.vat.id)
        case = self.env["helpdesk.ticket"].browse(result["case"])
        self.assertInside(case)
        self.assertIn("Your request of".lower(), case.name.lower())

    def test_subject_and_text_for_the_client_are_their_own(self):
        result = self.register(result="case", category_id=self.vat.id, name="Your VAT", client_text="As <i>agreed</i>")
        case = self.env["helpdesk.ticket"].browse(result["case"])
        self.assertInside(case)
        self.assertEqual(case.name, "Your VAT")
        self.assertEqual(html2plaintext(case.description), "As <i>agreed</i>")

    def test_a_lead_of_the_desk_that_becomes_a_case_later_keeps_them_inside(self):
        lead = self.env["crm.lead"].browse(self.register(result="lead")["lead"])
        result = lead.convert_request(contacts=[self.pau], case={})
        self.assertInside(self.env["helpdesk.ticket"].browse(result["case"]))

    def test_what_the_person_wrote_is_theirs_to_read(self):
        lead = self.receive_request(description="<p>My own words</p>", partner_id=self.pau.id)
        case = self.env["helpdesk.ticket"].browse(lead.convert_request(contacts=[self.pau], case={})["case"])
        self.assertIn("My own words", case.description)


@tagged("post_install", "-at_install")
class TestConsentAtTheDesk(DeskCase):
    def test_each_channel_has_its_own_wording(self):
        form = self.screen()
        self.assertIn("You can read our privacy policy at", form.handling_wording)
        self.assertIn("/privacy", form.handling_wording)
        self.assertNotIn("{", form.handling_wording)
        form.handling_answer = "granted"
        form.channel_id = self.env.ref("crm_firm.channel_in_person")
        self.assertIn("I have read the privacy policy", form.handling_wording)
        self.assertFalse(form.handling_answer, "it was given to another text")

    def test_what_was_read_aloud_is_on_record(self):
        lead = self.env["crm.lead"].browse(self.register()["lead"])
        consent = lead.consent_ids.filtered(lambda consent: consent.purpose == "handling")
        self.assertIn("You can read our privacy policy at", consent.wording)
        self.assertNotIn("{", consent.wording)

    def test_the_page_of_the_web_shows_its_own(self):
        wordings = self.env["firm.consent.wording"]._get_wordings(self.company, "web")
        self.assertEqual(wordings["handling"], self.env.ref("crm_firm.consent_wording_handling"))

    def test_a_company_goes_before_a_channel(self):
        own = self.env["firm.consent.wording"].create({"purpose": "handling", "text": "Ours", "company_id": self.company.id})
        self.assertEqual(self.env["firm.consent.wording"]._get_wordings(self.company, "phone")["handling"], own)

    def test_a_consent_on_record_is_not_asked_again(self):
        with self.assertRaises(UserError):
            self.register(consents={})
        self.pau.record_consent("handling", "granted")
        self.pau.record_consent("commercial", "withdrawn")
        form = self.screen(default_partner_id=self.pau.id)
        self.assertIn("Agreed on", form.handling_on_record)
        self.assertIn("Said no on", form.commercial_on_record)
        lead = self.env["crm.lead"].browse(self.register(consents={})["lead"])
        self.assertTrue(lead)
        self.assertEqual(len(self.env["firm.consent"].search([("partner_id", "=", self.pau.id)])), 2, "nothing is made up")

    def test_a_withdrawn_one_and_that_of_somebody_else_are_asked(self):
        self.pau.record_consent("handling", "granted")
        self.pau.record_consent("handling", "withdrawn")
        with self.assertRaises(UserError):
            self.register(consents={})
        company = self.env["res.partner"].create({"name": "Bodegas", "is_company": True})
        company.record_consent("handling", "granted")
        with self.assertRaises(UserError):
            self.register(partner_id=company.id, contact_name="Marina Ferrer", phone="600 1", consents={})
