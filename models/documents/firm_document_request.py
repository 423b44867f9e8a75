import secrets
from contextlib import suppress
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.rpc_input import get_text

_SCOPE = "crm_firm.document_link"
MAX_NAME = 200
MAX_REASON = 2000

STATES = [
    ("requested", "Requested"),
    ("received", "Received"),
    ("validated", "Validated"),
    ("rejected", "Rejected"),
    ("cancelled", "Cancelled"),
]
# The client is to send something
AWAITED = ("requested", "rejected")


class FirmDocumentRequest(models.Model):
    """One document of a case: asked of the client, sent by the client unasked, or published by the firm."""

    _name = "firm.document.request"
    _description = "Document of a Case"
    _inherit = ["firm.guarded.fields", "firm.document.files", "firm.document.mails", "firm.signed.link"]
    _order = "due_date, id"

    ticket_id = fields.Many2one("helpdesk.ticket", string="Case", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    user_id = fields.Many2one(related="ticket_id.user_id", string="In Charge of the Case", groups="base.group_user")
    origin = fields.Selection(
        [("asked", "Requested from the client"), ("client", "Sent by the client"), ("firm", "Published by the firm")],
        required=True,
        readonly=True,
        default="asked",
    )
    name = fields.Char("Document", required=True)
    note = fields.Text("Note for the Client")
    partner_id = fields.Many2one(
        "res.partner", string="For", help="Who sends or gets it: the client's contact of the case, or another."
    )
    due_date = fields.Date("Due")
    requested_by_id = fields.Many2one("res.users", string="Requested by", readonly=True, ondelete="restrict")
    requested_on = fields.Datetime("Requested on", default=fields.Datetime.now, readonly=True)
    state = fields.Selection(STATES, required=True, readonly=True, default="requested", index=True)
    reason = fields.Char(readonly=True, help="Why it was rejected, cancelled or opened again.")
    reviewed_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    reviewed_on = fields.Datetime(readonly=True)
    is_late = fields.Boolean("Late", compute="_compute_is_late", search="_search_is_late")

    # Files
    version_ids = fields.One2many("firm.document.version", "request_id", string="Files", readonly=True)
    version_number = fields.Integer("Current Version", readonly=True, aggregator=None)
    current_version_ids = fields.One2many("firm.document.version", compute="_compute_current_version_ids", string="Current Files")
    event_ids = fields.One2many("firm.document.event", "request_id", string="History", readonly=True)

    # The link of the e-mail
    link_nonce = fields.Char(copy=False, readonly=True, groups="base.group_system")
    link_expires_on = fields.Datetime("Link Valid Until", copy=False, readonly=True)
    upload_url = fields.Char(compute="_compute_upload_url", compute_sudo=True, groups="base.group_system")

    # Reminders
    reminded_on = fields.Date("Reminded on", readonly=True, copy=False)
    next_reminder_on = fields.Date(compute="_compute_next_reminder_on", store=True)

    _reminder_idx = models.Index("(next_reminder_on) WHERE next_reminder_on IS NOT NULL")

    @api.depends("due_date", "state")
    def _compute_is_late(self):
        for company, requests in self.grouped("company_id").items():
            today = company._get_crm_firm_today() if company else fields.Date.context_today(self)
            for request in requests:
                request.is_late = bool(request.state in AWAITED and request.due_date and request.due_date < today)

    def _search_is_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "in", AWAITED) & self._get_day_domain("due_date", "<")

    @api.model
    def _get_day_domain(self, fname, operator):
        """Return a domain that compares a date with today, as each company has it."""
        # Of a few companies; which day it is where they are is no secret.
        companies_sudo = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
        return Domain.OR(
            Domain("company_id", "in", companies.ids) & Domain(fname, operator, today)
            for today, companies in companies_sudo.grouped(lambda company: company._get_crm_firm_today()).items()
        )

    @api.depends("version_ids", "version_number")
    def _compute_current_version_ids(self):
        for request in self:
            request.current_version_ids = request.version_ids.filtered(
                lambda version, number=request.version_number: version.number == number
            )

    @api.depends("link_nonce", "link_expires_on")
    def _compute_upload_url(self):
        for request in self:
            token = request._get_link_token()
            request.upload_url = f"{request.ticket_id.get_base_url()}/request/document/{token}" if token else False

    @api.depends("due_date", "state", "origin", "reminded_on", "requested_on", "company_id.crm_firm_document_reminders")
    def _compute_next_reminder_on(self):
        for request in self:
            request.next_reminder_on = request._get_next_reminder_day()

    def _get_next_reminder_day(self):
        self.ensure_one()
        if self.state not in AWAITED or self.origin != "asked" or not self.due_date:
            return False
        last = self.reminded_on or self.company_id._get_crm_firm_local_date(self.requested_on or fields.Datetime.now())
        days = []
        for offset in self.company_id.sudo()._get_crm_firm_document_reminders():
            with suppress(OverflowError):  # before or after all time
                days.append(self.due_date + timedelta(days=offset))
        return min((day for day in days if day > last), default=False)

    # === WRITING === #

    def write(self, vals):
        if not self.env.su:
            self._check_protected_fields(vals.keys())  # it says more than that a document is sealed
            if vals:
                self.check_access("write")  # whoever may not is told nothing else
                self._check_not_sealed()
            self._check_partner(vals.get("partner_id"))
        return super().write(vals)

    @api.model
    def _get_firm_doors(self):
        return {None: self.env._("Use the buttons, so the change is logged.")}

    def _check_not_sealed(self):
        if any(request.state in ("validated", "cancelled") for request in self.sudo()):  # a state, nothing read
            raise UserError(self.env._("Validated documents are locked: reopen them first."))

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        for request in requests:
            request._check_partner(request.partner_id.id)
        return requests

    def _check_partner(self, partner_id):
        if not partner_id:
            return
        # A link is mailed to this person: it has to be the client's.  The contact's own fields are not shown.
        client_sudo = self.env["res.partner"].sudo().browse(partner_id).commercial_partner_id
        for request in self.sudo():
            if request.ticket_id.partner_id and request.ticket_id.partner_id.commercial_partner_id != client_sudo:
                partner = self.env["res.partner"].browse(partner_id)
                partner.check_access("read")  # what is read elevated above would be shown to anybody
                raise UserError(self.env._("%s is not a contact of this client.", partner.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_nothing_received(self):
        # Files count, whoever may see them.
        if self.sudo().version_ids:
            raise UserError(self.env._("Received documents are kept. Cancel the request instead."))
        raise UserError(self.env._("Document requests stay on record. Cancel the request instead."))

    # === THE TRAIL === #

    def _trace(self, kind, actor=None, versions=None, **values):
        """Note down what happened to the documents.

        :param str kind: of `firm.document.event`
        :param dict actor: `user_id`, `by_link`, `ip_address`; None: the user
        :param versions: `firm.document.version` it is about
        """
        base = {"kind": kind} | (actor if actor is not None else {"user_id": self.env.uid}) | values
        # Nobody has the right to create rows: methods that have checked the right to act note down what they did.
        return (
            self.env["firm.document.event"]
            .sudo()
            .create(
                [base | {"request_id": version.request_id.id, "version_id": version.id} for version in versions]
                if versions
                else [base | {"request_id": request.id} for request in self]
            )
        )

    # === WHAT THE FIRM DOES === #

    def _check_may_act(self):
        """:raise AccessError: the user may not change the case"""
        self.ticket_id.check_access("write")

    def _get_reason(self, reason):
        reason = get_text(self.env, reason, self.env._("Reason"), MAX_REASON)
        if not reason:
            raise UserError(self.env._("Give a reason: the client and your colleagues will read it."))
        return reason

    def action_validate(self):
        """Accept what was received and seal it.

        :raise UserError: nothing was received
        """
        self._check_may_act()
        for request in self:
            if request.state != "received":
                raise UserError(self.env._("“%s” cannot be validated: nothing has been received for it.", request.name))
        now = fields.Datetime.now()
        # The right to change the case was checked.
        self.sudo().write({"state": "validated", "reason": False, "reviewed_by_id": self.env.uid, "reviewed_on": now})
        self._trace("validated")
        return True

    def reject(self, reason):
        """Tell the client that what was received is not what is needed.

        :param str reason: the client reads it
        :raise UserError: no reason, or nothing to reject
        """
        self._check_may_act()
        reason = self._get_reason(reason)
        for request in self:
            if request.state != "received" or request.origin == "firm":
                raise UserError(self.env._("“%s” cannot be rejected: it is not waiting for review.", request.name))
        now = fields.Datetime.now()
        # The right to change the case was checked.
        self.sudo().write({"state": "rejected", "reason": reason, "reviewed_by_id": self.env.uid, "reviewed_on": now})
        self._trace("rejected", note=reason)
        self._ask_client()

    def cancel(self, reason):
        """Ask no more for documents; what came of them is kept.

        :param str reason: for colleagues
        """
        self._check_may_act()
        reason = self._get_reason(reason)
        self._check_not_sealed()
        self.sudo().write({"state": "cancelled", "reason": reason, "link_nonce": False})  # the right was checked
        self._trace("cancelled", note=reason)
        self.ticket_id._on_documents_changed()

    def reopen(self, reason):
        """Break the seal of validated documents, or ask again for cancelled ones.

        :param str reason: kept on the trail
        """
        self._check_may_act()
        reason = self._get_reason(reason)
        for request in self.sudo():  # the right was checked
            if request.state not in ("validated", "cancelled"):
                raise UserError(self.env._("“%s” is open.", request.name))
            request.write({"state": "received" if request.version_ids else "requested", "reason": reason})
        self._trace("reopened", note=reason)

    def action_send_link(self):
        """Mail the client the links again."""
        self._check_may_act()
        if any(request.state not in AWAITED for request in self):
            raise UserError(self.env._("Only outstanding documents can be requested again."))
        self._ask_client()
        return self._get_notification(self.env._("The client will receive an e-mail with the link."))

    def action_revoke_link(self):
        """Make all links to the documents useless."""
        self._check_may_act()
        self.sudo().write({"link_nonce": False, "link_expires_on": False})  # the right was checked
        self._trace("link_revoked")
        return self._get_notification(self.env._("The links sent no longer work."))

    def _get_notification(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success", "next": {"type": "ir.actions.act_window_close"}},
        }

    # === THE LINK === #

    def _renew_link(self):
        """Give each document a link that works from now on, for the days of the setting. Links sent before go on working."""
        now = fields.Datetime.now()
        for request_sudo in self.sudo():  # the secret of the link is nobody's to read
            request_sudo.write(
                {
                    "link_nonce": request_sudo.link_nonce or secrets.token_urlsafe(16),
                    "link_expires_on": now + timedelta(days=request_sudo.company_id.crm_firm_document_link_days),
                }
            )

    def _get_link_token(self):
        """Return the signed token of the link in the e-mail: for this document only, good until it expires."""
        self.ensure_one()
        request_sudo = self.sudo()  # the secret of the link; the token only goes to the person
        return request_sudo._make_link_token(_SCOPE, request_sudo.link_nonce, request_sudo.link_expires_on)

    @api.model
    def _get_by_link_token(self, token):
        """Return the document a link belongs to, elevated; empty when the link is none of ours, expired or revoked.

        :param str token: from the address of the page
        """
        return self._find_by_link_token(_SCOPE, token, "link_nonce")
