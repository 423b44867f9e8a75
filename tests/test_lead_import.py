import csv
import io
import time

from odoo.tests import tagged
from odoo.tools.misc import file_open

from .common import FirmCase

ROWS = 500  # `bench/import_rows.py` measures ten times that
REASONABLE = 30  # seconds of work of this process: 5,000 rows in five minutes, whatever else the machine does


@tagged("post_install", "-at_install")
class TestLeadImport(FirmCase):
    """Leads and contacts of another CRM through Odoo's own import."""

    def import_leads(self, rows):
        return self.import_rows("crm.lead", "leads.csv", rows)

    def import_contacts(self, rows):
        return self.import_rows("res.partner", "contacts.csv", rows)

    def read_sample(self, name):
        with file_open(f"crm_firm/static/import/{name}") as sample:
            return list(csv.reader(sample))

    def import_rows(self, model, sample, rows):
        header = self.read_sample(sample)[0]
        buffer = io.StringIO()
        csv.writer(buffer).writerows([header, *rows])
        wizard = self.env["base_import.import"].create(
            {"res_model": model, "file": buffer.getvalue().encode(), "file_type": "text/csv", "file_name": sample}
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True, "encoding": "utf-8"}
        preview = wizard.parse_preview(options)
        fields = [path[0] if isinstance(path, list) else path for path in map(preview["matches"].get, range(len(header)))]
        self.assertNotIn(None, fields, f"every column of the sample is understood: {preview['matches']}")
        result = wizard.execute_import(fields, header, options)
        self.assertFalse([message for message in result["messages"] if message.get("type") == "error"])
        return self.env[model].browse(result["ids"])

    def test_the_sample_is_understood_and_verified_in_silence(self):
        known = self.env["res.partner"].create({"name": "Construcciones Gomez e Hijos SL", "is_company": True})
        rows = self.read_sample("leads.csv")[1:]
        mails = self.env["mail.mail"].search_count([])
        leads = self.import_leads(rows)
        self.assertEqual(leads.mapped("contact_name"), ["Ana Ruiz García", "Luis Gómez Arrabal"])
        self.assertEqual((leads[1].vat, leads[1].employee_count), ("B58378431", 12))
        self.assertIn(known.id, [match["id"] for match in leads[1].find_matches()])
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(leads.activity_ids)

    def test_the_sample_of_contacts_is_understood_and_found_again(self):
        company, luis, ana = self.import_contacts(self.read_sample("contacts.csv")[1:])
        self.assertEqual((company.is_company, company.vat, company.crm_firm_employee_count), (True, "ESB58378431", 12))
        self.assertEqual((luis.parent_id, luis.function), (company, "Socio"))
        lead = self.receive_request(contact_name="Ana Ruiz", email_from="ana.ruiz@example.org", phone=False)
        self.assertIn(ana.id, [match["id"] for match in lead.find_matches()])

    def test_many_leads_in_silence(self):
        rows = [[f"Lead {n}", "lead", f"Persona Número{n}", "", f"p{n}@example.org", "", "", "", "", "", ""] for n in range(ROWS)]
        mails = self.env["mail.mail"].search_count([])
        start = time.process_time()
        leads = self.import_leads(rows)
        self.assertEqual(len(leads.filtered(lambda lead: lead.sudo().name_tokens)), ROWS)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails)
        self.assertFalse(leads.activity_ids)
        self.assertLess(time.process_time() - start, REASONABLE)

    def test_many_contacts_with_their_companies(self):
        blank = [""] * 6
        companies = [
            [f"Empresa Número{n}, S.L.", "1", "", "", f"info@e{n}.example.net", "", *blank, ""] for n in range(ROWS // 5)
        ]
        people = [
            [f"Persona Número{n}", "", f"Empresa Número{n // 4}, S.L.", "", f"p{n}@e{n // 4}.example.net", "", *blank, ""]
            for n in range(ROWS - len(companies))
        ]
        start = time.process_time()
        contacts = self.import_contacts(companies + people)
        self.assertEqual(len(contacts.filtered("parent_id")), len(people))
        self.assertEqual(len(contacts.filtered(lambda contact: contact.sudo().crm_firm_name_tokens)), ROWS)
        self.assertLess(time.process_time() - start, REASONABLE)
