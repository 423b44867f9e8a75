from collections import defaultdict

from odoo import api, models


class CrmLeadArrival(models.AbstractModel):
    """What a request has from its first moment, whichever way it comes: a practice area, and an owner."""

    _name = "crm.lead.arrival"
    _description = "Arrival of a Request"

    @api.model
    def _complete_request_values(self, vals_list):
        """Give what arrives by a channel its area, and the owner who is next.

        Other addons and programs name no channel: where one speaks of it, it is that of their origin. What is then still
        without, as an import of old data, is left as Odoo makes it.
        """
        unclassified = self.env["firm.practice.area"]._get_unclassified()
        result, to_assign = [], defaultdict(list)
        for vals in vals_list:
            vals = dict(vals)
            result.append(vals)
            if not vals.get("channel_id"):
                vals.update(self._prepare_origin_values(vals))
            if not vals.get("channel_id"):
                continue
            vals.setdefault("type", "lead")
            if not vals.get("practice_area_id"):
                vals["practice_area_id"] = unclassified.id
            if vals["type"] != "lead" or vals.get("user_id") or not vals.get("active", True):
                continue
            if not self._registers_for_anyone():
                vals["user_id"] = self.env.uid
            else:
                vals["company_id"] = vals.get("company_id") or self.env.company.id
                to_assign[vals["practice_area_id"], vals["company_id"], vals.get("team_id")].append(vals)
        for (area_id, company_id, team_id), group in to_assign.items():
            choices = self._prepare_owner_values(
                unclassified.browse(area_id),
                self.env["res.company"].browse(company_id),
                self.env["crm.team"].browse(team_id),
                len(group),
            )
            for vals, choice in zip(group, choices, strict=True):
                vals.update(choice)
        return result
