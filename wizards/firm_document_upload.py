import base64

from odoo import fields, models
from odoo.exceptions import UserError


class FirmDocumentUpload(models.TransientModel):
    """Add a file that the client brought by other means, or publish one of the firm to the client."""

    _name = "firm.document.upload"
    _description = "Add a File"

    ticket_id = fields.Many2one("helpdesk.ticket", string="Case", required=True)
    request_id = fields.Many2one(
        "firm.document.request",
        string="For the Document",
        domain="[('ticket_id', '=', ticket_id), ('origin', '=', 'asked'), ('state', 'not in', ('validated', 'cancelled'))]",
        help="The request that the file answers.",
    )
    publish = fields.Boolean("Publish to the Client", help="The client sees the file in the client area.")
    name = fields.Char(help="What the client sees. Empty: the file name.")
    content = fields.Binary("File", required=True, attachment=False)
    filename = fields.Char()
    more = fields.Boolean("More Pages of the Current Version")

    def action_upload(self):
        """Keep the file.

        :raise UserError: the file is not taken, or it is here already
        """
        self.ensure_one()
        self.ticket_id.check_access("write")
        content, filename = base64.b64decode(self.content or b""), self.filename or ""
        actor = {"user_id": self.env.uid}
        if self.publish:
            self.ticket_id.publish_document(self.name or filename, filename, content)
        elif self.request_id:
            if self.request_id.ticket_id != self.ticket_id or self.request_id.origin != "asked":
                raise UserError(self.env._("This document belongs to another case."))
            result = self.request_id._take_files([(filename, content)], actor, more=self.more)
            if result["known"]:
                raise UserError(self.env._("“%s” has already been received: nothing was changed.", result["known"][0]))
        else:
            document_sudo = self.ticket_id._add_document(self.name or filename, "client", actor)
            document_sudo._take_files([(filename, content)], actor)
        return {"type": "ir.actions.act_window_close"}
