#!/usr/bin/env bash
# Everything that must pass: lint, then the tests in a real Odoo with a real browser. Does the set-up it needs.
#
#   scripts/test                                        all
#   scripts/test tests/test_consent.py -k withdrawn     arguments go to pytest (and lint is left out)
#   CRM_FIRM_DB=mine scripts/test ...                   in a test database of another name
#   CRM_FIRM_JOBS=1 scripts/test                        so many at a time, each in a copy of the database (all: one a
#                                                       core; with arguments: one)
#
# The same tests under Odoo's own runner, once this script has made the database:
#
#   CRM_FIRM_CLUSTER=test scripts/odoo -d crm_firm_test -u crm_firm --test-tags /crm_firm --http-port 8170
export CRM_FIRM_CLUSTER=test
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$CHECKOUT"
source scripts/databases.sh

DB=${CRM_FIRM_DB:-crm_firm_test}
TESTS=$CACHE/addons/crm_firm/tests

# The tests belong to the Python package odoo.addons.crm_firm, so pytest has to reach them by the link of that name.
selected=no
arguments=()
for argument in "$@"; do
    case $argument in
        tests | tests/* | ./tests/*)
            argument=$TESTS/${argument#./}
            arguments+=("${argument/\/tests\/tests/\/tests}")
            selected=yes
            ;;
        *) arguments+=("$argument") ;;
    esac
done
[ $selected = yes ] || arguments+=("$TESTS")

if [ $# = 0 ]; then jobs=$(nproc); else jobs=1; fi
jobs=${CRM_FIRM_JOBS:-$jobs}
[[ $jobs =~ ^[1-9][0-9]?$ ]] || die "CRM_FIRM_JOBS is a number from 1 to 99: $jobs"

ready all
lock "db-$DB" 3 "Waiting for another scripts/test on the database $DB (CRM_FIRM_DB names another one) ..."
if [ $# = 0 ]; then scripts/lint; fi
use_base
if [ $# = 0 ]; then scripts/lint --translations "$DB"; fi

parallel=()
if [ "$jobs" -gt 1 ]; then
    copies=()
    for ((i = 0; i < jobs; i++)); do copies+=("${DB}_gw$i"); done
    drop_copies() { for copy in "${copies[@]}"; do db_drop "$copy"; done; }
    trap drop_copies EXIT
    for copy in "${copies[@]}"; do step "Copying the database to $copy" copy_db "$DB" "$copy"; done
    # A file's tests stay in one process: they share what they set up.
    parallel=(-n "$jobs" --dist loadfile)
fi

export PYTHONPATH=$CHECKOUT/scripts PYTHONDONTWRITEBYTECODE=1
"$VENV/bin/python" -m pytest -c pyproject.toml -o cache_dir="$CACHE/pytest" \
    --rootdir="$CACHE/addons/crm_firm" --confcutdir="$TESTS" -p no_false_green -p parallel_tests \
    --odoo-config="$ODOO_RC" --odoo-database="$DB" --odoo-http "${parallel[@]}" "${arguments[@]}"
