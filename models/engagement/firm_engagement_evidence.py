import hashlib
import json

from odoo import api, models
from odoo.exceptions import UserError

# Held by this module alone: a context that comes by RPC holds JSON values and can never equal it.
_WRITE_TOKEN = object()


class FirmEngagementEvidence(models.AbstractModel):
    """Rows that are added and never changed, by nobody and through no door, the superuser's included."""

    _name = "firm.engagement.evidence"
    _description = "Evidence of Engagement Letters"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("crm_firm_engagement_token") is not _WRITE_TOKEN:
            raise UserError(self.env._("Evidence of letters is recorded by what happens to them, never created directly."))
        return super().create(vals_list)

    def write(self, vals):
        if self and self.env.context.get("crm_firm_engagement_token") is not _WRITE_TOKEN:
            raise UserError(self.env._("What was sent and signed is evidence and cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was sent and signed is evidence and cannot be deleted."))

    @api.model
    def _add(self, vals_list):
        """Add rows, the only way they come into being. The callers have checked the right to what happens to the letter.

        :return: the new rows, elevated
        """
        rows_sudo = self.sudo().with_context(crm_firm_engagement_token=_WRITE_TOKEN).create(vals_list)
        return rows_sudo.with_context(crm_firm_engagement_token=None)

    @api.model
    def _to_canonical(self, value):
        """Return plain data as JSON that is the same for the same data: sorted keys, no spaces, UTF-8."""
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    @api.model
    def _from_canonical(self, text):
        """Return the dict that was kept as JSON, an empty one for what is none: somebody has changed it then."""
        try:
            value = json.loads(text or "{}")
        except ValueError:
            value = None
        return value if isinstance(value, dict) else {}

    @api.model
    def _digest(self, value):
        """Return the SHA-256 of bytes or of text as hexadecimal digits."""
        return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()
