from odoo.tests import tagged

from ..hooks import post_init_hook, uninstall_hook
from .common import FirmCase
from .document_common import PDF


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

    def test_files_of_documents_stay_with_the_ticket_when_the_addon_goes(self):
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "VAT", "description": "", "team_id": self.env.ref("crm_firm.team_client_requests").id}
        )
        document = ticket.publish_document("Return", "return.pdf", PDF)
        attachment = document.sudo().version_ids.attachment_id
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertEqual((attachment.res_model, attachment.res_id, attachment.raw), ("helpdesk.ticket", ticket.id, PDF))

    def test_leads_are_switched_on(self):
        self.assertTrue(self.olga.has_group("crm.group_use_lead"))
