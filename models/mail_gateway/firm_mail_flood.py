from datetime import timedelta

from odoo import fields, models


class FirmMailFlood(models.AbstractModel):
    """Who sends more mails than a person does is kept, and answered no more: two programs would answer each other for ever."""

    _name = "firm.mail.flood"
    _description = "More Mails than a Person Sends"

    def _is_talkative(self):
        """Tell whether so many mails came from this address lately that it is answered no more (Odoo's own limits)."""
        self.ensure_one()
        get_param = self.env["ir.config_parameter"].sudo().get_param  # a setting
        minutes = int(get_param("mail.gateway.loop.minutes", 120))
        threshold = int(get_param("mail.gateway.loop.threshold", 20))
        if not self.email_from:
            return True
        since = fields.Datetime.now() - timedelta(minutes=minutes)
        return self.search_count([("email_from", "=", self.email_from), ("received_on", ">=", since)]) > threshold
