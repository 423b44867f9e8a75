from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .link_page import get_busy_message, is_of_site, is_too_busy, render_link_page, speak

# Posts of one address, in ten minutes
MOST_POSTS = 60
MOST_CHECKS = 20
ROUTE = {"type": "http", "auth": "public", "website": True, "sitemap": False}
PATH = "/engagement/<string:token>"


class EngagementLetter(http.Controller):
    """The client's page of an engagement letter: no login, the link is the permission, for this letter and this signer."""

    @http.route(PATH, methods=["GET"], **ROUTE, readonly=True)
    def letter_page(self, token, sent="", **_kwargs):
        """Show the letter. Writes nothing: mail scanners open links, too."""
        signer_sudo = self._get_signer(token)
        if not signer_sudo:
            return render_link_page("crm_firm.engagement_no_link", {}, 404)
        return self._render_letter(signer_sudo, token, asked=sent == "question")

    @http.route(f"{PATH}/<any(sign,refuse,ask,withdraw,viewed):_action>", methods=["GET"], **ROUTE, readonly=True)
    def letter_again(self, token, **_kwargs):
        """Lead whoever loads the address of a post again back to the letter."""
        return request.redirect(f"/engagement/{token}", 303)

    @http.route(f"{PATH}/viewed", methods=["POST"], **ROUTE, max_content_length=10000)
    def letter_viewed(self, token, **_kwargs):
        """Note that a person looks at the letter: the page says so when somebody moves, touches or types on it."""
        signer_sudo = None if self._is_too_busy() else self._get_signer(token)
        if signer_sudo:
            signer_sudo.letter_id._note_view(signer_sudo, self._get_actor(token))
        return request.make_response("", status=204)

    @http.route(f"{PATH}/pdf", methods=["GET"], **ROUTE, readonly=True)
    def letter_pdf(self, token, **_kwargs):
        """Return the PDF: the version at hand, or the one sealed after signing."""
        signer_sudo = self._get_signer(token)
        if not signer_sudo:
            return render_link_page("crm_firm.engagement_no_link", {}, 404)
        letter_sudo = signer_sudo.letter_id
        headers = [
            ("Content-Type", "application/pdf"),
            ("Content-Disposition", http.content_disposition(f"{letter_sudo.name}.pdf")),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        ]
        return request.make_response(letter_sudo._get_pdf(), headers)

    @http.route(f"{PATH}/sign", methods=["POST"], **ROUTE, max_content_length=2 * 1024 * 1024)
    def letter_sign(self, token, **values):
        """Take the signature of whoever has the link."""
        return self._do(
            token,
            lambda letter, signer: letter._sign(signer, values, self._get_actor(token)),
            values,
            before=lambda letter, signer: letter._take_code(signer, values.get("code"), self._get_actor(token)),
        )

    @http.route(f"{PATH}/refuse", methods=["POST"], **ROUTE, max_content_length=50000)
    def letter_refuse(self, token, **values):
        """Take a refusal with its reason. The links end with it: what follows is said on a page of its own."""
        url = "/engagement/refused"
        return self._do(token, lambda letter, signer: letter._refuse(signer, values, self._get_actor(token)), values, then=url)

    @http.route("/engagement/refused", methods=["GET"], **ROUTE, readonly=True)
    def letter_refused(self, **_kwargs):
        return render_link_page("crm_firm.engagement_refused", {})

    @http.route(f"{PATH}/ask", methods=["POST"], **ROUTE, max_content_length=50000)
    def letter_ask(self, token, question="", **_kwargs):
        """Take a question for the owner."""
        return self._do(token, lambda letter, signer: letter._ask(signer, question, self._get_actor(token)), sent="question")

    @http.route(f"{PATH}/withdraw", methods=["POST"], **ROUTE, max_content_length=50000)
    def letter_withdraw(self, token, **_kwargs):
        """Take the withdrawal of a consumer."""
        return self._do(token, lambda letter, signer: letter._withdraw(signer, self._get_actor(token)))

    @http.route("/engagement/verify", methods=["GET"], **ROUTE, readonly=True)
    def verify_page(self, **_kwargs):
        return render_link_page("crm_firm.engagement_verify", {"result": None, "error": ""})

    # Keeps nothing and tells only what stands in the file: no session of anybody is needed or used.
    @http.route("/engagement/verify", methods=["POST"], **ROUTE, csrf=False, max_content_length=30 * 1024 * 1024)
    def verify_file(self, file=None, **_kwargs):
        """Say whether a file is the PDF of a letter, unchanged. It is not stored."""
        if is_too_busy("verify", MOST_CHECKS):
            return render_link_page("crm_firm.engagement_verify", {"result": None, "error": get_busy_message()}, 429)
        content = file.read() if hasattr(file, "read") else b""
        letter_sudo, is_replaced = request.env["firm.engagement.letter"]._find_by_pdf(content)
        values = {"result": letter_sudo or False, "is_replaced": is_replaced, "error": ""}
        return render_link_page("crm_firm.engagement_verify", values)

    # === HELPERS === #

    def _get_signer(self, token):
        signer_sudo = request.env["firm.engagement.link"]._find_signer(token)
        if not signer_sudo:
            return signer_sudo
        lang = signer_sudo.letter_id._get_lang()
        signer_sudo = speak(signer_sudo, lang)
        # What is around a contract says no other language than the contract, also where the site has another.
        return signer_sudo.with_context(lang=lang) if request.env["res.lang"]._get_data(code=lang) else signer_sudo

    def _get_actor(self, token):
        http_request = request.httprequest
        return {
            "user_id": request.env["firm.engagement.link"]._find(token).user_id.id,  # on a device of the firm
            "ip_address": http_request.remote_addr,
            "user_agent": (http_request.user_agent.string or "")[:300],
        }

    def _is_too_busy(self):
        return is_too_busy("letter", MOST_POSTS)

    def _do(self, token, action, values=None, then=None, sent="", before=None):
        """Run what a signer asks for, and lead to the page that follows; a refusal of ours stands on the page itself.

        :param before: what counts even when the rest is refused
        """
        if self._is_too_busy():
            return render_link_page("crm_firm.engagement_no_link", {"message": get_busy_message()}, 429)
        signer_sudo = self._get_signer(token)
        if not signer_sudo:
            return render_link_page("crm_firm.engagement_no_link", {}, 404)
        letter_sudo = signer_sudo.letter_id
        letter_sudo._note_view(signer_sudo, self._get_actor(token), is_act=True)
        if before:
            before(letter_sudo, signer_sudo)
        try:
            with request.env.cr.savepoint():
                action(letter_sudo, signer_sudo)
        except UserError as error:
            shown = {"error": str(error), "error_field": getattr(error, "field", ""), "typed": values or {}}
            return self._render_letter(signer_sudo, token, 422, **shown)
        # The page of a link is in the client's language wherever it is opened; others are asked for in it.
        url = f"/engagement/{token}{sent and '?sent='}{sent}"
        if then:
            lang = letter_sudo._get_lang()
            url = request.env["ir.http"]._url_lang(then, lang) if is_of_site(lang) else then
        return request.redirect(url, 303)

    def _render_letter(self, signer_sudo, token, status=200, **shown):
        letter_sudo = signer_sudo.letter_id
        content = letter_sudo._get_content()
        can_sign = letter_sudo.state in ("sent", "partly_signed") and signer_sudo in letter_sudo._get_signers_in_turn()
        values = {"error": "", "error_field": "", "typed": {}, "asked": False}
        values |= {"signer": signer_sudo, "token": token, "can_sign": can_sign}
        capacities = signer_sudo._fields["capacity"]._description_selection(signer_sudo.env)
        values |= letter_sudo._get_document_values(content) | {"capacity_choices": capacities}
        values["asks_code"] = letter_sudo._asks_code(signer_sudo, self._get_actor(token))
        values |= {"refusal_reasons": signer_sudo.env["crm.lost.reason"]._get_letter_reasons()} | shown
        return render_link_page("crm_firm.engagement_frame", values, status, letter_sudo.company_id)
