from odoo import models

# Who has it sees again what is hidden below; the settings of CRM give it to everybody.
GROUP = "crm_firm.crm_firm_group_odoo_extras"
# Apps that double ours, figures that are invented until somebody sets them up, and companies for sale
MENUS = (
    "helpdesk_mgmt.helpdesk_ticket_main_menu",
    "spreadsheet_dashboard.spreadsheet_dashboard_menu_root",
    "crm_iap_mine.crm_menu_lead_generation",
)
# Paid services of addons that come along with Odoo's CRM: buttons by their method or by their action
METHODS = ("iap_enrich", "action_generate_leads")
ACTIONS = ("crm_sms.crm_lead_act_window_sms_composer_single", "crm_sms.crm_lead_act_window_sms_composer_multi")
# What the menu *Actions* offers: the same by SMS and for money, and *Mark Lost* beside *Discard*
BINDINGS = (
    *ACTIONS,
    *("sms.res_partner_act_window_sms_composer_multi", "sms.res_partner_act_window_sms_composer_single"),
    *("crm_iap_enrich.action_enrich_mail", "crm.crm_lead_lost_action"),
)


class FirmOdooExtras(models.AbstractModel):
    """Odoo offers paid services beside the work of a firm: its views go without them, unless the firm wants them."""

    _name = "firm.odoo.extras"
    _description = "Views without Odoo's Paid Services"

    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        return (*super()._get_view_cache_key(view_id, view_type, **options), self.env.user.has_group(GROUP))

    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if not self.env.user.has_group(GROUP):
            self._remove_odoo_extras(arch)
        return arch, view

    def _remove_odoo_extras(self, arch):
        actions = [self.env.ref(xmlid, raise_if_not_found=False) for xmlid in ACTIONS]
        names = {*METHODS, *(str(action.id) for action in actions if action)}
        for button in arch.xpath("//button"):
            if button.get("name") in names:
                button.getparent().remove(button)
        for field in arch.xpath("//field[@widget='phone'][not(contains(@options, 'enable_sms'))]"):
            options = (field.get("options") or "{}").strip()
            field.set("options", options[:-1].rstrip().rstrip(",") + (", " if len(options) > 2 else "") + "'enable_sms': false}")
