from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .firm_engagement_sending import OPEN_STATES

COPIED = ("subject", "client_is_consumer", "concluded", "special_terms", "signing_order", "needs_code")
SCOPE, SIGNER = ("kind", "text", "sequence"), ("sequence", "name", "email", "vat", "capacity")


class FirmEngagementReplacement(models.AbstractModel):
    """A signed letter gives way to a later one: what changes in an engagement is agreed anew, and one letter is in force."""

    _name = "firm.engagement.replacement"
    _description = "Replacement of an Engagement Letter"

    replaces_id = fields.Many2one(
        "firm.engagement.letter",
        string="In Place Of",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="The signed letter that this one ends when all have signed it.",
    )

    def replace_letter(self):
        """Return the letter that is to take the place of a signed one: the one being prepared, or a new one that says the same.

        The signed letter is in force until all have signed the new one.

        :return: `firm.engagement.letter`
        :raise UserError: it is not signed, its opportunity is gone, or another letter of it waits
        :raise AccessError: the user may not write on the letter or on its opportunity
        """
        self.ensure_one()
        self.check_access("write")
        lead = self.lead_id
        lead.check_access("write")
        self._lock()
        # Nothing else changes this row: who waited for the lock begins again, and sees the letter the other one made.
        self.env.cr.execute("UPDATE firm_engagement_letter SET replaces_id = replaces_id WHERE id = %s", self.ids)
        if self.state != "signed" or not lead:
            raise UserError(self.env._("Only a signed letter of an opportunity gives way to a later one."))
        if waiting := lead.letter_ids.filtered(lambda letter: letter.state in ("draft", *OPEN_STATES))[:1]:
            if waiting.replaces_id == self:
                return waiting
            raise UserError(
                self.env._("The letter %s of this opportunity is not finished yet: finish or cancel it first.", waiting.name)
            )
        lang = self._get_lang()
        order = self.order_id.with_context(lang=lang).copy({"user_id": lead.user_id.id or self.env.uid})
        # Letters have one door each: the right to write on the letter and on its opportunity was checked.
        letter_sudo = self.sudo().with_context(lang=lang).create(self._prepare_replacement(lead, order))
        letter_sudo._take_due_clauses()
        letter_sudo.clause_ids |= self.clause_ids.filtered("active")
        letter_sudo._follow_services()
        letter_sudo._lock()
        note = self.env._("In place of the letter %s", self.name)
        self.env["firm.engagement.event"]._log(letter_sudo, "created", actor={"user_id": self.env.uid}, note=note)
        return letter_sudo.sudo(self.env.su).with_env(self.env)

    def _prepare_replacement(self, lead, order):
        values = lead._prepare_letter_values(order) | {fname: self[fname] for fname in COPIED}
        values |= {"replaces_id": self.id, "practice_area_id": self.practice_area_id.id}
        scopes = [
            {fname: scope[fname] for fname in SCOPE} | {"product_tmpl_id": scope.product_tmpl_id.id} for scope in self.scope_ids
        ]
        signers = [{fname: signer[fname] for fname in SIGNER} for signer in self.signer_ids]
        return values | {
            "scope_ids": [Command.create(scope) for scope in scopes],
            "signer_ids": [Command.create(signer) for signer in signers],
        }

    def action_replace(self):
        """Open the letter that is to take the place of this one."""
        return self.replace_letter()._get_form_action()

    def _end_replaced(self):
        """The letter is signed by all: the one it replaces is in force no more. The caller holds the lock."""
        if not self.replaces_id:
            return
        replaced = self.replaces_id
        replaced._lock()
        if replaced.state != "signed":  # withdrawn meanwhile
            return
        replaced.write({"state": "superseded", "awaits_identification": False})
        self.env["firm.engagement.event"]._log(replaced, "superseded", note=self.name)
        if replaced.order_id.state != "sale":  # of work that waited for an identification nothing was begun
            replaced._cancel_order()
