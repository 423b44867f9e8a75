"""How long Odoo's own import takes for 5,000 leads and for 1,000 companies with 4,000 people, columns of plain Odoo only.

Run it in Odoo's shell on a database that can be thrown away, once without the addon and once with it; nothing is kept:

    scripts/odoo shell -d NAME --no-http < bench/import_rows.py
"""

import csv
import io
import time

ROWS = 5_000
OPTIONS = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}


def measure(model, fields, rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([fields, *rows])
    values = {"res_model": model, "file": buffer.getvalue().encode(), "file_type": "text/csv", "file_name": "rows.csv"}
    wizard = env["base_import.import"].create(values)
    start = time.monotonic()
    result = wizard.execute_import(fields, fields, OPTIONS)
    print(f"{model}: {len(result['ids'] or [])} rows in {time.monotonic() - start:.1f} s {result['messages'] or ''}")


measure(
    "crm.lead",
    ["name", "type", "contact_name", "email_from"],
    [[f"Lead {n}", "lead", f"Persona Número{n}", f"p{n}@example.org"] for n in range(ROWS)],
)
companies = [[f"Empresa Número{n}, S.L.", "1", "", f"info@e{n}.example.net"] for n in range(ROWS // 5)]
people = [
    [f"Persona Número{n}", "", f"Empresa Número{n // 4}, S.L.", f"p{n}@e{n // 4}.example.net"] for n in range(ROWS - ROWS // 5)
]
measure("res.partner", ["name", "is_company", "parent_id", "email"], companies + people)
env.cr.rollback()
