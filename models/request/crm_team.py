from odoo import models

# An object: RPC can put no such thing into the context.
ASSIGN_ONLY = object()


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _assign_and_convert_leads(self, force_quota=False):
        """Assign only: a request is called before anybody decides that it is an opportunity."""
        return super(CrmTeam, self.with_context(crm_firm_assign_only=ASSIGN_ONLY))._assign_and_convert_leads(
            force_quota=force_quota
        )
