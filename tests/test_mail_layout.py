"""Every e-mail of the firm has one look: the logo above it, the firm's colours, a subject of its own, and it is seen as a
picture, in Spanish and in English."""

import ast
import re

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import HttpCase, TransactionCase, tagged

from ..tools.colour import get_contrast
from .browser_common import DESK, PHONE, BrowserCase
from .common import FirmCast
from .test_words import LANGS, MailsOfOurs

LATER = re.compile(r"as soon as (?:possible|we can)|lo antes posible|cuanto antes le|en breve", re.IGNORECASE)


@tagged("post_install", "-at_install")
class TestMailLayout(BrowserCase, MailsOfOurs, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write(
            {
                "name": "Ríos & Partners",
                "phone": "+34 910 000 000",
                "email_secondary_color": "#0B6E4F",
                "email_primary_color": "#FFFFFF",
            }
        )

    def make_mails(self, lang):
        """Send one e-mail of each template; return dict name of the template -> `mail.mail`."""
        self.let_read(lang)
        mails = {}
        for template in self.get_templates().with_context(**self.get_context(lang)):
            mails[template.name] = template.send_mail_batch(self.by_model[template.model].ids)
        return mails

    def test_every_template_has_the_layout_of_the_firm(self):
        for template in self.get_templates():
            self.assertEqual(template.email_layout_xmlid, "crm_firm.mail_layout", template.name)

    def test_every_mail_is_seen_as_a_picture_in_both_languages(self):
        """Whole on a desk and on a phone: the firm above and below it, nothing wider than the screen."""
        for lang in LANGS:
            mails = self.make_mails(lang)
            for device in (DESK, PHONE):
                with self.browse(device, "/web/health") as page:
                    for name, mail in mails.items():
                        with self.subTest(template=name, lang=lang, width=device["viewport"]["width"]):
                            page.set_content(mail.body_html)
                            self.assertEqual(page.evaluate("document.documentElement.lang"), lang)
                            self.assertEqual(page.locator("body > .o_firm_mail").count(), 1)
                            self.assertEqual(page.locator(".o_firm_mail a[href^='tel:+34910000000']").count(), 1)
                            self.assertIn("Ríos & Partners", page.inner_text(".o_firm_mail"))
                            self.assertNotIn("Odoo S.A", page.inner_text("body"))
                            width = page.evaluate("document.documentElement.scrollWidth")
                            self.assertLessEqual(width, device["viewport"]["width"])
                            self.assertGreater(len(page.screenshot(full_page=True)), 5000)

    def test_buttons_have_the_colours_of_the_firm(self):
        buttons = 0
        for name, mail in self.make_mails("en_US").items():
            for button in html.fromstring(mail.body_html).xpath("//a[contains(@style, 'border-radius')]"):
                buttons += 1
                self.assertIn("background-color: #0B6E4F", button.get("style"), name)
            self.assertNotIn("#714B67", mail.body_html, name)
        self.assertGreater(buttons, 5)

    def test_the_text_of_a_button_can_be_read_whatever_colour_the_firm_has(self):
        for colour in ("#0B6E4F", "#FFD700", "#FFFFFF", "#000000", "#7FB3D5", "nonsense", False):
            self.company.write({"email_secondary_color": colour, "email_primary_color": "#FFFFFF"})
            style = dict(part.split(": ") for part in self.company._get_crm_firm_button_style().strip("; ").split("; "))
            self.assertGreaterEqual(get_contrast(style["color"], style["background-color"]), 4.5, colour)

    def test_no_two_mails_have_the_same_subject_and_each_says_when(self):
        for lang in LANGS:
            subjects = {}
            for name, mail in self.make_mails(lang).items():
                beginning = re.sub(r"\d+|\W+", " ", mail.subject.split(" - ")[0]).strip()
                self.assertNotIn(beginning, subjects, f"{name} and {subjects.get(beginning)}")
                subjects[beginning] = name
                self.assertNotRegex(html.fromstring(mail.body_html).text_content(), LATER, name)

    def test_every_mail_is_from_the_firm_or_a_person(self):
        robot = self.env.ref("base.user_root")
        for mail in self.make_mails("es_ES").values():
            self.assertTrue(mail.email_from, mail.subject)
            self.assertNotIn(robot.name, mail.email_from)
            self.assertNotIn(robot.email, mail.email_from)

    def test_mails_greet_the_person_by_name_and_name_the_day(self):
        mails = self.make_mails("es_ES")
        for name in ("request received", "follow-up, could not reach you", "which number can we call you on?"):
            self.assertIn("Hola, Zoe Q:", html.fromstring(mails[f"Firm: {name}"].body_html).text_content(), name)
        self.assertIn("2 de marzo de 2026", mails["Firm: request received"].body_html)
        case = self.open_case(name="Zeta 7")
        expected = case.with_context(lang="es_ES").get_expected_text()
        self.assertRegex(expected, r"^\w+, \d+ de \w+ de \d{4}, \d\d:\d\d$")
        self.assertIn(expected, self.env.ref("crm_firm.mail_template_case_received").send_mail_batch(case.ids).body_html)


@tagged("post_install", "-at_install")
class TestLayoutOfMessages(FirmCast, TransactionCase):
    """What people and Odoo write about a lead or a case looks as the rest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def test_messages_and_assignments_have_the_layout_of_the_firm(self):
        lead = self.receive_request(user_id=self.olga.id)
        client = self.env["res.partner"].create({"name": "Ana Ruiz", "email": "ana@client.example.com"})
        for layout in (None, "mail.mail_notification_light", "mail.mail_notification_layout"):
            last_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
            lead.with_user(self.olga).message_post(
                body="Hello",
                partner_ids=client.ids,
                subtype_xmlid="mail.mt_comment",
                email_layout_xmlid=layout,
            )
            mails = self.env["mail.mail"].search([("id", ">", last_id)])
            self.assertTrue(mails)
            for mail in mails:
                self.assertIn("o_firm_mail", mail.body_html, layout)
                self.assertIn(self.company.name, mail.body_html)

    def test_a_client_is_offered_no_link_to_stop_following_and_a_colleague_is(self):
        client = self.env["res.partner"].create({"name": "Ana Ruiz", "email": "ana@client.example.com"})
        self.olga.notification_type = "email"
        lead = self.receive_request(user_id=self.olga.id)
        lead.message_subscribe(self.olga.partner_id.ids)
        last_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        lead.with_user(self.marta).message_post(body="Hello", partner_ids=client.ids, subtype_xmlid="mail.mt_comment")
        mails = self.env["mail.mail"].search([("id", ">", last_id)])
        followers = self.env["mail.followers"]._get_mail_doc_to_followers(mails.ids)
        letters = [letter for mail in mails for letter in mail._prepare_outgoing_list(doc_to_followers=followers)]
        bodies = {letter["partner_id"]: letter["body"] for letter in letters}
        self.assertEqual(set(bodies), {client, self.olga.partner_id})
        self.assertIn("mail/unfollow?", bodies[self.olga.partner_id])
        self.assertNotIn("nfollow", bodies[client])
        # Whatever a mail was rendered with, nothing of it is left for who cannot unfollow.
        mail = mails.filtered(lambda mail: self.olga.partner_id in mail.recipient_ids)
        self.assertNotIn("nfollow", mail._personalize_outgoing_body(mail.body_html, partner=client, doc_to_followers=followers))

    def test_an_invitation_to_follow_says_that_it_is_one(self):
        leads = [self.receive_request(user_id=self.marta.id) for _number in range(2)]
        self.olga.notification_type = "email"
        for count in (1, 2):
            last_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
            ids = [lead.id for lead in leads[:count]]
            values = {"res_model": "crm.lead", "res_ids": str(ids), "partner_ids": self.olga.partner_id.ids, "notify": True}
            self.env["mail.followers.edit"].with_user(self.marta).create(values).edit_followers()
            mails = self.env["mail.mail"].search([("id", ">", last_id)])
            self.assertIn("added you as a follower", "".join(map(str, mails.mapped("body_html"))))

    def test_what_is_written_about_other_things_stays_as_odoo_has_it(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "email": "ana@client.example.com"})
        last_id = self.env["mail.mail"].search([], order="id desc", limit=1).id or 0
        partner.message_post(body="Hello", partner_ids=partner.ids, subtype_xmlid="mail.mt_comment")
        self.assertNotIn("o_firm_mail", self.env["mail.mail"].search([("id", ">", last_id)]).body_html)


@tagged("post_install", "-at_install")
class TestTextsFromTheSettings(FirmCast, TransactionCase):
    def test_a_link_beside_each_switch_opens_the_text(self):
        Settings = self.env["res.config.settings"]
        arch = html.fromstring(Settings.get_view(view_type="form")["arch"].encode())
        opened = {}
        for button in arch.xpath("//button[@name='action_edit_mail']"):
            context = ast.literal_eval(button.get("context"))
            action = Settings.create({}).with_context(**context).action_edit_mail()
            opened[context["crm_firm_template"]] = self.env[action["res_model"]].browse(action["res_id"])
        for name, template in opened.items():
            self.assertEqual(template, self.env.ref(f"crm_firm.{name}"))
        states = ("received", "in_review", "waiting_client", "resolved", "archived")
        switches = {f"mail_template_case_{state}" for state in states}
        switches |= {"mail_template_acknowledge_request", "mail_template_owner_request", "mail_template_letter_reminder"}
        switches |= {"mail_template_overdue_owner", "mail_template_overdue_manager", "mail_template_document_reminder"}
        self.assertLessEqual(switches, set(opened))

    def test_the_text_of_a_state_is_the_one_that_is_sent(self):
        own = self.env["mail.template"].create({"name": "Own", "model_id": self.env["ir.model"]._get_id("helpdesk.ticket")})
        self.env.ref("crm_firm.stage_received").mail_template_id = own
        settings = self.env["res.config.settings"].with_context(crm_firm_template="mail_template_case_received").create({})
        self.assertEqual(settings.action_edit_mail()["res_id"], own.id)

    def test_nothing_but_an_e_mail_of_ours_is_opened(self):
        for name in ("mail_layout", "group_x", None, "../base.main_company"):
            with self.assertRaises(UserError):
                self.env["res.config.settings"].with_context(crm_firm_template=name).create({}).action_edit_mail()
