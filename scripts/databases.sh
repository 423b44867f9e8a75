# Sourced by scripts/test, scripts/i18n and scripts/demo: a database with the addon, made in seconds from a template.

addon_list() { "$VENV/bin/python" -c "import ast; print(','.join(ast.literal_eval(open('__manifest__.py').read())['$1']))"; }

# Is there a database NAME, and was it made from the state HASH? The database itself says so, in its comment.
db_state() {
    "$VENV/bin/python" - "$1" <<'PY'
import sys

import psycopg2

with psycopg2.connect(dbname="postgres") as connection, connection.cursor() as cursor:
    cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", sys.argv[1:])
    row = cursor.fetchone()
    print((row[0] or "unfinished") if row else "absent")
PY
}

db_sql() { # db_sql STATEMENT...
    "$VENV/bin/python" - "$@" <<'PY'
import sys

import psycopg2

connection = psycopg2.connect(dbname="postgres")
connection.autocommit = True
for statement in sys.argv[1:]:
    connection.cursor().execute(statement)
PY
}

db_drop() {
    db_sql "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"
    rm -rf "$CACHE/data-$CLUSTER/filestore/$1"
}

# odoo_init DB ARGUMENT...: an Odoo run that installs; any line of level ERROR is a failure, whatever its exit code.
odoo_init() {
    local log
    log=$(mktemp)
    odoo -d "$1" --without-demo --stop-after-init --no-http --max-cron-threads=0 "${@:2}" >"$log" 2>&1 || touch "$log.failed"
    cat "$log"
    if [ -e "$log.failed" ] || grep -qE '^[-0-9]{10} [:0-9,]+ [0-9]+ (ERROR|CRITICAL) ' "$log"; then
        rm -f "$log" "$log.failed"
        return 1
    fi
    rm -f "$log"
}

mark_db() { db_sql "COMMENT ON DATABASE \"$1\" IS '$2'"; }

make_base() {
    db_drop "$1"
    odoo_init "$1" --load-language=es_ES -i "$(addon_list depends)"
    mark_db "$1" base
}

copy_db() { # copy_db FROM TO: the database and its files
    local filestore=$CACHE/data-$CLUSTER/filestore
    db_drop "$2"
    db_sql "CREATE DATABASE \"$2\" TEMPLATE \"$1\""
    if [ -d "$filestore/$1" ]; then cp -r "$filestore/$1" "$filestore/$2"; fi
}

make_addon_db() { # make_addon_db NAME BASE
    copy_db "$2" "$1"
    odoo_init "$1" -i crm_firm
}

# installed_quietly COMMAND...: what Odoo says against a model or a view of ours is a failure, though it installs them.
installed_quietly() {
    local log said code
    log=$(mktemp)
    # A subshell outside any condition, so that errexit holds inside functions too.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    code=$?
    set -e
    said=$(grep -E '^[-0-9]{10} [:0-9,]+ [0-9]+ WARNING \S+ odoo\.(addons\.base\.models\.ir_(model|ui_view)|orm|fields|schema)\b' "$log" || true)
    cat "$log"
    rm -f "$log"
    if [ -n "$said" ]; then printf 'Error: %s\n' "$said"; fi
    [ "$code" = 0 ] && [ -z "$said" ]
}

make_test_db() { # make_test_db NAME BASE STATE [assets]
    local kept=("$1" "$CACHE/data-$CLUSTER/filestore/$1" "$CACHE/bundles-$CLUSTER")
    if [ "${4:-}" = assets ]; then "$VENV/bin/python" scripts/keep_bundles.py save "${kept[@]}"; fi
    installed_quietly make_addon_db "$1" "$2"
    if [ "${4:-}" = assets ]; then "$VENV/bin/python" scripts/keep_bundles.py restore "${kept[@]}"; fi
    mark_db "$1" "$3"
}

# What an installed database depends on: every file of the addon but those that only people and tests read.
addon_hash() {
    # shellcheck disable=SC2046  # hashed below: no name in this repository has a space
    find . -path ./.git -prune -o -path ./.cache -prune -o -path ./tests -prune -o -path ./scripts -prune -o \
        -path ./bench -prune -o -path ./.ci -prune -o -name __pycache__ -prune -o -name '.*cache' -prune -o \
        -path ./static/description -prune -o -path ./static/src -prune -o -path ./static/tests -prune -o \
        -type f ! -name '*.rst' ! -name '*.md' ! -name '*.toml' ! -name '.*' -print0 |
        sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

# use_base: sets BASE, a database with the addons we depend on and Spanish. Others wait for this script meanwhile:
# a template can only be cloned while nobody is connected to it.
use_base() {
    BASE=crm_firm_base_$({
        odoo_root
        cat "$(odoo_root)/odoo/release.py" scripts/requirements-oca.txt
        addon_list depends
    } | sha256sum | cut -c1-12)
    exec 4>"$CACHE/lock/base-$CLUSTER"
    if ! flock -n 4; then
        note "Waiting for another run that makes a database ..."
        flock 4
    fi
    if [ "$(db_state "$BASE")" != base ]; then
        step "Making a database with the addons we depend on (a minute, once)" make_base "$BASE"
    fi
}

# test_db NAME [assets]: a database with the addon as it is now; installed again only if the addon has changed.
# With assets: and its scripts and styles compiled. Tests take back what they write: without it, each that opens a browser
# would compile anew what it opens.
test_db() {
    local state
    use_base
    state=$BASE-$(addon_hash)
    if [ "$(db_state "$1")" != "$state" ]; then
        step "Installing crm_firm in $1" make_test_db "$1" "$BASE" "$state" "${2:-}"
    fi
    exec 4>&-
    if [ "${2:-}" = assets ]; then make_bundles "$1"; fi
}

make_bundles() { # make_bundles DB: unless that is done, for Odoo names them after the times of their files as well
    local stamp=$CACHE/bundles-$CLUSTER/$1.stamp files
    files=$(find static -type f -printf '%p %T@\n' | sort | hash_of scripts/make_bundles.py -)
    if fresh "$stamp" "$files"; then return; fi
    step "Compiling scripts and styles" compile_bundles "$1"
    mkdir -p "${stamp%/*}"
    printf '%s' "$files" >"$stamp"
}

compile_bundles() { odoo shell -d "$1" --no-http --max-cron-threads=0 <scripts/make_bundles.py; }

# export_terms DB: writes the terms of the addon as the database knows them; TERMS is the file.
export_terms() {
    TERMS=$CACHE/log/$1.pot
    step "Exporting the terms to translate" export_terms_to "$1" "$TERMS"
}

export_terms_to() {
    # Odoo searches every folder below the addon and follows links: it gets a copy without the cache and our tools.
    local copy=$CACHE/i18n
    rm -rf "$copy"
    mkdir -p "$copy/crm_firm"
    tar -c --exclude=./.git --exclude="./${CACHE#"$CHECKOUT/"}" --exclude=./.cache --exclude=./tests --exclude=./scripts \
        --exclude=./bench --exclude=__pycache__ . | tar -x -C "$copy/crm_firm"
    sed "s|^addons_path = [^,]*|addons_path = $copy|" "$ODOO_RC" >"$copy/odoo.conf"
    ODOO_RC=$copy/odoo.conf odoo i18n export -d "$1" -o "$2" crm_firm
    rm -rf "$copy"
}
