"""Forms sent too often, twice, too fast, too late, or by a robot."""

import threading
import time
from unittest.mock import patch

import requests

from odoo.orm.registry import DummyRLock, Registry
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.misc import hash_sign

from .web_common import INTAKE, WebCase


@tagged("post_install", "-at_install")
class TestWebRepeats(WebCase):
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
                cr.execute("SELECT id FROM crm_lead WHERE idempotency_key LIKE %s", [f"%{key}"])
                self.assertEqual(answers[0][1], f'{{"id": {cr.fetchall()[0][0]}}}')
                cr.execute("SELECT count(*) FROM crm_lead WHERE email_from = %s", [f"{key}@client.example.com"])
                self.assertEqual(cr.fetchone()[0], 1)

    def remove_leads(self, key):
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            leads = env["crm.lead"].with_context(active_test=False).search([("idempotency_key", "=like", f"%{key}")])
            env["mail.mail"].search([("model", "=", "crm.lead"), ("res_id", "in", leads.ids)]).unlink()
            leads.unlink()
