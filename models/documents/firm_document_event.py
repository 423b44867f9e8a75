from odoo import api, fields, models
from odoo.exceptions import UserError

KINDS = [
    ("requested", "Requested"),
    ("reminded", "Reminded"),
    ("uploaded", "Uploaded"),
    ("viewed", "Viewed"),
    ("downloaded", "Downloaded"),
    ("validated", "Validated"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
    ("reopened", "Reopened"),
    ("published", "Published"),
    ("link_revoked", "Link revoked"),
    ("failed", "E-mail could not be created"),
]


class FirmDocumentEvent(models.Model):
    """The trail of a document: who did what with it, looking at it included. Rows are added and never changed."""

    _name = "firm.document.event"
    _description = "Document History"
    _order = "id desc"
    _rec_name = "kind"

    request_id = fields.Many2one(
        "firm.document.request", string="Document", required=True, readonly=True, ondelete="cascade", index=True
    )
    version_id = fields.Many2one(
        "firm.document.version", string="File", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date = fields.Datetime(default=fields.Datetime.now, required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", help="Empty: a scheduled job, or a person with a link."
    )
    by_link = fields.Boolean("By the Link of an E-mail", readonly=True)
    ip_address = fields.Char("IP Address", readonly=True)
    note = fields.Char(readonly=True)
    key = fields.Char(readonly=True, help="Something that can happen only once, such as the reminder of a given day.")

    _once_uniq = models.UniqueIndex("(request_id, key) WHERE key IS NOT NULL", "This has already been logged.")

    def write(self, vals):
        if self:
            raise UserError(self.env._("The history of a document is evidence and cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of a document is evidence and cannot be deleted."))
