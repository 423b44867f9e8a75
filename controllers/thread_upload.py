from odoo import http
from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.exceptions import UserError
from odoo.http import request

from ..models.access.crm_lead_access import GUARDED
from ..tools.uploaded_file import check_files
from .tools import get_int


class ThreadUpload(AttachmentController):
    """Odoo's upload of files for a chatter, which takes anything of any size and name from clients too."""

    @http.route()
    def mail_attachment_upload(self, ufile, thread_id, thread_model, is_pending=False, **kwargs):
        """Hold files for cases and requests to the rules of documents: what a file is inside decides, and what it is called
        then. Clients send the types and sizes that the firm of the case takes, colleagues every type that is known.
        """
        if not hasattr(ufile, "read"):  # a text in its place
            return request.make_json_response({"error": request.env._("Choose a file.")})
        if thread_model in GUARDED:
            content = ufile.read()
            ufile.seek(0)
            # Settings of the firm whose case it is; whether it is open to the user is asked below.
            company_sudo = request.env[thread_model].sudo().browse(get_int(thread_id)).exists().company_id
            try:
                ((ufile.filename, _content, _type),) = check_files(
                    request.env,
                    company_sudo or request.env.company.sudo(),
                    [(ufile.filename, content)],
                    of_staff=request.env.user._is_internal(),
                )
            except UserError as error:
                return request.make_json_response({"error": str(error)})
        return super().mail_attachment_upload(ufile, thread_id, thread_model, is_pending=is_pending, **kwargs)
