import random
import string
import threading
import time
from unittest.mock import patch

import requests
from lxml import html

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.exceptions import ValidationError
from odoo.orm.registry import DummyRLock, Registry
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import hash_sign

from .common import FirmCast

INTAKE = "odoo.addons.crm_firm.models.request.crm_lead_web_intake"
CONTROLLER = "odoo.addons.crm_firm.controllers.website_form"


class WebCase(FirmCast, HttpCase):
    """Forms as a browser sends them: the page is fetched, its hidden fields go along with what a person types."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.website = cls.env["website"].search([], limit=1)
        cls.company = cls.website.company_id
        cls.english, cls.spanish = (cls.env["res.lang"]._activate_lang(code) for code in ("en_US", "es_ES"))
        cls.company.partner_id.lang = "en_US"
        cls.website.write(
            {
                "language_ids": [(6, 0, (cls.english | cls.spanish).ids)],
                "default_lang_id": cls.english.id,
                "crm_default_user_id": False,
                "crm_default_team_id": False,
            }
        )

    def setUp(self):
        super().setUp()
        # Nobody is faster than a test; the limits themselves have tests of their own.
        self.startPatcher(patch(f"{INTAKE}.MIN_FILL_SECONDS", 0))
        self.company.write({"crm_firm_web_requests_hour": 0, "crm_firm_web_requests_person": 0})
        self.env.flush_all()

    def open_page(self, path="/request", **kwargs):
        response = self.url_open(path, **kwargs)
        self.assertEqual(response.status_code, 200)
        return html.document_fromstring(response.text)

    def get_hidden(self, page):
        return {field.name: field.value or "" for field in page.xpath("//form[@id='crm_firm_request']//input[@type='hidden']")}

    def post(self, data, query="", **kwargs):
        response = self.url_open(f"/website/form/crm.lead{query}", data=data, **kwargs)
        self.assertEqual(response.status_code, 200, response.text[:500])
        return response.json()

    def make_hidden(self):
        """What a page fetched by a visitor would hold: many a test does not need the page itself."""
        page = self.env["crm.lead"]._prepare_web_page_values(self.website, f"{self.base_url()}/request")
        return {"crm_firm_token": page["token"], "idempotency_key": ""}

    def send(self, path=None, **typed):
        """Fill in the page and send it. `None` leaves a field out."""
        data = self.get_hidden(self.open_page(path)) if path else self.make_hidden()
        data |= {
            "contact_name": "Ana Ruiz",
            "phone": "600 11 22 33",
            "email_from": "ana.ruiz@client.example.com",
            "description": "I need help with my tax return.",
            "practice_area_id": str(self.area_tax.id),
            "consent_handling": "1",
        }
        return self.post({name: text for name, text in (data | typed).items() if text is not None})

    def send_lead(self, path=None, **typed):
        answer = self.send(path, **typed)
        self.assertIn("id", answer, answer)
        return self.env["crm.lead"].browse(answer["id"])

    def count_leads(self):
        return self.env["crm.lead"].with_context(active_test=False).search_count([])

    def assert_refused(self, answer, field, message):
        self.assertNotIn("id", answer)
        self.assertRegex(answer["error_fields"][field], message)
        self.assertRegex(answer["error"], message)


@tagged("post_install", "-at_install")
class TestWebIntake(WebCase):
    # === ARRIVAL === #

    def test_request_stands_in_the_owners_queue_and_nothing_is_sent_meanwhile(self):
        with patch.object(IrMail_Server, "_connect__", side_effect=AssertionError("SMTP inside the request")):
            lead = self.send_lead(partner_name="Ruiz & Hijos")
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.contact_status, "to_contact")
        self.assertEqual(lead.channel_id, self.channel_web)
        self.assertEqual(lead.practice_area_id, self.area_tax)
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertEqual(lead.company_id, self.company)
        self.assertEqual(lead.lang_id, self.english)
        self.assertTrue(lead.first_contact_deadline)
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(lead.name, "Web request: Ana Ruiz")
        self.assertEqual(lead.partner_name, "Ruiz & Hijos")
        self.assertEqual(lead.phone, "+34 600 11 22 33")
        self.assertEqual(lead.email_from, "ana.ruiz@client.example.com")
        self.assertEqual(lead.description, "<p>I need help with my tax return.</p>")
        self.tell_owners()
        mails = self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id)])
        self.assertEqual(set(mails.mapped("state")), {"outgoing"})
        self.assertEqual(len(mails), 2, "one e-mail for the owner, one for the sender")

    def test_request_without_area_waits_to_be_classified(self):
        lead = self.send_lead(practice_area_id="")
        self.assertEqual(lead.practice_area_id, self.area_unclassified)

    def test_owners_take_turns(self):
        owners = [self.send_lead(description=str(number)).user_id for number in range(4)]
        self.assertEqual(owners[:2], owners[2:])
        self.assertEqual(set(owners), {self.olga, self.oscar})

    def test_owners_of_the_area_go_before_the_websites_salesperson(self):
        self.website.crm_default_user_id = self.nadia
        self.assertIn(self.send_lead().user_id, self.olga | self.oscar)
        self.assertEqual(self.send_lead(practice_area_id="").user_id, self.nadia)

    def test_subject_speaks_the_language_of_the_firm_and_names_whoever_is_there(self):
        self.assertEqual(self.send_lead("/es/request").name, "Web request: Ana Ruiz")
        self.assertEqual(self.send_lead(contact_name="", partner_name="Ruiz SL").name, "Web request: Ruiz SL")

    def test_two_requests_of_one_person_are_two_leads_shown_as_possible_duplicates(self):
        typed = {"email_from": "ana@ruiz-e-hijos.example.net", "phone": "611 22 33 44"}
        first, second = self.send_lead(**typed), self.send_lead(**typed, description="Something else")
        self.assertNotEqual(first, second)
        self.assertEqual(second.duplicate_lead_count, 1)

    # === WHAT A VISITOR MAY SET === #

    def test_visitor_sets_what_the_page_shows_and_nothing_else(self):
        stage = self.env["crm.stage"].search([], order="sequence desc", limit=1)
        tag = self.env["crm.tag"].create({"name": "VIP"})
        team = self.env["crm.team"].create({"name": "Secret"})
        other = self.env["res.company"].create({"name": "Other"})
        attack = {
            "user_id": self.marta.id,
            "team_id": team.id,
            "type": "opportunity",
            "stage_id": stage.id,
            "tag_ids": str(tag.id),
            "active": "",
            "probability": "99",
            "expected_revenue": "1000000",
            "company_id": other.id,
            "partner_id": self.marta.partner_id.id,
            "specialist_id": self.nadia.id,
            "channel_id": self.channel_phone.id,
            "contact_status": "ready",
            "received_on": "2001-01-01 00:00:00",
            "consent_state": "granted",
            "lang_id": self.spanish.id,
            "medium_id": "1",
            "id": "1",
            "create_uid": self.marta.id,
        }
        from_query = self.make_hidden() | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        query = "?" + "&".join(f"{name}={text}" for name, text in attack.items()) + "&partner_name=Query&description=Query"
        leads = [self.send_lead(**attack), self.env["crm.lead"].browse(self.post(from_query, query=query)["id"])]
        for lead in leads:
            self.assertNotIn(lead.user_id, self.marta)
            self.assertNotEqual(lead.team_id, team)
            self.assertEqual(lead.type, "lead")
            self.assertNotEqual(lead.stage_id, stage)
            self.assertFalse(lead.tag_ids)
            self.assertTrue(lead.active)
            self.assertFalse(lead.expected_revenue)
            self.assertEqual(lead.company_id, self.company)
            self.assertFalse(lead.partner_id)
            self.assertFalse(lead.specialist_id)
            self.assertEqual(lead.channel_id, self.channel_web)
            self.assertEqual(lead.contact_status, "to_contact")
            self.assertGreater(lead.received_on.year, 2001)
            self.assertEqual(lead.consent_state, "none")
            self.assertEqual(lead.lang_id, self.english)
            self.assertNotIn("1000000", lead.description or "")
            self.assertNotIn("Query", f"{lead.partner_name}{lead.description}")

    def test_areas_that_are_not_offered_are_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        area = self.env["firm.practice.area"].create({"name": "Theirs", "code": "theirs", "company_id": other.id})
        self.area_labour.active = False
        offered = self.open_page().get_element_by_id("crm_firm_practice_area_id").value_options
        self.assertIn(str(self.area_tax.id), offered)
        for unwanted in (area.id, self.area_labour.id, self.area_unclassified.id, 10**9, "x", "1.5", "-1"):
            self.assertNotIn(str(unwanted), offered)
            self.assert_refused(self.send(practice_area_id=str(unwanted)), "practice_area_id", "from the list")

    def test_files_are_refused(self):
        before = self.env["ir.attachment"].search_count([])
        data = self.make_hidden() | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        files = [(f"file[0][{number}]", (f"{number}.exe", b"MZ")) for number in range(130)]
        self.assert_refused(self.post(data, files=files), "form", "not accept files")
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)

    def test_stranger_who_gives_a_clients_address_changes_nothing_of_the_client(self):
        partner = self.env["res.partner"].create({"name": "Client", "email": "client@example.com", "phone": "+34 910 00 00 00"})
        lead = self.send_lead(email_from="client@example.com", phone="600 99 99 99", contact_name="Mallory")
        self.assertFalse(lead.partner_id)
        self.assertEqual((partner.name, partner.email, partner.phone), ("Client", "client@example.com", "+34 910 00 00 00"))

    def test_client_who_is_logged_in_changes_nothing_of_another_client(self):
        partner = self.env["res.partner"].create({"name": "Client", "email": "client@example.com"})
        self.authenticate("paula.portal", "paula.portal")
        lead = self.send_lead("/request", email_from="client@example.com", phone="600 99 99 99")
        self.assertFalse(lead.partner_id)
        self.assertFalse(partner.phone)
        self.assertEqual(self.paula.email, "paula.portal@firm.example.com")

    def test_form_of_the_website_editor_keeps_its_own_inputs_as_text(self):
        hidden = {"crm_firm_token": self.make_hidden()["crm_firm_token"], "contact_name": "Ana", "consent_handling": "1"}
        answer = self.post(hidden | {"email_from": "a@example.com", "Budget": "<b>900</b>", "Since": "1999\x00"})
        lead = self.env["crm.lead"].browse(answer["id"])
        self.assertEqual(lead.description, "<p><b>Budget</b><br>&lt;b&gt;900&lt;/b&gt;</p><p><b>Since</b><br>1999</p>")
        self.assertEqual(lead.consent_ids.purpose, "handling")
        hidden["crm_firm_token"] = self.make_hidden()["crm_firm_token"]
        self.assert_refused(self.post(hidden | {"email_from": "a@example.com", "Budget": "9" * 3000}), "Budget", "too long")
        many = hidden | {"email_from": "a@example.com"} | {f"Field {number}": "x" for number in range(50)}
        self.assert_refused(self.post(many), "form", "more fields")

    def test_field_that_the_firm_opened_to_its_forms_is_taken(self):
        model = self.env["ir.model"]._get("crm.lead")
        for name, blacklisted in (("x_open", False), ("x_closed", True)):
            self.env["ir.model.fields"].create(
                {"name": name, "model_id": model.id, "ttype": "integer", "website_form_blacklisted": blacklisted}
            )
        lead = self.send_lead(x_open="7", x_closed="7")
        self.assertEqual((lead.x_open, lead.x_closed), (7, 0))
        self.assert_refused(self.send(x_open="seven"), "x_open", "not a valid value")

    # === WHAT IS TYPED === #

    def test_every_text_arrives_unchanged(self):
        name = "Seán O'Brien-Ñáñez “Zoë” 🌻 שלום"
        remarks = (
            ("مرحبا 👩‍👩‍👧‍👦 <script>alert(1)</script> & O'Neill\n\n  two  spaces\n" * 400)[:20_000].strip().ljust(20_000, "x")
        )
        lead = self.send_lead(contact_name=name, description=remarks.replace("\n", "\r\n"))
        self.assertEqual(lead.contact_name, name)
        self.assertNotIn("<script", lead.description)
        shown = html.fromstring(lead.description.replace("<br>", "\n")).text_content()
        self.assertEqual(shown, remarks)

    def test_remarks_that_are_too_long_are_refused_with_the_excess(self):
        self.assert_refused(self.send(description="x" * 20_007), "description", "7 characters too long: the limit is 20000")
        self.assert_refused(self.send(contact_name="x" * 500), "contact_name", "too long")

    def test_control_characters_are_taken_out(self):
        lead = self.send_lead(contact_name="An\x00a\x1b Ruiz\r\nBcc: x", description="a\x00b\x08\tc")
        self.assertEqual(lead.contact_name, "Ana Ruiz Bcc: x")
        self.assertEqual(lead.description, "<p>ab\tc</p>")

    def test_phone_gets_the_form_of_its_country(self):
        for typed, kept in {
            "600112233": "+34 600 11 22 33",
            "+33 1 42 68 53 00": "+33 1 42 68 53 00",
            "0034 600-11-22-33": "+34 600 11 22 33",
            "+34": False,  # what Odoo's script writes into an empty field
        }.items():
            self.assertEqual(self.send_lead(phone=typed).phone, kept)
        for typed in ("12", "call me", "+34 600", "9" * 40, "+999 1234567"):
            self.assert_refused(self.send(phone=typed), "phone", "phone number is incomplete")

    def test_email_is_checked(self):
        self.assertEqual(self.send_lead(email_from="Ana <ANA@Client.example.com>").email_from, "ana@client.example.com")
        for typed in ("ana", "ana@", "@client.com", "ana@client", "a@b.com, c@d.com", "ana@client..com", "a b@c.com"):
            self.assert_refused(self.send(email_from=typed), "email_from", "e-mail address is incomplete")

    def test_phone_or_email_is_enough(self):
        self.assertFalse(self.send_lead(phone="").phone)
        self.assertFalse(self.send_lead(email_from="").email_from)
        answer = self.send(phone=" ", email_from=None)
        self.assert_refused(answer, "phone", "phone number or an e-mail")
        self.assert_refused(answer, "email_from", "phone number or an e-mail")

    def test_name_or_company_is_enough(self):
        self.send_lead(contact_name=None, partner_name="Ruiz SL")
        self.assert_refused(self.send(contact_name="\x00 "), "contact_name", "your name")

    def test_everything_wrong_is_said_at_once(self):
        answer = self.send(contact_name="", phone="12", email_from="ana", consent_handling=None, practice_area_id="x")
        self.assertEqual(
            set(answer["error_fields"]), {"contact_name", "phone", "email_from", "consent_handling", "practice_area_id"}
        )

    # === CONSENT === #

    def test_consent_is_kept_as_it_was_shown(self):
        page = self.open_page("/es/request?utm_source=x")
        wording = self.env.ref("crm_firm.consent_wording_handling")
        self.assertFalse(page.xpath("//input[@type='checkbox'][@checked]"))
        shown = page.xpath("//span[@data-purpose='handling']")[0].text_content()
        version = wording.version
        wording.with_context(lang="es_ES").text = "Otra cosa"  # after the page was shown
        data = {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1", "consent_commercial": "1"}
        lead = self.env["crm.lead"].browse(self.post(self.get_hidden(page) | data)["id"])
        self.assertEqual(lead.consent_state, "granted")
        self.assertEqual(set(lead.consent_ids.mapped("purpose")), {"handling", "commercial"})
        handling = lead.consent_ids.filtered(lambda consent: consent.purpose == "handling")
        self.assertEqual((handling.wording, handling.wording_version), (shown, str(version)))
        self.assertEqual(handling.ip_address, "127.0.0.1")
        self.assertEqual(handling.page_url, f"{self.base_url()}/es/request")
        self.assertEqual(handling.channel_id, self.channel_web)
        self.assertEqual(handling.person_name, "Ana")

    def test_request_is_sent_without_commercial_consent_and_not_without_the_other(self):
        lead = self.send_lead()
        self.assertEqual(lead.consent_ids.mapped("purpose"), ["handling"])
        self.assertEqual(lead.consent_state, "none")
        self.assert_refused(self.send(consent_handling=None, consent_commercial="1"), "consent_handling", "tick this box")

    def test_who_shows_no_page_makes_no_request(self):
        typed = {"contact_name": "Ana", "email_from": "a@example.com", "consent_handling": "1", "consent_commercial": "1"}
        before = self.count_leads()
        answer = self.post(typed)
        self.assertEqual(self.count_leads(), before, "no token, no request: what was shown is not known")
        self.assertIn("crm_firm_token", answer["error_fields"], "a person's page gets one and sends again")
        renewed = {"crm_firm_token": answer["error_fields"]["crm_firm_token"]}
        self.assert_refused(
            self.post({"email_from": "a@example.com", "contact_name": "Ana"} | renewed), "consent_handling", "tick"
        )
        lead = self.env["crm.lead"].browse(self.post(typed | renewed)["id"])
        self.assertEqual(set(lead.consent_ids.mapped("purpose")), {"handling", "commercial"})

    def test_form_on_another_page_gets_what_it_needs(self):
        response = self.url_open("/request/consents")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        parts = html.fromstring(f"<div>{response.text}</div>")
        names = {field.get("name") for field in parts.xpath(".//input")}
        self.assertLessEqual({"crm_firm_token", "consent_handling", "idempotency_key", "homepage"}, names)
        token = parts.xpath(".//input[@name='crm_firm_token']/@value")[0]
        self.assertTrue(self.env["crm.lead"]._read_web_token(token))

    # === HOW MANY === #

    def test_a_visitor_sends_so_many_requests_an_hour(self):
        self.company.write({"crm_firm_web_requests_hour": 3, "phone": "+34 910 00 00 00"})
        answers = [self.send(phone=None, email_from=f"person{number}@example.com") for number in range(5)]
        self.assertEqual(["id" in answer for answer in answers], [True, True, True, False, False])
        self.assert_refused(answers[-1], "form", r"several requests.*\+34 910 00 00 00")

    def test_a_person_sends_so_many_requests_an_hour(self):
        self.company.crm_firm_web_requests_person = 2
        for number, (typed, taken) in enumerate(
            (
                ({}, True),
                ({"email_from": "ANA.RUIZ@client.example.com", "phone": None}, True),
                ({"phone": None}, False),
                ({"email_from": None}, True),
                ({"email_from": "other@example.com"}, False),
                ({"email_from": "other@example.com", "phone": None}, True),
            )
        ):
            answer = self.send(description=str(number), **typed)
            self.assertEqual("id" in answer, taken, f"{typed} {answer}")
        self.company.crm_firm_web_requests_person = 0
        self.assertIn("id", self.send(), "no limit")

    # === SENT TWICE, TOO FAST, TOO LATE, BY A ROBOT === #

    def test_form_sent_twice_is_one_lead_with_one_answer(self):
        data = self.make_hidden() | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        for key in ("b2a7c9d0-0f8e-4e51-9f57-5f3a1c6f0a11", ""):  # made by the script; without it, by the page
            before = self.count_leads()
            answers = [self.post(data | {"idempotency_key": key}) for _number in range(3)]
            self.assertEqual(len({answer["id"] for answer in answers}), 1)
            self.assertEqual(self.count_leads(), before + 1)
        key = {"idempotency_key": "b2a7c9d0-0f8e-4e51-9f57-5f3a1c6f0a11"}
        lead = self.env["crm.lead"].browse(self.post(data | key)["id"])
        self.assertEqual(len(lead.consent_ids), 1)

    def test_discarded_lead_is_not_made_again(self):
        data = self.make_hidden() | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        lead = self.env["crm.lead"].browse(self.post(data)["id"])
        lead.discard(self.reason_spam)
        self.assertEqual(self.post(data)["id"], lead.id)

    def test_person_who_was_too_fast_sends_again(self):
        data = self.make_hidden() | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        with patch(f"{INTAKE}.MIN_FILL_SECONDS", 3600):
            self.assert_refused(self.post(data), "form", "very fast")
        self.assertIn("id", self.post(data))

    def test_page_that_is_too_old_or_that_nobody_can_read_is_renewed(self):
        hidden = self.get_hidden(self.open_page())
        data = {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
        wording = self.env.ref("crm_firm.consent_wording_handling")
        wording.text = "What is asked today"
        forged = hash_sign(self.env, "website_form", {"at": time.time(), "lang": "en_US", "wordings": {}})
        tokens = [hidden["crm_firm_token"], "x", "", "AAAA", "é", "🌻", hidden["crm_firm_token"][:-4] + "AAAA", forged]
        for token in tokens:
            with patch(f"{INTAKE}.MAX_AGE_SECONDS", -1):
                answer = self.post(hidden | data | {"crm_firm_token": token})
            self.assert_refused(answer, "form", "renewed it")
            self.assertEqual(answer["error_fields"]["crm_firm_wordings"]["handling"], "What is asked today")
        renewed = self.post(hidden | data | {"crm_firm_token": answer["error_fields"]["crm_firm_token"]})
        lead = self.env["crm.lead"].browse(renewed["id"])
        self.assertEqual(lead.consent_ids.wording, "What is asked today")

    def test_robot_that_fills_in_everything_is_kept_among_the_discarded(self):
        turn = self.send_lead(description="1").user_id
        mails = self.env["mail.mail"].search_count([])
        lead = self.send_lead(homepage="https://spam.example.com")
        self.assertEqual(lead.contact_status, "discarded")
        self.assertEqual(lead.lost_reason_id, self.reason_spam)
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.activity_ids)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertNotEqual(self.send_lead(description="2").user_id, turn, "the robot took nobody's turn")
        lead.restore_discarded()
        self.assertEqual(lead.contact_status, "to_contact")

    def test_honeypot_is_hidden_from_people_and_screen_readers(self):
        (field,) = self.open_page().xpath("//input[@name='homepage']")
        self.assertEqual((field.get("tabindex"), field.get("autocomplete")), ("-1", "off"))
        self.assertEqual(field.getparent().get("aria-hidden"), "true")

    # === WHERE IT CAME FROM === #

    def test_banner_says_which_banner(self):
        lead = self.send_lead("/request?utm_source=Expansion&utm_medium=CPC&utm_campaign=Renta 2026")
        self.assertEqual(lead.channel_id, self.env.ref("crm_firm.channel_banner"))
        self.assertEqual((lead.source_id.name, lead.medium_id.name, lead.campaign_id.name), ("Expansion", "CPC", "Renta 2026"))

    def test_medium_decides_the_channel(self):
        banner = self.env.ref("crm_firm.channel_banner")
        for medium, channel in {
            "Paid-Social": banner,
            "social": banner,
            "display": banner,
            "LinkedIn": banner,
            "email": self.channel_web,
            "organic": self.channel_web,
            "referral": self.channel_web,
        }.items():
            self.assertEqual(self.send_lead(f"/request?utm_medium={medium}").channel_id, channel, medium)

    def test_source_of_an_earlier_visit_is_in_the_cookies(self):
        self.url_open("/?utm_source=Boletin&utm_medium=banner")
        lead = self.send_lead()
        self.assertEqual(
            (lead.source_id.name, lead.medium_id), ("Boletin", self.env["utm.medium"].search([("name", "=ilike", "banner")]))
        )
        self.assertEqual(lead.channel_id, self.env.ref("crm_firm.channel_banner"))

    def test_frame_without_cookies_knows_its_source(self):
        self.opener.cookies.clear()
        with self.allow_requests(all_requests=True):
            page = requests.get(
                f"{self.base_url()}/request/embed?utm_source=Portada&utm_medium=banner", timeout=20, allow_redirects=False
            )
            self.assertEqual(page.status_code, 200)
            hidden = self.get_hidden(html.document_fromstring(page.text))
            data = hidden | {"contact_name": "Ana", "phone": "600112233", "consent_handling": "1"}
            answer = requests.post(f"{self.base_url()}/website/form/crm.lead", data=data, timeout=20).json()
        lead = self.env["crm.lead"].browse(answer["id"])
        self.assertEqual((lead.source_id.name, lead.channel_id.code), ("Portada", "banner"))
        self.assertEqual(lead.consent_ids.page_url, f"{self.base_url()}/request/embed")

    def test_strange_sources_are_no_error(self):
        sources = ['"\\000"', "%25", "\\\\", "_", "x" * 3000, "'; DROP TABLE crm_lead; --", "%F0%9F%8C%BB", '"a\\000b"']
        for source in sources:
            cookies = {"odoo_utm_source": source, "odoo_utm_medium": source, "odoo_utm_campaign": source}
            header = "; ".join(f"{name}={text}" for name, text in cookies.items())
            with self.allow_requests(all_requests=True):
                response = requests.post(
                    f"{self.base_url()}/website/form/crm.lead",
                    data=self.make_hidden()
                    | {"email_from": "a@example.com", "contact_name": "Ana", "consent_handling": "1", "description": source},
                    headers={"Cookie": header},
                    timeout=20,
                )
            self.assertEqual(response.status_code, 200, source)
            self.assertIn("id", response.json(), source)

    # === ACKNOWLEDGEMENT === #

    def get_acknowledgement(self, lead):
        return self.env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "=", lead.id), ("email_to", "!=", False)])

    def test_sender_is_told_in_the_language_of_the_page(self):
        template = self.env.ref("crm_firm.mail_template_acknowledge_request")
        template.with_context(lang="es_ES").subject = "Hemos recibido su solicitud"
        mail = self.get_acknowledgement(self.send_lead("/es/request"))
        self.assertEqual(mail.subject, "Hemos recibido su solicitud")
        self.assertEqual(mail.email_to, "ana.ruiz@client.example.com")
        self.assertIn("de 20", mail.body_html, "the day, as Spanish writes it")

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

    # === SESSIONS AND PAGES === #

    def test_session_that_changed_meanwhile_is_renewed(self):
        self.authenticate("paula.portal", "paula.portal")
        hidden = self.get_hidden(self.open_page())
        data = hidden | {"contact_name": "Paula", "phone": "600112233", "consent_handling": "1", "csrf_token": "old"}
        answer = self.post(data)
        self.assertRegex(answer["error"], "press the button again")
        self.assertIn("id", self.post(data | {"csrf_token": answer["error_fields"]["csrf_token"]}))

    def test_spanish_address_shows_spanish_whatever_the_browser_prefers(self):
        for default in (self.english, self.spanish):
            self.website.default_lang_id = default
            self.opener.cookies.clear()
            page = self.open_page("/solicitud?utm_source=Portada", headers={"Accept-Language": "en"})
            self.assertEqual(page.get("lang"), "es-ES")
            token = self.env["crm.lead"]._read_web_token(self.get_hidden(page)["crm_firm_token"])
            self.assertEqual((token["lang"], token["utm"]), ("es_ES", {"utm_source": "Portada"}))
        self.website.language_ids = self.website.default_lang_id = self.english
        self.assertEqual(self.open_page("/solicitud").get("lang"), "en-US")

    def test_frame_is_for_the_sites_in_the_settings_alone(self):
        header = "Content-Security-Policy"
        for path in ("/request/embed", "/request/embed/thanks"):
            self.company.crm_firm_embed_origins = False
            self.assertEqual(self.url_open(path).headers[header], "frame-ancestors 'none'")
            self.company.crm_firm_embed_origins = "https://www.example.com\nhttp://localhost:8080/"
            response = self.url_open(path)
            self.assertEqual(response.headers[header], "frame-ancestors 'self' https://www.example.com http://localhost:8080")
            self.assertNotIn("X-Frame-Options", response.headers)
        self.assertEqual(self.url_open("/request").headers[header], "frame-ancestors 'self'")
        self.assertNotIn(header, self.url_open("/").headers)

    def test_a_site_with_other_letters_is_named_as_browsers_name_it_and_what_is_none_is_refused(self):
        for written, named in {
            "https://www.España.es/": "https://www.xn--espaa-rta.es",
            "http://münchen.de:8080": "http://xn--mnchen-3ya.de:8080",
            "https://[::1]:8443": "https://[::1]:8443",
        }.items():
            self.company.crm_firm_embed_origins = written
            header = self.url_open("/request/embed").headers["Content-Security-Policy"]
            self.assertEqual(header, f"frame-ancestors 'self' {named}")
        for written in (
            "https://–.es",
            "https://a\x01b.es",
            "https://\u202eexample.com",
            "https://-ñ-.es",
            "https://x y",
            "https://",
        ):
            with self.assertRaises(ValidationError, msg=written), self.cr.savepoint():
                self.company.crm_firm_embed_origins = written
                self.company.flush_recordset()

    def test_page_is_never_taken_from_a_cache(self):
        tokens = {self.get_hidden(self.open_page())["crm_firm_token"] for _number in range(2)}
        self.assertEqual(len(tokens), 2)
        self.assertIn("private", self.url_open("/request").headers["Cache-Control"])

    def test_privacy_policy_is_one_click_away(self):
        (link,) = self.open_page().find_class("o_crm_firm_privacy")[0].iter("a")
        self.assertEqual(self.url_open(link.get("href")).status_code, 200)
        self.company.crm_firm_privacy_url = "javascript:alert(1)"
        (link,) = self.open_page().find_class("o_crm_firm_privacy")[0].iter("a")
        self.assertEqual(link.get("href"), "/privacy")

    def test_without_javascript_the_form_works_and_keeps_what_was_typed(self):
        page = self.open_page()
        (button,) = page.find_class("s_website_form_send")
        typed = {"contact_name": "O'Neill <b>", "phone": "12", "description": "\nfirst\nline", "consent_commercial": "1"}
        typed |= {"practice_area_id": str(self.area_tax.id)}
        response = self.url_open(button.get("formaction"), data=self.get_hidden(page) | typed)
        self.assertEqual(response.status_code, 200)
        again = html.document_fromstring(response.text)
        form = again.get_element_by_id("crm_firm_request")
        self.assertEqual(form.fields["contact_name"], "O'Neill <b>")
        self.assertEqual(form.fields["practice_area_id"], str(self.area_tax.id))
        self.assertEqual(form.inputs["description"].text.strip("\n"), "first\nline")
        self.assertTrue(form.inputs["consent_commercial"].checked)
        self.assertFalse(form.inputs["consent_handling"].checked)
        phone = form.inputs["phone"]
        self.assertEqual(phone.get("aria-invalid"), "true")
        self.assertIn("phone number", again.get_element_by_id(phone.get("aria-describedby")).text)
        before = self.count_leads()
        data = self.get_hidden(again) | typed | {"phone": "600112233", "consent_handling": "1"}
        for _number in range(2):
            response = self.url_open(button.get("formaction"), data=data)
            self.assertTrue(response.url.endswith("/request/thanks"), response.url)
        self.assertEqual(self.count_leads(), before + 1)

    # === NO INPUT GIVES A 500 === #

    def test_fuzzed_forms_get_an_answer_and_never_an_error_page(self):
        rng = random.Random(20260302)
        hidden = self.make_hidden()
        lead_fields = sorted(self.env["crm.lead"]._fields)
        alphabet = string.printable + "\x00\x01\x1f\x7fñ€🌻\u202e\u0000\ufffe\ud7ff\u2028%_\\'\"<>{}[]"

        def make_text():
            kind = rng.randrange(6)
            if kind == 0:
                return "".join(rng.choice(alphabet) for _number in range(rng.randrange(60)))
            if kind == 1:
                return rng.choice(["", " ", "0", "-1", "1e309", "NaN", "null", "[]", "{}", "(4, 1)", str(2**70), "False"])
            if kind == 2:
                return rng.choice(["a@b.com", "600112233", "+34", "2026-02-30", "../../etc/passwd", "{{7*7}}", "%s%s%n"])
            if kind == 3:
                return "x" * rng.choice([10, 300, 25_000])
            if kind == 4:
                return str(rng.randrange(-5, 10**6))
            return rng.choice(list(hidden.values()))[: rng.randrange(400)]

        names = [*hidden, "contact_name", "partner_name", "phone", "email_from", "description", "practice_area_id"]
        names += ["consent_handling", "consent_commercial", "homepage", "context", "model_name", "name", "__class__", "", "a[0]"]
        results = {"id": 0, "error": 0}
        for number in range(300):
            data = [(rng.choice(names), make_text()) for _field in range(rng.randrange(12))]
            data += [(rng.choice(lead_fields), make_text()) for _field in range(rng.randrange(4))]
            if rng.random() < 0.7:
                data += [("email_from", "a@b.com"), ("contact_name", "Ana"), ("consent_handling", "1")]
            if rng.random() < 0.5:
                data += list(hidden.items())
            params = {rng.choice(names + lead_fields): make_text()[:500] for _field in range(rng.randrange(3))}
            files = {rng.choice(names): (make_text()[:50], b"x")} if rng.random() < 0.1 else None
            headers = {"Referer": "x" * 50, "Accept-Language": rng.choice(["es", "xx", "zh-TW,*;q=0.1", ""])}
            with mute_logger(CONTROLLER):
                response = self.url_open(
                    "/website/form/crm.lead", method="POST", data=data, params=params, files=files, headers=headers
                )
            self.assertEqual(response.status_code, 200, f"post {number}: {data} {params}")
            answer = response.json()
            self.assertTrue(answer.get("id") or answer.get("error"), f"post {number}: {data} {answer}")
            results["id" if answer.get("id") else "error"] += 1
        self.assertGreater(results["id"], 20, results)
        self.assertGreater(results["error"], 20, results)

    def test_fuzzed_bodies_are_refused_as_what_they_are(self):
        rng = random.Random(5)
        types = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]
        for path in ("/website/form/crm.lead", "/request/send", "/request/embed/send"):
            for number in range(40):
                body = bytes(rng.randrange(256) for _byte in range(rng.randrange(300)))
                response = self.url_open(path, data=body or b"x", headers={"Content-Type": types[number % len(types)]})
                self.assertLess(response.status_code, 500, body)

    def test_fuzzed_addresses_of_the_page_are_no_error(self):
        for query in (
            "utm_source=%00",
            "utm_medium=%FF%FE",
            "utm_source[]=1",
            "x=" + "y" * 5000,
            "utm_campaign=%25%5C",
            "%00=%00",
        ):
            for path in ("/request", "/request/embed", "/request/thanks", "/solicitud"):
                self.assertLess(self.url_open(f"{path}?{query}").status_code, 500, query)


@tagged("post_install", "-at_install")
class TestWebIntakeRace(HttpCase):
    """Requests with transactions of their own, committed: what the others test in one transaction has no race."""

    registry_test_mode = False

    def setUp(self):
        super().setUp()
        # Whoever runs the tests holds this lock meanwhile; requests want it.
        self.startPatcher(patch.object(Registry, "_lock", DummyRLock()))
        self.startPatcher(patch(f"{INTAKE}.MIN_FILL_SECONDS", 0))

    def test_forms_with_one_key_that_arrive_at_the_same_moment_make_one_lead(self):
        url = f"{self.base_url()}/website/form/crm.lead"
        for number in range(3):
            key = f"race-{time.time_ns()}-{number}"
            self.addCleanup(self.remove_leads, key)
            barrier = threading.Barrier(6)
            answers = []
            website = self.env["website"].search([], limit=1)
            token = self.env["crm.lead"]._prepare_web_page_values(website, f"{self.base_url()}/request")["token"]
            data = {"contact_name": "Ana", "email_from": f"{key}@client.example.com", "idempotency_key": key}
            data |= {"crm_firm_token": token, "consent_handling": "1"}

            def send(data=data, barrier=barrier, answers=answers):
                barrier.wait()
                response = requests.post(url, data=data, timeout=60)
                answers.append((response.status_code, response.text))

            threads = [threading.Thread(target=send) for _number in range(6)]
            with mute_logger("odoo.sql_db"):  # the violations that are looked for
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            self.assertEqual(len(answers), 6)
            self.assertEqual(len(set(answers)), 1, answers)
            self.assertEqual(answers[0][0], 200)
            with self.registry.cursor() as cr:
                cr.execute("SELECT id FROM crm_lead WHERE idempotency_key = %s", [key])
                self.assertEqual(answers[0][1], f'{{"id": {cr.fetchall()[0][0]}}}')
                cr.execute("SELECT count(*) FROM crm_lead WHERE email_from = %s", [f"{key}@client.example.com"])
                self.assertEqual(cr.fetchone()[0], 1)

    def remove_leads(self, key):
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            leads = env["crm.lead"].with_context(active_test=False).search([("idempotency_key", "=", key)])
            env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "in", leads.ids)]).unlink()
            leads.unlink()
