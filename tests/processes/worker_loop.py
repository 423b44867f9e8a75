"""Processes that work on a database, made to be killed: a script of such processes calls `serve` with its modes.

Its argument is JSON: `argv` for Odoo's configuration and `db`. The registry is loaded once; then each line of the input is
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


def serve(**modes):
    """:param modes: functions that take an environment and a number"""
    options = json.loads(sys.argv[1])
    config.parse_config(options["argv"], setup_logging=True)
    registry = Registry(options["db"])
    for line in iter(sys.stdin.readline, ""):
        command, *arguments = line.split()
        sql_db.close_all()  # a connection is nobody's to share
        if command == "start":
            answer = start(registry, modes[arguments[0]], int(arguments[1]))
        else:
            answer = os.waitpid(int(arguments[0]), 0)[1]
        print(answer, flush=True)
