"""Measure plain Odoo against the addon; called by bench/run, explained in bench/README.rst."""

import argparse
import os
import statistics
import sys
import time
from ast import literal_eval
from contextlib import contextmanager
from pathlib import Path

import cases
import psycopg2
import web
from lxml import etree

import odoo
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

CHECKOUT = Path(__file__).resolve().parent.parent
PARTS = ("web", "batch", "queue", "indicators", "cases")
OWNERS = 10
PAIRS, WARM_UP = int(os.environ.get("BENCH_PAIRS", "120")), 10
RUNS = 25


class Table:
    """What is printed: label, plain, addon, ratio, target."""

    def __init__(self):
        self.missed = 0
        print(f"{'':58}{'plain':>10}{'crm_firm':>10}{'ratio':>8}  target")

    def section(self, title):
        print(f"\n{title}")

    def add(self, label, plain, addon, target=None, unit=" ms", note=""):
        ratio = addon / plain if plain else None
        verdict = ""
        if target is not None:
            verdict = f"<= {target:g}  {'ok' if ratio <= target else 'MISSED'}"
            self.missed += ratio > target
        shown = [f"{value:.0f}{unit}" if value is not None else "" for value in (plain, addon)]
        print(f"{label:58}{shown[0]:>10}{shown[1]:>10}{f'{ratio:.2f}' if ratio else '':>8}  {verdict}{note}", flush=True)


# === DATABASES === #


@contextmanager
def environment(db, login=None, commit=False):
    with Registry(db).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        if login:
            env = env(user=env["res.users"].search([("login", "=", login)]))
        yield env
        if not commit:
            cr.rollback()


def has_addon(env):
    return "firm.practice.area" in env


def prepare(db):
    """Bring people and settings, the same in both; again without harm."""
    with environment(db, commit=True) as env:
        env["ir.config_parameter"].set_param("crm.iap.lead.enrich.setting", "manual")
        # The switch of Odoo's leads, which the addon turns on
        env.ref("base.group_user").implied_ids |= env.ref("crm.group_use_lead")
        company = env.ref("base.main_company")
        company.write({"email": "firm@bench.example", "country_id": env.ref("base.es").id})
        # One machine sends all of it.
        limits = {"crm_firm_web_requests_hour": 0, "crm_firm_web_requests_person": 0} if "crm_firm_calendar_id" in company else {}
        company.write(limits)
        for number in range(OWNERS):
            login = f"bench_owner_{number}"
            if not env["res.users"].search([("login", "=", login)]):
                env["res.users"].with_context(no_reset_password=True).create(
                    {
                        "name": f"Owner {number}",
                        "login": login,
                        "email": f"{login}@bench.example",
                        "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
                    }
                )
        owners = env["res.users"].search([("login", "like", "bench_owner_%")])
        if has_addon(env):
            env.ref("crm_firm.practice_area_tax").owner_ids = owners


@contextmanager
def autocommit(db):
    connection = psycopg2.connect(dbname=db)
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def median_of(function, runs=RUNS, warm_up=3):
    times = []
    for number in range(runs + warm_up):
        began = time.perf_counter()
        function()
        if number >= warm_up:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def medians_of_pairs(functions, runs, warm_up):
    """Alternate the functions, so that what else the machine does meets all of them alike."""
    times = [[] for _function in functions]
    for number in range(runs + warm_up):
        for position, function in enumerate(functions):
            began = time.perf_counter()
            function()
            if number >= warm_up:
                times[position].append((time.perf_counter() - began) * 1000)
    return [statistics.median(series) for series in times]


def measure_web(plain, addon, table):
    web.measure(plain, addon, table, (environment, medians_of_pairs, PAIRS, WARM_UP))


# === BATCH === #


def measure_batch(plain, addon, table):
    table.section("Creating leads in one batch")

    def values(env, count, as_request):
        owners = env["res.users"].search([("login", "like", "bench_owner_%")], order="id").ids
        rows = []
        for number in range(count):
            row = {
                "name": f"Batch {number}",
                "type": "lead",
                "contact_name": f"Person {number}",
                "email_from": f"person{number}@client{number}.example.com",
                "phone": f"+34 700 {number // 1000:03} {number % 1000:03}",
                "description": "I need help with my tax return.",
            }
            if as_request and has_addon(env):
                row |= {
                    "channel_id": env.ref("crm_firm.channel_email").id,
                    "practice_area_id": env.ref("crm_firm.practice_area_tax").id,
                }
            elif as_request:
                row["user_id"] = owners[number % OWNERS]
            rows.append(row)
        return rows

    def create(db, count, as_request):
        with environment(db) as env:
            rows = values(env, count, as_request)
            env.flush_all()
            before, began = env.cr.sql_log_count, time.perf_counter()
            env["crm.lead"].create(rows)
            env.flush_all()
            env.cr.precommit.run()
            elapsed = (time.perf_counter() - began) * 1000
            return elapsed, env.cr.sql_log_count - before

    for as_request, label in ((False, "not by a channel"), (True, "requests with owners who are told")):
        queries = {}
        for count in (10, 100, 1000):
            create(plain, count, as_request), create(addon, count, as_request)
            runs = 5 if count == 1000 else 3
            pairs = [(create(plain, count, as_request), create(addon, count, as_request)) for _run in range(runs)]
            times = [statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)]
            queries[count] = [pairs[-1][side][1] for side in (0, 1)]
            table.add(f"{count} leads, {label}", *times, target=1.25 if count == 1000 else None)
            table.add("    queries", *queries[count], unit="")
        growth = [queries[1000][side] - queries[100][side] for side in (0, 1)]
        table.add("    queries more for 1,000 than for 100", *growth, target=1, unit="")


# === LEADS BY SQL === #


def fill(db, count):
    """Bring the number of open leads to `count`, by SQL: copies of one that the ORM made."""
    with environment(db, commit=True) as env:
        Lead = env["crm.lead"].with_context(active_test=False, tracking_disable=True)
        Lead.search([("name", "=", "Bench pattern")]).unlink()
        row = {"name": "Bench pattern", "type": "lead", "contact_name": "Ana", "description": "I need help. " * 25}
        row |= {"phone": "+34 700 100 100", "email_from": "ana@client.example.com"}
        if has_addon(env):
            row |= {"channel_id": env.ref("crm_firm.channel_web_form").id}
            row |= {"practice_area_id": env.ref("crm_firm.practice_area_tax").id}
        pattern = Lead.create(row).id
        owners = env["res.users"].search([("login", "like", "bench_owner_%")], order="id").ids
        sources = env["utm.source"].search([], limit=4).ids
    moment = "now() AT TIME ZONE 'UTC' - n * interval '7 minutes'"
    own = {
        "name": "'Bench ' || n",
        "user_id": f"(ARRAY{owners})[1 + n % {OWNERS}]",
        "create_date": moment,
        "received_on": moment,
        "first_contact_deadline": f"{moment} + interval '9 hours'",
        "first_contact_hours": "n % 12",
        "source_id": f"(ARRAY{sources})[1 + n % {len(sources)}]",
        "idempotency_key": "NULL",
        "contact_name": "'Person ' || n",
    }
    with autocommit(db) as cr:
        cr.execute("DELETE FROM crm_lead WHERE id != %s", [pattern])
        cr.execute("SELECT attname FROM pg_attribute WHERE attrelid = 'crm_lead'::regclass AND attnum > 0 AND NOT attisdropped")
        columns = [name for (name,) in cr.fetchall() if name != "id"]
        selected = ", ".join(own.get(name, f'"{name}"').replace("%", "%%") for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        cr.execute(  # the names of columns are the database's own
            f"INSERT INTO crm_lead ({names}) SELECT {selected} FROM crm_lead, generate_series(1, %s) n WHERE id = %s",  # noqa: S608
            [count, pattern],
        )
        cr.execute("VACUUM ANALYZE crm_lead")


def specification(env, view):
    """What the web client reads of the list: every field of the view, names of records only."""
    arch = etree.fromstring(env["crm.lead"].get_views([(view.id, "list")])["views"]["list"]["arch"])
    names = {element.get("name") for element in arch.iter("field")}
    fields = env["crm.lead"]._fields
    return {name: {"fields": {"display_name": {}}} if fields[name].type == "many2one" else {} for name in names}


def measure_queue(plain, addon, table):
    table.section(f"Opening the queue as a salesperson, 80 rows and the count, median of {RUNS}")

    def open_queue(db):
        def run():
            with environment(db, "bench_owner_0") as env:
                result = env["crm.lead"].web_search_read(domain, spec, limit=80, order=order, count_limit=count_limit + 1)
                assert len(result["records"]) == 80, result

        with environment(db, "bench_owner_0") as env:
            # Of plain Odoo the nearest: its list of leads
            if has_addon(env):
                view = env.ref("crm_firm.crm_lead_view_list_first_contact")
                # read as superuser: an action's domain is no secret, yet no record for everybody
                domain = literal_eval(env.ref("crm_firm.crm_lead_first_contact_action").sudo().domain)
            else:
                view, domain = env.ref("crm.crm_case_tree_view_leads"), [("type", "=", "lead")]
            spec = specification(env, view)
            arch = etree.fromstring(view.sudo().arch)
            order, count_limit = arch.get("default_order"), int(arch.get("count_limit", 10_000))
        return median_of(run)

    times = {}
    for count in (1_000, 100_000):
        for db in (plain, addon):
            fill(db, count)
        times[count] = [open_queue(plain), open_queue(addon)]
        table.add(f"{count:,} open leads of {OWNERS} owners (plain: Odoo's list of leads)", *times[count])
    growth = times[100_000][1] / times[1_000][1]
    verdict = "ok" if growth <= 1.3 else "MISSED"
    table.missed += growth > 1.3
    print(f"{'crm_firm: 100,000 to 1,000':58}{'':20}{growth:8.2f}  <= 1.3  {verdict}", flush=True)


def measure_indicators(plain, addon, table):
    table.section("Indicators of 100,000 leads, for a manager")
    for db in (plain, addon):
        fill(db, 100_000)

    def group(db, groupby, aggregates):
        def run():
            with environment(db) as env:
                assert env["crm.lead"].formatted_read_group([("type", "=", "lead")], groupby, aggregates)

        return median_of(run, runs=9, warm_up=1)

    both = (["create_date:week", "source_id"], ["source_id", "campaign_id"], ["user_id"])
    for groupby in both:
        table.add(" x ".join(groupby), *(group(db, groupby, ["__count"]) for db in (plain, addon)))
    for groupby in (
        ["received_on:week", "channel_kind"],
        ["practice_area_id", "contact_status"],
        ["user_id", "received_on:week"],
        ["lost_reason_id", "source_id", "campaign_id"],
    ):
        table.add(" x ".join(groupby), None, group(addon, groupby, ["__count", "first_contact_hours:avg"]))


def measure_cases(plain, addon, table):
    cases.measure(plain, addon, table, (environment, autocommit, medians_of_pairs, has_addon))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("plain")
    parser.add_argument("addon")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS])
    arguments = parser.parse_args()
    config.parse_config(["-c", os.environ["ODOO_RC"], "--log-level", "error"])
    print(f"Odoo {odoo.release.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for db in (arguments.plain, arguments.addon):
        prepare(db)
    table = Table()
    for part in arguments.parts or PARTS:
        globals()[f"measure_{part}"](arguments.plain, arguments.addon, table)
    sys.exit(bool(table.missed))


if __name__ == "__main__":
    main()
