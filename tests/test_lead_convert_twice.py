import threading

from odoo import api
from odoo.exceptions import LockError, UserError
from odoo.orm.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .conversion_common import VAT


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestLeadConvertTwice(TransactionCase):
    """Two people at the same moment: real transactions on committed data, removed at the end.

    Without the cast: what it writes is not committed, and would block the two.
    """

    def setUp(self):
        super().setUp()
        # The thread of the tests holds the lock of the registries.
        self.patch(Registry, "_lock", DummyRLock())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            self.lead_ids = (
                env["crm.lead"]
                .create(
                    [
                        {"name": f"Race {n}", "type": "lead", "contact_name": f"Racer {n}", "partner_name": "Race S.L."}
                        for n in (1, 2)
                    ]
                )
                .ids
            )
        self.addCleanup(self.remove)

    def remove(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            leads = env["crm.lead"].with_context(active_test=False).browse(self.lead_ids).exists()
            conversions = leads.conversion_ids
            partner_ids = {pid for conversion in conversions for pid in conversion.created_partner_ids or []}
            leads.unlink()
            partners = env["res.partner"].browse(partner_ids).exists()
            partners.filtered("parent_id").unlink()
            partners.exists().unlink()

    def run_at_once(self, *calls):
        """Run functions of an environment in one transaction each, all begun before the first one writes."""
        results, barrier = [None] * len(calls), threading.Barrier(len(calls))

        def run(number, call):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                cr.execute("SELECT 1 FROM res_partner LIMIT 1")  # the snapshot begins
                started = []

                def attempt():
                    if not started:
                        started.append(True)
                        barrier.wait(10)
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

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_one_conversion_and_one_who_is_told(self):
        lead_id = self.lead_ids[0]
        results = self.run_at_once(*[lambda env: env["crm.lead"].browse(lead_id).convert_request()] * 2)
        told = [result for result in results if isinstance(result, UserError)]
        self.assertEqual(len(told), 1, results)
        self.assertRegex(str(told[0]), "already converted|right now")
        self.assertNotIsInstance(told[0], LockError)
        with self.registry.cursor() as cr:
            lead = api.Environment(cr, api.SUPERUSER_ID, {})["crm.lead"].browse(lead_id)
            self.assertEqual((lead.type, len(lead.conversion_ids)), ("opportunity", 1))

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_leads_of_one_new_company_make_one_company(self):
        def convert(lead_id):
            return lambda env: (
                env["crm.lead"]
                .browse(lead_id)
                .convert_request(account={"name": "Race S.L.", "vat": VAT}, contacts=[{"name": f"Racer {lead_id}"}])
            )

        results = self.run_at_once(*map(convert, self.lead_ids))
        self.assertEqual(len({result["account"] for result in results}), 1, results)
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            self.assertEqual(env["res.partner"].search_count([("vat", "ilike", "58378431"), ("parent_id", "=", False)]), 1)
