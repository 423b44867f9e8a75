import csv
import io

from odoo.tests import tagged
from odoo.tools.misc import file_open

from .common import FirmCase


@tagged("post_install", "-at_install")
class TestLeadImport(FirmCase):
    """Leads of another CRM through Odoo's own import."""

    def import_leads(self, rows):
        with file_open("crm_firm/static/import/leads.csv") as sample:
            header = next(csv.reader(sample))
        buffer = io.StringIO()
        csv.writer(buffer).writerows([header, *rows])
        wizard = self.env["base_import.import"].create(
            {"res_model": "crm.lead", "file": buffer.getvalue().encode(), "file_type": "text/csv", "file_name": "leads.csv"}
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}
        preview = wizard.parse_preview(options)
        fields = [path[0] if isinstance(path, list) else path for path in map(preview["matches"].get, range(len(header)))]
        self.assertNotIn(None, fields, f"every column of the sample is understood: {preview['matches']}")
        result = wizard.execute_import(fields, header, options)
        self.assertFalse([message for message in result["messages"] if message.get("type") == "error"])
        return self.env["crm.lead"].browse(result["ids"])

    def test_the_sample_is_understood_and_verified_in_silence(self):
        known = self.env["res.partner"].create({"name": "Construcciones Gomez e Hijos SL", "is_company": True})
        with file_open("crm_firm/static/import/leads.csv") as sample:
            rows = list(csv.reader(sample))[1:]
        mails = self.env["mail.mail"].search_count([])
        leads = self.import_leads(rows)
        self.assertEqual(leads.mapped("contact_name"), ["Ana Ruiz García", "Luis Gómez Arrabal"])
        self.assertEqual((leads[1].vat, leads[1].employee_count), ("B58378431", 12))
        self.assertIn(known.id, [match["id"] for match in leads[1].find_matches()])
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(leads.activity_ids)

    def test_many_rows_at_once(self):
        rows = [[f"Lead {n}", "lead", f"Persona Número{n}", "", f"p{n}@example.org", "", "", "", "", "", ""] for n in range(300)]
        self.assertEqual(len(self.import_leads(rows).filtered(lambda lead: lead.sudo().name_tokens)), 300)
