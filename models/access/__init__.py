"""Who may see what: rules that follow leads and cases through every model that points to them."""

from . import (
    firm_handed_over,
    firm_guarded_files,
    firm_guarded_fields,
    ir_rule_portal,
    ir_rule,
    mail_message,
    crm_lead_access,
    crm_lead_followers,
    helpdesk_ticket_access,
    helpdesk_ticket_followers,
    firm_guarded_reference,
    mail_followers,
    rating_rating,
    mail_notification,
    mail_activity,
    calendar_event,
    ir_attachment,
    website_visitor,
    base_guarded_names,
    ir_rule_refusal,
)
