"""Cases at the size of a big firm: the job that warns, and the list with its deadlines. Called by bench/measure.py."""

import time
from ast import literal_eval

from lxml import etree

COUNT, OPEN = 100_000, 20_000
DUE_NOW = 500  # warnings and alarms that one run finds, of all open cases


def columns_of(cr, table):
    cr.execute("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped", [table])
    return [name for (name,) in cr.fetchall() if name != "id"]


def copy_rows(cr, table, own, count, condition):
    """Insert copies of the rows that a condition names, `n` of each; `own` says what differs, as SQL."""
    columns = columns_of(cr, table)
    selected = ", ".join(own.get(name, f't."{name}"').replace("%", "%%") for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    cr.execute(  # names of columns are the database's own
        f"INSERT INTO {table} ({names}) SELECT {selected} FROM {table} t, generate_series(1, %s) n WHERE {condition}",  # noqa: S608
        [count],
    )


def fill(db, environment, autocommit, has_addon):
    """Bring 100,000 tickets, 20,000 of them open, by SQL: copies of one that the ORM made; cases where the addon is."""
    with environment(db, commit=True) as env:
        tickets = env["helpdesk.ticket"].with_context(tracking_disable=True, active_test=False)
        tickets.search([("name", "like", "Bench %")]).unlink()
        partners = env["res.partner"].search([], limit=1)
        users = env["res.users"].search([("login", "like", "bench_owner_%")], order="id").ids
        row = {"name": "Bench pattern", "description": "I need help. " * 25, "partner_id": partners.id}
        if has_addon(env):
            row |= {
                "team_id": env.ref("crm_firm.team_client_requests").id,
                "category_id": env.ref("crm_firm.category_vat").id,
                "channel_id": env.ref("crm_firm.channel_client_area").id,
            }
        pattern = tickets.create(row)
        env.flush_all()
        addon = has_addon(env)
        closed = env.ref("crm_firm.stage_archived" if addon else "helpdesk_mgmt.helpdesk_ticket_stage_done").id
        opened = pattern.stage_id.id
        pattern_id = pattern.id
    moment = "now() AT TIME ZONE 'UTC'"
    is_open = f"n <= {OPEN}"
    with autocommit(db) as cr:
        copy_rows(
            cr,
            "helpdesk_ticket",
            {
                "name": "'Bench ' || n",
                "number": "'B' || n",
                "stage_id": f"CASE WHEN {is_open} THEN {opened} ELSE {closed} END",
                "case_state": f"CASE WHEN {is_open} THEN 'received' ELSE 'archived' END",
                "user_id": f"(ARRAY{users})[1 + n % {len(users)}]",
                "access_token": "NULL",
                "idempotency_key": "NULL",
                "next_due_at": f"CASE WHEN {is_open} THEN {moment} + (n - {DUE_NOW}) * interval '1 minute' END",
                "expected_on": f"CASE WHEN {is_open} THEN {moment} + n * interval '2 minutes' END",
            },
            COUNT,
            f"t.id = {pattern_id}",
        )
        if addon:
            due = f"{moment} + (n - {DUE_NOW}) * interval '1 minute'"
            cr.execute("SELECT min(id) FROM helpdesk_ticket WHERE name = 'Bench 1'")
            [[first_id]] = cr.fetchall()
            copy_rows(
                cr,
                "firm_case_deadline",
                {
                    "ticket_id": f"{first_id} + n - 1",
                    "state": f"CASE WHEN {is_open} THEN 'running' ELSE 'done' END",
                    "outcome": f"CASE WHEN {is_open} THEN NULL ELSE 'met' END",
                    "due_at": due,
                    "warn_at": f"{due} - interval '4 hours'",
                    "escalate_at": f"{due} + interval '1 hour'",
                    "user_id": f"(ARRAY{users})[1 + n % {len(users)}]",
                },
                COUNT,
                f"t.ticket_id = {pattern_id}",
            )
            cr.execute("VACUUM ANALYZE firm_case_deadline")
        cr.execute("VACUUM ANALYZE helpdesk_ticket")


def specification(env, view):
    arch = etree.fromstring(env["helpdesk.ticket"].get_views([(view.id, "list")])["views"]["list"]["arch"])
    names = {element.get("name") for element in arch.iter("field")}
    fields = env["helpdesk.ticket"]._fields
    return {name: {"fields": {"display_name": {}}} if fields[name].relational else {} for name in names}


def open_list(db, environment, has_addon):
    """Return a function that reads what the web client reads of the list: 80 rows with all their columns, and the count."""
    with environment(db) as env:
        if has_addon(env):
            view = env.ref("crm_firm.helpdesk_ticket_case_view_list")
            domain = [*literal_eval(env.ref("crm_firm.helpdesk_ticket_case_action").domain)]
            domain += [("case_state", "in", ("received", "in_review", "waiting_client"))]
        else:
            view, domain = env.ref("helpdesk_mgmt.ticket_view_tree"), [("closed", "=", False)]
        spec = specification(env, view)
        order = etree.fromstring(view.arch).get("default_order")

    def run():
        with environment(db) as env:
            result = env["helpdesk.ticket"].web_search_read(domain, spec, limit=80, order=order, count_limit=10_001)
            assert len(result["records"]) == 80, len(result["records"])

    return run


def run_job(db, environment, count_due):
    """Return milliseconds and queries of one run of the job that tells of deadlines, without its commits."""
    with environment(db) as env:
        env.cr.execute("SELECT count(*) FROM firm_case_deadline WHERE state = 'running'")
        deadlines = env["firm.case.deadline"]
        now = env.cr.now()
        env.flush_all()
        before, began = env.cr.sql_log_count, time.perf_counter()
        told = 0
        deadlines._mark_missed(now)
        for user_id, ids_by_field in deadlines._find_to_tell(now).items():
            deadlines._tell(env["res.users"].browse(user_id), ids_by_field)
            told += sum(map(len, ids_by_field.values()))
        env.flush_all()
        assert told >= count_due, told
        return (time.perf_counter() - began) * 1000, env.cr.sql_log_count - before, told


def measure(plain, addon, table, tools):
    environment, autocommit, medians, has_addon = tools
    table.section(f"{COUNT:,} cases, {OPEN:,} of them open")
    for db in (plain, addon):
        fill(db, environment, autocommit, has_addon)
    functions = [open_list(db, environment, has_addon) for db in (plain, addon)]
    table.add("list of 80 with its deadlines (plain: helpdesk_mgmt's list)", *medians(functions, 15, 3), target=1.2)
    milliseconds, queries, told = run_job(addon, environment, DUE_NOW)
    per_case = milliseconds / OPEN
    is_met = per_case <= 1 and queries < told
    table.missed += not is_met
    print(
        f"{'job that tells of deadlines':58}{'':10}{milliseconds:9.0f} ms{'':8}  "
        f"{per_case:.3f} ms per open case (<= 1), {queries} queries, {told} told  {'ok' if is_met else 'MISSED'}",
        flush=True,
    )
