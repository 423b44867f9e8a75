"""The ledger of consents: wordings shown, grants and withdrawals, with their evidence; nobody edits it."""

from . import (
    firm_consent_wording,
    firm_consent,
    firm_consent_holder,
    mail_blacklist,
    base_partner_merge,
)
