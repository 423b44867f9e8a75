import base64

from odoo import fields, models


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
        content, filename = base64.b64decode(self.content or b""), self.filename or ""
        if self.publish:
            self.ticket_id.publish_document(self.name or filename, filename, content)
        else:
            self.ticket_id.receive_document(filename, content, self.request_id, self.name, self.more)
        return {"type": "ir.actions.act_window_close"}
