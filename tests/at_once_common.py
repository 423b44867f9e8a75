"""Several workers at the same moment. No test in here."""

import threading

from odoo import api
from odoo.exceptions import UserError
from odoo.orm.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import TransactionCase


class AtOnceCase(TransactionCase):
    """Real transactions on committed data, which `forget` removes at the end.

    Without the cast: what it writes is not committed, and would block the workers.
    """

    def setUp(self):
        super().setUp()
        # The thread of the tests holds the lock of the registries.
        self.patch(Registry, "_lock", DummyRLock())
        self.addCleanup(self.forget)

    def forget(self):
        raise NotImplementedError

    def run_at_once(self, *calls):
        """Run functions of an environment in one transaction each, all begun before the first one writes.

        :return: list of what they return, or of the `UserError` they raise
        """
        results, barrier = [None] * len(calls), threading.Barrier(len(calls))

        def run(number, call):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                cr.execute("SELECT 1 FROM res_partner LIMIT 1")  # the snapshot begins
                started = []

                def attempt():
                    if not started:
                        started.append(True)
                        barrier.wait(20)
                    return call(env)

                try:
                    results[number] = retrying(attempt, env)
                except UserError as error:
                    results[number] = error

        threads = [threading.Thread(target=run, args=(number, call)) for number, call in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results
