from odoo import api, models

from .firm_odoo_extras import GROUP, MENUS

# Where people start: the first role that somebody has decides.
STARTS = (
    ("sales_team.group_sale_manager", "crm_firm.follow_up_dashboard_menu"),
    ("crm_firm.crm_firm_group_front_desk", "crm_firm.firm_request_register_menu"),
    ("sales_team.group_sale_salesman", "crm_firm.crm_lead_my_day_menu"),
    ("crm_firm.crm_firm_group_case_specialist", "crm_firm.case_my_day_menu"),
)


class IrUiMenu(models.Model):
    _inherit = "ir.ui.menu"

    def _get_start_menu(self):
        """Return the menu of the work that the user begins the day with; empty for those who have no role in the firm.

        A manager starts with the overview, the front desk with the screen that registers requests, an owner and a
        specialist with what they have to do today.
        """
        user = self.env.user
        for group, menu in STARTS:
            if user.has_group(group):
                return self.env.ref(menu, raise_if_not_found=False) or self.browse()
        return self.browse()

    def _load_menus_blacklist(self):
        hidden = super()._load_menus_blacklist()
        if not self.env.user.has_group(GROUP):
            menus = (self.env.ref(xmlid, raise_if_not_found=False) for xmlid in MENUS)
            hidden += [menu.id for menu in menus if menu]
        return hidden

    @api.model
    def get_user_roots(self):
        """Leave out the apps that are hidden: the bar of the website looks each of them up among the menus, where it is not."""
        return super().get_user_roots() - self.browse(self._load_menus_blacklist())

    def load_web_menus(self, debug):
        """The CRM opens where its user starts, when that is within the CRM."""
        menus = super().load_web_menus(debug)
        start = menus.get(self._get_start_menu().id)
        root = self.env.ref("crm.crm_menu_root", raise_if_not_found=False)
        if start and root and start["appID"] == root.id and root.id in menus:
            menus[root.id] |= {key: start[key] for key in ("actionID", "actionModel", "actionPath")}
        return menus
