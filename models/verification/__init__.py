"""Who is this: matches, conflicts of interest; how a lead becomes account, contacts, opportunity or case, and back."""

from . import (
    firm_phone_holder,
    firm_match_keys,
    firm_match_score,
    firm_match_ask,
    firm_matcher,
    firm_matcher_count,
    firm_opposing_party,
    firm_party_verdict,
    firm_lead_conversion,
    crm_lead_duplicate_search,
    crm_lead_verification,
    crm_lead_differences,
    crm_lead_conflict,
    crm_lead_conversion_prefill,
    crm_lead_conversion_case,
    crm_lead_conversion,
    crm_lead_conversion_undo,
    res_partner_reuse,
    res_partner_verification,
    res_partner_open_business,
)
