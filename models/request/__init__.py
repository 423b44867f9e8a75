"""How a request comes in by the web page or the desk, and gets its channel, practice area and owner."""

from . import (
    res_users,
    res_groups,
    firm_turns,
    firm_practice_area,
    helpdesk_ticket_channel,
    firm_service_request,
    crm_lead_arrival,
    crm_lead_owner,
    crm_lead_acknowledgement,
    crm_lead_utm,
    crm_lead_web_page,
    crm_lead_web_intake,
    crm_lead_caller,
    crm_lead_register_input,
    crm_lead_register,
    crm_lead_fee,
    crm_team,
)
