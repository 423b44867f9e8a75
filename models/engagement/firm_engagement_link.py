import secrets

from odoo import api, fields, models


class FirmEngagementLink(models.Model):
    """A link to a letter that somebody was sent. Only the hash is kept: who reads the database cannot sign."""

    _name = "firm.engagement.link"
    _description = "Link to an Engagement Letter"
    _rec_name = "id"

    signer_id = fields.Many2one("firm.engagement.signer", required=True, readonly=True, ondelete="cascade", index=True)
    token_hash = fields.Char(required=True, readonly=True)

    _token_uniq = models.UniqueIndex("(token_hash)", "This link exists already.")

    @api.model
    def _make(self, signer):
        """Return the address of a new page for a signer; those sent before go on working."""
        token = secrets.token_urlsafe(32)
        # Links have no door: the caller has checked the right to send the letter.
        self.sudo().create({"signer_id": signer.id, "token_hash": self._hash(token)})
        return f"{signer.get_base_url()}/engagement/{token}"

    @api.model
    def _find_signer(self, token):
        """Return the signer whose link it is, elevated; nobody when it is none, or no longer."""
        link_sudo = self.sudo().search([("token_hash", "=", self._hash(token))], limit=1)  # the link is the permission
        return link_sudo.signer_id

    @api.model
    def _hash(self, token):
        return self.env["firm.engagement.evidence"]._digest(str(token))
