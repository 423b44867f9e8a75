from odoo import fields, models

from .helpdesk_ticket_closing import _CLOSING_TOKEN


class HelpdeskTicketMapping(models.AbstractModel):
    """Tickets of a team that was there before: they become cases."""

    _name = "helpdesk.ticket.mapping"
    _description = "Case: tickets of before"

    def _become_cases(self, state, old_names):
        """Put tickets of a team that has become a case team into a state; whatever they lack.

        :param dict old_names: ticket id -> name of the stage it was in, for its record
        """
        if not self:
            return
        now = fields.Datetime.now()
        stage = self.env["helpdesk.ticket.stage"]._get_case_stage(state)
        # The right to write on them is checked; dates are the system's.
        cases_sudo = self.sudo().with_context(crm_firm_closing_token=_CLOSING_TOKEN, tracking_disable=True)
        for case_sudo in cases_sudo:
            ended = case_sudo.closed_date or case_sudo.last_stage_update or now
            year = case_sudo.company_id._get_crm_firm_local_date(case_sudo.create_date).year
            values = {"stage_id": stage.id, "campaign_year": year, "received_on": case_sudo.create_date, "case_since": now}
            if state in ("resolved", "archived"):
                values |= {"resolved_at": ended, "archived_at": ended if state == "archived" else False}
            case_sudo.write(values)
        cases_sudo._sync_deadlines("setting")
        bodies = {
            case.id: self.env._("The team now handles cases. The ticket was in the stage “%s”.", old_names[case.id] or "—")
            for case in self
        }
        cases_sudo._message_log_batch(bodies=bodies)
