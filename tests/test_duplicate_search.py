from odoo.addons.crm.models.crm_lead import CrmLead
from odoo.tests import tagged

from .common import FirmCase


@tagged("post_install", "-at_install")
class TestDuplicateSearch(FirmCase):
    def test_the_whole_list_finds_what_odoo_finds_row_by_row(self):
        company = self.env["res.partner"].create({"name": "Mayor SL", "is_company": True})
        child = self.env["res.partner"].create({"name": "Child", "parent_id": company.id})
        values = [
            {"email_from": "a@mayor.example.net"},
            {"email_from": "b@mayor.example.net", "phone": "+34 600 10 20 30"},
            {"email_from": "one@gmail.com", "phone": "600102030"},
            {"email_from": "one@gmail.com", "active": False},
            {"email_from": "two@gmail.com"},
            {"partner_id": company.id},
            {"partner_id": child.id},
            {},
            *[{"phone": "+34 600 99 99 99"}] * 25,
        ]
        leads = self.env["crm.lead"].create([{"name": f"L{n}"} | v for n, v in enumerate(values)])
        self.env.flush_all()
        CrmLead._compute_potential_lead_duplicates(leads)
        odoos = [(lead.duplicate_lead_ids, lead.duplicate_lead_count) for lead in leads]
        leads.invalidate_recordset(["duplicate_lead_ids", "duplicate_lead_count"])
        for lead, (duplicates, count) in zip(leads, odoos, strict=True):
            self.assertEqual(set(lead.duplicate_lead_ids.ids), set(duplicates.ids), lead.name)
            self.assertEqual(lead.duplicate_lead_count, count, lead.name)

    def test_a_list_takes_as_many_queries_as_a_row(self):
        leads = self.env["crm.lead"].create([{"name": f"L{n}", "email_from": f"x{n}@gmail.com"} for n in range(30)])
        self.env.flush_all()
        leads.mapped("partner_id")
        with self.assertQueryCount(2):
            leads.mapped("duplicate_lead_count")
