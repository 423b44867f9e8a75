"""Every e-mail is whole in the language of its reader, and comes from the firm or a person."""

import re
from contextlib import contextmanager

import polib
from lxml import html

from odoo import Command
from odoo.modules.module import Manifest
from odoo.tests import HttpCase, TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import file_path
from odoo.tools.translate import TranslationImporter, get_po_paths

from .case_common import CaseCase
from .document_common import PDF

LANGS = {"es_ES": "en_US", "en_US": "es_ES"}  # the reader's, and that of who causes the e-mail
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%\w|\{\{.*?\}\}", re.DOTALL)
BETWEEN = re.compile(r"[·:;()\[\]|«»“”\"\n]+|, | - |\. ")
# What nobody reads in an e-mail of a firm, in any language.
NEVER = re.compile(r"OdooBot|\bT[ií]quets?\b|\btickets?\b|Helpdesk|-- ?System", re.IGNORECASE)


def get_texts(markup):
    """Return the texts of a page or of a term: what stands between tags, and what is said of pictures."""
    try:
        root = html.fromstring(f"<div>{markup}</div>")
    except ValueError:
        return [markup]
    texts = [text for element in root.iter() if element.tag not in ("style", "script") for text in (element.text, element.tail)]
    return [*texts, *root.xpath("//@alt | //@title | //@placeholder")]


def split(text):
    return {" ".join(part.split()).strip(" .,…¿?¡!") for part in BETWEEN.split(PLACEHOLDER.sub("\n", text or ""))}


def get_parts(markup):
    """Return the parts of sentences in it: set of strings, so that a value beside a label is looked up on its own."""
    return {part for text in get_texts(markup) for part in split(text) if re.search(r"[^\W\d_]{2}", part)}


class MailsOfOurs(CaseCase):
    """All templates of ours and what they are sent about, for readers of either language. No test in here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        env["res.lang"]._activate_lang("es_ES")
        importer = TranslationImporter(env.cr)
        importer.load_file(file_path("crm_firm/i18n/es.po"), "es_ES")
        importer.save(overwrite=True)
        terms = [entry for entry in polib.pofile(file_path("crm_firm/i18n/es.po")) if not entry.obsolete]
        english = set().union(*(get_parts(entry.msgid) for entry in terms))
        spanish = set().union(*(get_parts(entry.msgstr) for entry in terms))
        # Words that are right in both languages tell nothing.
        cls.foreign = {"es_ES": english - spanish, "en_US": spanish - english}
        cls.quoter = new_test_user(
            env, "quim.quoter", groups="sales_team.group_sale_manager", email="quim@firm.example.com", name="Quim Q"
        )
        cls.first_mail_id = env["mail.mail"].search([], order="id desc", limit=1).id
        cls.client_partner = cls.paula.partner_id
        with freeze_time("2026-03-02 10:00:00"):
            cls.lead = cls.receive_request(name="Zeta 1", contact_name="Zoe Q", user_id=cls.olga.id)
            cls.lead.write({"fee_informed_amount": 60, "fee_informed_on": "2026-03-02", "specialist_id": cls.sara.id})
            cls.case = cls.open_case(name="Zeta 2", user_id=cls.sara.id)
        cls.order = env["sale.order"].create(
            {
                "partner_id": cls.client_partner.id,
                "opportunity_id": env["crm.lead"].create({"name": "Zeta 3", "type": "opportunity"}).id,
                "user_id": cls.quoter.id,
                "order_line": [Command.create({"name": "Zeta", "product_uom_qty": 1, "price_unit": 100})],
            }
        )
        order = env["sale.order"].create({"partner_id": cls.client_partner.id})
        letter = env["firm.engagement.letter"].create({"name": "Zeta 6", "lead_id": cls.lead.id, "order_id": order.id})
        cls.signer = env["firm.engagement.signer"].create({"letter_id": letter.id, "name": "Zoe Q", "email": "zoe@z.example.com"})
        env["crm.lead"].flush_model()
        cls.quarantined = env["firm.mail.quarantine"].create(
            {"subject": "Zeta", "email_from": "zoe@z.example.com", "reason": "error", "company_id": cls.company.id}
        )
        cls.document = cls.case.request_document("Zeta 4", due="2026-03-20")
        cls.by_model = {"crm.lead": cls.lead, "helpdesk.ticket": cls.case, "res.users": cls.olga, "sale.order": cls.order}
        cls.by_model["firm.engagement.signer"] = cls.signer

    def let_read(self, lang):
        """Let everybody who reads have a language, and all that runs as nobody the other one."""
        people = self.olga | self.oscar | self.sara | self.marta | self.nadia | self.fran | self.ines | self.quoter
        people.lang = lang
        (self.client_partner | self.account).lang = lang
        self.lead.lang_id = self.env["res.lang"]._lang_get(lang)
        self.company.partner_id.lang = lang
        (self.env.ref("base.user_root") | self.env.ref("base.public_user")).lang = LANGS[lang]
        self.env.flush_all()
        self.env.invalidate_all()

    def assert_language(self, lang, *markups, of=""):
        for markup in markups:
            self.assertFalse(get_parts(markup) & self.foreign[lang], f"{of}: not in {lang}")
            self.assertNotRegex(" ".join(filter(None, get_texts(markup))), NEVER, of)

    @contextmanager
    def mails_in(self, lang):
        """Expect e-mails from the block, all in a language and none from Odoo's robot."""
        self.let_read(lang)
        last_id = self.env["mail.mail"].search([], order="id desc", limit=1).id
        yield self.env(context=dict(self.env.context, lang=LANGS[lang], tracking_disable=False))
        self.env.flush_all()
        mails = self.env["mail.mail"].search([("id", ">", last_id)])
        self.assertTrue(mails, "no e-mail was made")
        for mail in mails:
            self.assert_language(lang, mail.subject, mail.body_html, of=mail.subject)
            self.assertNotIn("OdooBot", mail.email_from)

    def get_templates(self):
        ids = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "mail.template")]).mapped("res_id")
        return self.env["mail.template"].browse(ids)

    def get_context(self, lang):
        """What the context hands over to templates, in the other language than the reader's."""
        other, deadlines = LANGS[lang], self.case.deadline_ids
        return {
            "lang": other,
            "crm_firm_leads": self.lead.with_context(lang=other),
            "crm_firm_quarantine": self.quarantined.with_context(lang=other),
            "crm_firm_document_ids": self.document.ids,
            **{f"crm_firm_{key}": deadlines.with_context(lang=other) for key in ("warned", "alarmed", "escalated")},
        }


@tagged("post_install", "-at_install")
class TestMailsInTheReadersLanguage(MailsOfOurs):
    def test_every_template_is_whole_in_both_languages(self):
        self.assertTrue(self.case.deadline_ids)
        for lang in LANGS:
            self.let_read(lang)
            for template in self.get_templates().with_context(**self.get_context(lang)):
                with self.subTest(template=template.name, lang=lang):
                    record = self.by_model[template.model]
                    made = template._generate_template(record.ids, ["subject", "body_html", "email_from"])[record.id]
                    self.assert_language(lang, made["subject"], made["body_html"], of=template.name)
                    self.assertNotIn("OdooBot", made["email_from"])

    def test_texts_between_the_tags_are_compared_not_only_whole_bodies(self):
        """Positive control: an English sentence in a Spanish body is found, and a value in the wrong language too."""
        with self.assertRaises(AssertionError):
            self.assert_language("es_ES", "<p>Hola, Ana:</p><p>You can also reply to this e-mail.</p>")
        with self.assertRaises(AssertionError):
            self.assert_language("es_ES", "<li>Zeta · To be classified</li>")
        with self.assertRaises(AssertionError):
            self.assert_language("en_US", "<p>Un cordial saludo,<br/>Zeta</p>")

    def test_what_happens_to_a_lead_is_told_in_the_owners_language(self):
        for lang in LANGS:
            self.lead.write({"user_id": self.olga.id, "owner_untold": False})
            with self.subTest(lang=lang), self.mails_in(lang) as env:
                lead = self.lead.with_env(env)
                lead.owner_untold = True
                lead._tell_owner()
                lead._on_person_answered(text="+34 612 34 56 79")
                self.assert_language(lang, lead.activity_ids[-1:].summary, of="task")
                lead._on_bounce("zoe@z.example.com")
                self.assert_language(lang, lead.activity_ids.sorted("id")[-1:].summary, of="task")

    def test_what_happens_to_a_case_is_told_in_the_language_of_who_works_on_it(self):
        for lang in LANGS:
            with self.subTest(lang=lang):
                self.let_read(lang)
                case = self.open_case(name="Zeta 5", user_id=self.sara.id)
                with self.mails_in(lang) as env:
                    case.with_env(env).user_id = self.ines
                    document = case.with_env(env).request_document("Zeta 6")
                    document.sudo()._take_files([("zeta.pdf", PDF)], {"user_id": self.paula.id})
                    case.with_env(env)._archive_or_tell()
                    case.with_env(env).with_user(self.marta).activity_schedule(
                        "mail.mail_activity_data_todo", summary="Zeta", user_id=self.sara.id
                    )

    def test_quotation_of_an_opportunity_is_sent_in_the_clients_language(self):
        for lang in LANGS:
            with self.subTest(lang=lang), self.mails_in(lang):
                self.order.state = "draft"
                action = self.order.with_user(self.quoter).with_context(lang=lang).action_quotation_send()
                composer = self.env["mail.compose.message"].with_user(self.quoter).with_context(**action["context"]).create({})
                self.assertIn({"es_ES": "Nuestra propuesta", "en_US": "Our proposal"}[lang], composer.subject)
                composer.action_send_mail()
                self.assertEqual(self.order.state, "sent")

    def test_any_quotation_is_sent_in_the_clients_language(self):
        """Also one of no opportunity: the subject of Odoo's e-mail cannot be rendered in Spanish."""
        service = self.env["product.product"].create({"name": "Zeta", "type": "service"})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.client_partner.id,
                "user_id": self.quoter.id,
                "order_line": [Command.create({"product_id": service.id})],
            }
        )
        for lang in LANGS:
            with self.subTest(lang=lang), self.mails_in(lang):
                order.state = "draft"
                action = order.with_user(self.quoter).with_context(lang=lang).action_quotation_send()
                composer = self.env["mail.compose.message"].with_user(self.quoter).with_context(**action["context"]).create({})
                composer.action_send_mail()
                self.assertEqual(order.state, "sent")
                self.assertIn({"es_ES": "Nuestra propuesta", "en_US": "Our proposal"}[lang], order.message_ids[0].subject)

    def test_steps_of_the_plan_and_their_tasks_are_in_the_owners_language(self):
        self.let_read("es_ES")
        plan = self.env.ref("crm_firm.follow_up_plan")
        self.assertEqual(plan.with_context(lang="es_ES").name, "Sin respuesta")
        lead = self.receive_request(user_id=self.olga.id)
        self.assertEqual(lead.activity_ids.summary, "Primera llamada")
        lead.log_contact_attempt("no_answer")
        self.assertEqual(lead.activity_ids.summary, "Segunda llamada")

    def test_company_in_spain_writes_spanish_to_whom_nobody_knows(self):
        self.company.partner_id.lang = False
        self.assertEqual(self.company._get_crm_firm_lang(), "es_ES")
        self.company.country_id = self.env.ref("base.fr")
        self.assertEqual(self.company.with_context(lang="en_US")._get_crm_firm_lang(), "en_US")
        self.company.partner_id.lang = "en_US"
        self.company.country_id = self.env.ref("base.es")
        self.assertEqual(self.company._get_crm_firm_lang(), "en_US", "what somebody chose")

    def test_firm_without_address_never_writes_as_the_robot(self):
        self.company.email = False
        self.assertIn(self.olga.email, self.company._get_crm_firm_sender(self.olga))
        as_robot = self.company.with_user(self.env.ref("base.user_root"))
        self.assertIn(self.company.name, as_robot._get_crm_firm_sender())


@tagged("post_install", "-at_install")
class TestWordsOfPublicScripts(HttpCase):
    def test_what_can_be_chosen_is_no_verb_unless_it_is_something_to_do(self):
        """English has one word for the button *Open* and for a case that is open, Spanish has two."""
        to_do = {"Cancel", "Reject", "Reopen", "Remove"}
        chosen = ("model:ir.model.fields.selection", "code:addons/crm_firm/controllers")
        entries = [entry for entry in polib.pofile(file_path("crm_firm/i18n/es.po")) if not entry.obsolete]
        verbs = {
            entry.msgid
            for entry in entries
            if re.fullmatch(r"[^\W\d_]+(ar|er|ir)", entry.msgstr)
            and any(path.startswith(chosen) for path, _line in entry.occurrences)
        }
        self.assertEqual(verbs, to_do)

    def test_public_pages_get_every_word_of_their_scripts_in_the_readers_language(self):
        """Odoo gives public pages the words of the addons it is told of, unlike the screens of staff."""
        self.env["res.lang"]._activate_lang("es_ES")
        folders = {path.rpartition("/**")[0] for path in Manifest.for_addon("crm_firm")["assets"]["web.assets_frontend"]}
        wanted = {
            entry.msgid: entry.msgstr
            for entry in polib.pofile(file_path("crm_firm/i18n/es.po"))
            if not entry.obsolete
            and any(
                path.removeprefix("code:addons/").startswith(f"{folder}/")
                for path, _line in entry.occurrences
                for folder in folders
                if folder
            )
        }
        self.assertTrue(wanted)
        answer = self.url_open("/website/translations?lang=es_ES").json()
        loaded = {term["id"]: term["string"] for addon in answer["modules"].values() for term in addon["messages"]}
        self.assertEqual({msgid: loaded.get(msgid) for msgid in wanted}, wanted)


@tagged("post_install", "-at_install")
class TestWordsOfHelpdesk(TransactionCase):
    def test_what_helpdesk_leaves_in_english_is_spanish_on_our_screens(self):
        """Its channels, fields and views; its e-mails are not sent of cases."""
        self.env["res.lang"]._activate_lang("es_ES")
        importer = TranslationImporter(self.env.cr)
        for path in get_po_paths("crm_firm", "es_ES"):
            importer.load_file(path, "es_ES")
        importer.save()
        same = {"Avatar", "Web", "alias"}
        left = [
            (entry.msgid, occurrence.split(":"))
            for entry in polib.pofile(file_path("helpdesk_mgmt/i18n/es.po")).untranslated_entries()
            for occurrence, _line in entry.occurrences
            if occurrence.startswith(("model:", "model_terms:")) and entry.msgid not in same
        ]
        self.assertGreater(len(left), 10, "they are found")
        for english, (_kind, field, xmlid) in left:
            record = self.env.ref(xmlid, raise_if_not_found=False)
            if not record or record._name == "mail.template":
                continue
            with self.subTest(english, record=xmlid):
                text = record.with_context(lang="es_ES")[field.partition(",")[2]]
                self.assertNotIn(english, re.split('[<>"]', text))
