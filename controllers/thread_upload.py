from odoo import http
from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.exceptions import UserError
from odoo.http import request

from ..models.access.crm_lead_access import GUARDED
from ..models.documents.firm_document_request import check_files
from ..tools.uploaded_file import clean_name, get_extension


class ThreadUpload(AttachmentController):
    """Odoo's upload of files for a chatter, which takes anything of any size and name from clients too."""

    @http.route()
    def mail_attachment_upload(self, ufile, thread_id, thread_model, is_pending=False, **kwargs):
        """Hold files of clients for cases to the rules of documents, and names of files on requests to those of names."""
        if not hasattr(ufile, "read"):  # a text in its place
            return request.make_json_response({"error": request.env._("Choose a file.")})
        if thread_model in GUARDED:
            if request.env.user._is_internal():
                ufile.filename = clean_name(ufile.filename, get_extension(ufile.filename) or "file").removesuffix(".file")
            else:
                content = ufile.read()
                ufile.seek(0)
                try:
                    # the firm's settings
                    checked = check_files(request.env, request.env.company.sudo(), [(ufile.filename, content)])
                except UserError as error:
                    return request.make_json_response({"error": str(error)})
                ufile.filename = checked[0][0]
        return super().mail_attachment_upload(ufile, thread_id, thread_model, is_pending=is_pending, **kwargs)
