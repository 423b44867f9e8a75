from odoo import api, fields, models


class MailBlacklist(models.Model):
    """Remember which withdrawal put an address on the list. Any other hand on the entry makes it that hand's."""

    _name = "mail.blacklist"
    _inherit = ["firm.guarded.fields", "mail.blacklist"]

    consent_id = fields.Many2one(
        "firm.consent",
        string="Withdrawal",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The withdrawn consent that put the address here; granting it again removes the address. Empty: it was "
        "added by other means and stays.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)  # Odoo gives back those that exist
        entries.filtered("consent_id")._write_protected({"consent_id": False})
        return entries

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals and "consent_id" not in vals:
            self.filtered("consent_id")._write_protected({"consent_id": False})
        return result

    def _add(self, email, message=None):
        entry = super()._add(email, message=message)
        entry.filtered("consent_id")._write_protected({"consent_id": False})
        return entry
