from odoo import api, models

from ...tools.mail_in_hand import get_mail
from .mail_thread_routing import REQUEST_MODELS

# What is said about these while nobody is logged in comes from the firm.
FIRM_MODELS = (*REQUEST_MODELS, "firm.mail.quarantine", "firm.document.request")


class MailThread(models.AbstractModel):
    """Odoo's mail gateway, without its losses: read tolerantly, taken in once, kept in quarantine when nothing else helps."""

    _name = "mail.thread"
    _inherit = [
        "mail.thread.intake",
        "mail.thread.reading",
        "mail.thread.routing",
        "mail.thread.bounce",
        "mail.thread",
    ]

    def message_notify(self, **kwargs):
        """Jobs, the mail gateway and visitors act as archived users, Odoo's robot among them: the firm is the sender."""
        if self._name in FIRM_MODELS and not self.env.user.active and not (kwargs.get("author_id") or kwargs.get("email_from")):
            kwargs |= (self.company_id or self.env.company).sudo()._get_crm_firm_voice()  # a setting, whoever causes it
        return super().message_notify(**kwargs)

    def _message_auto_subscribe_notify(self, partner_ids, template):
        """Tell each of those assigned in their own language: Odoo uses that of who assigns."""
        if self._name not in FIRM_MODELS:
            return super()._message_auto_subscribe_notify(partner_ids, template)
        # The language of a colleague.
        for lang, partners in self.env["res.partner"].browse(partner_ids).sudo().grouped("lang").items():
            translated = self.with_context(lang=lang or self.env.lang)
            super(MailThread, translated)._message_auto_subscribe_notify(partners.ids, template)
        return None

    # === LOOPS: KEEP EVERY MAIL, STOP ANSWERING INSTEAD === #

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        return False if get_mail(self.env) else super()._detect_loop_sender(message, message_dict, routes)

    @api.model
    def _detect_loop_headers(self, msg_dict):
        return False if get_mail(self.env) else super()._detect_loop_headers(msg_dict)

    @api.model
    def _detect_write_to_catchall(self, msg_dict):
        """What went to the catch-all address or to a mistyped one is somebody's mail: quarantine, no automatic refusal."""
        return False if get_mail(self.env) else super()._detect_write_to_catchall(msg_dict)

    def _notify_thread_with_out_of_office(self, message, recipients_data, msg_vals=False, **kwargs):
        """No absence note of ours answers a robot, or somebody who sends more than a person does."""
        mail = get_mail(self.env)
        if mail:
            company = self.company_id if "company_id" in self else self.env.company
            Gate = self.env["firm.mail.gate"].sudo()  # its count is nobody's to read
            if not self or mail.is_quiet or not Gate._may_send_to_stranger(mail.person[1], company or self.env.company):
                return self.env["mail.message"]
        return super()._notify_thread_with_out_of_office(message, recipients_data, msg_vals=msg_vals, **kwargs)
