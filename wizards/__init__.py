from . import (
    crm_lead_assign,
    crm_lead_attempt,
    crm_lead_lost,
    crm_lead_note,
    crm_lead_ready,
    crm_lead_restart,
    firm_consent_register,
)
