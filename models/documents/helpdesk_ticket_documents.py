import base64
from datetime import date

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...tools.rpc_input import get_record, get_text
from ...tools.uploaded_file import clean_name, get_extension
from .firm_document_request import AWAITED, MAX_NAME

MAX_DOCUMENT_NOTE = 5000


class HelpdeskTicketDocuments(models.AbstractModel):
    """Documents of a case: asking for them, and what follows when they come."""

    _name = "helpdesk.ticket.documents"
    _description = "Case: documents asked of the client"

    document_request_ids = fields.One2many(
        "firm.document.request", "ticket_id", string="Documents", groups="base.group_user", copy=False
    )
    document_count = fields.Integer("Number of Documents", compute="_compute_document_counts", groups="base.group_user")
    document_awaited_count = fields.Integer("Documents Awaited", compute="_compute_document_counts", groups="base.group_user")
    document_to_review_count = fields.Integer("Documents to Review", compute="_compute_document_counts", groups="base.group_user")

    @api.depends("document_request_ids.state")
    def _compute_document_counts(self):
        counts = {}
        for ticket, state, count in self.env["firm.document.request"]._read_group(
            [("ticket_id", "in", self.ids), ("state", "!=", "cancelled")], ["ticket_id", "state"], ["__count"]
        ):
            counts.setdefault(ticket.id, {})[state] = count
        for ticket in self:
            by_state = counts.get(ticket.id, {})
            ticket.document_count = sum(by_state.values())
            ticket.document_awaited_count = sum(by_state.get(state, 0) for state in AWAITED)
            ticket.document_to_review_count = by_state.get("received", 0)

    # === ASKING === #

    def request_document(self, name, due=None, note=None):
        """Ask the client for a document. The client gets an e-mail with a link to send it.

        :param str name: what is asked for
        :param due: by when: date, or its string YYYY-MM-DD
        :param str note: for the client
        :return: the new `firm.document.request`
        :raise UserError: no name, no date, a case that is archived
        :raise AccessError: the user may not change the case
        """
        self.ensure_one()
        return self._request_documents([{"name": name, "due_date": due, "note": note}])

    def request_document_set(self, document_set, due=None):
        """Ask for all documents of a set at once, with one e-mail.

        :param document_set: `firm.document.set` or its id
        :param due: by when, for all of them; None: the days of each line
        :return: the new `firm.document.request`
        """
        self.ensure_one()
        document_set = get_record(self.env, "firm.document.set", document_set)
        if not document_set:
            raise UserError(self.env._("This document checklist does not exist."))
        return self._request_documents(self._prepare_documents_of_set(document_set, self._get_due_date(due)))

    def _prepare_documents_of_set(self, document_set, due=None):
        """Return the documents of a set, in the client's language, as `_request_documents` takes them.

        :param date due: by when, for all of them; None: the days of each line
        """
        company = self.company_id or self.env.company
        lang = self.partner_id.lang or company._get_crm_firm_lang()
        return document_set.with_context(lang=lang)._prepare_documents(company, due)

    def _request_documents(self, vals_list):
        """Ask the client for several documents with one e-mail.

        :param vals_list: list of dicts `name`, `due_date`, `note`, `partner_id`
        """
        self.ensure_one()
        self.check_access("write")
        self._check_takes_documents()
        documents = [
            {
                "ticket_id": self.id,
                "name": self._get_document_name(values.get("name")),
                "note": get_text(self.env, values.get("note"), self.env._("Note"), MAX_DOCUMENT_NOTE) or False,
                "due_date": self._get_due_date(values.get("due_date")),
                "partner_id": values.get("partner_id") or self.partner_id.id,
                "requested_by_id": self.env.uid,
            }
            for values in vals_list
        ]
        # The right to change the case was checked; rows have no other door.
        requests_sudo = self.env["firm.document.request"].sudo().create(documents)
        requests_sudo._trace("requested", {"user_id": self.env.uid})
        self._wait_for_client()
        requests_sudo._ask_client()
        return requests_sudo.sudo(self.env.su)

    def _get_document_name(self, name):
        name = get_text(self.env, name, self.env._("Document"), MAX_NAME)
        if not name:
            raise UserError(self.env._("Specify which document is needed."))
        return " ".join(name.split())

    def _get_due_date(self, due):
        if due is None or due is False or due == "":
            return False
        try:
            due = fields.Date.to_date(due)
        except (ValueError, TypeError):
            due = None
        if not isinstance(due, date):
            raise UserError(self.env._("Enter the date as year-month-day."))
        return due

    @api.constrains("partner_id")
    def _check_client_of_documents(self):
        """Who gets a case gets its documents: it goes to nobody outside the client whose they are."""
        for case in self:
            owners = case.document_request_ids.partner_id.commercial_partner_id
            if owners - case.commercial_partner_id:
                raise ValidationError(
                    self.env._(
                        "%(case)s has documents of %(owner)s that another client would see. Open a new case for that client.",
                        case=case.display_name,
                        owner=(owners - case.commercial_partner_id)[0].display_name,
                    )
                )

    def _check_takes_documents(self):
        if not self.active or self.case_state == "archived":
            raise UserError(self.env._("This case is archived."))

    def publish_document(self, name, filename, content):
        """Publish a file to the client, the only way in which a file of the firm gets into the client area.

        :param str name: what it is
        :param str filename: name of the file
        :param content: the file: bytes, or base64 text as RPC sends it
        :return: the new `firm.document.request`, sealed
        :raise UserError: the file is not taken
        """
        self.ensure_one()
        file = self._get_file(filename, content)
        self.check_access("write")
        self._check_takes_documents()
        actor = {"user_id": self.env.uid}
        document_sudo = self._add_document(name, "firm", actor)
        document_sudo._take_files([file], actor)
        document_sudo.write({"state": "validated", "reviewed_by_id": self.env.uid, "reviewed_on": fields.Datetime.now()})
        document_sudo._trace("published", actor)
        return document_sudo.sudo(self.env.su)

    def receive_document(self, filename, content, request=None, name=None, more=False):
        """Keep a file that the client brought by other means.

        :param str filename: name of the file
        :param content: the file: bytes, or base64 text as RPC sends it
        :param request: `firm.document.request` of the case that the file answers, or its id; None: nobody had asked for it
        :param str name: what the client sees of a file that nobody had asked for; None: the name of the file
        :param bool more: pages of the current version
        :return: the `firm.document.request`
        :raise UserError: the file is not taken or is here already, or the document is of another case
        :raise AccessError: the user may not change the case
        """
        self.ensure_one()
        self.check_access("write")
        file = self._get_file(filename, content)
        actor = {"user_id": self.env.uid}
        if not request:
            document_sudo = self._add_document(name or file[0], "client", actor)
            document_sudo._take_files([file], actor)
            return document_sudo.sudo(self.env.su)
        document = get_record(self.env, "firm.document.request", request)
        if document.ticket_id != self or document.origin != "asked":
            raise UserError(self.env._("This document belongs to another case."))
        result = document._take_files([file], actor, more=bool(more))
        if result["known"]:
            raise UserError(self.env._("“%s” has already been received: nothing was changed.", result["known"][0]))
        return document

    def _get_file(self, filename, content):
        """Return `(name, content)` of a file that RPC has sent; what is no file is empty, and refused as such."""
        filename = get_text(self.env, filename, self.env._("The name of the file"))
        if isinstance(content, str):
            try:
                content = base64.b64decode(content, validate=True)
            except ValueError:
                content = b""
        return filename, content if isinstance(content, bytes) else b""

    def _add_document(self, name, origin, actor):
        # The callers have checked the right to add to the case.
        return (
            self.env["firm.document.request"]
            .sudo()
            .create(
                {
                    "ticket_id": self.id,
                    "origin": origin,
                    "name": self._get_document_name(name),
                    "partner_id": self.partner_id.id,
                    "requested_by_id": actor.get("user_id"),
                }
            )
        )

    def _take_client_files(self, files, actor):
        """Keep files that the client sends with a case or a message, without having been asked.

        The caller has checked that the client may add to the case.

        :return: the new `firm.document.request`, elevated
        """
        name = self.env._("Sent on %s", format_date(self.env, self.company_id._get_crm_firm_today()))
        if len(files) == 1:
            name = clean_name(files[0][0], get_extension(files[0][0]) or "x").removesuffix(".x")
        document_sudo = self._add_document(name, "client", actor)
        document_sudo._take_files(files, actor)
        return document_sudo

    # === WHAT CLIENTS SEE AND SEND (the callers have checked that the case is theirs) === #

    def _get_awaited_documents(self):
        """Return what the client is to send, or to send again."""
        return self.document_request_ids.filtered(lambda request: request.state in AWAITED)

    def _get_client_documents(self):
        """Return the documents with files: what the client has sent, and what the firm has published."""
        return self.document_request_ids.filtered(lambda request: request.version_ids and request.state != "cancelled")

    def _get_client_version(self, version_id):
        """Return a file that the client may take; empty when it is none of the case."""
        return self._get_client_documents().version_ids.filtered(lambda version: version.id == version_id)

    def _get_document_to_send(self, document_id):
        """Return the document that the client may send files for: one that was asked for, or that is awaited again."""
        return self.document_request_ids.filtered(
            lambda request: request.id == document_id and (request.origin == "asked" or request.state in AWAITED)
        )

    # === WHAT FOLLOWS === #

    def _on_documents_received(self, request_sudo, versions_sudo):
        """A document came: note it, and when nothing is missing any more, hand the case back to the firm."""
        self.ensure_one()
        self = self._for_colleagues()
        body = self.env._(
            "Document received: %(document)s (%(files)s)",
            document=request_sudo.name,
            files=", ".join(versions_sudo.mapped("name")),
        )
        if request_sudo.origin != "asked":
            self._message_log(body=body)
            return
        awaited = self.document_request_ids.filtered(lambda request: request.state in AWAITED and request.origin == "asked")
        if awaited:
            self._message_log(body=body)
            return
        able = (self.user_id | self.specialist_id)._filter_able_to_work_on(self._name, self.company_id)
        people = (able if able - able._filter_away() else self._get_people_to_tell()) - self.env.user
        self.message_post(
            body=Markup("%s %s") % (body, self.env._("All requested documents have been received.")),
            subtype_xmlid="mail.mt_note",
            partner_ids=people.partner_id.ids,
            **(self.company_id or self.env.company).sudo()._get_crm_firm_voice(),  # a setting, whoever sent it
        )
        self._on_documents_changed()

    def _on_documents_changed(self):
        """Take the case out of “Waiting for client” when no document is awaited any more."""
        for ticket in self.sudo():  # whoever sent or cancelled the last document
            is_waited = any(request.state in AWAITED for request in ticket.document_request_ids)
            if not is_waited and ticket.is_case and ticket.case_state == "waiting_client":
                ticket._move_to("in_review")

    def _wait_for_client(self):
        for ticket in self:
            if ticket.is_case and ticket.case_state in ("received", "in_review"):
                # The e-mail that asks for the documents tells the client.
                ticket._without_state_mail()._move_to("waiting_client")

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_files(self):
        if any(ticket.sudo().document_request_ids.version_ids for ticket in self):  # everybody's files count
            raise UserError(
                self.env._("A case with documents cannot be deleted, because no version may be lost. Archive it instead.")
            )

    def _get_missing_documents(self):
        """Return what the documents of the case lack before it can be archived: list of sentences."""
        missing = super()._get_missing_documents()
        awaited, to_review = self._get_awaited_documents(), self._get_documents_to_review()
        for request in self.document_request_ids & (awaited | to_review):
            if request in awaited:
                missing.append(
                    self.env._("“%s” was requested and has not been received. Wait for it or cancel the request.", request.name)
                )
            else:
                missing.append(self.env._("“%s” is waiting to be validated or rejected.", request.name))
        return missing

    def _get_documents_to_review(self):
        """Return the documents that were asked for and received, and that nobody has looked at."""
        return self.document_request_ids.filtered(lambda request: request.state == "received" and request.origin == "asked")

    def _has_documents(self):
        """Tell whether a file was received or published."""
        return any(request.version_ids and request.state != "cancelled" for request in self.document_request_ids)

    def _get_documents_of_mail(self):
        """Return the documents an e-mail template is about."""
        return self.document_request_ids.filtered(lambda r: r.id in self.env.context.get("crm_firm_document_ids", ()))

    def action_validate_documents(self):
        """Accept all that was received and nobody has looked at, asked for or not.

        :raise AccessError: the user may not change the case
        """
        self.ensure_one()
        return self.document_request_ids.filtered(lambda request: request.state == "received").action_validate()
