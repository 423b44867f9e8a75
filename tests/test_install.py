import re
from pathlib import Path
from runpy import run_path

from odoo.tests import tagged
from odoo.tools import SQL

from ..hooks import post_init_hook, uninstall_hook
from .common import FirmCase
from .document_common import PDF
from .engagement_common import LetterCase

BUTTON = 't-att-style="(object.company_id or user.company_id)._get_crm_firm_button_style()"'
BUTTON_BEFORE = 'style="background-color: #714B67; padding: %s; text-decoration: none; color: #fff; border-radius: 5px;"'
# What e-mails of version 19.0.1.1.0 said: template -> language -> what stood there for what (pattern) stands there now
BODIES_BEFORE = {
    "acknowledge_request": {
        "en_US": [(r"<p>Hello<t .*</t></t>,</p>", "<p>Hello,</p>")],
        "es_ES": [(r"<p>Hola<t .*</t></t>:</p>", "<p>Hola:</p>")],
    },
    "follow_up_courtesy": {
        "en_US": [(r"again<t .*</b></t>\.", "again on the next working day.")],
        "es_ES": [(r"intentarlo<t .*</b></t>\.", "intentarlo el próximo día laborable.")],
    },
    "case_owner": {lang: [(r"\n +<tr t-if=\"object\._get_words_excerpt\(\)\">.*</tr>", "")] for lang in ("en_US", "es_ES")},
    "case_received": {
        "en_US": [
            (
                r"by <b .*</b> at the latest.</p>",
                'by <t t-out="format_date(object.expected_on)">31/01/2026</t> at the latest.</p>\n'
                '    <p t-else="">We will reply as soon as we can.</p>',
            )
        ],
        "es_ES": [
            (
                r"tardar el <b .*</b>\.</p>",
                'tardar el <t t-out="format_date(object.expected_on)">31/01/2026</t>.</p>\n'
                '    <p t-else="">Le responderemos lo antes posible.</p>',
            )
        ],
    },
    "letter_signed": {
        lang: [(r'<t t-if=.*</t>\n    <t t-else="">((?:.|\n)*PDF.</p>)</t>', r"\1")] for lang in ("en_US", "es_ES")
    },
}
SUBJECTS_BEFORE = {
    "en_US": "We have received your request ({{ object.number }})",
    "es_ES": "Hemos recibido su solicitud ({{ object.number }})",
}


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

    def test_what_a_killed_server_was_reading_moves_out_of_the_log_of_mails(self):
        self.env["firm.mail.received"].create({"message_id": "digest", "fingerprint": "reading", "copies": 2})
        received = self.env["firm.mail.received"].create({"message_id": "<1@example.com>", "fingerprint": "digest"})
        self.env.flush_all()
        script = Path(__file__).parents[1] / "migrations" / "19.0.1.2.0" / "post-mail-readings.py"
        run_path(str(script))["migrate"](self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        self.assertEqual(self.env["firm.mail.received"].search([("message_id", "in", ("digest", "<1@example.com>"))]), received)
        self.assertEqual(self.env["firm.mail.reading"]._start("digest"), 3, "its third time, not its first")

    def test_emails_of_before_say_what_those_of_a_new_database_say(self):
        ids = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
        templates = self.env["mail.template"].browse(ids)
        received = self.env.ref("crm_firm.mail_template_case_received")
        langs = ("en_US", "es_ES")

        def get_bodies():
            # the example in the editor is another one
            return {
                (template.id, lang): re.sub(r'(get_expected_text\(\)">)[^<]*', r"\1", template.with_context(lang=lang).body_html)
                for template in templates
                for lang in langs
            }

        now, subjects = get_bodies(), [received.with_context(lang=lang).subject for lang in langs]
        for template in templates:
            name = template.get_external_id()[template.id].removeprefix("crm_firm.mail_template_")
            padding = "10px 20px" if name.startswith("letter") else "8px 16px"
            for lang in langs:
                body = str(template.with_context(lang=lang).body_html).replace(BUTTON, BUTTON_BEFORE % padding)
                for pattern, before in BODIES_BEFORE.get(name, {}).get(lang, ()):
                    body, count = re.subn(pattern, before, body)
                    self.assertEqual(count, 1, (name, lang))
                template.with_context(lang=lang).body_html = body
        for lang, subject in SUBJECTS_BEFORE.items():
            received.with_context(lang=lang).subject = subject
        templates.email_layout_xmlid = False
        self.env.flush_all()
        self.assertGreater(sum("#714B67" in body for body in get_bodies().values()), 10)
        script = Path(__file__).parents[1] / "migrations" / "19.0.1.2.0" / "post-mail-layout.py"
        run_path(str(script))["migrate"](self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        for (template_id, lang), body in get_bodies().items():
            template = templates.browse(template_id)
            with self.subTest(template=template.name, lang=lang):
                self.assertNotRegex(body, "#714B67|as soon as we can|lo antes posible|next working day|próximo día laborable")
                self.assertEqual(body, now[template_id, lang])
                self.assertEqual(template.email_layout_xmlid, "crm_firm.mail_layout")
        self.assertEqual([received.with_context(lang=lang).subject for lang in langs], subjects)

    def test_emails_of_the_first_version_are_from_the_firm_and_in_its_language(self):
        script = run_path(str(Path(__file__).parents[1] / "migrations" / "19.0.1.2.0" / "post-mail-senders.py"))
        ids = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
        templates = self.env["mail.template"].browse(ids)
        columns = ("email_from", "reply_to", "lang")
        now = templates.read(columns)
        put_back = 0
        for column, old, new in script["EXPRESSIONS"]:
            of_before = templates.filtered(lambda template, column=column, new=new: template[column] == "{{ %s }}" % new)
            for template in of_before[: len(of_before) // 2 + 1]:  # two that stood there may have become one
                template[column] = "{{ %s }}" % old
                put_back += 1
        for name in script["OF_ONE"]:
            template = self.env.ref(f"crm_firm.{name}")
            template.email_from = "{{ object.company_id.email_formatted or user.email_formatted }}"
        own = self.env.ref("crm_firm.mail_template_case_archived")
        own.email_from = "boss@firm.example.com"
        self.env.flush_all()
        self.assertGreater(put_back, 10)
        script["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(own.email_from, "boss@firm.example.com")
        own.email_from = next(values["email_from"] for values in now if values["id"] == own.id)
        self.assertEqual(templates.read(columns), now)

    def test_files_of_documents_stay_with_the_ticket_when_the_addon_goes(self):
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "VAT", "description": "", "team_id": self.env.ref("crm_firm.team_client_requests").id}
        )
        document = ticket.publish_document("Return", "return.pdf", PDF)
        attachment = document.sudo().version_ids.attachment_id
        uninstall_hook(self.env)
        self.env.invalidate_all()
        self.assertEqual((attachment.res_model, attachment.res_id, attachment.raw), ("helpdesk.ticket", ticket.id, PDF))

    def test_no_link_keeps_a_record_of_ours_from_going_when_the_addon_goes(self):
        """Odoo deletes our records first, and the columns of other models that link to them afterwards."""
        self.receive_request()
        self.env["product.template"].create({"name": "Tax return", "practice_area_id": self.area_tax.id})
        self.env.flush_all()
        uninstall_hook(self.env)
        ours = {model._table for model in self.env.values() if model._original_module == "crm_firm" and not model._abstract}
        links = self.env.execute_query(
            SQL(
                """SELECT conrelid::regclass::text, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid
                   AND attnum = conkey[1]
                   WHERE contype = 'f' AND confdeltype IN ('a', 'r') AND confrelid::regclass::text = ANY(%s)""",
                list(ours),
            )
        )
        links = [(table, column) for table, column in links if table not in ours]
        self.assertIn(("product_template", "practice_area_id"), links)
        for table, column in links:
            with self.subTest(table=table, column=column):
                identifiers = SQL.identifier(table), SQL.identifier(column)
                self.assertFalse(self.env.execute_query(SQL("SELECT 1 FROM %s WHERE %s IS NOT NULL LIMIT 1", *identifiers)))

    def test_other_addons_keep_no_external_ids_of_models_of_ours(self):
        tables = [model._table for model in self.env.values() if model._original_module == "crm_firm"]
        beginnings = tuple(f"{kind}__{table}__" for kind in ("model_inherit", "selection") for table in tables)

        def find():
            names = (
                self.env["ir.model.data"].search([("module", "!=", "crm_firm"), ("model", "=like", "ir.model.%")]).mapped("name")
            )
            return [name for name in names if name.startswith(beginnings)]

        self.assertIn("model_inherit__firm_practice_area__mail_thread", find())
        uninstall_hook(self.env)
        self.assertEqual(find(), [])

    def test_leads_are_switched_on(self):
        self.assertTrue(self.olga.has_group("crm.group_use_lead"))

    def test_templates_can_be_rendered_for_records_of_before_the_addon(self):
        """Odoo renders a template for the first record it finds when it is stored: else installing fails with old data."""
        records = {
            "crm.lead": self.env["crm.lead"].create({"name": "Old"}),
            "helpdesk.ticket": self.env["helpdesk.ticket"].create({"name": "Old", "description": "x"}),
        }
        new = ("first_contact_deadline", "received_on", "practice_area_id", "channel_id")
        records["crm.lead"].write(dict.fromkeys(new, False))
        ids = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
        templates = self.env["mail.template"].browse(ids).filtered(lambda template: template.model in records)
        self.assertGreater(len(templates), 8)
        for template in templates:
            record = records[template.model]
            with self.subTest(template=template.name):
                for fname in ("subject", "body_html", "email_from", "partner_to", "lang"):
                    self.assertIn(record.id, template._render_field(fname, record.ids))


@tagged("post_install", "-at_install")
class TestUninstallLetters(LetterCase):
    def test_pdfs_of_signed_letters_stay_with_their_order_when_the_addon_goes(self):
        letter = self.send()
        self.sign(letter)
        self.assertEqual(letter.state, "signed")
        pdf, order = letter.current_version_id._get_pdf(), letter.order_id
        self.assertTrue(pdf)
        uninstall_hook(self.env)
        self.env.invalidate_all()
        kept = self.env["ir.attachment"].search([("res_model", "=", "sale.order"), ("res_id", "=", order.id)])
        self.assertIn(pdf, kept.mapped("raw"))
