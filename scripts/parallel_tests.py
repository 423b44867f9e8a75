"""A pytest plugin: each parallel process has a database of its own; the run says what each file took.

scripts/test makes the databases: the name of the tested one, then "_gw0", "_gw1" ... as pytest-xdist counts its processes.
"""

import os
from collections import Counter

import pytest


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_cmdline_main(config):
    # Before pytest-odoo's own, which reads the options
    worker = os.environ.pop("PYTEST_XDIST_WORKER", None)
    if worker:
        # pytest-odoo would make a copy by itself, seeing that variable, but with one file store for all: a test that
        # sweeps it would take the files of the others.
        config.option.odoo_database = f"{config.option.odoo_database}_{worker}"
    return (yield)


class Times:
    def __init__(self):
        self.seconds = Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.location[0].rpartition("/")[2]] += report.duration

    def pytest_terminal_summary(self, terminalreporter):
        if len(self.seconds) < 2:
            return
        terminalreporter.section("seconds by file")
        for name, seconds in self.seconds.most_common():
            terminalreporter.write_line(f"{seconds:7.1f}  {name}")


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Times(), "crm_firm_times")
