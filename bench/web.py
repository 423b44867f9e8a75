"""The web page of plain Odoo against the addon's, both served by workers."""

import hashlib
import hmac
import json
import logging
import signal
import socket
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests
from aiosmtpd.controller import Controller
from lxml import html

DELIVERIES = 1000
CHECKOUT = Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"


@contextmanager
def server(db, smtp_port):
    port = free_port()
    command = [
        sys.executable, str(CHECKOUT / "scripts/odoo_main.py"), "-d", db, "--db-filter", f"^{db}$", "--workers", "2",
        "--max-cron-threads", "0", "--http-port", str(port), "--gevent-port", str(free_port()),
        "--smtp-port", str(smtp_port), "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _second in range(180):
            try:
                requests.get(f"{url}/web/login", timeout=120).raise_for_status()
                break
            except requests.RequestException:
                if process.poll() is not None:
                    sys.exit(f"The server of {db} did not start.")
                time.sleep(1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def submission(url, with_page):
    """Return a function that sends one form."""
    hidden = {}
    if with_page:
        page = html.document_fromstring(requests.get(f"{url}/request", timeout=120).text)
        (form,) = page.xpath("//form[contains(@class, 'o_crm_firm_request')]")
        hidden = {field.name: field.value or "" for field in form.xpath(".//input[@type='hidden']")}
        area = form.xpath(".//select[@name='practice_area_id']/option[@value != '']/@value")[0]
        hidden |= {"practice_area_id": area, "consent_handling": "1"}

    def send():
        key = uuid.uuid4().hex
        data = hidden | {
            "contact_name": "Ana Ruiz",
            "phone": "600 11 22 33",
            "email_from": f"{key}@client.example.com",
            "description": "I need help with my tax return. " * 8,
        }
        if with_page:
            data["idempotency_key"] = key
        else:
            data["name"] = "Web request: Ana Ruiz"
        answer = requests.post(f"{url}/website/form/crm.lead", data=data, timeout=120).json()
        if "id" not in answer:
            sys.exit(f"The form was not taken: {answer}")

    return send


def make_source(env):
    """Return address and secret of something that hands requests over."""
    source = env["firm.intake.source"].create({"name": "Bench", "most_per_minute": 1_000_000})
    secret = source.action_make_secret()["context"]["default_secret"]
    return f"/intake/lead/{source.key}", secret


def delivery(url, path, secret):
    """Return a function that sends one signed message of another system."""
    session = requests.Session()

    def send(*_number):
        key = uuid.uuid4().hex
        message = {"name": "Ana Ruiz", "email": f"{key}@client.example.com", "remarks": "I need help. " * 20, "external_id": key}
        body = json.dumps(message).encode()
        moment = str(int(time.time()))
        digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        answer = session.post(f"{url}{path}", data=body, headers={"X-Firm-Signature": f"t={moment},v1={digest}"}, timeout=120)
        if answer.status_code != 202:
            sys.exit(f"The message was not taken: {answer.text}")

    return send


def measure_deliveries(addon, table, tools, smtp_port):
    """1,000 messages by two senders at once, each acknowledged, beside one web submission of the addon."""
    environment, medians_of_pairs, pairs, warm_up = tools
    with environment(addon, commit=True) as env:
        path, secret = make_source(env)
    with server(addon, smtp_port) as url:
        form = submission(url, True)
        time.sleep(4)  # a form filled in faster than a person could is refused
        (web, one) = medians_of_pairs([form, delivery(url, path, secret)], pairs // 3, warm_up)
        senders = [delivery(url, path, secret) for _sender in range(2)]
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            for sender in senders:
                pool.submit(lambda send=sender: [send() for _number in range(DELIVERIES // 2)])
        each = (time.perf_counter() - began) * 1000 / DELIVERIES
    table.add("delivery acknowledged (plain: the addon's web submission)", web, one, target=0.5)
    table.add(f"... each of {DELIVERIES:,} by two senders", web, each, target=0.5)


def measure(plain, addon, table, tools):
    environment, medians_of_pairs, pairs, warm_up = tools
    table.section(f"One web submission, 2 workers, median of {pairs} alternating pairs")
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        results = {}
        for told in (True, False):
            with environment(plain, commit=True) as env:
                owner = env["res.users"].search([("login", "=", "bench_owner_0")])
                env["website"].search([]).crm_default_user_id = owner if told else False
            with server(plain, controller.port) as plain_url, server(addon, controller.port) as addon_url:
                functions = [submission(plain_url, False), submission(addon_url, True)]
                time.sleep(4)  # a form filled in faster than a person could is refused
                results[told] = medians_of_pairs(functions, pairs if told else pairs // 3, warm_up)
        table.add("lead, salesperson told by e-mail", *results[True], target=1.15)
        table.add("(plain: lead only, nobody told)", *results[False])
        measure_deliveries(addon, table, tools, controller.port)
    finally:
        controller.stop()
