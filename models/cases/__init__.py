"""Clients' requests: states, teams, categories, deadlines and rounds, closing, the client area."""

from . import (
    firm_case_deadline_telling,
    helpdesk_ticket_stage,
    helpdesk_ticket_team,
    firm_urgency_reason,
    helpdesk_ticket_category_round,
    helpdesk_ticket_category,
    helpdesk_ticket_case,
    helpdesk_ticket_classification,
    helpdesk_ticket_owner,
    helpdesk_ticket_intake,
    helpdesk_ticket_clocks,
    helpdesk_ticket_answers,
    helpdesk_ticket_client_message,
    helpdesk_ticket_closing,
    helpdesk_ticket_rating,
    helpdesk_ticket_mapping,
    helpdesk_ticket_opportunity,
    firm_case_deadline,
    firm_case_deadline_change,
    helpdesk_ticket_portal,
    helpdesk_ticket_mail,
)
from .. import helpdesk_ticket  # joins the above; what reads its table comes after it

from . import (
    firm_case_desk,
)
