from odoo import http
from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.exceptions import UserError
from odoo.http import request

from ..models.documents.firm_document_request import check_files


class ThreadUpload(AttachmentController):
    """Odoo's upload of files for a chatter, which takes anything of any size from clients too."""

    @http.route()
    def mail_attachment_upload(self, ufile, thread_id, thread_model, is_pending=False, **kwargs):
        """Hold files of clients for cases to the rules of documents."""
        if thread_model == "helpdesk.ticket" and not request.env.user._is_internal():
            content = ufile.read()
            ufile.seek(0)
            try:
                check_files(request.env, request.env.company.sudo(), [(ufile.filename, content)])  # the firm's settings
            except UserError as error:
                return request.make_json_response({"error": str(error)})
        return super().mail_attachment_upload(ufile, thread_id, thread_model, is_pending=is_pending, **kwargs)
