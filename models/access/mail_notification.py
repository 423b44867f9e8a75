from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class MailNotification(models.Model):
    """Who was told what: Odoo lets every employee read it, with the name of the record the message is about."""

    _inherit = "mail.notification"

    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            partner_id = self.env.user.partner_id.id
            own = Domain("res_partner_id", "=", partner_id) | Domain("author_id", "=", partner_id)
            domain = Domain(domain) & (own | Domain.custom(to_sql=self._get_open_sql))
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    def _get_open_sql(self, model, alias, query):
        message = SQL.identifier("message")
        is_open = self.env["crm.lead"]._get_open_reference_sql(SQL("%s.model", message), SQL("%s.res_id", message))
        return SQL(
            "NOT EXISTS (SELECT 1 FROM mail_message %s WHERE %s.id = %s AND NOT %s)",
            message,
            message,
            model._field_to_sql(alias, "mail_message_id", query),
            is_open,
        )

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or not any(self._ids):
            return result
        allowed = self - result[0] if result else self
        found = allowed.browse(allowed.with_context(active_test=False).search([("id", "in", allowed.ids)]).ids)
        closed = allowed.exists() - found
        if not closed:
            return result
        return (
            (result[0] if result else self.browse()) | closed,
            lambda: self.env["ir.rule"]._make_access_error(operation, closed),
        )
