from odoo import api, models
from odoo.tools import hash_sign, verify_hash_signed

from ..tools.rpc_input import MAX_ID


class FirmSignedLink(models.AbstractModel):
    """The link of an e-mail to a page without login: signed for one record, good until it expires or its secret changes."""

    _name = "firm.signed.link"
    _description = "Signed Link"

    def _make_link_token(self, scope, secret, expires_on):
        """Return the signed token of the link to the record; False when there is no secret, or no day it is good until.

        :param str scope: of the page: a token of another page is none
        :param str secret: what the record keeps, and nobody reads
        :param datetime expires_on: naive UTC
        """
        self.ensure_one()
        if not secret or not expires_on:
            return False
        return hash_sign(self.env(su=True), scope, [self.id, secret], expiration=expires_on)  # the key is the database's

    @api.model
    def _find_by_link_token(self, scope, token, secret_field):
        """Return the record a link belongs to, elevated; an empty recordset when it is none of ours, expired or revoked.

        :param str token: from the address of the page
        :param str secret_field: where the record keeps its secret
        """
        try:
            values = verify_hash_signed(self.env(su=True), scope, token)
        except Exception:
            values = None
        if not isinstance(values, list) or len(values) != 2 or not isinstance(values[0], int) or not 0 < values[0] <= MAX_ID:
            return self.browse()
        # The signature proves that the firm made the link for this record.
        record_sudo = self.sudo().browse(values[0]).exists()
        return record_sudo if record_sudo[secret_field] and record_sudo[secret_field] == values[1] else self.browse()
