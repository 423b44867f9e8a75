from odoo import models


class ResGroups(models.Model):
    _inherit = "res.groups"

    def write(self, vals):
        """Who loses a right by the group hands over, as who loses it on their own form does (`res.users`)."""
        if not (vals.keys() & {"user_ids", "implied_ids"} and self.env.registry.ready):
            return super().write(vals)
        before_sudo = self.sudo().all_user_ids  # who changes a group need not see its people
        result = super().write(vals)
        # What a group implies is lost by people who stay in it.
        lost_sudo = before_sudo if "implied_ids" in vals else before_sudo - self.sudo().all_user_ids
        if lost_sudo:
            lost_sudo._hand_over_lost_work()
        return result
