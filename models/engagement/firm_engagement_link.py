import secrets
from datetime import timedelta

from odoo import api, fields, models

DEVICE_TIME = timedelta(hours=1)
# After the last signature: longer than a consumer may withdraw. What remains is the copy that everybody was sent.
SIGNED_TIME = timedelta(days=30)


class FirmEngagementLink(models.Model):
    """A link to a letter that somebody was sent. Only the hash is kept: who reads the database cannot sign."""

    _name = "firm.engagement.link"
    _description = "Link to an Engagement Letter"
    _rec_name = "id"

    signer_id = fields.Many2one("firm.engagement.signer", required=True, readonly=True, ondelete="cascade", index=True)
    token_hash = fields.Char(required=True, readonly=True)

    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="cascade", help="Who opened the page on a device of the firm. Empty: sent by e-mail."
    )
    expires_on = fields.Datetime(readonly=True)

    _token_uniq = models.UniqueIndex("(token_hash)", "This link exists already.")

    @api.model
    def _make(self, signer, user=None):
        """Return the address of a new page for a signer; those sent before go on working.

        :param user: `res.users` who opens it for the signer on a device of the firm, for one hour
        """
        token = secrets.token_urlsafe(32)
        values = {"signer_id": signer.id, "token_hash": self._hash(token)}
        if user:
            values |= {"user_id": user.id, "expires_on": fields.Datetime.now() + DEVICE_TIME}
        # Links have no door: the caller has checked the right to send the letter.
        self.sudo().create(values)
        return f"{signer.get_base_url()}/engagement/{token}"

    @api.model
    def _find(self, token):
        """Return the link of a token, elevated; none when it is none of ours, or no longer."""
        link_sudo = self.sudo().search([("token_hash", "=", self._hash(token))], limit=1)  # the link is the permission
        return link_sudo.filtered(lambda link: link._is_alive())

    def _is_alive(self):
        now, signed_on = fields.Datetime.now(), self.signer_id.letter_id.signed_on
        return (not self.expires_on or self.expires_on > now) and (not signed_on or signed_on + SIGNED_TIME > now)

    @api.model
    def _find_signer(self, token):
        """Return the signer whose link it is, elevated; nobody when it is none, or no longer."""
        return self._find(token).signer_id

    @api.model
    def _hash(self, token):
        return self.env["firm.engagement.evidence"]._digest(str(token))
