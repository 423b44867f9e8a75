"""A pytest plugin: a run that skipped a test, or that executed none, has failed.

Odoo skips every browser test when it finds no browser, and every HTTP test without a server, and calls that success.
"""

import pytest

# Reasons for which a test may be skipped: (beginning of the reason, why that is no gap).
ALLOWED_SKIPS = (
    (
        "dovecot is not installed",
        "scripts/setup installs it on Debian; where that is not possible the same mails are read without a mailbox",
    ),
)


def pytest_configure(config):
    config.pluginmanager.register(NoFalseGreen(), "crm_firm_no_false_green")


class NoFalseGreen:
    def __init__(self):
        self.passed = 0
        self.skipped = []

    def pytest_runtest_logreport(self, report):
        if report.passed and report.when == "call":
            self.passed += 1
        elif report.skipped and not hasattr(report, "wasxfail"):
            # A list when it comes from a parallel process
            reason = report.longrepr[2] if isinstance(report.longrepr, (tuple, list)) else str(report.longrepr)
            reason = reason.removeprefix("Skipped: ")
            if not any(reason.startswith(allowed) for allowed, _why in ALLOWED_SKIPS):
                self.skipped.append((report.nodeid, reason))

    def pytest_collectreport(self, report):
        if report.skipped:
            self.skipped.append((report.nodeid, str(report.longrepr)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        if exitstatus == pytest.ExitCode.OK and not session.config.option.collectonly:
            if self.skipped:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            elif not self.passed:
                session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter):
        for nodeid, reason in self.skipped:
            terminalreporter.write_line(f"FAILED because skipped: {nodeid}: {reason}", red=True)
        if not self.passed and not terminalreporter.config.option.collectonly:
            terminalreporter.write_line("FAILED: no test passed", red=True)
