"""Sources of requests, the messages that networks document, and a network on loopback. No test in here."""

import hashlib
import hmac
import json
import threading
import time
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from odoo.addons.crm_firm.tools import signed_message

SECRET = "app secret of the network"
META = {
    "object": "page",
    "entry": [
        {
            "id": 153125381133,
            "time": 1438292065,
            "changes": [
                {
                    "field": "leadgen",
                    "value": {
                        "leadgen_id": 123123123123,
                        "page_id": 123123123,
                        "form_id": 12312312312,
                        "adgroup_id": 12312312312,
                        "ad_id": 12312312312,
                        "created_time": 1440120384,
                    },
                }
            ],
        }
    ],
}
META_LEAD = {
    "created_time": "2015-02-28T08:49:14+0000",
    "id": "123123123123",
    "ad_id": "12312312312",
    "form_id": "12312312312",
    "field_data": [{"name": "full_name", "values": ["Joe Example"]}, {"name": "email", "values": ["joe@example.com"]}],
    "custom_disclaimer_responses": [
        {"checkbox_key": "optional_1", "is_checked": "1"},
        {"checkbox_key": "optional_2", "is_checked": ""},
    ],
}
GOOGLE = {
    "lead_id": "TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "user_column_data": [
        {"column_id": "FULL_NAME", "column_name": "Full Name", "string_value": "Ana Ruiz 😀"},
        {"column_id": "EMAIL", "column_name": "User Email", "string_value": "ana.ruiz@client.example.com"},
        {"column_id": "PHONE_NUMBER", "column_name": "User Phone", "string_value": "600 11 22 33"},
    ],
    "api_version": "1.0",
    "form_id": 40000000000,
    "campaign_id": 123456,
    "google_key": SECRET,
    "is_test": False,
    "gcl_id": "EAIaIQ",
    "adgroup_id": 20000000000,
    "creative_id": 30000000000,
    "asset_group_id": 5,
    "lead_stage": "NEW",
    "lead_submit_time": "2024-09-26T12:30:00Z",
}
LINKEDIN = {
    "type": "LEAD_ACTION",
    "leadGenFormResponse": "urn:li:leadGenFormResponse:6db0bd77-6ea0-4fe4-8a6d-1f4ea3e1b0aa-4",
    "leadGenForm": "urn:li:leadGenForm:1019794",
    "owner": {"sponsoredAccount": "urn:li:sponsoredAccount:515699932"},
    "associatedEntity": {"creative": "urn:li:sponsoredCreative:1"},
    "leadType": "SPONSORED",
    "leadAction": "CREATED",
    "occurredAt": 1686858838426,
}
LINKEDIN_LEAD = {
    "id": "6db0bd77-6ea0-4fe4-8a6d-1f4ea3e1b0aa-4",
    "submittedAt": 1686858838000,
    "testLead": False,
    "form": {
        "content": {
            "questions": [
                {"questionId": 1, "predefinedField": "FIRST_NAME", "name": "First name"},
                {"questionId": 2, "predefinedField": "LAST_NAME", "name": "Last name"},
                {"questionId": 3, "predefinedField": "EMAIL", "name": "E-mail"},
                {"questionId": 4, "name": "How many employees?"},
            ]
        }
    },
    "formResponse": {
        "answers": [
            {"questionId": 1, "answerDetails": {"textQuestionAnswer": {"answer": "Ana"}}},
            {"questionId": 2, "answerDetails": {"textQuestionAnswer": {"answer": "Ruiz"}}},
            {"questionId": 3, "answerDetails": {"textQuestionAnswer": {"answer": "ana.ruiz@client.example.com"}}},
            {"questionId": 4, "answerDetails": {"multipleChoiceAnswer": {"options": ["11 to 50"]}}},
        ]
    },
}
GENERIC = {
    "name": "Ana Ruiz",
    "company": "Talleres Ruiz S.L.",
    "email": "ana.ruiz@client.example.com",
    "phone": "600 11 22 33",
    "remarks": "I need help with my tax return.\nSoon 😀",
    "area": "tax",
    "utm": {"source": "agency", "medium": "cpc", "campaign": "Income tax 2026", "term": "tax adviser"},
    "submitted_at": "2026-03-02T09:30:00+01:00",
    "consents": [
        {"purpose": "handling", "granted": True, "wording": "You may use my data to answer.", "version": "3"},
        {"purpose": "commercial", "granted": False, "wording": "You may send me news."},
    ],
    "extra": {"employees": 12, "city": "Getafe"},
    "external_id": "agency-77",
}


def encode(message):
    return message if isinstance(message, bytes) else json.dumps(message).encode()


def sign_headers(kind, body, secret=SECRET, moment=None):
    """Return the headers with which a network sends a message."""
    if kind == "generic":
        return {"X-Firm-Signature": signed_message.sign(secret, body, int(moment or time.time()))}
    if kind == "meta":
        return {"X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}
    if kind == "linkedin":
        return {"X-LI-Signature": hmac.new(secret.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()}
    return {}


class IntakeTools:
    """For classes with `FirmCast` and `HttpCase`: sources of each kind, and what is sent to them."""

    @classmethod
    def setUpSources(cls):
        cls.Source, cls.Delivery = cls.env["firm.intake.source"], cls.env["firm.intake.delivery"]
        cls.sources = {}
        for kind in ("generic", "meta", "google", "linkedin"):
            source = cls.Source.create({"name": f"Campaign {kind}", "kind": kind, "user_id": cls.marta.id})
            source._set_secret(SECRET)
            source.typed_token = "page token"
            cls.sources[kind] = source
        cls.env.flush_all()

    def send(self, kind, message, secret=SECRET, moment=None, headers=None, method="POST"):
        body = encode(message)
        signature = sign_headers(kind, body, secret, moment) if secret else {}
        return self.url_open(
            f"/intake/lead/{self.sources[kind].key}",
            data=body,
            headers={"Content-Type": "application/json"} | signature | (headers or {}),
            method=method,
        )

    def take(self, kind, message, **kwargs):
        """Send a message that is taken as a new one, and return its delivery."""
        response = self.send(kind, message, **kwargs)
        self.assertEqual(response.status_code, 202, response.text[:500])
        return self.Delivery.browse(response.json()["delivery"])

    def run_job(self, xmlid="ir_cron_intake_deliveries"):
        is_in_test_mode = getattr(self, "registry_test_mode", False)
        with nullcontext() if is_in_test_mode else self.enter_registry_test_mode():
            self.env.ref(f"crm_firm.{xmlid}").method_direct_trigger()
        self.env.invalidate_all()

    def let_time_pass(self):
        self.Delivery.search([("next_try_on", "!=", False)]).next_try_on = "2000-01-01 00:00:00"
        self.env.flush_all()

    def take_lead(self, kind, message, **kwargs):
        delivery = self.take(kind, message, **kwargs)
        self.run_job()
        self.assertEqual(delivery.state, "done", delivery.failure)
        return delivery.lead_id

    def count_leads(self):
        return self.env["crm.lead"].with_context(active_test=False).search_count([("idempotency_key", "=like", "intake:%")])


@contextmanager
def network(answers):
    """A service of a network on loopback.

    :param dict answers: path -> `(status, object or bytes)`, changed while it runs
    :return: its address, and the list of requests `(path, query, authorization)`
    """
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            asked.append((parts.path, parse_qs(parts.query), self.headers["Authorization"]))
            status, content = answers.get(parts.path, (404, {"error": {"message": "Unknown", "code": 100}}))
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if status == 302:
                self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
