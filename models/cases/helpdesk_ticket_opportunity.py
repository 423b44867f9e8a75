from odoo import fields, models
from odoo.exceptions import UserError

from ...tools import rpc_input


class HelpdeskTicketOpportunity(models.AbstractModel):
    """What a client also needs: an opportunity made of a case."""

    _name = "helpdesk.ticket.opportunity"
    _description = "Case: opportunities"

    opportunity_ids = fields.One2many(
        "crm.lead", "origin_case_id", "Opportunities", context={"active_test": False}, groups="base.group_user"
    )
    opportunity_count = fields.Integer(compute="_compute_opportunity_count", groups="base.group_user")

    def _compute_opportunity_count(self):
        counts = dict(
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group([("origin_case_id", "in", self.ids)], ["origin_case_id"], ["__count"])
            if self.env["crm.lead"].has_access("read")
            else []
        )
        for case in self:
            case.opportunity_count = counts.get(case._origin, 0)

    def create_opportunity(self, values=None):
        """Make an opportunity of what the client also needs (cross-selling), linked to the case.

        :param dict values: values of the opportunity that overwrite: `name`, `user_id`, `practice_area_id`, ...
        :return: the new `crm.lead`
        :raise AccessError: the user may not make opportunities
        """
        self.ensure_one()
        self.check_access("read")
        values = rpc_input.get_mapping(self.env, values, self.env._("An opportunity"))
        unknown = set(values) - set(self.env["crm.lead"]._fields)
        if unknown:
            raise UserError(self.env._("An opportunity has no such field: %s.", ", ".join(sorted(map(str, unknown)))))
        opportunity = self.env["crm.lead"].create(
            {
                "type": "opportunity",
                "name": self.name,
                "partner_id": self.partner_id.id,
                "practice_area_id": self.practice_area_id.id,
                "user_id": self.env.uid,
                "company_id": self.company_id.id,
            }
            | values
        )
        opportunity._write_protected({"origin_case_id": self.id})
        self._message_log(body=self.env._("Opportunity created: %s", opportunity._get_html_link()))
        return opportunity

    def action_new_opportunity(self):
        return self.create_opportunity()._get_records_action()

    def action_view_opportunities(self):
        self.ensure_one()
        return self.with_context(active_test=False).opportunity_ids._get_records_action(name=self.env._("Opportunities"))
