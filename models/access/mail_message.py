from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools.misc import clean_context

from .crm_lead_access import GUARDED

# What clients say of a message; the rest (when, by whom, from where it came) is noted, never told by them. What
# `message_post` finds out by itself, and Odoo overwrites, is let through.
TOLD_BY_CLIENTS = {"attachment_ids", "body", "message_type", "model", "parent_id", "res_id", "subject", "subtype_id"}
FOUND_OUT = {"author_guest_id", "author_id", "email_add_signature", "email_from", "reply_to"}
FOUND_OUT |= {"record_alias_domain_id", "record_company_id"}
CHANGED_BY_CLIENTS = {"attachment_ids", "body", "subject"}


class MailMessage(models.Model):
    """Notes on a case are for colleagues.

    Odoo hides from clients the notes people write, but gives those a program writes (what was said by phone, what was
    done) to whoever asks by their id.
    """

    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su or self.env.user._is_internal():
            return super().create(vals_list)
        self = self.with_context(clean_context(self.env.context))  # pylint: disable=context-overridden
        vals_list = [self._keep_to_what_clients_say(vals) if vals.get("model") in GUARDED else vals for vals in vals_list]
        return super().create(vals_list)

    @api.model
    def _check_linked(self, linked, known=None):
        """Let a message answer any of its thread, as Odoo links it: the name of a message is that of its record."""
        # What the parents are about is checked, not told.
        parents_sudo = self.sudo().search_fetch([("id", "in", list(linked.get(self._name, ())))], ["model", "res_id"])
        answered_sudo = parents_sudo.filtered(
            lambda message: (
                message.model in self.env and message.res_id and self.env[message.model].browse(message.res_id).has_access("read")
            )
        )
        return super()._check_linked({**linked, self._name: set(linked.get(self._name, ())) - set(answered_sudo.ids)}, known)

    @api.model
    def _keep_to_what_clients_say(self, vals):
        """Return the values of a message of a client.

        :raise AccessError: they tell when it was written, or that it came from elsewhere
        """
        told = {name for name, value in vals.items() if value} - TOLD_BY_CLIENTS - FOUND_OUT - {"partner_ids"}
        if told or vals.get("message_type") not in ("comment", "notification"):
            raise self._make_client_error()
        # Where an answer goes, and to whom it is sent, is the firm's to say.
        return {name: value for name, value in vals.items() if name in TOLD_BY_CLIENTS | FOUND_OUT - {"reply_to"}}

    def write(self, vals):
        """
        :raise AccessError: a client changes more of a message on a request or case than what it says
        """
        if not self.env.su and not self.env.user._is_internal() and vals.keys() - CHANGED_BY_CLIENTS:
            # What they are about decides who may write them.
            if vals.get("model") in GUARDED or any(message.model in GUARDED for message in self.sudo()):
                raise self._make_client_error()
        return super().write(vals)

    @api.model
    def _make_client_error(self):
        return AccessError(self.env._("You can write a message here; the other details are filled in automatically."))

    def onchange(self, values, field_names, fields_spec):
        """
        :raise AccessError: a client asks; forms of messages are for colleagues
        """
        if not self.env.su and not self.env.user._is_internal():
            raise self._make_client_error()
        return super().onchange(values, field_names, fields_spec)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or self.env.user._is_internal():
            return result
        allowed = self - result[0] if result else self
        # What they are about decides who may see them.
        closed = allowed.sudo().filtered(
            lambda message: (
                message.model in GUARDED and (message.is_internal or not message.subtype_id or message.subtype_id.internal)
            )
        )
        if not closed:
            return result
        forbidden = (result[0] if result else self.browse()) | closed.sudo(False)
        return forbidden, lambda: self.env["ir.rule"]._make_access_error(operation, forbidden)
