"""First contact, its queue and outcomes; the steps of days D, D+1, D+5 and their e-mails while nobody answers."""

from . import (
    res_company_follow_up,
    mail_activity_plan_template,
    firm_contact_attempt,
    crm_lead_contact_status,
    crm_lead_call_outcome,
    crm_lead_first_contact,
    crm_lead_ready_for_proposal,
    crm_lead_discard,
    crm_lead_follow_up_cycle,
    crm_lead_next_step,
    crm_lead_answer,
    crm_lead_email_obstacle,
    crm_lead_replan,
    crm_lead_phone_request,
    crm_lead_escalation,
    crm_lead_follow_up_record,
    firm_follow_up_step,
    crm_lead_queue,
)
