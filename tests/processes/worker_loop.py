"""Processes that work on a database, made to be killed: a script of such processes calls `serve` with its modes.

Its argument is JSON: `argv` for Odoo's configuration and `db`. The registry is loaded and warmed up once, as that of a server
at work is; then each line of the input is
a command and each gets one line of answer: ``start MODE NUMBER`` makes a new process and answers its id, ``wait ID``
answers its exit status.
"""

import json
import os
import sys
import traceback

from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config


def work(registry, task, number):
    with registry.cursor() as cr:
        task(api.Environment(cr, SUPERUSER_ID, {}), number)


def start(registry, task, number):
    process_id = os.fork()
    if process_id:
        return process_id
    status = 1
    try:
        work(registry, task, number)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def warm_up(registry, create):
    """Do once what is taken back: what is remembered of it (views, rights, computed fields) each process inherits."""
    with registry.cursor() as cr:
        create(api.Environment(cr, SUPERUSER_ID, {}), 1)
        cr.flush()
        cr.rollback()
        registry.reset_changes()


def serve(create, **modes):
    """:param create: the mode that makes what the others work on
    :param modes: functions that take an environment and a number
    """
    modes["create"] = create
    options = json.loads(sys.argv[1])
    config.parse_config(options["argv"], setup_logging=True)
    registry = Registry(options["db"])
    warm_up(registry, create)
    for line in iter(sys.stdin.readline, ""):
        command, *arguments = line.split()
        sql_db.close_all()  # a connection is nobody's to share
        if command == "start":
            answer = start(registry, modes[arguments[0]], int(arguments[1]))
        else:
            answer = os.waitpid(int(arguments[0]), 0)[1]
        print(answer, flush=True)
