"""Processes that work on a database, made to be killed: ``follow_up_worker.py OPTIONS``.

OPTIONS is JSON: `argv` for Odoo's configuration and `db`. The registry is loaded once; then each line of the input is a
command and each gets one line of answer: ``start MODE NUMBER`` makes a new process and answers its id, ``wait ID``
answers its exit status.
"""

import json
import os
import sys
import traceback

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config


def create(env, number):
    env["ir.mail_server"].search([]).active = False
    env.company.write({"email": "firm@firm.example.com", "crm_firm_undo_email_seconds": 0})
    owner = env.ref("base.user_admin")
    env["crm.lead"].create(
        [
            {
                "name": f"Request {index}",
                "contact_name": f"Person {index}",
                "email_from": f"person{index}@client.example.com",
                "phone": "+34 600 11 22 33",
                "channel_id": env.ref("crm_firm.channel_web_form").id,
                "user_id": owner.id,
                "company_id": env.company.id,
            }
            for index in range(number)
        ]
    )
    env["mail.mail"].search([]).unlink()  # the owner's own, not what is looked at here


def log(env, number):
    """Log an unanswered call for each lead, one transaction each."""
    for lead in env["crm.lead"].search([("contact_status", "=", "to_contact"), ("name", "=like", "Request %")]):
        lead.log_contact_attempt("no_answer")
        env.cr.commit()


def send(env, number):
    env["firm.follow.up.step"]._cron_send_emails()


def work(registry, mode, number):
    with registry.cursor() as cr:
        {"create": create, "log": log, "send": send}[mode](api.Environment(cr, SUPERUSER_ID, {}), number)


def start(registry, mode, number):
    process_id = os.fork()
    if process_id:
        return process_id
    status = 1
    try:
        work(registry, mode, number)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    config.parse_config(options["argv"], setup_logging=True)
    registry = Registry(options["db"])
    for line in iter(sys.stdin.readline, ""):
        command, *arguments = line.split()
        sql_db.close_all()  # a connection is nobody's to share
        if command == "start":
            answer = start(registry, arguments[0], int(arguments[1]))
        else:
            answer = os.waitpid(int(arguments[0]), 0)[1]
        print(answer, flush=True)
