from odoo import http
from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.exceptions import UserError
from odoo.http import request

from ..models.access.crm_lead_access import GUARDED
from .tools import get_int


class ThreadUpload(AttachmentController):
    """Odoo's upload of files for a chatter, which takes anything of any size and name from clients too."""

    @http.route()
    def mail_attachment_upload(self, ufile, thread_id, thread_model, is_pending=False, **kwargs):
        """Hold files for cases and requests to the rules of documents, see `firm.guarded.files`."""
        if not hasattr(ufile, "read"):  # a text in its place
            return request.make_json_response({"error": request.env._("Choose a file.")})
        if thread_model in GUARDED:
            content = ufile.read()
            ufile.seek(0)
            record_sudo = request.env[thread_model].sudo().browse(get_int(thread_id)).exists()  # open to the user? asked below
            try:
                ((ufile.filename, _content, _type),) = record_sudo._check_files_sent([(ufile.filename, content)])
            except UserError as error:
                return request.make_json_response({"error": str(error)})
        return super().mail_attachment_upload(ufile, thread_id, thread_model, is_pending=is_pending, **kwargs)
