from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.documents.firm_document_request import AWAITED
from .link_page import POSTED, SHOWN, get_busy_message, is_too_busy, render_link_page, speak
from .tools import answer_json, get_upload_values, read_files, wants_json

# Uploads of one address, in ten minutes
MOST_POSTS = 60
PATH = "/request/document/<string:token>"


class DocumentLink(http.Controller):
    """The page behind the link of “please send us this document”: no login, the link is the permission, for this document."""

    @http.route(PATH, **SHOWN, readonly=True)
    def document_page(self, token, **_kwargs):
        """Show the form. Writes nothing: mail scanners open links, too."""
        document_sudo = self._get_document(token)
        if not document_sudo:
            return render_link_page("crm_firm.document_link_none", {}, 404)
        return self._render_form(document_sudo, token)

    @http.route(PATH, **POSTED)
    def document_upload(self, token, more="", **_kwargs):
        """Take the files of the document."""
        if is_too_busy("document", MOST_POSTS):
            return self._refuse(None, token, get_busy_message(), 429)
        document_sudo = self._get_document(token)
        if not document_sudo:
            if wants_json():
                message = request.env._("This link is no longer valid. Ask us for a new one.")
                return answer_json({"error": message}, 404)
            return render_link_page("crm_firm.document_link_none", {}, 404)
        actor = {"by_link": True, "ip_address": request.httprequest.remote_addr}
        try:
            with request.env.cr.savepoint():
                result = document_sudo._take_files(read_files(), actor, more=bool(more))
        except UserError as error:
            return self._refuse(document_sudo, token, str(error), 422)
        if wants_json():
            path = f"/request/document/{token}"
            return answer_json({"redirect": f"{path}?sent=known" if not result["stored"] else f"{path}?sent=files"})
        return self._render_form(document_sudo, token, result=result)

    def _get_document(self, token):
        document_sudo = request.env["firm.document.request"]._get_by_link_token(token)
        return speak(document_sudo, document_sudo._get_recipient().lang)

    def _refuse(self, document_sudo, token, message, status):
        if wants_json():
            return answer_json({"error": message}, status)
        if not document_sudo:
            return render_link_page("crm_firm.document_link_none", {"message": message}, status)
        return self._render_form(document_sudo, token, status, error=message)

    def _render_form(self, document_sudo, token, status=200, **values):
        sent = request.httprequest.args.get("sent")
        due = document_sudo._get_others_due()
        values = (
            {"error": "", "result": None, "sent": sent if sent in ("files", "known") else ""}
            | values
            | {"document": document_sudo, "token": token, "is_awaited": document_sudo.state in AWAITED}
            | {"due": due, "due_date": min(filter(None, due.mapped("due_date")), default=None)}
            | get_upload_values(document_sudo.company_id)
        )
        return render_link_page("crm_firm.document_link_form", values, status, document_sudo.company_id)
