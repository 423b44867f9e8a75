from odoo import api, models
from odoo.exceptions import UserError


class HelpdeskTicketAccess(models.AbstractModel):
    """Who sees what of cases, where rules do not reach: what becomes somebody else's."""

    _name = "helpdesk.ticket.access"
    _inherit = ["firm.handed.over", "firm.guarded.files"]
    _description = "Case: who may see it"

    @api.model
    def _registers_cases_unseen(self):
        """Tell whether the user registers cases for others without seeing what is in them: the front desk."""
        return (
            not self.env.su
            and self.env.user.has_group("crm_firm.crm_firm_group_front_desk")
            and not self.env.user.has_group("crm_firm.crm_firm_group_case_specialist")
        )

    @api.model_create_multi
    def create(self, vals_list):
        if self._registers_cases_unseen():
            # Followers are written to: whoever registers need not read on.
            self = self.with_context(mail_create_nosubscribe=True)
        return super().create(vals_list)

    def write(self, vals):
        if "team_id" in vals and not self.env.su:
            self._check_stays_case(vals["team_id"])
        return super().write(vals)

    def _check_stays_case(self, team_id):
        """What protects a case goes with it: only who manages cases makes a plain ticket of one.

        :raise UserError: the team handles no cases
        """
        if self.env.user.has_group("crm_firm.crm_firm_group_case_manager"):
            return
        # Whether it handles cases, nothing of it is shown.
        if not self.env["helpdesk.ticket.team"].sudo().browse(team_id).is_case_team and any(case.is_case for case in self.sudo()):
            raise UserError(self.env._("A case stays with a team that handles cases. Ask a case manager to move it."))
