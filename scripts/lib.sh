# Sourced by every script: where things lie, one clear line for every problem, the private PostgreSQL.
#
# Environment that a person may set:
#   CRM_FIRM_CACHE   folder for all that is downloaded or made (default: .cache in the checkout)
#   ODOO_ROOT        an Odoo 19 that is already there (checkout or unpacked archive)
#   PGHOST, PGUSER   a PostgreSQL server that is already there; otherwise a private one is run
#   PYTHON           the Python to use, 3.10 to 3.13 (default: python3)

set -euo pipefail
export LC_ALL=C.UTF-8

# shellcheck disable=SC2034  # read by the scripts that source this file
CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
SCRIPT=$(basename "$0")

die() {
    printf '%s: %s\n' "$SCRIPT" "$*" >&2
    exit 1
}

# Progress and problems go to stderr, so that the output of a command stays its own.
note() { printf '  %s\n' "$*" >&2; }

CACHE=${CRM_FIRM_CACHE:-$CHECKOUT/.cache}
mkdir -p "$CACHE/log" "$CACHE/lock" 2>/dev/null || die "cannot write to $CACHE (no permission, or the disk is full)"
CACHE=$(cd "$CACHE" && pwd -P)
VENV=$CACHE/venv
# What Python compiles is kept, and beside the checkout: else each process would compile all of Odoo anew.
unset PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX=$CACHE/bytecode
# Names that two checkouts on one machine must not share carry this.
INSTANCE=$(printf '%s' "$CACHE" | sha256sum | cut -c1-10)

is_root() { [ "$(id -u)" = 0 ]; }

hash_of() { cat "$@" | sha256sum | cut -c1-16; }

# fresh STAMP HASH: was this step finished with these very inputs? A stamp is written last,
# so an interrupted step is done again.
fresh() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

# cause LOG: the one line that says why a step failed.
cause() {
    if [ "$(df -Pk "$CACHE" | awk 'NR == 2 { print $4 }')" -lt 51200 ] || grep -qi 'no space left on device' "$1"; then
        printf 'the disk is full (%s)' "$CACHE"
    elif grep -qiE 'could not resolve|temporary failure (in name|resolving)|network is unreachable|newconnectionerror|failed to establish|(could not|unable to|cannot) connect|proxyerror|max retries|connection (refused|timed out|reset)|read timed out' "$1"; then
        printf 'no network, or the package server does not answer (details: %s)' "$1"
    else
        printf '%s (details: %s)' "$({
            grep -E '^[A-Za-z_.]*(Error|Exception|Violation)\b' "$1" || grep -E ' (ERROR|CRITICAL) ' "$1" || grep -vE '^\s*$' "$1"
        } | tail -n 1 | cut -c1-250)" "$1"
    fi
}

# step LABEL COMMAND...: one line with the seconds it took; what the command says goes to a log.
step() {
    local label=$1 began=$SECONDS log code
    log=$CACHE/log/$(printf '%s' "$label" | tr -cs 'A-Za-z0-9.\n' '-').log
    shift
    printf '  %s ...' "$label" >&2
    # A subshell outside any condition, so that errexit holds inside functions too.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    code=$?
    set -e
    if [ $code != 0 ]; then
        printf '\n' >&2
        die "$label: $(cause "$log")"
    fi
    printf ' %d s\n' $((SECONDS - began)) >&2
}

# lock NAME FD WAIT_MESSAGE: held until this script ends (or is killed).
lock() {
    eval "exec $2>'$CACHE/lock/$1'"
    if ! flock -n "$2"; then
        note "$3"
        flock "$2"
    fi
}

# === POSTGRESQL === #
# One private cluster for people (dev) and one for tests (no fsync); unix socket only.

CLUSTER=${CRM_FIRM_CLUSTER:-dev}

pg_is_private() { [ -z "${PGHOST:-}${PGUSER:-}" ] || [ -n "${CRM_FIRM_PG_PRIVATE:-}" ]; }

pg_bindir() { # newest server on this machine
    local initdb
    initdb=$({ ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || command -v initdb; } | sort -V | tail -n 1)
    [ -n "$initdb" ] && dirname "$initdb"
}

# PostgreSQL refuses to run as root.
pg_run() {
    if is_root; then
        (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
    else
        "$@"
    fi
}

# The folder of the clusters. User postgres cannot enter a checkout below, say, /root: then it is elsewhere, for good.
pg_home() {
    local elsewhere=/var/tmp/crm_firm-$INSTANCE
    if [ ! -f "$CACHE/pg-home" ] && is_root && ! pg_run test -x "$CACHE"; then
        mkdir -m 755 "$elsewhere" 2>/dev/null || [ -O "$elsewhere" ] || die "$elsewhere belongs to somebody else: remove it"
        printf '%s\n' "$elsewhere" >"$CACHE/pg-home"
    fi
    cat "$CACHE/pg-home" 2>/dev/null || printf '%s\n' "$CACHE/pg"
}

# pg_private_folder DIR: only for the user that runs PostgreSQL, and nobody else's.
pg_private_folder() {
    mkdir -p -m 700 "$1"
    if is_root; then chown postgres: "$1"; fi
    chmod 700 "$1" 2>/dev/null || return 1
}

pg_init() { # pg_init DIR BINDIR
    rm -rf "$1" "$1.part"
    pg_private_folder "$1.part"
    pg_run "$2/initdb" -D "$1.part" -U postgres --auth-local=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync
    cat >>"$1.part/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 512MB
effective_cache_size = 2GB
work_mem = 16MB
maintenance_work_mem = 128MB
random_page_cost = 1.1
max_wal_size = 2GB
max_parallel_workers_per_gather = 0
jit = off
CONF
    # A crash may cost the demo its last moment, and the tests a database that is made again.
    echo "synchronous_commit = off" >>"$1.part/postgresql.conf"
    if [ "$CLUSTER" = test ]; then
        printf '%s = off\n' fsync full_page_writes >>"$1.part/postgresql.conf"
    fi
    mv "$1.part" "$1"
}

# A pid file whose process is gone, or is another program by now (after a restart of the machine).
pg_forget_dead() {
    local pid file
    for file in "$1/postmaster.pid" "$PG_SOCKETS/.s.PGSQL.$PGPORT.lock"; do
        pid=$(head -n 1 "$file" 2>/dev/null) || continue
        case $(cat "/proc/$pid/comm" 2>/dev/null) in postgres*) ;; *) rm -f "$file" ;; esac
    done
}

pg_start() { # pg_start DIR BINDIR
    local log=$1/server.log
    if [ -L "$PG_SOCKETS" ] || ! pg_private_folder "$PG_SOCKETS"; then
        echo "$PG_SOCKETS belongs to somebody else: remove it"
        return 1
    fi
    pg_forget_dead "$1"
    # It runs, but nobody reaches it: its socket was cleaned away, or the checkout has moved.
    pg_run "$2/pg_ctl" -D "$1" -m fast -w stop 2>/dev/null || true
    if ! pg_run "$2/pg_ctl" -D "$1" -w -t 60 -l "$log" -o "-p $PGPORT -k $PG_SOCKETS" start </dev/null; then
        tail -n 5 "$log"
        return 1
    fi
    pg_run "$2/psql" -h "$PG_SOCKETS" -U postgres -d postgres -Atqc \
        "SELECT 1 FROM pg_roles WHERE rolname = 'crm_firm'" | grep -q 1 ||
        pg_run "$2/createuser" -h "$PG_SOCKETS" -U postgres --createdb crm_firm
}

pg_ready() { # pg_ready BINDIR: waits while a server is still starting up or recovering
    local tries=0 code
    while :; do
        code=0
        "$1/pg_isready" -q -h "$PGHOST" -p "$PGPORT" || code=$?
        [ $code = 1 ] && [ $((tries++)) -lt 120 ] || return $code
        sleep 0.5
    done
}

# Sets PGHOST, PGPORT, PGUSER for Odoo and psql, and starts the private cluster if it is not running. It runs as
# long as a script uses it: each user holds a shared lock (released however it dies), and one keeper that waits for
# the exclusive lock stops the cluster.
pg_use() {
    if ! pg_is_private; then
        PGUSER=${PGUSER:-$(id -un)}
        export PGUSER
        return
    fi
    local bindir dir users
    bindir=$(pg_bindir) || die "no PostgreSQL server found: run scripts/setup"
    dir=$(pg_home)/$CLUSTER
    users=$CACHE/lock/pg-$CLUSTER-users
    # Short, because a socket's path may have 107 bytes only.
    PG_SOCKETS=/tmp/crm_firm-$INSTANCE
    case $CLUSTER in
        dev) PGPORT=5432 ;;
        test) PGPORT=5433 ;;
        *) die "CRM_FIRM_CLUSTER is dev or test" ;;
    esac
    unset PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS PGDATA
    export PGHOST=$PG_SOCKETS PGPORT PGUSER=crm_firm CRM_FIRM_PG_PRIVATE=1 CRM_FIRM_CLUSTER=$CLUSTER
    exec 8>"$users"
    flock -s 8
    exec 7>"$CACHE/lock/pg-$CLUSTER-start"
    flock 7
    mkdir -p "$(dirname "$dir")"
    if [ ! -f "$dir/PG_VERSION" ]; then
        step "Making the $CLUSTER database cluster" pg_init "$dir" "$bindir" 7>&- 8>&-
    fi
    # A cluster of an older PostgreSQL keeps its own server, as long as that is installed.
    if [ -x "/usr/lib/postgresql/$(cat "$dir/PG_VERSION")/bin/postgres" ]; then
        bindir=/usr/lib/postgresql/$(cat "$dir/PG_VERSION")/bin
    fi
    if ! pg_ready "$bindir"; then
        step "Starting PostgreSQL ($CLUSTER)" pg_start "$dir" "$bindir" 7>&- 8>&-
    fi
    pg_keep "$dir" "$bindir" "$users"
    exec 7>&-
}

pg_keep() ( # pg_keep DIR BINDIR USERS_LOCK: in the background, in a process group of its own, nobody's child
    set -m
    (
        # Closed here: for a redirected call bash would keep copies, and the keeper would wait for itself.
        exec 4>&- 7>&- 8>&- 9>&-
        exec </dev/null >>"$CACHE/log/pg-keeper.log" 2>&1 6>"$CACHE/lock/pg-$CLUSTER-keeper" 5>"$3"
        flock -w 3 6 || exit 0 # another one keeps it
        flock 5
        pg_run "$2/pg_ctl" -D "$1" -m fast -w stop 5>&- 6>&-
    ) &
)

# === ODOO === #

# The folder that holds the Python package odoo.
odoo_root() {
    local root=${ODOO_ROOT:-$CACHE/odoo} candidate
    for candidate in "$root" "$root/usr/lib/python3/dist-packages"; do
        if [ -f "$candidate/odoo/release.py" ]; then
            grep -qE '^version_info *= *\(19, *0' "$candidate/odoo/release.py" || die "ODOO_ROOT is not an Odoo 19.0: $root"
            (cd "$candidate" && pwd -P)
            return
        fi
    done
    die "no Odoo 19 in $root: ${ODOO_ROOT:+correct ODOO_ROOT}${ODOO_ROOT:-run scripts/setup}"
}

# odoo_config: writes the configuration of this instance and sets ODOO_RC, which every Odoo command reads.
odoo_config() {
    local root addons site
    root=$(odoo_root)
    addons=$CACHE/addons,$CACHE/oca/odoo/addons,$root/odoo/addons
    if [ -d "$root/addons" ]; then addons+=,$root/addons; fi # a checkout of Odoo
    export ODOO_RC=$CACHE/odoo-$CLUSTER.conf
    cat >"$ODOO_RC.$$" <<CONF
[options]
addons_path = $addons
data_dir = $CACHE/data-$CLUSTER
http_interface = 127.0.0.1
limit_time_cpu = 300
limit_time_real = 600
db_maxconn = 32
# Nothing leaves the machine: scripts/demo runs a mail server and names its port.
smtp_server = 127.0.0.1
smtp_port = 1
publisher_warranty_url = http://127.0.0.1:1/
CONF
    mv "$ODOO_RC.$$" "$ODOO_RC"
    # "import odoo" works everywhere in the virtual environment.
    site=$(printf '%s\n' "$VENV"/lib/python3*/site-packages)
    printf '%s\n' "$root" >"$site/odoo19.pth.$$"
    mv "$site/odoo19.pth.$$" "$site/odoo19.pth"
}

# ready all|demo: what every script but setup begins with.
ready() {
    CRM_FIRM_QUIET=1 "$CHECKOUT/scripts/setup" "$@"
    pg_use
    odoo_config
}

odoo() { "$VENV/bin/python" "$CHECKOUT/scripts/odoo_main.py" "$@"; }
