"""Engagement letters beside Odoo's quotation, on the same orders, in one process.

Run it in Odoo's shell on a database that can be thrown away: ``scripts/odoo shell -d NAME --no-http < bench/letters.py``
(``CRM_FIRM_BENCH_PAIRS``, ``_LIST``, ``_VERIFY``, ``_REMIND``: how many of each)

sending  a letter frozen with its PDF and queued, beside "Send by e-mail" of the quotation: composer, PDF, queue
signing  the last signature with all that follows, beside what ``/accept`` does: it prints a PDF in the request
list     80 rows and the count as the web client asks for them, among copies made by SQL, beside Odoo's quotations
verify   all letters that were sent, with their PDF, JSON and history
job      one run of the job of reminders over open letters nothing is due for, then over a tenth of as many that are due, then
         over the others, with the memory after each
"""

import base64
import io
import os
import statistics
import time

from lxml import etree
from PIL import Image

from odoo.tools import SQL

PAIRS = int(os.environ.get("CRM_FIRM_BENCH_PAIRS", "20"))
LISTED = int(os.environ.get("CRM_FIRM_BENCH_LIST", "100000"))
VERIFIED = int(os.environ.get("CRM_FIRM_BENCH_VERIFY", "1000"))
REMINDED = int(os.environ.get("CRM_FIRM_BENCH_REMIND", "10000"))
ACTOR = {"ip_address": "192.0.2.7", "user_agent": "Bench"}


def get_rss():
    with open(f"/proc/{os.getpid()}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def clock(function, *arguments):
    env.flush_all()
    env.invalidate_all()
    start = time.perf_counter()
    function(*arguments)
    env.flush_all()
    return time.perf_counter() - start


def tell(label, ours, plain=None):
    told = f"{label:44}{ours * 1000:10.1f} ms"
    print(told + (f"{plain * 1000:10.1f} ms{ours / plain:8.2f}" if plain else ""), flush=True)


def make_letter(number):
    client = env["res.partner"].create(
        {"name": f"Bench {number}", "email": f"bench{number}@client.example.com", "vat": "/", "street": "x", "city": "x"}
    )
    lead = env["crm.lead"].create(
        {
            "name": f"Bench {number}",
            "type": "opportunity",
            "partner_id": client.id,
            "user_id": env.uid,
            "practice_area_id": area.id,
            "channel_id": channel.id,
        }
    )
    return lead.prepare_letter()


def make_quotation(letter):
    return letter.order_id.copy({"require_signature": True, "require_payment": False})


def send_quotation(order):
    composer = env["mail.compose.message"].with_context(order.action_quotation_send()["context"]).create({})
    composer._action_send_mail()


def accept(order):
    """What the route does, `sale/controllers/portal.py`."""
    order.write({"signed_by": "Bench", "signed_on": "2026-01-01 10:00:00", "signature": SIGNATURE})
    env.flush_all()
    order._validate_order()
    pdf = env["ir.actions.report"]._render_qweb_pdf("sale.action_report_saleorder", order.ids)[0]
    order.message_post(attachments=[(f"{order.name}.pdf", pdf)], body="Signed", message_type="comment")


def sign(letter):
    signer = letter.signer_ids
    digest = letter.current_version_id.content_sha256
    letter._sign(signer, {"content_sha256": digest, "name": signer.name, "capacity": "self"}, ACTOR)


def copy_rows(table, record_id, count, **changes):
    """Copy a row many times by SQL. Return the first new id."""
    env.cr.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
    names = [name for (name,) in env.cr.fetchall() if name != "id"]
    values = SQL(", ").join(changes[name] if name in changes else SQL.identifier("t", name) for name in names)
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s t, generate_series(1, %s) n WHERE t.id = %s RETURNING id",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, names)),
            values,
            SQL.identifier(table),
            count,
            record_id,
        )
    )
    return min(new_id for (new_id,) in env.cr.fetchall())


def get_specification(view):
    names = [node.get("name") for node in etree.fromstring(env.ref(view).get_combined_arch()).iter("field")]
    Model = env[env.ref(view).model]
    many2one = {"fields": {"display_name": {}}}
    return {name: many2one if Model._fields[name].type == "many2one" else {} for name in names if name in Model._fields}


def read_list(model, spec, domain):
    env[model].web_search_read(domain, spec, limit=80, count_limit=10_001)


area = env.ref("crm_firm.practice_area_tax")
channel = env.ref("crm_firm.channel_phone")
stream = io.BytesIO()
Image.new("RGB", (60, 20), "white").save(stream, "PNG")
SIGNATURE = base64.b64encode(stream.getvalue())
env.company.partner_id.write({"vat": "/", "street": "x", "city": "x"})
env.user.email = "bench@firm.example.com"

times = {name: [] for name in ("send", "send_plain", "sign", "sign_plain")}
for number in range(PAIRS + 1):
    letter = make_letter(number)
    order = make_quotation(letter)
    pair = {
        "send": clock(letter.send_for_signature),
        "send_plain": clock(send_quotation, order),
        "sign": clock(sign, letter),
        "sign_plain": clock(accept, order),
    }
    if number:  # the first one fills caches
        for name, seconds in pair.items():
            times[name].append(seconds)
env.cr.commit()
median = {name: statistics.median(values) for name, values in times.items()}
print(f"{'':44}{'letters':>13}{'quotation':>13}{'ratio':>8}")
tell("sending, with PDF", median["send"], median["send_plain"])
tell("signing", median["sign"], median["sign_plain"])

pdf = letter.current_version_id._get_pdf()
type(letter)._render_pdf = lambda self, content: pdf  # the same bytes for all that follow: no printing is measured
letters = env["firm.engagement.letter"]
for number in range(VERIFIED):
    letter = make_letter(number)
    letter.send_for_signature()
    letters |= letter
    if number % 100 == 99:
        env.cr.commit()
        env.invalidate_all()
faults = []
seconds = clock(lambda: faults.extend(letters.verify()))
assert not faults, faults[:3]
tell(f"verify of {VERIFIED} letters", seconds)

order_id = copy_rows("sale_order", letter.order_id.id, LISTED, name=SQL("'Bench ' || n"))
changes = {"name": SQL("'Bench ' || n"), "order_id": SQL("%s + n - 1", order_id), "next_reminder_on": SQL("NULL")}
first_id = copy_rows("firm_engagement_letter", letter.id, LISTED, **changes)
env.cr.execute("ANALYZE sale_order, firm_engagement_letter")
env.cr.commit()
plain_list = get_specification("sale.view_quotation_tree")
our_list = get_specification("crm_firm.firm_engagement_letter_view_list")
ours = statistics.median(clock(read_list, "firm.engagement.letter", our_list, []) for _number in range(7))
plain = statistics.median(clock(read_list, "sale.order", plain_list, []) for _number in range(7))
tell(f"list of 80 among {LISTED}", ours, plain)

env["firm.engagement.letter"].search([("id", "<", first_id)])._write_protected({"next_reminder_on": False})
env.cr.execute("DELETE FROM firm_engagement_letter WHERE id >= %s", [first_id + REMINDED])
copy_rows("firm_engagement_signer", letter.signer_ids.id, REMINDED, letter_id=SQL("%s + n - 1", first_id))
env.cr.commit()
queries, memory = env.cr.sql_log_count, get_rss()
seconds = clock(env["firm.engagement.letter"]._cron_follow_letters)
tell(f"job, {REMINDED} open, none due", seconds)
print(f"  {env.cr.sql_log_count - queries} queries")
# Memory stays flat: the first tenth, then the rest, in the same process.
due = "UPDATE firm_engagement_letter SET next_reminder_on = now() - interval '1 day' WHERE id BETWEEN %s AND %s"
used = []
for start, end in ((0, REMINDED // 10), (REMINDED // 10, REMINDED)):
    env.cr.execute(due, [first_id + start, first_id + end - 1])
    env.cr.commit()
    env.invalidate_all()
    seconds = clock(env["firm.engagement.letter"]._cron_follow_letters)
    used.append(get_rss())
    tell(f"job, each of {end - start} due", seconds / (end - start))
print(
    f"  memory {memory:.0f} MB before, {used[0]:.0f} MB after a tenth, {used[1]:.0f} MB after all: {used[1] / used[0]:.2f}",
    flush=True,
)
