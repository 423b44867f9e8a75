"""A pytest plugin: each parallel process has a database of its own; long files begin first; the run says what each took.

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
        # The original is as each process has found its own, and nobody is connected to it: a template to be copied.
        os.environ["CRM_FIRM_TEMPLATE"] = config.option.odoo_database
        config.option.odoo_database = f"{config.option.odoo_database}_{worker}"
    return (yield)


# What takes longest must not begin last, when the other processes are done. As the last run says, else as here.
KEY = "crm_firm/seconds"
LONG = {
    **dict.fromkeys(("test_crawl_cases.py", "test_crawl_letters.py", "test_crawl_requests.py"), 350),
    **dict.fromkeys(("test_access_rights.py", "test_crawl_outside.py"), 200),
    **dict.fromkeys(("test_attack_names.py", "test_case_rights.py", "test_intake_crash.py", "test_phone_page.py"), 100),
    **dict.fromkeys(("test_case_mail.py", "test_document_requests.py", "test_portal_cases.py", "test_staff_screens.py"), 80),
    **dict.fromkeys(("test_follow_up.py", "test_mail_layout.py", "test_mail_server.py", "test_staff_browser.py"), 60),
    **dict.fromkeys(("test_case_deadlines.py", "test_guarded_fields.py", "test_my_day.py", "test_rpc_arguments.py"), 50),
    **dict.fromkeys(("test_letter_staff.py", "test_register_desk.py", "test_register_tour.py", "test_attack_doors.py"), 45),
    **dict.fromkeys(("test_portal_browser.py", "test_staff_tours.py", "test_two_companies.py", "test_web_browser.py"), 40),
}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    # All processes have to collect in the same order.
    node.workerinput[KEY] = LONG | node.config.cache.get(KEY, {})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (-config.workerinput[KEY].get(item.path.name, 0), item.path.name))


class Times:
    def __init__(self, config):
        self.config = config
        self.seconds = Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.location[0].rpartition("/")[2]] += report.duration

    def pytest_sessionfinish(self):
        known = self.config.cache.get(KEY, {})
        self.config.cache.set(KEY, known | {name: round(seconds, 1) for name, seconds in self.seconds.items()})

    def pytest_terminal_summary(self, terminalreporter):
        if len(self.seconds) < 2:
            return
        terminalreporter.section("seconds by file")
        for name, seconds in self.seconds.most_common():
            terminalreporter.write_line(f"{seconds:7.1f}  {name}")


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Times(session.config), "crm_firm_times")
