from odoo import api, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.ondelete(at_uninstall=False)
    def _unlink_from_deliveries(self):
        """Unlink the deliveries of their e-mails, both links of each at once.

        The e-mail goes with its message. PostgreSQL would follow one link of a delivery after the other, in an order of its
        own, and refuses a delivery as new as its e-mail that is left with one of them for a moment.
        """
        for row_sudo in self.env["mail.mail"]._get_deliveries(messages=self):  # Odoo has checked the right to delete
            row_sudo.write({"mail_mail_id": False, "mail_message_id": False})
