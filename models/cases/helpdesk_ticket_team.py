from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .helpdesk_ticket_stage import CASE_STATES

# Held by this module alone: what comes by RPC can never equal it.
_MAPPING_TOKEN = object()


class HelpdeskTicketTeam(models.Model):
    _inherit = "helpdesk.ticket.team"

    is_case_team = fields.Boolean(
        "Handles Cases",
        help="Its tickets are cases, with the five case states, deadlines, documents and a proper closing.",
    )

    case_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Calendar of Deadlines",
        check_company=True,
        help="Working hours and holidays used for the deadlines of its cases. Empty: those of the firm.",
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
        if "case_calendar_id" in vals:
            self.env["firm.case.deadline"]._mark_to_replan([("ticket_id.team_id", "in", self.ids)])
        return result

    def _check_no_tickets(self):
        if self.env.context.get("crm_firm_mapping_token") is _MAPPING_TOKEN:
            return
        # Whether there are any, not which.
        if (
            self.env["helpdesk.ticket"]
            .sudo()
            .with_context(active_test=False)
            .search_count([("team_id", "in", self.ids)], limit=1)
        ):
            raise UserError(
                self.env._(
                    "The team already has tickets: use “Turn into case team” to map its stages to states. A team with "
                    "cases remains a case team."
                )
            )

    # === A TEAM THAT HAS TICKETS ALREADY === #

    def _get_proposed_mapping(self):
        """Return `(stage, number of tickets, state)` for each stage that tickets of the team are in."""
        self.ensure_one()
        groups = (
            self.env["helpdesk.ticket"]
            .with_context(active_test=False)
            ._read_group([("team_id", "=", self.id)], ["stage_id"], ["__count"])
        )
        return [(stage, count, _propose_state(stage)) for stage, count in groups]

    def become_case_team(self, states=None):
        """Make the team a case team and its tickets cases, without losing one.

        What has ended stays as it ended: old tickets are archived without the documents and answers asked of cases. Open
        ones get deadlines that count from now.

        :param dict states: id of a stage (False: none) -> state of cases; default: what their stages say
        :return: number of tickets that became cases
        :raise UserError: a state that does not exist
        :raise AccessError: the user may not write on teams, or not on every ticket of the team
        """
        self.ensure_one()
        self.check_access("write")
        proposed = self._get_proposed_mapping()
        states = {stage.id: state for stage, _count, state in proposed} | {
            int(stage_id) if stage_id else False: state for stage_id, state in (states or {}).items()
        }
        unknown = set(states.values()) - set(dict(CASE_STATES))
        if unknown:
            raise UserError(self.env._("Unknown case state: %s.", ", ".join(sorted(map(str, unknown)))))
        # A team may serve several companies: tickets that the user does not see would become cases, too.
        tickets_sudo = self.env["helpdesk.ticket"].sudo().with_context(active_test=False).search([("team_id", "=", self.id)])
        tickets = tickets_sudo.sudo(self.env.su)
        if not tickets.has_access("write"):
            raise AccessError(
                self.env._("The team has tickets you may not change, such as those of another company. Ask who may change all.")
            )
        by_state = {
            state: tickets.filtered(lambda ticket, state=state: states.get(ticket.stage_id.id) == state)
            for state, _label in CASE_STATES
        }
        old_names = {ticket.id: ticket.stage_id.name for ticket in tickets}
        self.with_context(crm_firm_mapping_token=_MAPPING_TOKEN).is_case_team = True
        for state, moved in by_state.items():
            moved._become_cases(state, old_names)
        return len(tickets)

    def action_become_case_team(self):
        """Button: ask which stage becomes which state."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Turn into case team"),
            "res_model": "helpdesk.team.mapping",
            "view_mode": "form",
            "target": "new",
            "context": {"default_team_id": self.id},
        }

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


def _propose_state(stage):
    """Guess what a stage of OCA or of the firm means for cases."""
    if stage.case_state:
        return stage.case_state
    if stage.closed:
        return "archived"
    if not stage or stage.unattended:
        return "received"
    shipped = stage.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting", raise_if_not_found=False)
    return "waiting_client" if stage == shipped else "in_review"
