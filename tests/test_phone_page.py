import re
from datetime import date

from markupsafe import Markup

from odoo import fields
from odoo.addons.mail.tests.common import MockEmail
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.crm_firm.controllers import link_page, phone_request
from odoo.addons.crm_firm.tools.answer_text import get_own_text

from .common import FirmCast
from .follow_up_common import FollowUpCase


@tagged("post_install", "-at_install")
class TestPhoneRequest(FollowUpCase):
    def request_without_phone(self, **values):
        return self.receive_request(**({"phone": False} | values))

    def test_request_without_phone_is_asked_for_one_at_once(self):
        lead = self.request_without_phone()
        self.assertEqual(lead.contact_status, "phone_requested")
        self.assertFalse(lead.activity_ids)
        [mail] = self.run_job()
        self.assertEqual(mail["subject"], "Which number can we call you on?")
        self.assertIn(lead._get_phone_request_token(), mail["body"])
        self.assertFalse(self.run_job())

    def test_what_cannot_be_called_is_no_phone(self):
        for phone, is_usable in (
            ("600 11 22 33", True),
            ("+34600112233", True),
            ("no tengo", False),
            ("12345", False),
            ("+44 20 7946 0958", True),
            ("", False),
        ):
            lead = self.request_without_phone(phone=phone)
            self.assertEqual(lead.contact_status == "to_contact", is_usable, phone)

    def test_without_phone_and_email_the_owner_has_to_find_a_way(self):
        lead = self.request_without_phone(email_from=False)
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(len(lead.activity_ids), 1)

    def test_imported_old_request_is_not_written_to(self):
        lead = self.request_without_phone(received_on=fields.Datetime.subtract(fields.Datetime.now(), days=30))
        self.assertFalse(lead.follow_up_step_ids)

    def test_phone_typed_by_a_colleague_starts_the_calls(self):
        lead = self.request_without_phone()
        lead.with_user(lead.user_id).phone = "600 11 22 33"
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertFalse(self.run_job(), "nobody asks for what is known")

    def test_unanswered_request_for_a_phone_ends_as_unreachable(self):
        lead = self.request_without_phone()
        lead.phone_requested_on = fields.Datetime.subtract(fields.Datetime.now(), days=15)
        self.run_job("ir_cron_phone_requests")
        self.assertEqual(lead.contact_status, "unreachable")

    def test_asking_many_for_a_phone_takes_few_queries_more_than_planning_their_calls(self):
        def count_queries(number, phone):
            before = self.env.cr.sql_log_count
            self.env["crm.lead"].create(
                [
                    {
                        "name": f"Request {index}",
                        "email_from": f"p{index}@client.example.com",
                        "phone": phone,
                        "channel_id": self.channel_web.id,
                        "practice_area_id": self.area_tax.id,
                    }
                    for index in range(number)
                ]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count_queries(2, False)
        growth = [count_queries(30, phone) - count_queries(10, phone) for phone in (False, "+34 600 11 22 33")]
        self.assertLessEqual(growth[0], growth[1] + 20)

    # === ANSWER BY E-MAIL === #

    def answer(self, lead, body):
        message = lead.message_post(body=body, message_type="email", email_from=lead.email_from, author_id=False)
        with self.mock_mail_gateway():
            lead._on_person_answered(message)

    @freeze_time("2026-03-02 11:00:00")
    def test_one_number_in_the_answer_is_taken_over(self):
        lead = self.request_without_phone()
        self.company.phone = "+34 911 00 00 00"
        self.answer(
            lead,
            Markup(
                "<p>Llámenme al 600 112 233, por favor.</p><p>El lun, 2 mar 2026, Despacho escribió:</p>"
                '<blockquote data-o-mail-quote="1"><p>Tel. 644 55 66 77</p></blockquote>'
            ),
        )
        self.assertEqual(lead.phone, "+34 600 11 22 33")
        self.assertEqual(lead.contact_status, "to_contact")
        self.assert_call_on(lead, "2026-03-02", "The person answered: call")
        self.assertIn("updated from the reply", "".join(lead.message_ids.mapped("body")))

    def test_several_numbers_are_read_by_the_owner(self):
        lead = self.request_without_phone()
        self.answer(lead, "600 11 22 33 or 644 55 66 77")
        self.assertFalse(lead.phone)
        self.assertEqual(lead.activity_ids.summary, "Read the answer: several phone numbers")

    def test_no_number_is_read_by_the_owner(self):
        lead = self.request_without_phone()
        self.answer(lead, "I have invoice 2026-001234 and 3 employees")
        self.assertFalse(lead.phone)
        self.assertEqual(lead.activity_ids.summary, "Read the answer: no phone number in it")
        self.assertEqual(lead.contact_status, "to_contact")

    def test_our_own_number_is_no_answer(self):
        self.company.phone = "911 23 45 67"
        lead = self.request_without_phone()
        self.answer(lead, "I called 911 23 45 67 and nobody answered")
        self.assertFalse(lead.phone)

    def test_quotations_and_signatures_are_left_out(self):
        for body in (
            "<p>Yes</p><div>-- </div><p>644 55 66 77</p>",
            "<p>Yes</p><div class='gmail_quote'>644 55 66 77</div>",
            "<p>Yes</p><p>-----Mensaje original-----</p><p>644 55 66 77</p>",
            "<p>Yes</p><p>On Mon, 2 Mar 2026 at 10:00, Firm wrote:</p><p>&gt; 644 55 66 77</p>",
            "<p>Yes</p><p>De: Despacho &lt;info@firm.example.com&gt;</p><p>644 55 66 77</p>",
        ):
            self.assertEqual(get_own_text(body), "Yes", body)


@tagged("post_install", "-at_install")
class TestPhonePage(FirmCast, MockEmail, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def setUp(self):
        super().setUp()
        self.lead = self.receive_request(phone=False)
        self.env.flush_all()
        self.path = f"/request/phone/{self.lead._get_phone_request_token()}"

    def test_page_speaks_the_language_of_the_e_mail(self):
        spanish = self.env["res.lang"]._activate_lang("es_ES")
        website = self.lead._get_firm_company().website_id
        website.language_ids |= spanish
        url = self.lead.with_context(lang="es_ES").phone_request_url
        self.assertIn(f"/{spanish.url_code}/request/phone/", url)
        self.assertIn('lang="es-ES"', self.url_open(url[len(self.lead.get_base_url()) :]).text)
        self.assertNotIn(f"/{spanish.url_code}/", self.lead.with_context(lang="en_US").phone_request_url)

    def get_state(self):
        self.cr.flush()  # the notes about what the test itself changed are not the page's
        self.env.invalidate_all()
        return (
            self.lead.phone,
            self.lead.contact_status,
            self.lead.follow_up_cycle,
            self.lead.write_date,
            self.env["mail.message"].search_count([]),
            self.env["mail.activity"].search_count([]),
        )

    def test_opening_the_link_writes_nothing(self):
        before = self.get_state()
        for _scanner in range(3):
            response = self.url_open(self.path)
            self.assertEqual(response.status_code, 200)
            self.url_open(self.path, method="HEAD")
        self.assertEqual(self.get_state(), before)
        self.assertIn('name="phone"', response.text)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("no-store", response.headers["Cache-Control"])

    def test_number_is_normalised_and_called_today_and_the_link_is_used_up(self):
        response = self.url_open(self.path, data={"phone": "600.112.233", "call_on": ""})
        self.assertIn("Thank you", response.text)
        self.env.invalidate_all()
        self.assertEqual(self.lead.phone, "+34 600 11 22 33")
        self.assertEqual(self.lead.contact_status, "to_contact")
        self.assertEqual(self.lead.follow_up_cycle, 2)
        self.assertEqual(len(self.lead.activity_ids), 1)
        now = fields.Datetime.now()
        today = self.calendar._get_working_day_ends(self.company, [now])[now][1]
        self.assertEqual(self.lead.activity_ids.date_deadline, today)
        told = self.env["mail.message"].search([("message_type", "=", "user_notification"), ("res_id", "=", self.lead.id)])
        self.assertIn(self.lead.user_id.partner_id, told.notified_partner_ids)
        before = self.get_state()
        self.assertIn("Thank you", self.url_open(self.path).text)
        self.assertIn("Thank you", self.url_open(self.path, data={"phone": "+34 644 55 66 77"}).text)
        self.assertEqual(self.get_state(), before)

    def test_call_at_the_time_asked_for(self):
        value, label = self.lead._get_times_to_call()[3]
        self.assertIn(label, self.url_open(self.path).text)
        self.url_open(self.path, data={"phone": "600112233", "call_on": value})
        self.env.invalidate_all()
        self.assertEqual(self.lead.next_contact_on.isoformat(), value)
        self.assertEqual(self.lead.activity_ids.date_deadline, date.fromisoformat(value[:10]))

    def test_times_to_call_are_said_as_the_language_says_them(self):
        self.env["res.lang"]._activate_lang("es_ES")
        for lang, said in (("es_ES", r"^\w+, \d+ de \w+\b"), ("en_US", r"^\w+, \w+ \d+\b")):
            for _value, label in self.lead.with_context(lang=lang)._get_times_to_call():
                self.assertRegex(label, said)

    def test_what_is_no_number_gets_a_message_and_loses_nothing(self):
        before = self.get_state()
        for bad in ("", "abc", "123", "<script>alert(1)</script>", "\x00", "9" * 5000, "\u202e123", "+34 000 000 000"):
            response = self.url_open(self.path, data={"phone": bad})
            self.assertEqual(response.status_code, 200, bad)
            self.assertIn("phone_error", response.text)
            self.assertNotIn("<script>alert", response.text)
        self.assertIn('value="+34 000 000 000"', response.text)
        self.assertEqual(self.get_state(), before)

    def test_foreign_garbled_and_expired_links_get_a_friendly_page(self):
        other = self.receive_request(phone=False)
        token = self.lead._get_phone_request_token()
        expired_lead = self.receive_request(phone=False)
        expired_lead.phone_requested_on = fields.Datetime.subtract(fields.Datetime.now(), days=20)
        expired = expired_lead._get_phone_request_token()
        self.lead._request_phone()  # a new link makes the old one void
        self.env.flush_all()
        before = self.get_state()
        for bad in (token, expired, token[:-3], "x", "%00", "a" * 3000, other._get_phone_request_token()[:-1] + "-", "é"):
            for data in (None, {"phone": "+34 600 11 22 33"}):
                response = self.url_open(f"/request/phone/{bad}", data=data)
                self.assertEqual(response.status_code, 404, bad)
                self.assertIn("no longer valid", response.text)
        self.assertEqual(self.get_state(), before)
        self.assertFalse(other.phone)

    def test_unknown_time_means_as_soon_as_possible(self):
        for bad in ("2020-01-01T10:00:00", "soon", "'; DROP TABLE crm_lead"):
            lead = self.receive_request(phone=False)
            self.env.flush_all()
            response = self.url_open(
                f"/request/phone/{lead._get_phone_request_token()}", data={"phone": "600112233", "call_on": bad}
            )
            self.assertIn("Thank you", response.text)
            lead.invalidate_recordset()
            self.assertFalse(lead.next_contact_on)

    def test_too_many_posts_of_one_address_are_turned_away(self):
        self.patch(link_page, "WINDOW", 10**9)  # one that does not end while this test posts
        for _post in range(phone_request.MOST_POSTS):
            self.assertEqual(self.url_open(self.path, data={"phone": "x"}).status_code, 200)
        response = self.url_open(self.path, data={"phone": "600112233"})
        self.assertEqual(response.status_code, 429)
        self.assertFalse(self.lead.phone)

    def test_discarded_lead_comes_back_and_opportunity_gets_a_task(self):
        self.lead.discard(self.reason_spam)
        other = self.receive_request(phone=False)
        other.convert_opportunity(self.env["res.partner"])
        self.env.flush_all()
        for lead in (self.lead, other):
            self.url_open(f"/request/phone/{lead._get_phone_request_token()}", data={"phone": "600112233"})
        self.env.invalidate_all()
        self.assertTrue(self.lead.active)
        self.assertEqual(self.lead.contact_status, "to_contact")
        self.assertEqual(other.phone, "+34 600 11 22 33")
        self.assertEqual(len(other.activity_ids), 1)

    def test_page_loads_nothing_from_other_hosts(self):
        page = self.url_open(self.path).text
        loaded = re.findall(r'<(?:script|img|iframe|link)\b[^>]*?(?:src|href)="((?:https?:)?//[^"]+)"', page)
        self.assertFalse([address for address in loaded if "127.0.0.1" not in address and 'rel="canonical"' not in address])
