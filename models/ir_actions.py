from odoo import api, models

from .firm_odoo_extras import BINDINGS, GROUP


class IrActionsActions(models.Model):
    """The menu *Actions* of leads and contacts goes without what their buttons go without, unless the firm wants it."""

    _inherit = "ir.actions.actions"

    @api.model
    def get_bindings(self, model_name):
        bindings = super().get_bindings(model_name)
        if self.env.user.has_group(GROUP):
            return bindings
        hidden = {action.id for xmlid in BINDINGS if (action := self.env.ref(xmlid, raise_if_not_found=False))}
        return {kind: [action for action in actions if action["id"] not in hidden] for kind, actions in bindings.items()}
