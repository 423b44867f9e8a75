"""A pytest plugin: the run ends with how many doors the crawl opened as whom; docs/developers.rst says what that is."""

import re

OPENED = re.compile(r"tests\.crawl:\S+ (.* doors \(.*\))$", re.M)


class OpenedDoors:
    def __init__(self):
        self.lines = []

    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            self.lines += OPENED.findall(report.caplog)

    def pytest_terminal_summary(self, terminalreporter):
        if self.lines:
            terminalreporter.section("doors opened by the crawl")
            for line in self.lines:
                terminalreporter.write_line(line)


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(OpenedDoors(), "crm_firm_opened_doors")
