"""How e-mails come in, which become requests, and what waits in quarantine."""

from . import (
    mail_alias,
    mail_thread_intake,
    mail_thread_reading,
    mail_thread_routing,
    mail_thread_bounce,
    mail_thread,
    fetchmail_server,
    firm_mail_flood,
    firm_mail_reading,
    firm_mail_received,
    firm_mail_quarantine,
    crm_lead_mail_intake,
    crm_lead_mail_reply,
    crm_lead_bounce,
)
