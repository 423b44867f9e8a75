from odoo import models

LAYOUT = "crm_firm.mail_layout"
# Layouts that only stand around a message; those of invitations hold a sentence of their own.
PLAIN_LAYOUTS = {
    "mail.mail_notification_layout",
    "mail.mail_notification_light",
    "mail.mail_notification_layout_with_responsible_signature",
}
# What is written about these is an e-mail of the firm, whoever writes it.
MODELS = ("crm.lead", "helpdesk.ticket", "sale.order", "firm.document.request", "firm.engagement.letter", "firm.mail.quarantine")


class MailThread(models.AbstractModel):
    """One layout for what the firm writes: Odoo has three, none with the firm's logo above what is written."""

    _inherit = "mail.thread"

    def _notify_by_email_render_layout(self, message, recipients_group, msg_vals=False, render_values=None):
        if self._name in MODELS:
            named = (msg_vals or {}).get("email_layout_xmlid") or message.email_layout_xmlid or "mail.mail_notification_layout"
            if named in PLAIN_LAYOUTS:
                msg_vals = dict(msg_vals or {}, email_layout_xmlid=LAYOUT)
        return super()._notify_by_email_render_layout(message, recipients_group, msg_vals=msg_vals, render_values=render_values)
