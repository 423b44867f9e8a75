from odoo import api
from odoo.exceptions import LockError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .at_once_common import AtOnceCase
from .conversion_common import VAT


@tagged("post_install", "-at_install", "crm_firm_concurrency")
class TestLeadConvertTwice(AtOnceCase):
    """Two people at the same moment."""

    def setUp(self):
        super().setUp()
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

    def forget(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            leads = env["crm.lead"].with_context(active_test=False).browse(self.lead_ids).exists()
            conversions = leads.conversion_ids
            partner_ids = {pid for conversion in conversions for pid in conversion.created_partner_ids or []}
            leads.unlink()
            partners = env["res.partner"].browse(partner_ids).exists()
            partners.filtered("parent_id").unlink()
            partners.exists().unlink()

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
