from markupsafe import Markup

from odoo import models

from ...tools.rpc_input import get_record


class HelpdeskTicketRating(models.AbstractModel):
    """How the client rates a case.

    Odoo's message about it is a picture, of which an e-mail may show nothing: here it says so in words, too.
    """

    _name = "helpdesk.ticket.rating"
    _inherit = ["rating.mixin"]
    _description = "Case: rating"

    def _rating_get_operator(self):
        return (self.specialist_id or self.user_id).partner_id

    def _rating_get_partner(self):
        return self.partner_id

    def message_post(self, **kwargs):
        rating_sudo = get_record(self.env, "rating.rating", kwargs.get("rating_id")).sudo()  # of the client who gives it
        if rating_sudo:
            kwargs["body"] = self._get_rating_text(rating_sudo) + (kwargs.get("body") or "")
        return super().message_post(**kwargs)

    def _message_update_content(self, message, *args, **kwargs):
        rating_sudo = self.env["rating.rating"].sudo().search([("message_id", "=", message.id)], limit=1)  # given again
        if rating_sudo and kwargs.get("body"):
            kwargs["body"] = self._get_rating_text(rating_sudo) + kwargs["body"]
        return super()._message_update_content(message, *args, **kwargs)

    def _get_rating_text(self, rating_sudo):
        env = self._for_colleagues().env
        words = dict(rating_sudo._fields["rating_text"]._description_selection(env))
        return Markup("<p>%s</p>") % env._("Rating of the case: %s", words[rating_sudo.rating_text])
