from odoo import models


class PortalWizardUser(models.TransientModel):
    _inherit = "portal.wizard.user"

    def action_grant_access(self):
        """Odoo gives a login to any contact; one that shows the cases of the whole client is for case managers to give."""
        self.partner_id._check_may_get_login()
        return super().action_grant_access()
