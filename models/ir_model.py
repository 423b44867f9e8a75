from odoo import api, models


class IrModel(models.Model):
    _inherit = "ir.model"

    @api.depends("name", "model")
    def _compute_display_name(self):
        """Notifications name the model of a record: what clients ask is a case here, and OCA's Spanish is half English."""
        super()._compute_display_name()
        for model in self:
            if model.model == "helpdesk.ticket":
                model.display_name = self.env._("Case")
