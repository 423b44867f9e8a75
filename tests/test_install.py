from odoo.tests import tagged

from ..hooks import post_init_hook
from .common import FirmCase


@tagged("post_install", "-at_install")
class TestInstall(FirmCase):
    def test_addresses_of_leads_are_sent_to_no_service_abroad(self):
        job = self.env.ref("crm_iap_enrich.ir_cron_lead_enrichment", raise_if_not_found=False)
        parameters = self.env["ir.config_parameter"]
        self.assertEqual(parameters.get_param("crm.iap.lead.enrich.setting"), "manual")
        if job:  # Odoo's addon comes by itself where its dependencies are installed
            job.active = True
        parameters.set_param("crm.iap.lead.enrich.setting", "auto")
        post_init_hook(self.env)
        self.assertEqual(parameters.get_param("crm.iap.lead.enrich.setting"), "manual")
        self.assertFalse(job and job.active)

    def test_leads_are_switched_on(self):
        self.assertTrue(self.olga.has_group("crm.group_use_lead"))
