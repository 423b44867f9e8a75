# Each package is a subject. `access` comes first, its links are mixins of others; a mixin comes before what it joins.
from . import (
    access,
    resource_calendar,
    resource_calendar_attendance,
    resource_calendar_leaves,
    mail_template,
    mail_gateway,
    consent,
    request,
    follow_up,
    verification,
    crm_lead,
    documents,
    cases,  # and helpdesk_ticket
    sale_order,
    ir_http,
    ir_model,
    res_partner_portal,
    res_partner,
    res_company_documents,
    res_company,
    res_config_settings,
)
