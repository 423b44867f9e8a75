"""What Odoo brings along and a firm does not need is out of sight, and one setting gives it back."""

from lxml import etree

from odoo.tests import HttpCase, new_test_user, tagged

from .common import FirmCase, FirmCast

GROUP = "crm_firm.crm_firm_group_odoo_extras"
HIDDEN = {"iap_enrich", "action_generate_leads"}


@tagged("post_install", "-at_install")
class TestOdooExtras(FirmCase):
    def get_arch(self, user, model, view_type):
        return etree.fromstring(self.env[model].with_user(user).get_view(view_type=view_type)["arch"])

    def find_extras(self, user):
        """Return what a user sees of Odoo's paid services on leads and contacts."""
        sms = {
            str(self.env.ref(f"crm_sms.crm_lead_act_window_sms_composer_{kind}").id)
            for kind in ("single", "multi")
            if self.env.ref(f"crm_sms.crm_lead_act_window_sms_composer_{kind}", raise_if_not_found=False)
        }
        found = set()
        for model in ("crm.lead", "res.partner"):
            for view_type in ("form", "list", "kanban"):
                arch = self.get_arch(user, model, view_type)
                found |= {button.get("name") for button in arch.iter("button")} & (HIDDEN | sms)
                found |= {
                    f"{model}.{field.get('name')} by SMS"
                    for field in arch.xpath("//field[@widget='phone']")
                    if "'enable_sms': false" not in field.get("options", "")
                }
        return found

    def test_paid_services_are_out_of_sight_until_the_firm_wants_them(self):
        for user in (self.olga, self.marta, self.fran, self.env.ref("base.user_admin")):
            self.assertFalse(self.find_extras(user), user.name)
        self.env["res.config.settings"].create({"group_crm_firm_odoo_extras": True}).execute()
        self.assertTrue(self.find_extras(self.marta))
        self.env["res.config.settings"].create({"group_crm_firm_odoo_extras": False}).execute()
        self.assertFalse(self.find_extras(self.marta))

    def test_no_screen_of_ours_offers_sms_beside_a_number(self):
        ours = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "ir.ui.view")])
        views = self.env["ir.ui.view"].browse(ours.mapped("res_id")).filtered(lambda view: view.model in self.env)
        without = views.filtered(lambda view: not hasattr(self.env[view.model], "_remove_odoo_extras"))
        numbers = [
            (view.xml_id, field) for view in without for field in etree.fromstring(view.arch).xpath("//field[@widget='phone']")
        ]
        self.assertGreater(len(numbers), 5)
        self.assertFalse([name for name, field in numbers if "'enable_sms': false" not in field.get("options", "")])

    def test_apps_that_double_ours_are_out_of_sight_until_the_firm_wants_them(self):
        helpdesk = self.env.ref("helpdesk_mgmt.helpdesk_ticket_main_menu")
        self.marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        menus = self.env["ir.ui.menu"].with_user(self.marta)
        self.assertNotIn(helpdesk.id, menus.load_menus(False))
        self.assertIn(self.env.ref("crm_firm.case_menu_root").id, menus.load_menus(False))
        self.marta.group_ids += self.env.ref(GROUP)
        self.assertIn(helpdesk.id, menus.load_menus(False))

    def test_the_menu_of_actions_offers_no_sms_and_no_second_discard(self):
        def find_offers(user):
            bindings = self.env["ir.actions.actions"].with_user(user)
            offered = {action["id"] for model in ("crm.lead", "res.partner") for action in bindings.get_bindings(model)["action"]}
            actions = self.env["ir.actions.act_window"].browse(offered).exists()
            return {
                action.get_external_id()[action.id] for action in actions if action.res_model in ("sms.composer", "crm.lead.lost")
            }

        for user in (self.olga, self.marta, self.env.ref("base.user_admin")):
            self.assertFalse(find_offers(user), user.name)
        self.marta.group_ids += self.env.ref(GROUP)
        self.assertIn("crm.crm_lead_lost_action", find_offers(self.marta))

    def test_leads_are_discarded_and_not_marked_lost(self):
        lost = str(self.env.ref("crm.crm_lead_lost_action").id)
        view = self.env.ref("crm.crm_case_tree_view_leads")
        arch = etree.fromstring(self.env["crm.lead"].with_user(self.marta).get_view(view.id, "list")["arch"])
        names = [button.get("name") for button in arch.iter("button")]
        self.assertNotIn(lost, names)
        self.assertIn(str(self.env.ref("crm_firm.crm_lead_discard_action").id), names)


@tagged("post_install", "-at_install")
class TestWebsiteOfColleagues(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def test_every_role_opens_the_pages_of_the_website(self):
        """Its bar lists the apps of whoever is logged in, from elsewhere than the menu of the web client."""
        roles = ("sales_manager", "front_desk", "case_specialist", "case_manager")
        groups = {"sales_manager": "sales_team.group_sale_manager"}
        for role in roles:
            new_test_user(
                self.env,
                login=f"website.{role}",
                groups=f"base.group_user,{groups.get(role, f'crm_firm.crm_firm_group_{role}')}",
            )
        for login in [f"website.{role}" for role in roles] + ["admin"]:
            self.authenticate(login, login)
            for page, status in (("/", 200), ("/request", 200), ("/my", 200), ("/there-is-no-such-page", 404)):
                with self.subTest(login=login, page=page):
                    self.assertEqual(self.url_open(page).status_code, status)


@tagged("post_install", "-at_install")
class TestContactPage(FirmCast, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def test_contact_us_leads_to_the_request_page_and_keeps_the_campaign(self):
        answer = self.url_open("/contactus?utm_source=newsletter", allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers["Location"].endswith("/request?utm_source=newsletter"), answer.headers["Location"])
        self.assertIn('id="crm_firm_request"', self.url_open("/contactus").text)

    def test_a_contact_page_that_the_firm_has_made_stays(self):
        website = self.env["website"].search([], limit=1)
        self.env["website.page"].create(
            {
                "name": "Contact",
                "url": "/contactus",
                "website_id": website.id,
                "is_published": True,
                "type": "qweb",
                "key": "website.contactus_own",
                "arch": "<t t-name='own'><t t-call='website.layout'><p id='own'>Our own words</p></t></t>",
            }
        )
        self.assertIn("Our own words", self.url_open("/contactus").text)
