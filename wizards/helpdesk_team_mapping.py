from odoo import api, fields, models

from ..models.cases.helpdesk_ticket_stage import CASE_STATES


class HelpdeskTeamMapping(models.TransientModel):
    """A firm that used the helpdesk before says which of its stages is which state of a case."""

    _name = "helpdesk.team.mapping"
    _description = "Turn a Team into a Case Team"

    team_id = fields.Many2one("helpdesk.ticket.team", required=True, ondelete="cascade")
    line_ids = fields.One2many(
        "helpdesk.team.mapping.line", "mapping_id", compute="_compute_line_ids", store=True, readonly=False
    )

    @api.depends("team_id")
    def _compute_line_ids(self):
        for mapping in self:
            mapping.line_ids = [fields.Command.clear()] + [
                fields.Command.create({"stage_id": stage.id, "ticket_count": count, "case_state": state})
                for stage, count, state in mapping.team_id._get_proposed_mapping()
            ]

    def action_map(self):
        self.ensure_one()
        self.team_id.become_case_team({line.stage_id.id: line.case_state for line in self.line_ids})
        return True


class HelpdeskTeamMappingLine(models.TransientModel):
    _name = "helpdesk.team.mapping.line"
    _description = "Stage and Its State"

    mapping_id = fields.Many2one("helpdesk.team.mapping", required=True, ondelete="cascade")
    stage_id = fields.Many2one("helpdesk.ticket.stage", ondelete="cascade")
    ticket_count = fields.Integer("Tickets")
    case_state = fields.Selection(CASE_STATES, "Becomes", required=True)
