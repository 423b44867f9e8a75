from odoo import models

# What clients may see of them by the rules
SEEN_BY_CLIENTS = ("crm.lead", "helpdesk.ticket")


class MailMessage(models.Model):
    """Notes on a case are for colleagues.

    Odoo hides from clients the notes people write, but gives those a program writes (what was said by phone, what was
    done) to whoever asks by their id.
    """

    _inherit = "mail.message"

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or self.env.user._is_internal():
            return result
        allowed = self - result[0] if result else self
        closed = allowed.sudo().filtered(
            lambda message: (
                message.model in SEEN_BY_CLIENTS
                and (message.is_internal or not message.subtype_id or message.subtype_id.internal)
            )
        )
        if not closed:
            return result
        forbidden = (result[0] if result else self.browse()) | closed.sudo(False)
        return forbidden, lambda: self.env["ir.rule"]._make_access_error(operation, forbidden)
