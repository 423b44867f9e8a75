"""Clients' requests: states, teams, categories, deadlines and rounds, closing, the client area."""

from . import (
    helpdesk_ticket_stage,
    helpdesk_ticket_team,
    firm_urgency_reason,
    helpdesk_ticket_category,
)
from .. import helpdesk_ticket
from ..access import helpdesk_ticket_access

from . import (
    helpdesk_ticket_intake,
    helpdesk_ticket_deadline,
    helpdesk_ticket_closing,
    firm_case_desk,
    firm_case_deadline,
)
