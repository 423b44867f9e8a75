import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import NO_ACCESS
from odoo.tools import hmac

# How long the secret before goes on working, so that the other side can be changed without a gap
OVERLAP = timedelta(days=7)


class FirmIntakeSecrets(models.AbstractModel):
    """What a source proves itself with. Nobody reads it: a secret of ours is shown once, one of theirs is only ever typed."""

    _name = "firm.intake.secrets"
    _description = "Secrets of a Source"

    secret = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    secret_before = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    secret_changed_on = fields.Datetime("Secret Since", readonly=True, copy=False)
    token = fields.Char(readonly=True, copy=False, groups=NO_ACCESS)
    token_changed_on = fields.Datetime("Access Token Since", readonly=True, copy=False)

    typed_secret = fields.Char(
        "Secret of the App",
        compute="_compute_typed",
        inverse="_inverse_typed_secret",
        help="The network signs its messages with it. It is stored and never shown again.",
    )
    typed_token = fields.Char(
        "Access Token",
        compute="_compute_typed",
        inverse="_inverse_typed_token",
        help="With it the answers of a form are fetched. It is stored and never shown again.",
    )
    verify_token = fields.Char(
        compute="_compute_verify_token",
        groups="sales_team.group_sale_manager",
        help="Paste it beside the address: the network shows it when it looks whether the address is ours.",
    )

    def _compute_typed(self):
        self.typed_secret = self.typed_token = False

    def _inverse_typed_secret(self):
        for source in self.filtered("typed_secret"):
            source._set_secret(source.typed_secret.strip())
            source.typed_secret = False

    def _inverse_typed_token(self):
        for source in self.filtered("typed_token"):
            # The caller writes on the source, which is the permission; nobody reads what is written.
            source.sudo().write({"token": source.typed_token.strip(), "token_changed_on": fields.Datetime.now()})
            source.typed_token = False
            source._retry_failed()  # what waited for it

    @api.depends("key")
    def _compute_verify_token(self):
        for source in self:
            source.verify_token = hmac(self.env(su=True), "crm_firm.intake.verify", source.key or "")[:32]

    def _set_secret(self, secret):
        """Change the secret; the one before goes on working for `OVERLAP`."""
        self.ensure_one()
        source_sudo = self.sudo()  # the caller may write on the source; nobody reads its secrets
        source_sudo.write(
            {"secret": secret, "secret_before": source_sudo.secret, "secret_changed_on": fields.Datetime.now()},
        )

    def action_make_secret(self):
        """Make a new secret and show it, once.

        :return: action of the dialog that shows it
        :raise AccessError: the user may not write on the source
        """
        self.ensure_one()
        self.check_access("write")
        secret = secrets.token_urlsafe(32)
        self._set_secret(secret)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Secret of “%s”", self.name),
            "res_model": "firm.intake.secret",
            "view_mode": "form",
            "target": "new",
            "context": {"default_source_id": self.id, "default_secret": secret},
        }

    def action_forget_secret_before(self):
        """End the secret before at once: it has become known.

        :raise AccessError: the user may not write on the source
        """
        self.check_access("write")
        self.sudo().secret_before = False  # checked
        return True

    def _get_secrets(self):
        """Return the secrets that count now, elevated."""
        self.ensure_one()
        source_sudo = self.sudo()  # a stranger's message is checked
        is_overlapping = source_sudo.secret_changed_on and source_sudo.secret_changed_on > fields.Datetime.now() - OVERLAP
        return list(filter(None, [source_sudo.secret, is_overlapping and source_sudo.secret_before]))
