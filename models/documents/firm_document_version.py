from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ...tools.uploaded_file import SHOWN_INLINE


class FirmDocumentVersion(models.Model):
    """One file of a document. Files that came together share the number of their version; none is ever replaced.

    The content is an attachment of this record, not of the case: no list of the case's attachments shows it, and
    `ir.attachment` gives it to nobody. It leaves by our routes, which write down who took it.
    """

    _name = "firm.document.version"
    _description = "File of a Document"
    _order = "number desc, id desc"

    request_id = fields.Many2one(
        "firm.document.request", string="Document", required=True, readonly=True, ondelete="cascade", index=True
    )
    ticket_id = fields.Many2one(related="request_id.ticket_id", store=True, index=True)
    company_id = fields.Many2one(related="request_id.company_id", store=True)
    number = fields.Integer("Version", required=True, readonly=True, aggregator=None)
    is_current = fields.Boolean("Current", compute="_compute_is_current")
    name = fields.Char("File", required=True, readonly=True)
    attachment_id = fields.Many2one("ir.attachment", readonly=True, ondelete="restrict", groups="base.group_system")
    mimetype = fields.Char("Type", readonly=True)
    size = fields.Integer("Size (bytes)", readonly=True, aggregator=None)
    checksum = fields.Char("Checksum (SHA-256)", readonly=True)
    uploaded_on = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    uploaded_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", help="Empty: through the e-mail link.")
    by_link = fields.Boolean("By the Link of the E-mail", readonly=True)

    _content_uniq = models.UniqueIndex("(request_id, checksum)", "This file has already been received.")

    @api.depends("number", "request_id.version_number")
    def _compute_is_current(self):
        for version in self:
            version.is_current = version.number == version.request_id.version_number

    @api.model
    def _store(self, vals_list, contents):
        """Keep files. The caller has checked them and the right to add to the document.

        :param vals_list: list of values
        :param contents: list of bytes, in the same order
        :return: the new records, elevated
        """
        versions_sudo = self.sudo().create(vals_list)
        # The bytes stay as they were sent: the checksum says so, and a photo of an invoice may be evidence.
        attachments_sudo = (
            self.env["ir.attachment"]
            .sudo()
            .with_context(image_no_postprocess=True)
            .create(
                [
                    {
                        "name": version.name,
                        "raw": content,
                        "mimetype": version.mimetype,
                        "res_model": self._name,
                        "res_id": version.id,
                    }
                    for version, content in zip(versions_sudo, contents, strict=True)
                ]
            )
        )
        for version_sudo, attachment_sudo in zip(versions_sudo, attachments_sudo, strict=True):
            version_sudo.attachment_id = attachment_sudo
        return versions_sudo

    def _is_shown_inline(self):
        return self.mimetype in SHOWN_INLINE

    def _get_size_text(self):
        """Return the size as people read it, in the reader's language: bytes are whole ones, what is larger has one decimal."""
        size, units = self.size, ["bytes", "KB", "MB", "GB"]
        while size >= 1024 and len(units) > 1:
            size, units = size / 1024, units[1:]
        return f"{formatLang(self.env, size, digits=1 if units[0] != 'bytes' else 0)} {units[0]}"

    def action_download(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/crm_firm/document/{self.id}?download=1", "target": "download"}

    def action_view(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": f"/crm_firm/document/{self.id}", "target": "new"}

    def write(self, vals):
        if not self.env.su:
            raise UserError(self.env._("Received files cannot be changed. Upload a new version instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Received files are kept, so no version is lost."))
