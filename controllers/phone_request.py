from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .link_page import POSTED, SHOWN, is_too_busy, render_link_page

MOST_POSTS = 20  # of one address, in ten minutes
PATH = "/request/phone/<string:token>"


class PhoneRequest(http.Controller):
    """The page behind the link of “which number can we call you on?”: no login, the link itself is the permission."""

    @http.route(PATH, **SHOWN, readonly=True)
    def phone_page(self, token, **_kwargs):
        """Show the form. Writes nothing: mail scanners open links, too."""
        lead_sudo = request.env["crm.lead"]._get_by_phone_token(token)
        if not lead_sudo:
            return render_link_page("crm_firm.phone_request_no_link", {}, 404)
        if lead_sudo.phone_answered_on:
            return render_link_page("crm_firm.phone_request_thanks", {"lead": lead_sudo})
        return self._render_form(lead_sudo, token)

    @http.route(PATH, **POSTED, max_content_length=20000)
    def phone_answer(self, token, phone="", call_on="", **_kwargs):
        """Take the number, once for each link."""
        if is_too_busy("phone", MOST_POSTS):
            return render_link_page("crm_firm.phone_request_too_many", {}, 429)
        lead_sudo = request.env["crm.lead"]._get_by_phone_token(token)
        if not lead_sudo:
            return render_link_page("crm_firm.phone_request_no_link", {}, 404)
        try:
            lead_sudo._answer_phone_request(phone, call_on)
        except UserError as error:
            return self._render_form(lead_sudo, token, phone=phone, call_on=call_on, error=str(error))
        return render_link_page("crm_firm.phone_request_thanks", {"lead": lead_sudo})

    def _render_form(self, lead_sudo, token, **values):
        return render_link_page(
            "crm_firm.phone_request_form",
            {"lead": lead_sudo, "token": token, "times": lead_sudo._get_times_to_call(), "phone": "", "error": ""} | values,
        )
