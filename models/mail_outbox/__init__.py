"""How e-mails go out: each one once, tried again until it is out, and somebody hears of it when it is not."""

from . import (
    firm_mail_delivery,
    firm_outgoing_mail,
    firm_mail_gate,
    mail_mail,
    mail_message,
    mail_thread_layout,
    res_company_mail_look,
)
