from . import (
    crm_lead_assign,
    crm_lead_attempt,
    crm_lead_lost,
    crm_lead_note,
    crm_lead_ready,
    crm_lead_restart,
    crm_lead_to_opportunity,
    crm_merge_opportunities,
    crm_opportunity_to_quotation,
    firm_consent_register,
    firm_mail_quarantine_ignore,
)
