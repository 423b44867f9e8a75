"""What an update of the addon must keep: rows with their values, external ids, rights. Used by check-update.

    update_dump.py DB                      prints it as JSON
    update_dump.py --compare BEFORE AFTER  prints what is lost or another one; fails if there is any

What comes with the addon and is renewed by every update is not looked at, nor what the update itself adds.
"""

# ruff: noqa: S608  names of tables and columns come from the catalogue of the database

import json
import sys
from pathlib import Path

import psycopg2

# What people and jobs write; of everything else the update is the author.
TABLES = """
    SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE nspname = 'public' AND relkind = 'r' AND (
        relname LIKE 'firm\\_%' OR relname LIKE 'crm\\_lead%' OR relname LIKE 'crm\\_team%' OR relname LIKE 'helpdesk\\_ticket%'
        OR relname LIKE 'calendar\\_%' OR relname LIKE 'res\\_partner%' OR relname LIKE 'sale\\_order%'
        OR relname IN ('mail_message', 'mail_activity', 'mail_followers', 'mail_tracking_value', 'mail_blacklist', 'mail_alias',
            'res_company', 'res_users', 'res_groups_users_rel', 'resource_calendar', 'resource_calendar_attendance',
            'resource_calendar_leaves', 'product_template', 'rating_rating'))"""
# Renewed by every update: rows that the addon's own files write, unless they say that they are the firm's from then on
RENEWED = "SELECT model, res_id FROM ir_model_data WHERE NOT noupdate"
# When something was written is no datum of its own; memory of jobs.
PASSED_OVER = {"write_date", "write_uid"}
RIGHTS = {
    "access": """
        SELECT d.name, m.model, a.group_id, a.perm_read, a.perm_write, a.perm_create, a.perm_unlink FROM ir_model_access a
        JOIN ir_model m ON m.id = a.model_id JOIN ir_model_data d ON d.model = 'ir.model.access' AND d.res_id = a.id
        WHERE d.module = 'crm_firm'""",
    "group": """
        SELECT d.module || '.' || d.name, i.hid FROM res_groups_implied_rel i
        JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = i.gid""",
}
# Whose external ids are of the addon itself, not of anything in the database that somebody has changed or refers to
OF_THE_CODE = (
    "ir.model",
    "ir.model.fields",
    "ir.model.fields.selection",
    "ir.model.constraint",
    "ir.model.inherit",
    "ir.ui.view",
)


def dump(dbname):
    connection = psycopg2.connect(dbname=dbname)
    with connection.cursor() as cursor:

        def ask(query, *parameters):
            cursor.execute(query, parameters or None)
            return cursor.fetchall()

        renewed = {}
        for model, res_id in ask(RENEWED):
            renewed.setdefault(model.replace(".", "_"), set()).add(res_id)
        tables = {}
        for (table,) in sorted(ask(TABLES)):
            rows = {}
            for (row,) in ask(f'SELECT to_jsonb(t) FROM "{table}" t'):
                key = str(row["id"]) if "id" in row else json.dumps(row, sort_keys=True)
                if row.get("id") not in renewed.get(table, ()):
                    rows[key] = {name: value for name, value in row.items() if name not in PASSED_OVER}
            tables[table] = rows
        xmlids = ask(
            "SELECT name, model, res_id FROM ir_model_data WHERE module = 'crm_firm' AND NOT model = ANY(%s)", list(OF_THE_CODE)
        )
        rights = {kind: sorted("\t".join(map(str, row)) for row in ask(query)) for kind, query in RIGHTS.items()}
    json.dump(
        {"tables": tables, "xmlids": {name: [model, res_id] for name, model, res_id in xmlids}, "rights": rights}, sys.stdout
    )


def is_kept(before, now):
    """Say whether a value is what it was; a translated text may have gained a language that it did not have."""
    if isinstance(before, dict) and isinstance(now, dict) and "en_US" in before:
        return before.items() <= now.items()
    return before == now


def compare(before, after):
    """Yield a line for each thing that was there and is not, or is another one."""
    for table, rows in before["tables"].items():
        if table not in after["tables"]:
            yield f"table {table}: gone with {len(rows)} rows"
            continue
        columns = set().union(*after["tables"][table].values()) if after["tables"][table] else set()
        for key, row in rows.items():
            now = after["tables"][table].get(key)
            if now is None:
                yield f"{table} {key[:200]}: gone"
                continue
            for name, value in row.items():
                if name not in columns:
                    if value not in (None, False):
                        yield f"{table}.{name} {key[:50]}: the column is gone, and {value!r:.100} with it"
                elif not is_kept(value, now.get(name)):
                    yield f"{table}.{name} {key[:50]}: {value!r:.100} became {now.get(name)!r:.100}"
    for name, target in before["xmlids"].items():
        if after["xmlids"].get(name) != target:
            yield f"external id {name}: {target} became {after['xmlids'].get(name)}"
    for kind, lines in before["rights"].items():
        for line in sorted(set(lines) - set(after["rights"][kind])):
            yield f"{kind}: {line}"


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        lines = list(compare(*(json.loads(Path(name).read_text()) for name in sys.argv[2:])))
        print(*lines, sep="\n")
        if lines:
            print(f"Error: {len(lines)} things are lost or other ones, the first: {lines[0]}", file=sys.stderr)
        sys.exit(bool(lines))
    dump(sys.argv[1])
