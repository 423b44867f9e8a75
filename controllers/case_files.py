from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .tools import get_actor, get_case_or_404, get_int


class CaseFiles(http.Controller):
    """Files of cases, for clients and for staff: by these routes alone, which note who took them."""

    @http.route("/my/ticket/<int:ticket_id>/file/<int:version_id>", type="http", auth="user", sitemap=False, methods=["GET"])
    def portal_case_file(self, ticket_id, version_id, download="", **_kwargs):
        """Give out a file of a document of the case; the trail notes who took it."""
        ticket = get_case_or_404(ticket_id)
        version_sudo = ticket.sudo()._get_client_version(version_id)  # of the case that was checked
        if not version_sudo:
            raise NotFound()
        return serve_version(version_sudo, download)

    @http.route(
        "/my/ticket/<int:ticket_id>/attachment/<int:attachment_id>", type="http", auth="user", sitemap=False, methods=["GET"]
    )
    def portal_case_attachment(self, ticket_id, attachment_id, **_kwargs):
        """Give out a file of a message the client may read; files of internal notes are none."""
        ticket = get_case_or_404(ticket_id)
        attachment_sudo = ticket.sudo()._get_client_attachment(get_int(attachment_id))
        if not attachment_sudo:
            raise NotFound()
        stream = request.env["ir.binary"].sudo()._get_stream_from(attachment_sudo)  # of a message that was checked
        return secure_file(stream.get_response(as_attachment=True))

    @http.route("/crm_firm/document/<int:version_id>", type="http", auth="user", sitemap=False, methods=["GET"])
    def staff_document(self, version_id, download="", **_kwargs):
        """Give out a file to staff who may read its case; the trail notes it."""
        version = request.env["firm.document.version"].browse(get_int(version_id))
        if not request.env.user._is_internal() or not version:
            raise NotFound()
        try:
            version.check_access("read")
        except (AccessError, MissingError):
            raise NotFound() from None
        if not version.exists():
            raise NotFound()
        # Read access was checked above.
        return serve_version(version.sudo(), download)


def serve_version(version_sudo, download=""):
    """Answer with the file of a document and note it on the trail. The caller has checked the person's right."""
    is_inline = not download and version_sudo._is_shown_inline()
    version_sudo.request_id._trace("viewed" if is_inline else "downloaded", get_actor(), versions=version_sudo)
    # The version was found for the person.
    stream = request.env["ir.binary"].sudo()._get_stream_from(version_sudo.attachment_id, filename=version_sudo.name)
    return secure_file(stream.get_response(as_attachment=not is_inline))


def secure_file(response):
    """A file of somebody else runs nothing in our pages and stays in no shared cache."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
