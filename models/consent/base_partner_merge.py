from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _log_merge_operation(self, src_partners, dst_partner):
        """Who has said no under one address has said no: what is merged is not mailed under the other one."""
        # Odoo has moved the entries of the ledger by SQL.
        self.env["firm.consent"].invalidate_model(["partner_id"])
        dst_partner.invalidate_recordset(["consent_ids", "consent_state"])
        dst_partner._carry_opt_out()
        return super()._log_merge_operation(src_partners, dst_partner)
