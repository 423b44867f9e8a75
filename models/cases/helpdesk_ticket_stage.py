from odoo import api, fields, models
from odoo.exceptions import UserError

# In this order a case goes through them. What is open is somebody's task.
CASE_STATES = [
    ("received", "Received"),
    ("in_review", "In review"),
    ("waiting_client", "Waiting for client"),
    ("resolved", "Resolved"),
    ("archived", "Archived"),
]
OPEN_STATES = ("received", "in_review", "waiting_client")


class HelpdeskTicketStage(models.Model):
    """The five states of cases are stages, so that Odoo's boards and status bars show them.

    Each exists once, for all case teams: a firm renames and translates them, the rules go by their state.
    """

    _name = "helpdesk.ticket.stage"
    _inherit = ["firm.guarded.fields", "helpdesk.ticket.stage"]

    case_state = fields.Selection(
        CASE_STATES,
        readonly=True,
        copy=False,
        help="What the stage means for cases. Empty for stages of other helpdesk teams.",
    )

    _case_state_uniq = models.UniqueIndex(
        "(case_state) WHERE case_state IS NOT NULL", "Another stage already has this case state."
    )

    @api.model
    def _get_case_stages(self):
        """Return the stages of cases in the order of their states."""
        # Clients see their state; which stages there are is no secret.
        stages_sudo = self.sudo().with_context(active_test=False).search([("case_state", "!=", False)])
        order = [state for state, _label in CASE_STATES]
        return stages_sudo.sorted(lambda stage: order.index(stage.case_state)).sudo(self.env.su)

    @api.model
    def _get_case_stage(self, state):
        """Return the stage of a state.

        :raise UserError: somebody has taken it away by SQL
        """
        stage = self._get_case_stages().filtered(lambda stage: stage.case_state == state)
        if not stage:
            raise UserError(self.env._("The case stage “%s” is missing. Update the module to restore it.", state))
        return stage

    def _get_told_template(self):
        """Return the e-mail that tells clients of the state: the stage's own, else the one that the addon brings."""
        self.ensure_one()
        shipped = self.env.ref(f"crm_firm.mail_template_case_{self.case_state}", raise_if_not_found=False)
        return self.mail_template_id or shipped or self.env["mail.template"]

    @api.ondelete(at_uninstall=False)
    def _unlink_except_case_state(self):
        if any(stage.case_state for stage in self):
            raise UserError(self.env._("The five case stages can be renamed but not deleted."))

    def write(self, vals):
        if vals.get("active") is False and any(stage.case_state for stage in self):
            raise UserError(self.env._("The five case stages can be renamed but not archived."))
        return super().write(vals)
