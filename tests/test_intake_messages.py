"""What other systems send, as it is signed and read: without a database."""

import copy
import json

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_firm.tools.lead_ads import (
    MAX_ITEMS,
    Refused,
    clean,
    get_key,
    read_json,
    read_moment,
    read_submission,
    split,
)
from odoo.addons.crm_firm.tools.signed_message import is_signed, sign

from .intake_common import GENERIC, GOOGLE, LINKEDIN, LINKEDIN_LEAD, META, META_LEAD, SECRET, encode, sign_headers

NOW = 1_772_442_000
HEADER = {"generic": "X-Firm-Signature", "meta": "X-Hub-Signature-256", "linkedin": "X-LI-Signature"}


@tagged("post_install", "-at_install")
class TestSignatures(BaseCase):
    def is_taken(self, kind, body, header, secrets=(SECRET,)):
        return is_signed(kind, body, header, secrets, NOW)

    def test_what_is_signed_with_the_secret_is_taken_and_nothing_else(self):
        body = encode(GENERIC)
        for kind, name in HEADER.items():
            header = sign_headers(kind, body, moment=NOW)[name]
            with self.subTest(kind=kind):
                self.assertTrue(self.is_taken(kind, body, header))
                self.assertTrue(self.is_taken(kind, body, header, ("new", SECRET)), "the secret before counts as well")
                self.assertFalse(self.is_taken(kind, body + b" ", header))
                self.assertFalse(self.is_taken(kind, body, header, ("other",)))
                self.assertFalse(self.is_taken(kind, body, header, ()), "a source without a secret takes nothing")
                self.assertFalse(self.is_taken(kind, body, header, ("",)))
                for wrong in (None, "", "sha256=", "v1=", "t=,v1=", "ñ", "=" * 5000, header[:-1], header[:-1] + "ñ", "t=1,t=2"):
                    self.assertFalse(self.is_taken(kind, body, wrong), wrong)

    def test_a_signature_ends_after_five_minutes_by_either_clock(self):
        for age, taken in ((0, True), (299, True), (-299, True), (301, False), (-301, False), (10**9, False)):
            with self.subTest(age=age):
                self.assertEqual(self.is_taken("generic", b"{}", sign(SECRET, b"{}", NOW - age)), taken)
        moved = sign(SECRET, b"{}", NOW - 400).replace(str(NOW - 400), str(NOW))
        self.assertFalse(self.is_taken("generic", b"{}", moved), "the moment is signed, too")
        for moment in ("٣" * 10, "-5", "1e9", "9" * 13):
            self.assertFalse(self.is_taken("generic", b"{}", f"t={moment},v1={'0' * 64}"))

    def test_bytes_are_signed_as_they_come_whatever_they_say(self):
        for body in ('{"a": "ñ 😀"}'.encode(), b'{"a": "\\u00f1 \\ud83d\\ude00 \\ud83d"}', b"\xff\x00", b""):
            for kind, name in HEADER.items():
                self.assertTrue(self.is_taken(kind, body, sign_headers(kind, body, moment=NOW)[name]))


@tagged("post_install", "-at_install")
class TestMessages(BaseCase):
    def assert_refused(self, status, body, kind="generic"):
        with self.assertRaises(Refused) as caught:
            split(kind, read_json(encode(body)), encode(body))
        self.assertEqual(caught.exception.status, status, caught.exception)
        return caught.exception.fields

    def test_what_nobody_would_send_is_refused_before_it_costs_anything(self):
        for body in (
            *(b"", b"\xff\xfe", b"not json", b"[]", b'"text"', b"null", b'{"a": NaN}', b'{"a": ' + b"9" * 5000 + b"}"),
            *(b'{"a": ' + b"[" * 30_000, b'{"a": ' * 9000 + b"1" + b"}" * 9000, b'{"a": ' + b"[" * 25 + b"]" * 25 + b"}"),
        ):
            with self.subTest(body=body[:40]), self.assertRaises(Refused) as caught:
                read_json(body)
            self.assertEqual(caught.exception.status, 400)

    def test_each_wrong_type_of_ours_is_named(self):
        for name, value in (
            *((name, junk) for name in ("name", "company", "remarks", "area", "external_id") for junk in (1, [], {}, True)),
            *(("utm", []), ("utm", {"source": []}), ("extra", "x"), ("extra", {"a": {"b": 1}}), ("test", "yes"), ("test", None)),
            *(("submitted_at", value) for value in ("soon", "2026-03-02T09:30:00", True, [], {})),
            *(("consents", value) for value in ("yes", {}, [1], [{}], [{"purpose": "all", "granted": True}])),
            ("consents", [{"purpose": "handling", "granted": "yes"}]),
            ("consents", [{"purpose": ["handling"], "granted": True}]),
            ("consents", [{"purpose": "handling", "granted": True, "wording": 5}]),
            *(("name", "x" * 121), ("email", "x" * 255), ("remarks", "x" * 20_001)),
        ):
            with self.subTest(name=name, value=str(value)[:40]):
                self.assertIn(name, self.assert_refused(422, GENERIC | {name: value}))
        self.assertEqual(set(self.assert_refused(422, {"name": "Ana"})), {"email", "phone"})

    def test_other_shapes_of_the_networks_are_refused(self):
        for kind, message in (
            *(("meta", {}), ("meta", META | {"object": "user"}), ("meta", META | {"entry": {}}), ("google", {})),
            *(("google", GOOGLE | {"lead_id": value}) for value in (5, None, "", "x" * 300)),
            *(("google", GOOGLE | {"user_column_data": value}) for value in (None, "x", {})),
            *(("linkedin", {}), ("linkedin", LINKEDIN | {"leadGenFormResponse": "urn:li:x:../../me"})),
        ):
            with self.subTest(kind=kind, message=str(message)[:60]):
                self.assert_refused(422, message, kind)

    def test_of_a_batch_with_one_bad_entry_all_others_go_on(self):
        batch = copy.deepcopy(META)
        change = batch["entry"][0]["changes"][0]
        numbers = [7, "8", None, "../me", True, {"x": 1}]
        batch["entry"][0]["changes"] = [{"field": "leadgen", "value": change["value"] | {"leadgen_id": n}} for n in numbers]
        batch["entry"] += [{"changes": [{"field": "feed", "value": {"post": 1}}]}, {"changes": [change]}, "junk"]
        ids = [item.external_id for item in split("meta", batch, b"")]
        good = [external_id for external_id in ids if not external_id.startswith("unreadable:")]
        self.assertEqual(good, ["7", "8", "123123123123"])
        self.assertEqual(len(set(ids)), len(good) + 5, "what cannot be read is kept, each by itself")

    def test_one_message_does_not_bring_thousands(self):
        value = {"leadgen_id": 1}
        flood = {"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": value}] * (MAX_ITEMS + 1)}]}
        self.assert_refused(413, flood, "meta")

    def test_a_message_is_known_by_its_sender_s_id_else_by_the_header_else_by_itself(self):
        (item,) = split("generic", GENERIC, encode(GENERIC), "header")
        self.assertEqual(item.external_id, "agency-77")
        bare = {"phone": "600112233"}
        self.assertEqual(split("generic", bare, encode(bare), "header")[0].external_id, "header")
        self.assertEqual(len(split("generic", bare, encode(bare))[0].external_id), 64)

    def test_what_linkedin_deletes_makes_nothing(self):
        self.assertEqual(split("linkedin", LINKEDIN | {"leadAction": "DELETED"}, b""), [])

    def test_the_samples_say_who_asked(self):
        for kind, sample, answers in (
            ("meta", META_LEAD, {"full_name": "Joe Example", "email": "joe@example.com", "optional_1": "1"}),
            ("google", GOOGLE, {"FULL_NAME": "Ana Ruiz 😀", "PHONE_NUMBER": "600 11 22 33"}),
            ("linkedin", LINKEDIN_LEAD, {"FIRST_NAME": "Ana", "How many employees?": "11 to 50"}),
            ("generic", GENERIC, {"company": "Talleres Ruiz S.L.", "employees": "12"}),
        ):
            with self.subTest(kind=kind):
                found = {answer.question: answer.text for answer in read_submission(kind, sample).answers}
                self.assertLessEqual(answers.items(), found.items())
        self.assertNotIn("optional_2", {answer.question for answer in read_submission("meta", META_LEAD).answers})
        self.assertEqual(str(read_submission("meta", META_LEAD).submitted_on), "2015-02-28 08:49:14")
        self.assertEqual(str(read_submission("google", GOOGLE).submitted_on), "2024-09-26 12:30:00")
        self.assertEqual(str(read_submission("generic", GENERIC).submitted_on), "2026-03-02 08:30:00")

    def test_older_senders_of_google_name_columns_only(self):
        columns = [{key: value for key, value in column.items() if key != "column_id"} for column in GOOGLE["user_column_data"]]
        answers = read_submission("google", GOOGLE | {"user_column_data": columns}).answers
        self.assertEqual([get_key(answer.question) for answer in answers], ["full_name", "user_email", "user_phone"])

    def test_tests_of_the_networks_are_known(self):
        meta = META_LEAD | {"field_data": [{"name": "full_name", "values": ["<test lead: dummy data for full_name>"]}]}
        for kind, sample in (
            *(("meta", meta), ("google", GOOGLE | {"is_test": True}), ("linkedin", LINKEDIN_LEAD | {"testLead": True})),
            ("generic", GENERIC | {"test": True}),
        ):
            with self.subTest(kind=kind):
                self.assertTrue(read_submission(kind, sample).is_test)

    def test_any_json_is_read_without_a_fault(self):
        junk = (None, True, 5, 1.5, "x", "\ud83d", [], [None], [[1]], {}, {"a": {"b": []}}, [{"x": 1}])
        for kind, sample in (("meta", META_LEAD), ("google", GOOGLE), ("linkedin", LINKEDIN_LEAD)):
            for name in sample:
                for value in junk:
                    with self.subTest(kind=kind, name=name, value=value):
                        read_submission(kind, json.loads(json.dumps(sample | {name: value})))

    def test_texts_hold_what_a_database_keeps(self):
        self.assertEqual(clean(" a\x00b\ud83d\r\nñ😀 "), "ab\nñ😀")
        self.assertEqual([clean(value) for value in (None, [], {}, 0, True)], ["", "", "", "0", "true"])
        self.assertEqual(get_key("¿Qué servicio necesita?"), "que_servicio_necesita")
        self.assertEqual(
            [read_moment(value) for value in ("x", None, True, "2026-03-02", 10**30, -(10**30), "9999-12-31")], [None] * 7
        )
