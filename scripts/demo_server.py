"""Run the demo: a mail sink, Odoo with two workers, and one port in front of both Odoo's ports.

Started by scripts/demo, which has prepared the database. Ends with all it started on Ctrl-C or TERM.
"""

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psycopg2
import requests
from lxml import etree, html
from mail_sink import MailSink

DB = "crm_firm_demo"
HOST = "127.0.0.1"
SCRIPTS = Path(__file__).resolve().parent
# Written by scripts/lib.sh into the cache folder.
CACHE = Path(os.environ["ODOO_RC"]).parent
LOG = CACHE / "log" / "demo-odoo.log"
MAIL = CACHE / "mail"


class DemoError(Exception):
    """What the person who started the demo has to know, in one line."""


# === PORTS === #


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def choose_port(wanted):
    if wanted:
        if not is_free(wanted):
            raise DemoError(f"port {wanted} is taken: choose another one with --port, or none for the first free one")
        return wanted
    return next(port for port in range(8069, 65536) if is_free(port))


def address(port):
    return f"http://{HOST}:{port}"


def free_ports(number):
    probes = [socket.create_server((HOST, 0)) for _index in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Front:
    """What a reverse proxy does in production: /websocket goes to Odoo's live process, all else to its workers.

    A browser opens a connection of its own for a web socket, so the first line of a connection decides.
    """

    def __init__(self, port, http_port, live_port):
        self.port, self.http_port, self.live_port = port, http_port, live_port

    def start(self):
        self._server = socket.create_server((HOST, self.port))
        threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True).start()

    async def _serve(self):
        server = await asyncio.start_server(self._connect, sock=self._server)
        await server.serve_forever()

    async def _connect(self, reader, writer):
        try:
            head = await reader.readline()
            path = head.split(b" ")[1:2]
            is_live = bool(path) and path[0].startswith(b"/websocket")
            to_reader, to_writer = await asyncio.open_connection(HOST, self.live_port if is_live else self.http_port)
        except (OSError, ValueError):
            writer.close()
            return
        to_writer.write(head)
        await asyncio.gather(self._copy(reader, to_writer), self._copy(to_reader, writer))

    async def _copy(self, reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


# === ODOO === #


def start_odoo(http_port, live_port, smtp_port):
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        return subprocess.Popen(
            [
                # Odoo ends with this process, even if it is killed.
                *("setpriv", "--pdeathsig", "TERM", "--"),
                sys.executable,
                SCRIPTS / "odoo_main.py",
                f"--database={DB}",
                f"--db-filter=^{DB}$",
                "--no-database-list",
                "--workers=2",
                "--max-cron-threads=1",
                f"--http-port={http_port}",
                f"--gevent-port={live_port}",
                f"--smtp={HOST}",
                f"--smtp-port={smtp_port}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches this process, which ends Odoo in order
        )


def wait_for_odoo(odoo, url):
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        if odoo.poll() is not None:
            raise DemoError(f"Odoo has ended with code {odoo.returncode}: {last_error()} (details: {LOG})")
        try:
            if requests.get(f"{url}/web/health", timeout=5).ok:
                requests.get(f"{url}/web/login", timeout=60)  # loads the registry: the first click is quick
                return
        except requests.RequestException:
            time.sleep(0.3)
    raise DemoError(f"Odoo does not answer (details: {LOG})")


def last_error():
    lines = [line for line in LOG.read_text(errors="replace").splitlines() if "Error" in line or " ERROR " in line]
    return lines[-1] if lines else "no error in its log"


def stop_odoo(odoo):
    # The first signal lets jobs finish, the second cuts short what Python still tidies up in memory.
    for seconds in (4, 10):
        odoo.terminate()
        try:
            odoo.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            continue
    os.killpg(odoo.pid, signal.SIGKILL)
    odoo.wait()


def set_address(url):
    """Links in e-mails that a job sends point to this address, which may be another one each time."""
    with psycopg2.connect(dbname=DB) as connection, connection.cursor() as cursor:
        for key, value in (("web.base.url", url), ("web.base.url.freeze", "True")):
            cursor.execute(
                """INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)
                   ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value""",
                (key, value),
            )


# === WHAT IS PRINTED === #


def logins():
    """Return (login, password, who) of the demo's users, from the file that makes them."""
    document = etree.parse(SCRIPTS.parent / "demo" / "crm_firm_people_demo.xml").getroot()
    for user in document.iterfind(".//record[@model='res.users']"):
        values = {field.get("name"): field.text or "" for field in user.iterfind("field")}
        yield values["login"], values["password"], ", ".join(filter(None, (values["name"], values.get("function"))))
    yield "admin", "admin", "Odoo's administrator"


def welcome(url):
    rows = [("Login", "Password", "Who"), *logins()]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(
        [
            "",
            f"  Odoo           {url}/odoo",
            f"  Request page   {url}/solicitud",
            f"  E-mails        {MAIL} (one file each; none leaves this machine)",
            f"  Odoo's log     {LOG}",
            "",
            *(f"  {login:<{widths[0]}}   {password:<{widths[1]}}   {who}" for login, password, who in rows),
            "",
            "  Ctrl-C stops it and keeps the data; scripts/demo --reset starts over.",
            "",
        ]
    )


# === CHECK === #


def check(url):
    """Send one request as a visitor without JavaScript does, and verify lead and e-mails.

    :raise DemoError: what did not happen
    """
    address = f"comprobacion-{uuid.uuid4().hex[:8]}@example.com"
    session = requests.Session()
    session.headers["Accept-Language"] = "es-ES"
    page = session.get(f"{url}/solicitud", timeout=60)
    document = html.fromstring(page.content, base_url=page.url)
    if not page.ok or not document.get("lang", "").startswith("es"):
        raise DemoError(f"the request page is not there in Spanish: {page.url} answers {page.status_code}")
    form = document.get_element_by_id("crm_firm_request")
    area = next(value for value in form.inputs["practice_area_id"].value_options if value)
    values = dict(form.form_values()) | {
        "contact_name": "Comprobación de la página",
        "email_from": address,
        "phone": "+44 20 7946 0958",  # kept free for films and tests
        "description": "Enviado por scripts/demo --check.",
        "practice_area_id": area,
        "consent_handling": "1",
    }
    time.sleep(4)  # nobody fills in the form faster; robots do
    (button,) = form.xpath(".//button[@formaction]")
    answer = session.post(f"{url}{button.get('formaction')}", data=values, timeout=60)
    if not answer.url.endswith("/thanks"):
        messages = html.fromstring(answer.content).xpath("string(//*[@id='s_website_form_result'])")
        raise DemoError(f"the request was not taken: {answer.status_code} {messages.strip()}")
    with psycopg2.connect(dbname=DB) as connection, connection.cursor() as cursor:
        cursor.execute(
            """SELECT lead.id, owner.login, partner.email, lead.first_contact_deadline, lead.contact_status
                 FROM crm_lead lead
                 LEFT JOIN res_users owner ON owner.id = lead.user_id
                 LEFT JOIN res_partner partner ON partner.id = owner.partner_id
                WHERE lead.email_from = %s""",
            (address,),
        )
        rows = cursor.fetchall()
    if len(rows) != 1:
        raise DemoError(f"{len(rows)} leads instead of one for the request of {address}")
    lead_id, owner, owner_email, deadline, status = rows[0]
    if not owner or not deadline or status != "to_contact":
        raise DemoError(f"lead {lead_id}: owner {owner}, deadline {deadline}, status {status}")
    for recipient in (owner_email, address):
        wait_for_mail(recipient, owner_email if recipient == owner_email else "the acknowledgement")
    print(f"OK: lead {lead_id} of {address}, owner {owner}, to be called by {deadline} UTC; owner and sender have their e-mail")


def wait_for_mail(recipient, what, seconds=90):
    began = STARTED
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if any(path.stat().st_mtime >= began for path in MAIL.glob(f"* {recipient} *.eml")):
            return
        time.sleep(0.5)
    raise DemoError(f"no e-mail to {recipient} ({what}) after {seconds} s")


STARTED = time.time()


# === MAIN === #


def run(options):
    port = choose_port(options.port)
    url = address(port)
    http_port, live_port = free_ports(2)
    sink = MailSink(MAIL, on_mail=lambda to, subject, path: print(f"  e-mail to {', '.join(to)}: {subject}", flush=True))
    smtp_port = sink.start()
    set_address(url)
    odoo = start_odoo(http_port, live_port, smtp_port)
    try:
        Front(port, http_port, live_port).start()
        wait_for_odoo(odoo, url)
        print(welcome(url), flush=True)
        if options.check:
            check(url)
            return
        odoo.wait()
        raise DemoError(f"Odoo has ended with code {odoo.returncode}: {last_error()} (details: {LOG})")
    finally:
        stop_odoo(odoo)
        sink.stop()


def stop(_signal, _frame):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--check-port", action="store_true", help="only say the address, if the port is free")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        if options.check_port:
            print(address(choose_port(options.port)))
        else:
            run(options)
    except DemoError as error:
        sys.exit(f"demo: {error}")
    except (psycopg2.Error, OSError) as error:
        sys.exit(f"demo: {str(error).strip().splitlines()[0]}")
    except KeyboardInterrupt:
        print("\n  stopped", flush=True)


if __name__ == "__main__":
    main()
