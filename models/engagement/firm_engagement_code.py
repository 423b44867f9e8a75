import secrets
from datetime import timedelta

from odoo import api, fields, models

DIGITS = 6
LIFETIME = timedelta(minutes=15)
MOST_TRIES = 5


class FirmEngagementCode(models.Model):
    """A code that a colleague reads to a signer by telephone: whoever has got hold of the e-mail alone signs nothing.

    Only a slow, salted hash is kept, so that whoever reads the database does not find six digits by trying them all.
    """

    _name = "firm.engagement.code"
    _description = "Code Read to a Signer"
    _rec_name = "id"

    signer_id = fields.Many2one("firm.engagement.signer", required=True, readonly=True, ondelete="cascade", index=True)
    user_id = fields.Many2one("res.users", string="Read Out By", required=True, readonly=True, ondelete="cascade")
    code_hash = fields.Char(required=True, readonly=True)
    expires_on = fields.Datetime(required=True, readonly=True)
    tries = fields.Integer(readonly=True)
    is_confirmed = fields.Boolean(readonly=True, help="The signer has typed it.")

    _signer_uniq = models.UniqueIndex("(signer_id)", "There is one code of a signer at a time.")

    @api.model
    def _make(self, signer):
        """Return a new code for a signer, the only time that it is known; an earlier one no longer works."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        codes_sudo = self.sudo()  # codes have no door: the caller has checked the right to send the letter
        codes_sudo._forget(signer)
        codes_sudo.create(
            {
                "signer_id": signer.id,
                "user_id": self.env.uid,
                "code_hash": self._get_hashing().hash(code),
                "expires_on": fields.Datetime.now() + LIFETIME,
            }
        )
        return code

    @api.model
    def _find(self, signers):
        """Return the codes of signers that are not over, elevated."""
        due = [("signer_id", "in", signers.ids), ("expires_on", ">", fields.Datetime.now())]
        return self.sudo().search(due)  # the caller acts for the signers

    @api.model
    def _forget(self, signers):
        self.sudo().search([("signer_id", "in", signers.ids)]).unlink()  # as above

    def _try(self, typed):
        """Compare what a signer has typed, and count it. The caller holds the lock of the letter.

        :return: whether it was a wrong one; what is typed too often is not looked at
        """
        self.ensure_one()
        if self.is_confirmed or self.tries >= MOST_TRIES:
            return False
        self.tries += 1
        digits = "".join(filter(str.isdecimal, str(typed)))[: DIGITS + 1]
        self.is_confirmed = self._get_hashing().verify(digits, self.code_hash)
        return not self.is_confirmed

    @api.model
    def _get_hashing(self):
        return self.env["res.users"].sudo()._crypt_context()  # as Odoo hashes passwords
