from odoo import models

from ...tools.mail_in_hand import get_mail


class MailAlias(models.Model):
    _inherit = "mail.alias"

    def _alias_bounce_incoming_email(self, message, message_dict, set_invalid=True):
        """Refuse a mail by answering it only where the firm closed the address to strangers, and never a robot.

        A fault of ours (a lead that cannot be made) is no news for the sender: the mail is in quarantine.
        """
        mail = get_mail(self.env)
        if not mail:
            return super()._alias_bounce_incoming_email(message, message_dict, set_invalid=set_invalid)
        if set_invalid:
            self.alias_status = "invalid"
            return None
        mail.outcome.append(("quarantine", False, False))
        if mail.is_quiet or mail.is_unattended:
            return None
        return super()._alias_bounce_incoming_email(message, message_dict, set_invalid=set_invalid)
