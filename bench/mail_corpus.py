"""What becomes of the corpus of incoming mails, on plain Odoo and with this addon.

    scripts/odoo shell -d NAME --no-http < bench/mail_corpus.py

Run it on a database with the addon and on one without (crm and helpdesk_mgmt installed). Each mail goes through the door
that fetchmail uses, with what Odoo's fetchmail does on a fault: roll back and forget. Nothing is committed.
"""

import importlib.util
import logging
import os
import signal
import sys
import time
from pathlib import Path

TIME_LIMIT = 120  # seconds for one mail; beyond, it counts as lost: it holds up the mailbox

logging.disable(logging.CRITICAL)
folder = Path(os.environ.get("CRM_FIRM_CHECKOUT", "."))
spec = importlib.util.spec_from_file_location("mail_corpus", folder / "tests" / "mail_corpus.py")
corpus = importlib.util.module_from_spec(spec)
sys.modules["mail_corpus"] = corpus
spec.loader.exec_module(corpus)


def give_up(*_args):
    raise TimeoutError("too slow")


def count(env):
    def rows(query):
        env.cr.execute(query)
        return env.cr.fetchone()[0]

    return {
        "leads": rows("SELECT count(*) FROM crm_lead"),
        "messages": rows(
            "SELECT count(*) FROM mail_message WHERE model = 'crm.lead'"
            " AND message_type IN ('email', 'auto_comment', 'out_of_office')"
        ),
        "quarantine": rows("SELECT count(*) FROM firm_mail_quarantine") if "firm.mail.quarantine" in env else 0,
        "refusals": rows("SELECT count(*) FROM mail_message WHERE model IS NULL AND subject LIKE 'Re: %'"),
    }


def became(before, after, failed):
    if failed:
        return failed
    new = {key: after[key] - before[key] for key in before}
    if new["quarantine"]:
        return "quarantine"
    if new["leads"]:
        return "record" if new["leads"] == 1 else f"{new['leads']} leads"
    return "message" if new["messages"] else "refused" if new["refusals"] else "nothing"


# What is no loss, by what it should have become
GOOD = {
    "record": ("record",),
    "reply": ("message",),
    "auto_reply": ("message",),
    "report": ("message",),
    "bounce": ("message", "nothing"),
    "copy": ("nothing",),
    "quarantine": ("quarantine",),
}


def run(env):
    mails = corpus.build_corpus(corpus.prepare_gateway(env))
    Thread = env["mail.thread"].with_context(fetchmail_cron_running=True)
    signal.signal(signal.SIGALRM, give_up)
    lost, wrong, seconds = [], [], []
    for mail in mails:
        before, started, failed = count(env), time.monotonic(), None
        signal.alarm(TIME_LIMIT)
        try:
            with env.cr.savepoint():
                Thread.message_process(None, mail.raw)
        except Exception as error:
            failed = f"{type(error).__name__}: {str(error)[:60]!r}"
        finally:
            signal.alarm(0)
        env.invalidate_all()
        seconds.append((time.monotonic() - started, mail.name))
        result = became(before, count(env), failed)
        if result in GOOD[mail.becomes]:
            continue
        is_kept = result in ("record", "message", "quarantine") or "leads" in result
        (wrong if is_kept else lost).append((mail.name, mail.becomes, result))
    is_ours = "firm.mail.quarantine" in env
    print(f"\n{'With crm_firm' if is_ours else 'Plain Odoo'}: {len(mails)} mails")
    print(f"lost (no record, no quarantine): {len(lost)}")
    for row in lost:
        print("   lost   %-45s should become %-11s %s" % row)
    print(f"kept, but as something else: {len(wrong)}")
    for row in wrong:
        print("   wrong  %-45s should become %-11s became %s" % row)
    seconds.sort(reverse=True)
    print(
        f"seconds: {sum(second for second, _name in seconds):.1f} in all; slowest: "
        + "; ".join(f"{name} {second:.1f}" for second, name in seconds[:6])
    )


run(env)
env.cr.rollback()
