"""Keep the compiled scripts and styles of a test database for the next one: keep_bundles.py save|restore DB FILESTORE FOLDER

Odoo names each bundle after what it was made of, and makes those that do not fit anew: nothing stale is ever served.
"""

import json
import pathlib
import shutil
import sys

import psycopg2
from psycopg2.extras import Json, execute_values

COLUMNS = "name, url, mimetype, type, res_model, res_id, public, checksum, file_size, store_fname, create_uid, create_date"

# Nothing but our own names of columns goes into these.
SAVE = f"SELECT to_jsonb(kept) FROM (SELECT {COLUMNS} FROM ir_attachment WHERE url LIKE '/web/assets/%') kept"  # noqa: S608
RESTORE = (
    f"INSERT INTO ir_attachment ({COLUMNS}) SELECT {COLUMNS} FROM (VALUES %s) kept (row), "  # noqa: S608
    "LATERAL jsonb_populate_record(NULL::ir_attachment, row)"
)


def main(action, db, filestore, folder):
    filestore, folder = pathlib.Path(filestore), pathlib.Path(folder)
    rows_file = folder / "rows.json"
    if action == "save":
        shutil.rmtree(folder, ignore_errors=True)
    elif not rows_file.exists():
        return
    with psycopg2.connect(dbname="postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [db])
        if not cursor.fetchone():
            return
    with psycopg2.connect(dbname=db) as connection, connection.cursor() as cursor:
        if action == "save":
            cursor.execute("SELECT to_regclass('ir_attachment')")
            if not cursor.fetchone()[0]:
                return
            cursor.execute(SAVE)
            rows = [row for (row,) in cursor if row["store_fname"] and (filestore / row["store_fname"]).exists()]
            for row in rows:
                (folder / row["store_fname"]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(filestore / row["store_fname"], folder / row["store_fname"])
            folder.mkdir(parents=True, exist_ok=True)
            rows_file.write_text(json.dumps(rows))
        else:
            rows = json.loads(rows_file.read_text())
            for row in rows:
                (filestore / row["store_fname"]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(folder / row["store_fname"], filestore / row["store_fname"])
            execute_values(
                cursor,
                RESTORE,
                [(Json(row),) for row in rows],
                template="(%s::jsonb)",
            )


main(*sys.argv[1:])
