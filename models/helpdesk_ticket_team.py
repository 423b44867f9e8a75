from odoo import api, fields, models
from odoo.exceptions import UserError


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    is_case_team = fields.Boolean(
        "Handles Cases",
        help="Its tickets are cases: they go through the five states of cases, with deadlines, documents and an orderly end.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        teams.filtered("is_case_team")._link_case_stages()
        return teams

    def write(self, vals):
        if "is_case_team" in vals:
            changed = self.filtered(lambda team: team.is_case_team != bool(vals["is_case_team"]))
            changed._check_no_tickets()
        result = super().write(vals)
        if "is_case_team" in vals:
            self._link_case_stages()
        return result

    def _check_no_tickets(self):
        if self.env.context.get("crm_firm_mapping_stages"):
            return
        # Whether there are any, not which.
        if self.env["helpdesk.ticket"].sudo().with_context(active_test=False).search_count([("team_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "The team has tickets already: use “Turn into case team” (it says which stage becomes which state); "
                    "a team with cases stays a case team."
                )
            )

    def _link_case_stages(self):
        """Show on the stages which teams they serve; other teams than case teams never get them."""
        # Whoever may make a team gets its stages, the right to change stages is not needed for that.
        stages_sudo = self.env["helpdesk.ticket.stage"].sudo()._get_case_stages()
        for flagged, teams in self.grouped(lambda team: bool(team.is_case_team)).items():
            command = fields.Command.link if flagged else fields.Command.unlink
            stages_sudo.write({"team_ids": [command(team.id) for team in teams]})

    def _get_applicable_stages(self):
        """Five stages for a case team, never one of them for another: Odoo's default stages serve every team else."""
        if self.is_case_team:
            return self.env["helpdesk.ticket.stage"]._get_case_stages()
        return super()._get_applicable_stages().filtered(lambda stage: not stage.case_state)

    @api.model
    def _get_default_case_team(self, company):
        """Return the team that gets a case of the company when nothing else says which (may be empty)."""
        return self.search([("is_case_team", "=", True), ("company_id", "in", [company.id, False])], limit=1)
