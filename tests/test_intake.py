"""Requests that other systems send: signed, kept, answered, worked on, each once. Real HTTP."""

import time

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.crm_firm.models.channels import firm_intake_source
from odoo.addons.crm_firm.tools.lead_ads import MAX_BODY
from odoo.addons.crm_firm.tools.signed_message import sign, sign_challenge

from .common import FirmCast
from .intake_common import GENERIC, GOOGLE, LINKEDIN, META, SECRET, IntakeTools, encode, sign_headers


@tagged("post_install", "-at_install")
class TestIntake(FirmCast, IntakeTools, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.setUpSources()

    # === WHAT BECOMES OF IT === #

    def test_a_signed_message_becomes_a_request_like_those_of_the_web(self):
        lead = self.take_lead("generic", GENERIC)
        self.assertEqual(
            (lead.type, lead.contact_name, lead.partner_name, lead.email_from, lead.phone),
            ("lead", "Ana Ruiz", "Talleres Ruiz S.L.", "ana.ruiz@client.example.com", "+34 600 11 22 33"),
        )
        self.assertEqual((lead.channel_id, lead.practice_area_id), (self.env.ref("crm_firm.channel_banner"), self.area_tax))
        self.assertEqual((lead.contact_status, lead.company_id), ("to_contact", self.company))
        self.assertIn(lead.user_id, self.olga | self.oscar)
        self.assertTrue(lead.first_contact_deadline)
        self.assertEqual(lead.activity_ids.user_id, lead.user_id, "the call is planned")
        self.assertTrue(lead.owner_untold)
        self.assertTrue(lead.acknowledged_on)
        self.assertEqual((lead.campaign_id.name, lead.medium_id.name), ("Income tax 2026", "cpc"))
        for text in ("I need help with my tax return.<br", "Getafe", "12", "tax adviser"):
            self.assertIn(text, lead.description)
        delivery = self.Delivery.search([("lead_id", "=", lead.id)])
        self.assertEqual(str(delivery.submitted_on), "2026-03-02 08:30:00")
        self.assertEqual(lead.received_on, delivery.received_on, "the clock says when it arrived, not the sender")
        self.assertFalse(self.Delivery.search([("next_try_on", "!=", False)]))

    def test_consents_are_kept_as_given_and_a_box_without_wording_proves_nothing(self):
        lead = self.take_lead("generic", GENERIC)
        self.assertEqual(
            [(consent.purpose, consent.state, consent.wording, consent.wording_version) for consent in lead.consent_ids],
            [("handling", "granted", "You may use my data to answer.", "3")],
        )
        self.assertEqual(lead.consent_ids.channel_id, lead.channel_id)
        self.assertIn("agency-77", lead.consent_ids.note)
        self.assertEqual(lead.consent_state, "none")
        bare = GENERIC | {"consents": [{"purpose": "commercial", "granted": True}], "external_id": "bare"}
        lead = self.take_lead("generic", bare)
        self.assertFalse(lead.consent_ids)
        self.assertIn("consent: commercial", lead.description)

    def test_the_lines_of_a_source_say_what_its_questions_become(self):
        self.sources["google"].mapping_ids = [
            (0, 0, {"question": "¿Qué servicio necesita?", "target": "practice_area"}),
            (0, 0, {"question": "news", "target": "consent_commercial", "wording": "Send me news by e-mail."}),
            (0, 0, {"question": "colour", "target": "ignore"}),
            (0, 0, {"question": "nif", "target": "vat"}),
        ]
        more = {"que_servicio_necesita": "Tax", "news": "Yes", "colour": "blue", "nif": "B12345674", "city": "Getafe"}
        columns = GOOGLE["user_column_data"] + [{"column_id": key, "string_value": text} for key, text in more.items()]
        lead = self.take_lead("google", GOOGLE | {"user_column_data": columns})
        self.assertEqual((lead.practice_area_id, lead.vat), (self.area_tax, "B12345674"))
        self.assertEqual((lead.consent_ids.purpose, lead.consent_ids.wording), ("commercial", "Send me news by e-mail."))
        self.assertNotIn("blue", lead.description)
        self.assertIn("Getafe", lead.description)
        self.assertIn("123456", lead.description, "the campaign's number")

    def test_nothing_that_was_answered_is_lost_where_it_fits_nowhere(self):
        columns = [
            {"column_id": "FULL_NAME", "string_value": "N" * 300},
            {"column_id": "EMAIL", "string_value": "no address"},
            {"column_id": "PHONE_NUMBER", "string_value": "12"},
            {"column_id": "WORK_PHONE", "string_value": "+34 600 44 55 66"},
            {"column_id": "area", "string_value": "Astrology <b>"},
        ]
        lead = self.take_lead("google", GOOGLE | {"user_column_data": columns})
        for text in ("N" * 300, "no address", "12", "+34 600 44 55 66", "Astrology &lt;b&gt;"):
            self.assertIn(text, lead.description)
        self.assertEqual(lead.practice_area_id, self.area_unclassified)
        self.assertFalse(lead.phone or lead.email_from)

    def test_what_a_source_says_is_its_requests_when_they_say_nothing(self):
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        self.sources["google"].write({"practice_area_id": self.area_labour.id, "utm_campaign_id": campaign.id})
        lead = self.take_lead("google", GOOGLE)
        self.assertEqual((lead.practice_area_id, lead.campaign_id, lead.user_id), (self.area_labour, campaign, self.nadia))
        self.assertEqual(lead.contact_name, "Ana Ruiz 😀")

    def test_tests_of_the_other_side_make_no_request(self):
        for kind, message in (("google", GOOGLE | {"is_test": True}), ("generic", GENERIC | {"test": True})):
            delivery = self.take(kind, message)
            self.run_job()
            self.assertEqual((delivery.state, delivery.lead_id.id), ("test", False))
        self.assertFalse(self.count_leads())

    # === ONCE === #

    def test_what_is_sent_again_is_answered_as_the_first_time(self):
        for kind, message in (("generic", GENERIC), ("google", GOOGLE), ("meta", META), ("linkedin", LINKEDIN)):
            first = self.take(kind, message)
            again = self.send(kind, message, moment=time.time() - 5)
            self.assertEqual((again.status_code, again.json()), (200, {"delivery": first.id}))
        self.run_job()
        self.assertEqual(self.count_leads(), 2)
        self.send("generic", GENERIC)
        self.run_job()
        self.assertEqual(self.count_leads(), 2)

    def test_a_replay_is_no_second_request_whatever_header_it_brings(self):
        message = {"phone": "600 11 22 33"}
        headers = sign_headers("generic", encode(message))
        first = self.take("generic", message, secret=None, headers=headers | {"Idempotency-Key": "one"})
        replay = self.send("generic", message, secret=None, headers=headers | {"Idempotency-Key": "two"})
        self.assertEqual((replay.status_code, replay.json()["delivery"]), (200, first.id))
        moment, value = headers["X-Firm-Signature"].split(",v1=")
        for number, text in enumerate(
            (
                *(f"{moment}, v1={value}", f"{moment} ,v1={value}", f"v1={value},{moment}", f"{moment},v1={value.upper()}"),
                *(f"{moment},v1={'0' * 64},v1={value}", f"{moment},v1={value},v2=x", f"x=1,{moment},v1={value}"),
            )
        ):
            with self.subTest(header=text):
                header = {"X-Firm-Signature": text, "Idempotency-Key": f"again {number}"}
                replay = self.send("generic", message, secret=None, headers=header)
                self.assertEqual((replay.status_code, replay.json()["delivery"]), (200, first.id))
        old = self.send("generic", message, moment=time.time() - 400)
        self.assertEqual(old.status_code, 401)

    def test_two_people_who_ask_for_the_same_are_two(self):
        message = {"phone": "600 11 22 33"}
        headers = [{"Idempotency-Key": key} for key in ("one", "two")]
        first, second = (
            self.take("generic", message, moment=time.time() - 10 * number, headers=header)
            for number, header in enumerate(headers)
        )
        self.assertNotEqual(first, second)

    def test_a_delivery_that_was_forgotten_makes_no_second_request(self):
        lead = self.take_lead("generic", GENERIC)
        self.Delivery.search([]).unlink()
        delivery = self.take("generic", GENERIC)
        self.run_job()
        self.assertEqual((delivery.state, delivery.lead_id), ("duplicate", lead))

    # === ATTACKS === #

    def test_what_is_not_signed_leaves_nothing_and_is_read_by_nobody(self):
        for kind, message in (("generic", GENERIC), ("meta", META), ("linkedin", LINKEDIN)):
            for what, kwargs in {
                "no signature": {"secret": None},
                "another secret": {"secret": "guess"},
                "another body": {"secret": None, "headers": sign_headers(kind, b"{}")},
                "junk": {"secret": None, "headers": dict.fromkeys(sign_headers(kind, b""), "t=1,v1=x")},
            }.items():
                with self.subTest(kind=kind, what=what):
                    self.assertEqual(self.send(kind, message, **kwargs).status_code, 401)
                    self.assertEqual(self.send(kind, b"[" * 60_000, **kwargs).status_code, 401, "not parsed before")
        for key in ("", None, "guess", 5, [SECRET], {"a": SECRET}):
            self.assertEqual(self.send("google", GOOGLE | {"google_key": key}).status_code, 401)
        self.assertFalse(self.Delivery.search([]))

    def test_a_source_without_a_secret_takes_nothing(self):
        self.sources["google"].secret = False
        self.sources["meta"].secret = False
        self.env.flush_all()
        self.assertEqual(self.send("google", GOOGLE | {"google_key": ""}).status_code, 401)
        self.assertEqual(self.send("meta", META, secret="").status_code, 401)

    def test_huge_deep_and_wrong_messages_are_refused_even_with_a_signature(self):
        for body, status in (
            (b'{"phone": "' + b"6" * MAX_BODY + b'"}', 413),
            (b'{"phone": ' + b"[" * 30_000, 400),
            (b"not json", 400),
            (b"[]", 400),
            (b"", 400),
            (b'{"phone": 5}', 422),
        ):
            with self.subTest(body=body[:20]):
                self.assertEqual(self.send("generic", body).status_code, status)
        answer = self.send("generic", {"name": 5, "email": []})
        self.assertEqual(set(answer.json()["fields"]), {"name", "email"})
        self.assertFalse(self.Delivery.search([]))
        form = self.send("generic", b"phone=600112233", headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertIn(form.status_code, (400, 401))

    def test_addresses_that_are_none_and_sources_that_are_archived_take_nothing(self):
        for key in ("nothing", "%00", "a%00b", "%F0%9F%98%80", "%27", "a" * 5000, "%ED%A0%80", "%25", "a%0A"):
            with self.subTest(key=key[:20]):
                self.assertEqual(self.url_open(f"/intake/lead/{key}", data=b"{}").status_code, 404)
                self.assertEqual(self.url_open(f"/intake/lead/{key}").status_code, 404)
        self.sources["generic"].active = False
        self.env.flush_all()
        self.assertEqual(self.send("generic", GENERIC).status_code, 404)
        self.assertEqual(self.url_open(f"/intake/lead/{self.sources['google'].key}").status_code, 404)

    @freeze_time("2026-03-02 09:10:20")
    def test_a_source_sends_so_much_a_minute_and_forgers_use_up_nothing_of_it(self):
        self.sources["generic"].most_per_minute = 3
        self.env.flush_all()
        self.patch(firm_intake_source, "MOST_FORGED", 4)
        forged = [self.send("generic", GENERIC, secret="guess").status_code for _number in range(6)]
        self.assertEqual(forged, [401] * 4 + [429] * 2)
        sent = [self.send("generic", {"phone": f"60011223{number}"}).status_code for number in range(5)]
        self.assertEqual(sent, [202] * 3 + [429] * 2)
        self.sources["google"].most_per_minute = 1
        self.env.flush_all()
        self.assertEqual(self.send("google", GOOGLE).status_code, 202, "each source by itself")

    # === WHAT NETWORKS ASK === #

    def test_the_address_answers_the_questions_of_meta_and_linkedin(self):
        meta, linkedin = (self.sources[kind] for kind in ("meta", "linkedin"))
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": meta.verify_token}
        answer = self.url_open(f"/intake/lead/{meta.key}", params=query)
        self.assertEqual((answer.status_code, answer.text), (200, "1158201444"))
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
        for wrong in ({"hub.verify_token": "guess"}, {"hub.mode": "other"}, {"hub.challenge": "<script>"}):
            self.assertEqual(self.url_open(f"/intake/lead/{meta.key}", params=query | wrong).status_code, 404)
        code = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
        answer = self.url_open(f"/intake/lead/{linkedin.key}", params={"challengeCode": code})
        self.assertEqual(answer.json(), {"challengeCode": code, "challengeResponse": sign_challenge(SECRET, code)})

    def test_no_message_is_signed_for_who_asks_as_a_network_does(self):
        linkedin = self.sources["linkedin"]
        for code in (f"hmacsha256={encode(LINKEDIN).decode()}", "hmacsha256={}", "a=b", "{}", "a b", "a" * 101, "ñ", "a\n", ""):
            with self.subTest(code=code[:30]):
                answer = self.url_open(f"/intake/lead/{linkedin.key}", params={"challengeCode": code})
                self.assertEqual(answer.status_code, 404)

    # === WHO SETS IT UP === #

    def test_a_secret_is_shown_once_and_read_by_nobody(self):
        source = self.sources["generic"].with_user(self.marta)
        action = source.action_make_secret()
        shown = action["context"]["default_secret"]
        dialog = self.env["firm.intake.secret"].with_user(self.marta).with_context(**action["context"])
        self.assertEqual(dialog.default_get(["secret", "source_id"])["secret"], shown)
        self.assertFalse(self.env["firm.intake.secret"]._fields["secret"].store)
        for user in (self.marta, self.env.ref("base.user_admin")):
            for fname in ("secret", "secret_before", "token"):
                with self.subTest(user=user.login, field=fname), self.assertRaises(AccessError):
                    source.with_user(user).read([fname])
                with self.assertRaises(AccessError):
                    source.with_user(user).search([(fname, "=", shown)])
                with self.assertRaises(UserError):
                    source.with_user(user).write({fname: "mine"})
            everything = str(source.with_user(user).read()) + str(source.with_user(user).copy().read())
            self.assertNotIn(shown, everything)
            self.assertNotIn(SECRET, everything)
        for user in (self.olga, self.fran, self.elsa, self.paula):
            with self.assertRaises(AccessError):
                source.with_user(user).action_make_secret()

    def test_a_secret_that_is_typed_does_not_come_back(self):
        source = self.sources["meta"].with_user(self.marta)
        saved = source.web_save({"typed_secret": " typed secret ", "typed_token": "typed token"}, {"typed_secret": {}})
        self.assertNotIn("typed", str(saved[0]["typed_secret"]))
        self.assertEqual((source.sudo().secret, source.sudo().token), ("typed secret", "typed token"))

    def test_while_a_secret_is_changed_the_one_before_counts_for_a_week(self):
        source = self.sources["generic"]
        with freeze_time("2026-03-02 09:00:00"):
            source._set_secret("new")
        for moment, statuses in (("2026-03-08 09:00:00", [202, 202]), ("2026-03-10 09:00:00", [202, 401])):
            with freeze_time(moment):
                answers = []
                for secret in ("new", SECRET):
                    message = {"phone": "600112233", "external_id": f"{moment} {secret}"}
                    header = sign(secret, encode(message), int(time.time()))
                    answers.append(self.send("generic", message, secret=None, headers={"X-Firm-Signature": header}).status_code)
                self.assertEqual(answers, statuses)
        source._set_secret("newer")
        source.with_user(self.marta).action_forget_secret_before()
        self.env.flush_all()
        self.assertEqual(self.send("generic", GENERIC, secret="new").status_code, 401)

    def test_a_sample_shows_what_would_become_of_each_question(self):
        source = self.sources["generic"].with_user(self.marta)
        source.mapping_ids = [(0, 0, {"question": "city", "target": "ignore"})]
        becomes = {row["question"]: row["becomes"] for row in source.preview_sample(encode(GENERIC).decode())}
        self.assertEqual(
            {key: becomes[key] for key in ("name", "area", "city", "employees", "handling")},
            {
                "name": "Name",
                "area": "Practice area",
                "city": "Nothing, leave it out",
                "employees": "Remarks",
                "handling": "Consent: handling of the request",
            },
        )
        for sample, message in (("not json", "no JSON"), ('{"phone": 5}', "phone"), ("", "no JSON")):
            with self.assertRaisesRegex(UserError, message):
                source.preview_sample(sample)
        with self.assertRaisesRegex(UserError, "only say that somebody"):
            self.sources["meta"].preview_sample(encode(META).decode())
        dialog = (
            self.env["firm.intake.sample"].with_user(self.marta).create({"source_id": source.id, "sample": '{"phone": "<b>"}'})
        )
        self.assertIn("&lt;b&gt;", dialog.result)
        self.assertFalse(self.Delivery.search([]) or self.count_leads())
