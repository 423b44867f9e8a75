"""People who try to get more, in front of the web server."""

import json
from collections import Counter

from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .access_common import NADIA, OLGA, AccessCast, marks_in
from .test_access_rights import SILENT


@tagged("post_install", "-at_install")
class TestAccessHttp(AccessCast, HttpCase):
    """The same people in front of the web server."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def ask(self, route, **params):
        """Return the text of the answer to a JSON request, whatever it says."""
        return self.url_open(route, data=json.dumps({"params": params}), headers={"Content-Type": "application/json"}).text

    @mute_logger(*SILENT, "odoo.http")
    def test_routes_tell_each_role_of_its_leads_only(self):
        expected = {"olga": {OLGA}, "nadia": {NADIA}, "elsa": set(), "paula": set(), None: set()}
        for role, marks in expected.items():
            user = self.people.get(role)
            self.authenticate(user and user.login, user and user.login)
            for debug in ("", "?debug=1"):
                if debug:
                    self.url_open("/web/login?debug=1", allow_redirects=False)
                if role == "olga":
                    technical = self.ask(
                        "/web/dataset/call_kw",
                        model="res.users",
                        method="has_group",
                        args=[user.ids, "base.group_no_one"],
                        kwargs={},
                    )
                    self.assertIs(json.loads(technical)["result"], bool(debug))
                for mark, things in self.things.items():
                    for what, answer in self._get_answers(things).items():
                        with self.subTest(role=role, lead=mark, debug=debug, route=what):
                            told = marks_in(answer) or ({mark} if answer == "secret" else set())
                            self.assertLessEqual(told, marks)
                            if mark in marks and what in ("messages", "call", "file", "thread"):
                                self.assertEqual(told, {mark}, "The owner does get it.")

    @mute_logger(*SILENT, "odoo.http", "odoo.sql_db")
    def test_no_refusal_names_what_it_refuses_in_the_developer_mode_either(self):
        """Everybody switches it on; Odoo tells it the names of the records and of the rules."""
        texts = Counter()
        for role in ("nadia", "fran"):
            user = self.people[role]
            self.authenticate(user.login, user.login)
            self.url_open("/web/login?debug=1", allow_redirects=False)
            for what, records in self.things[OLGA].items():
                if what == "letter_clause":  # conditions of the company
                    continue
                for method, args in (("read", [["display_name"]]), ("write", [{}]), ("unlink", [])):
                    params = {"model": records._name, "method": method, "args": [records.ids, *args], "kwargs": {}}
                    answer = self.ask("/web/dataset/call_kw", **params)
                    with self.subTest(role=role, what=what, method=method):
                        self.assertFalse(marks_in(answer))
                    texts["Blame the following rules" in answer] += 1
        self.assertGreater(texts[True], 50, "it is the developer mode's text")

    def _get_answers(self, things):
        lead = {"thread_model": "crm.lead", "thread_id": things["lead"].id}
        call = {"model": "crm.lead", "kwargs": {}}
        return {
            "call": self.ask("/web/dataset/call_kw", **call, method="read", args=[things["lead"].ids, ["name"]]),
            "call with forged user": self.ask(
                "/web/dataset/call_kw",
                model="crm.lead",
                method="read",
                args=[things["lead"].ids, ["name"]],
                kwargs={"context": {"uid": 1, "su": True, "active_test": False, "allowed_company_ids": [1, 2, 3]}},
            ),
            "sudo": self.ask("/web/dataset/call_kw", **call, method="sudo", args=[things["lead"].ids]),
            "messages": self.ask("/mail/thread/messages", **lead),
            "recipients": self.ask("/mail/thread/recipients", **lead),
            "suggested": self.ask("/mail/thread/recipients/get_suggested_recipients", **lead),
            "thread": self.ask(
                "/mail/data",
                fetch_params=[
                    [
                        "mail.thread",
                        {**lead, "request_list": ["activities", "attachments", "followers", "messages", "suggestedRecipients"]},
                    ]
                ],
            ),
            "subscription": self.ask("/mail/read_subscription_data", follower_id=things["follower"].id),
            "file": self.url_open(f"/web/content/{things['file'].id}").text,
            "file by record": self.url_open(f"/web/content/ir.attachment/{things['file'].id}/raw").text,
            "export": self.url_open(
                "/web/export/csv",
                data={
                    "data": json.dumps(
                        {
                            "model": "crm.lead",
                            "fields": [{"name": "name", "label": "n"}],
                            "ids": things["lead"].ids,
                            "domain": [],
                            "import_compat": False,
                            "groupby": [],
                            "context": {},
                        }
                    ),
                    "csrf_token": Request.csrf_token(self),
                },
            ).text,
            "link in an e-mail": self.url_open(f"/mail/view?model=crm.lead&res_id={things['lead'].id}").text,
            "page": self.url_open(f"/odoo/crm.lead/{things['lead'].id}").text,
        }
