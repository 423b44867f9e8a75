"""Engagement letters: what a fee includes and what it does not, sent, signed by the client, provable for years."""

from . import (
    firm_service_scope,
    product_template,
    firm_engagement_clause,
    firm_practice_area_letters,
    firm_engagement_scope,
    firm_engagement_signer,
    firm_interview,
    firm_engagement_content,
    firm_engagement_missing,
    firm_engagement_letter,
    crm_lead_letters,
    sale_order_letter,
    sale_order_line,
    res_company_letters,
    res_partner_letters,
)
