"""Consent is evidence (GDPR art. 7.1: the controller must be able to demonstrate it), so it is only ever added to."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

PURPOSES = [
    ("handling", "Handling of the request"),
    ("commercial", "Future commercial communication"),
]

# Held by this module alone: a context that comes by RPC holds JSON values and can never equal it.
_WRITE_TOKEN = object()


class FirmConsent(models.Model):
    _name = "firm.consent"
    _description = "Consent"
    _order = "date desc, id desc"
    _rec_name = "person_name"

    # Whose: the links may go, the person's data as given at the time stays
    partner_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null", ondelete="set null")
    lead_id = fields.Many2one("crm.lead", readonly=True, index="btree_not_null", ondelete="set null")
    ticket_id = fields.Many2one("helpdesk.ticket", string="Case", readonly=True, index="btree_not_null", ondelete="set null")
    origin = fields.Char(readonly=True, help="The request it was given with, kept when the request itself is deleted.")
    person_name = fields.Char("Name", readonly=True)
    email = fields.Char(readonly=True)
    email_normalized = fields.Char(readonly=True, index="btree_not_null")
    phone = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")

    # What
    purpose = fields.Selection(PURPOSES, required=True, readonly=True, index=True)
    state = fields.Selection([("granted", "Granted"), ("withdrawn", "Not granted or withdrawn")], required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    wording = fields.Text(readonly=True, help="The exact text shown or read to the person.")
    wording_version = fields.Char(readonly=True)

    # How it can be demonstrated
    channel_id = fields.Many2one("helpdesk.ticket.channel", readonly=True, ondelete="restrict")
    recorded_by_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    ip_address = fields.Char("IP Address", readonly=True)
    page_url = fields.Char("Page", readonly=True)
    message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null", index="btree_not_null")
    note = fields.Text("Evidence", readonly=True)
    put_on_blacklist = fields.Boolean(
        readonly=True,
        help="This withdrawal or an earlier one put the address on the mail blacklist; a new consent removes it.",
    )

    # === CRUD: one door in, none out === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse everybody but `_record`: an entry typed or imported by hand would prove nothing."""
        if self.env.context.get("crm_firm_consent_token") is not _WRITE_TOKEN:
            raise UserError(self.env._("Consents are recorded from the lead, the case or the contact, never created directly."))
        return super().create(vals_list)

    def write(self, vals):
        """Refuse everybody: what was said stays as it was said."""
        if self and self.env.context.get("crm_firm_consent_token") is not _WRITE_TOKEN:
            raise UserError(self.env._("Consents are evidence and cannot be changed. Record a new one: the latest one applies."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Consents are evidence and cannot be deleted. Record a withdrawal instead."))

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, vals_list):
        """Add entries, the only way they come into being, and carry out what they mean for mailings.

        :param vals_list: list of values of `firm.consent`
        :return: the new `firm.consent`
        """
        # Nobody has the right to create: the callers have checked access to the record the consent belongs to.
        consents_sudo = self.sudo().with_context(crm_firm_consent_token=_WRITE_TOKEN).create(vals_list)
        for consent_sudo in consents_sudo.filtered(lambda consent: consent.purpose == "commercial"):
            consent_sudo._apply_to_blacklist()
        return consents_sudo.with_context(crm_firm_consent_token=None).sudo(self.env.su)

    def _move(self, values):
        """Link entries to another record (leads merged, a contact made from a lead). Their content stays.

        :param dict values: `lead_id`, `ticket_id` and / or `partner_id`
        """
        allowed = {"lead_id", "ticket_id", "partner_id"}
        if set(values) - allowed:
            raise ValueError(f"Only links can be moved, not {sorted(set(values) - allowed)}")
        # The callers have checked access to both records; nobody may write entries directly.
        self.sudo().with_context(crm_firm_consent_token=_WRITE_TOKEN).write(values)
        for fname in values:
            self.sudo()[fname]._carry_opt_out()

    def _apply_to_blacklist(self):
        """Put the address on Odoo's mail blacklist on withdrawal; take it off on grant if a withdrawal had put it there.

        Each company has its own answer, the blacklist serves all of them: it holds the address while one answer in
        force says no.
        """
        self.ensure_one()
        if not self.email_normalized:
            return
        # Of the address, and of the person by whatever address.
        who = Domain("email_normalized", "=", self.email_normalized)
        if self.partner_id:
            who |= Domain("partner_id", "=", self.partner_id.id)
        answers = self.search(who & Domain("purpose", "=", "commercial"))
        in_force = {}
        for answer in answers:  # newest first
            in_force.setdefault(answer.company_id, answer)
        if in_force[self.company_id] != self:
            return  # recorded late: a newer answer counts
        Blacklist = self.env["mail.blacklist"]
        entry = Blacklist.search([("email", "=", self.email_normalized)], limit=1)
        if self.state == "withdrawn":
            self._put_on_blacklist(self.email_normalized)
        elif entry.consent_id:
            still_withdrawn = next((answer for answer in in_force.values() if answer.state == "withdrawn"), None)
            if still_withdrawn:
                entry.consent_id = still_withdrawn
            else:
                Blacklist._remove(self.email_normalized, message=self.env._("Commercial consent granted again."))

    def _put_on_blacklist(self, address):
        """Keep mailings off an address because of this withdrawal. Who is on the list by another hand stays that hand's.

        :param str address: normalized
        """
        self.ensure_one()
        # A withdrawal is carried out whoever has caused it.
        Blacklist = self.env["mail.blacklist"].sudo()
        entry = Blacklist.search([("email", "=", address)], limit=1)
        if not entry:
            entry = Blacklist._add(address, message=self.env._("Commercial consent withdrawn."))
            entry.consent_id = self
        is_ours = bool(entry.consent_id)
        if self.put_on_blacklist != is_ours:
            self.sudo().with_context(crm_firm_consent_token=_WRITE_TOKEN).put_on_blacklist = is_ours
