from . import (
    crm_lead_assign,
    crm_lead_attempt,
    crm_lead_check_conflict,
    crm_lead_lost,
    crm_lead_note,
    crm_lead_ready,
    crm_lead_to_opportunity,
    crm_lead_to_opportunity_mass,
    crm_lead_verify,
    crm_merge_opportunities,
    crm_opportunity_to_quotation,
    firm_consent_register,
)
