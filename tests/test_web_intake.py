"""A form becomes a request: what a visitor may say, what is kept of it, where it came from."""

from unittest.mock import patch

import requests
from lxml import html

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import tagged

from .web_common import WebCase


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
