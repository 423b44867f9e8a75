import logging
import secrets
from contextlib import suppress
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.rpc_input import get_text
from ...tools.uploaded_file import TYPES, clean_name, get_checksum, get_media_type, get_type

_logger = logging.getLogger(__name__)

_SCOPE = "crm_firm.document_link"
BATCH = 200
MOST_FILES = 20  # of one upload
MOST_FILES_OF_CASE = 1000
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
    _inherit = ["firm.guarded.fields", "firm.signed.link"]
    _order = "due_date, id"

    ticket_id = fields.Many2one("helpdesk.ticket", string="Case", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
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
                partner = self.env["res.partner"].browse(partner_id)  # named to who may read it
                raise UserError(self.env._("%s is not a contact of this client.", partner.display_name))

    @api.ondelete(at_uninstall=False)
    def _unlink_if_nothing_received(self):
        if self.env.context.get("crm_firm_erase"):
            return
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

    def action_open_case(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "helpdesk.ticket",
            "res_id": self.ticket_id.id,
            "view_mode": "form",
        }

    # === FILES === #

    def _take_files(self, files, actor, more=False):
        """Keep files as a new version of the document: all of them, or none with a message.

        The caller has checked that the sender may: by access to the case, or by the link.

        :param files: list of `(name, content)`, content bytes
        :param dict actor: who sends, see `_trace`
        :param bool more: pages that belong to the current version
        :return: dict `stored` and `known`: names of files kept, and of those that were here already
        :raise UserError: a file that is not taken, or a document that is sealed
        """
        self.ensure_one()
        request_sudo = self.sudo()
        # Of two uploads at once the second waits, and is tried again with what the first has stored.
        self.env.execute_query(SQL("SELECT 1 FROM firm_document_request WHERE id = %s FOR UPDATE", request_sudo.id))
        request_sudo.invalidate_recordset()
        request_sudo._check_takes_files()
        checked = request_sudo._check_files(files)
        known = {version.checksum for version in request_sudo.version_ids}
        new, told, contents = [], [], []
        is_more = more and request_sudo.state == "received" and request_sudo.version_number
        number = request_sudo.version_number + (0 if is_more else 1)
        for name, content, extension in checked:
            checksum = get_checksum(content)
            if checksum in known:
                told.append(name)
                continue
            known.add(checksum)
            new.append(
                {
                    "request_id": request_sudo.id,
                    "number": number,
                    "name": name,
                    "mimetype": TYPES[extension][0],
                    "size": len(content),
                    "checksum": checksum,
                    "uploaded_by_id": actor.get("user_id"),
                    "by_link": actor.get("by_link", False),
                }
            )
            contents.append(content)
        if new:
            versions_sudo = self.env["firm.document.version"]._store(new, contents)
            request_sudo.write({"version_number": number, "state": "received", "reason": False})
            request_sudo._trace("uploaded", actor, versions=versions_sudo)
            request_sudo.ticket_id._on_documents_received(request_sudo, versions_sudo)
        return {"stored": [values["name"] for values in new], "known": told}

    def _check_takes_files(self):
        self.ticket_id._check_takes_documents()
        if self.state == "validated":
            raise UserError(self.env._("“%s” has already been accepted. Write to us if it has to be replaced.", self.name))
        if self.state == "cancelled":
            raise UserError(self.env._("“%s” is no longer needed.", self.name))

    def _check_files(self, files):
        """Return the files that were sent as a list of `(clean name, content, type)`.

        :raise UserError: what is wrong with each of them
        """
        company_sudo = self.company_id.sudo()  # settings of the firm, whoever sends
        return check_files(self.env, company_sudo, files, len(self.ticket_id.sudo().document_request_ids.version_ids))

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

    # === E-MAILS === #

    def _ask_client(self, template_xmlid="crm_firm.mail_template_document_request"):
        """Write one e-mail to each person who is to send something, with a link for each document.

        Odoo's mail queue sends it after the transaction.
        """
        self._renew_link()
        template_sudo = self.env.ref(template_xmlid, raise_if_not_found=False)
        if not template_sudo:  # deleted by the firm: it asks by other means
            return
        template_sudo = template_sudo.sudo()  # a setting, whoever asks
        for (ticket, partner), requests in (
            self.sudo().grouped(lambda request: (request.ticket_id, request._get_recipient())).items()
        ):
            email = partner.email or (not partner and ticket.partner_email)
            if not email:
                requests._trace("failed", note=self.env._("The client has no e-mail address."))
                continue
            values = {"recipient_ids": [(4, partner.id)]} if partner else {"email_to": email}
            reply_to = ticket._notify_get_reply_to().get(ticket.id)
            if reply_to:
                values["reply_to"] = reply_to
            lang = partner.lang or (ticket.company_id or self.env.company)._get_crm_firm_lang()
            template_sudo.with_context(crm_firm_document_ids=requests.ids, crm_firm_lang=lang).send_mail(
                ticket.id, email_values=values
            )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # whoever asks may wake the job

    def _get_recipient(self):
        return self.partner_id or self.ticket_id.partner_id

    # === REMINDERS (the scheduled job) === #

    @api.model
    def _get_reminder_domain(self):
        return (
            self._get_day_domain("next_reminder_on", "<=")
            & Domain("ticket_id.active", "=", True)
            & Domain("ticket_id.stage_id.closed", "=", False)
        )

    @api.model
    def _cron_remind(self):
        """Remind clients of what is due: one e-mail for all documents of a case, each reminder once."""
        Cron = self.env["ir.cron"]
        domain = self._get_reminder_domain()
        Cron._commit_progress(remaining=self.search_count(domain))
        seen = []
        while groups := self._read_group(domain & Domain("ticket_id", "not in", seen), ["ticket_id"], limit=BATCH):
            ticket_ids = [ticket.id for (ticket,) in groups]
            seen += ticket_ids
            due = self.search(domain & Domain("ticket_id", "in", ticket_ids))
            # What another worker holds is that worker's.
            requests = due.try_lock_for_update().filtered_domain(domain)
            for of_case in requests.grouped("ticket_id").values():
                of_case._remind()
            if not Cron._commit_progress(len(due)):
                return

    def _remind(self):
        today = self.company_id._get_crm_firm_today()
        try:
            with self.env.cr.savepoint():
                for request in self:
                    request._trace("reminded", {}, key=f"{request.due_date}/{request.next_reminder_on}")
                self._ask_client("crm_firm.mail_template_document_reminder")
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("Documents %s cannot be reminded of", self.ids, exc_info=True)
            self._trace("failed", {}, note=str(error)[:500])
        self.write({"reminded_on": today})


def check_files(env, company_sudo, files, kept=0, of_staff=False):
    """Check files that somebody sent: how many, how big, what they are inside.

    :param company_sudo: whose settings hold
    :param files: list of `(name, content)`, content bytes
    :param int kept: how many files the case has already
    :param bool of_staff: colleagues send every type that is known, of the size that Odoo takes
    :return: list of `(clean name, content, type)`
    :raise UserError: one sentence for each fault
    """
    if not files:
        raise UserError(env._("Choose a file first."))
    if len(files) > MOST_FILES:
        raise UserError(env._("Send at most %s files at a time.", MOST_FILES))
    if kept + len(files) > MOST_FILES_OF_CASE:
        raise UserError(env._("This case already has too many files. Please write to us."))
    allowed = list(TYPES) if of_staff else company_sudo._get_crm_firm_document_types()
    limit = company_sudo.crm_firm_document_max_mb
    checked, faults = [], []
    for name, content in files:
        shown = clean_name(name, "x")[:-2] or name
        if not content:
            faults.append(env._("“%s” is empty. Perhaps it was not copied completely: please choose it again.", shown))
        elif not of_staff and len(content) > limit * 1024 * 1024:
            faults.append(env._("“%(name)s” is too big: the limit is %(limit)s MB.", name=shown, limit=limit))
        else:
            extension = get_type(content, allowed, name) or (of_staff and get_media_type(content, name))
            if extension:
                checked.append((clean_name(name, extension), content, extension))
            else:
                faults.append(
                    env._(
                        "“%(name)s” is not an accepted file type (%(types)s), whatever its name says.",
                        name=shown,
                        types=", ".join(allowed),
                    )
                )
    if faults:
        raise UserError("\n".join(faults))
    return checked
