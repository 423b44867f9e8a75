"""Other systems' ways in: sources that hand requests over by signed messages, what became of each, where leads come from."""

from . import (
    firm_intake_mapping,
    firm_intake_secrets,
    firm_intake_fetching,
    firm_intake_lead,
    firm_intake_source,
    firm_intake_delivery,
    crm_lead_missing_channel,
)
