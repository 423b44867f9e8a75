from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import plaintext2html
from odoo.tools.mail import is_html_empty

from ...tools.page_html import drop_foreign_content
from ...tools.rpc_input import MAX_NOTE, get_text
from ...tools.uploaded_file import clean_name, get_extension
from ..documents.firm_document_request import AWAITED

MAX_TITLE = 200
MAX_POSTED = 10 * MAX_NOTE  # with mark-up
# Of the end a mail of its own tells, which asks for a rating (`_send_closing_email`).
STATES_TOLD = ("received", "in_review", "waiting_client", "archived")

# An object: RPC can put no such thing into the context.
NO_STATE_MAIL = object()


class HelpdeskTicketPortal(models.AbstractModel):
    """The client's side of a case: what they see, say and are told. Nobody gets in by a token or by following."""

    _name = "helpdesk.ticket.portal"
    _description = "Case: what the client sees and does"

    client_closed_on = fields.Datetime("Closed by the Client", copy=False, readonly=True, groups="base.group_user")

    # === WHAT CLIENTS DO (the controllers have checked that the case is theirs) === #

    @api.model
    def _open_by_client(self, user, title, text, category, files, actor):
        """Open a case as the client area does: in one transaction with its files.

        :param user: `res.users` of the client
        :param str title: what it is about; empty: the first words of the text
        :param str text: the question, plain text
        :param category: `helpdesk.ticket.category`, one of `_get_client_categories`; empty where there are none
        :param files: list of `(name, content)`
        :param dict actor: see `firm.document.request`
        :return: the new case, elevated
        :raise UserError: what is missing, for the client to read
        """
        text = get_text(self.env, text, self.env._("Your question"), MAX_NOTE)
        if not text:
            raise UserError(self.env._("Tell us what it is about."))
        title = " ".join(get_text(self.env, title, self.env._("Subject"), MAX_TITLE).split()) or _get_first_words(text)
        if not category and self._get_client_categories():
            raise UserError(self.env._("Choose what your question is about."))
        self._check_pace_of_client(user)
        # Clients have no right to create: what they may say is checked here, the rest is the firm's.
        ticket_sudo = self.sudo().create(self._prepare_client_case(user, title, text, category))
        ticket_sudo.message_subscribe(partner_ids=user.partner_id.ids)
        if files:
            ticket_sudo._take_client_files(files, actor)
        return ticket_sudo

    def _prepare_client_case(self, user, title, text, category):
        company_sudo = self.env.company.sudo()  # where the client is logged in
        # The firm's team and channel, which clients may not read. Categories of other helpdesk teams make plain tickets.
        team_sudo = self.env["helpdesk.ticket.team"].sudo()
        if category.for_cases or not category:
            team_sudo = category.team_id or team_sudo._get_default_case_team(company_sudo)
        values = {
            "company_id": company_sudo.id,
            "name": title,
            "description": plaintext2html(text),
            "category_id": category.id,
            "channel_id": self.env["helpdesk.ticket.channel"]._get_by_code("client_area").id,
            "partner_id": user.partner_id.id,
            "partner_name": user.partner_id.name,
            "partner_email": user.partner_id.email,
            "user_id": False,
        }
        if team_sudo:
            values |= {"team_id": team_sudo.id, "stage_id": team_sudo._get_applicable_stages()[:1].id}
        return values

    @api.model
    def _check_pace_of_client(self, user):
        """Let a client open as many cases an hour as a person has questions.

        :raise UserError: there were more, for the client to read
        """
        most = self.env.company.sudo().crm_firm_client_cases_hour  # a setting
        since = fields.Datetime.now() - timedelta(hours=1)
        domain = [("partner_id", "=", user.partner_id.id), ("is_case", "=", True), ("create_date", ">", since)]
        # The client's own, also those a delegate may not see; how many is all that is asked.
        if most and self.sudo().with_context(active_test=False).search_count(domain, limit=most) >= most:
            raise UserError(self.env._("You have opened %s cases within the last hour. Add to one of them, or call us.", most))

    @api.model
    def _get_client_categories(self):
        """Return the categories a client may choose for a new case, elevated."""
        domain = Domain("show_in_portal", "=", True) & Domain("company_id", "in", [False, self.env.company.id])
        channel_sudo = self.env["helpdesk.ticket.channel"].sudo()._get_by_code("client_area")
        categories_sudo = self.env["helpdesk.ticket.category"].sudo().search(domain)  # shown by name only
        return categories_sudo.filtered(lambda category: category._is_channel_allowed(channel_sudo))

    def _reply_by_client(self, text, files, actor):
        """Add a message of the client, and files that come with it.

        :raise UserError: nothing to send, or a file that is not taken
        """
        self.ensure_one()
        text = get_text(self.env, text, self.env._("Message"), MAX_NOTE)
        if not text and not files:
            raise UserError(self.env._("Write a message, or choose a file."))
        ticket_sudo = self.sudo()  # clients may post on what they may read
        body = plaintext2html(text) if text else ""
        has_ended = ticket_sudo.case_state in ("resolved", "archived")
        if files and not has_ended:
            document_sudo = ticket_sudo._take_client_files(files, actor)
            body += self._get_note_of_files(document_sudo.version_ids.mapped("name"))
        elif files:
            body += self._get_note_of_files(clean_name(name, get_extension(name) or "x") for name, _content in files)
        message = self.message_post(body=body, message_type="comment", subtype_xmlid="mail.mt_comment")
        if files and has_ended:
            # The message has opened the case again, or the next one: the files go where it is read.
            is_open = ticket_sudo.case_state not in ("resolved", "archived")
            (ticket_sudo if is_open else ticket_sudo.next_case_ids.sorted("id")[-1:])._take_client_files(files, actor)
        return message

    def _get_note_of_files(self, names):
        return Markup("<p>%s</p>") % self.env._("Files sent: %s", ", ".join(names))

    def _close_by_client(self, reason):
        """Resolve a case because the client says that nothing more is needed.

        :param str reason: of the client
        :raise UserError: no reason, or nothing to close
        """
        self.ensure_one()
        reason = get_text(self.env, reason, self.env._("Reason"), MAX_NOTE)
        if not reason:
            raise UserError(self.env._("Tell us in a few words why the case can be closed."))
        if not self._can_be_closed_by_client():
            raise UserError(self.env._("This case is already closed."))
        self.message_post(
            body=Markup("<p><b>%s</b></p>%s") % (self.env._("The client closes the case:"), plaintext2html(reason)),
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        ticket_sudo = self.sudo()  # the client's own case, as the controller has checked
        ticket_sudo.client_closed_on = fields.Datetime.now()
        ticket_sudo._move_to("resolved")

    def _close_ticket_by_client(self, stage_id):
        """Close a ticket of a team that works without our states, where its stage lets clients; nothing happens to a case.

        :param int stage_id: as the form of OCA sends it
        """
        self.ensure_one()
        ticket_sudo = self.sudo()  # the client's own, as the controller has checked
        stages_sudo = ticket_sudo.team_id._get_applicable_stages()
        stage_sudo = stages_sudo.filtered(lambda stage: stage.id == stage_id and stage.close_from_portal)
        if stage_sudo and not ticket_sudo.is_case:
            ticket_sudo.stage_id = stage_sudo

    def _can_be_closed_by_client(self):
        ticket_sudo = self.sudo()  # the state of a case the client may read
        return (
            ticket_sudo.active and ticket_sudo.is_case and ticket_sudo.case_state in ("received", "in_review", "waiting_client")
        )

    def _takes_messages_of_client(self):
        # Asked for a client who sees the case.
        return self.sudo().active

    def _get_missing_to_resolve(self):
        """What the client closes needs no answer of the firm."""
        case_sudo = self.sudo()  # part of the rules, whoever closes
        closed_on, reopened_on = case_sudo.client_closed_on, case_sudo.reopened_on
        if closed_on and (not reopened_on or closed_on >= reopened_on):
            return []
        return super()._get_missing_to_resolve()

    # === WHAT CLIENTS SEE === #

    def _is_waiting_for_client(self):
        # Asked for a client who sees the case.
        ticket_sudo = self.sudo()
        return ticket_sudo.case_state == "waiting_client" or bool(ticket_sudo._get_awaited_documents())

    @api.model
    def _get_waiting_for_client_domain(self):
        """Return the domain of cases in which the client is to do something, for `sudo` searches."""
        # Only joined to the cases that the client sees.
        awaited = self.env["firm.document.request"].sudo()._search([("state", "in", AWAITED)])
        waiting = Domain("case_state", "=", "waiting_client") | Domain("id", "in", awaited.subselect("ticket_id"))
        return waiting & Domain("stage_id.closed", "=", False)

    def _get_client_history(self):
        """Return what the client may read of the case: messages and changes of state, oldest first.

        :return: list of dicts `kind` (`message` or `state`), `date`, `author`, `is_client`, `body`, `attachments`, `text`
        """
        self.ensure_one()
        # Of the domain for clients, on a case that the client sees.
        messages_sudo = self.env["mail.message"].sudo().search(self._get_client_message_domain(), order="id")
        client = self.partner_id.commercial_partner_id
        history = [
            {
                "kind": "message",
                "date": message.date,
                "author": message.author_id.name or message.email_from,
                "is_client": bool(message.author_id) and message.author_id.commercial_partner_id == client,
                "body": drop_foreign_content(message.body),
                "attachments": message.attachment_ids,
            }
            for message in messages_sudo
            if not is_html_empty(message.body) or message.attachment_ids
        ]
        stage_field = self.env["ir.model.fields"].sudo()._get("helpdesk.ticket", "stage_id")
        changes_sudo = (
            self.env["mail.tracking.value"]
            .sudo()
            .search(
                [
                    ("mail_message_id.model", "=", self._name),
                    ("mail_message_id.res_id", "=", self.id),
                    ("field_id", "=", stage_field.id),
                ],
                order="id",
            )
        )
        stages_sudo = self.env["helpdesk.ticket.stage"].sudo().browse(changes_sudo.mapped("new_value_integer")).exists()
        names = {stage.id: stage.name for stage in stages_sudo}
        history += [
            {"kind": "state", "date": change.mail_message_id.date, "text": names[change.new_value_integer]}
            for change in changes_sudo
            if change.new_value_integer in names
        ]
        return sorted(history, key=lambda entry: entry["date"])

    def _get_client_message_domain(self):
        """Return the domain of messages the client may read: nothing internal."""
        return (
            Domain("model", "=", self._name)
            & Domain("res_id", "=", self.id)
            & Domain("message_type", "in", ("comment", "email"))
            & Domain("is_internal", "=", False)
            & Domain("subtype_id", "!=", False)
            & Domain("subtype_id.internal", "=", False)
        )

    def _get_client_attachment(self, attachment_id):
        """Return a file of a message the client may read, elevated; empty when it is none of these."""
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .search(self._get_client_message_domain() & Domain("attachment_ids", "in", [attachment_id]), limit=1)
        )
        return messages_sudo.attachment_ids.filtered(lambda attachment: attachment.id == attachment_id)

    def _get_client_description(self):
        return drop_foreign_content(self.description)

    # === WHAT CLIENTS POST BY RPC === #

    def message_post(self, **kwargs):
        """Post what a client says as a message of the client: to the firm, and to nobody else.

        Odoo lets clients name receivers, addresses and the address of answers, and post notes.
        """
        if self.env.su or not self.env.user.share:
            return super().message_post(**kwargs)
        said = {key: kwargs[key] for key in ("body", "attachment_ids", "parent_id") if kwargs.get(key)}
        if "body" in said:
            said["body"] = get_text(self.env, said["body"], self.env._("Message"), MAX_POSTED)
        return super().message_post(**said, message_type="comment", subtype_xmlid="mail.mt_comment")

    # === NO WAY IN BUT LOGGING IN === #

    def _portal_ensure_token(self):
        """Make no token: a link with one would show the case to whoever the mail is forwarded to, for ever."""
        return ""

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Odoo's routes of the chatter: tokens and signed links open nothing here."""
        kwargs = {name: value for name, value in kwargs.items() if name not in ("hash", "pid", "token")}
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Offer the button to the case to those who can log in, and to nobody else."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return [group for group in groups if group[0] != "portal_customer"]

    # === THE CLIENT IS TOLD OF STATES === #

    def _without_state_mail(self, is_quiet=True):
        """Return the cases with their states told to nobody, because another e-mail says it; `is_quiet=False`: as before."""
        return self.with_context(crm_firm_no_state_mail=NO_STATE_MAIL if is_quiet else None)

    def _tells_states(self):
        return self.env.context.get("crm_firm_no_state_mail") is not NO_STATE_MAIL

    def _track_template(self, tracking):
        """Mail the client when the state of a case changes, if the firm's setting for that state says so."""
        result = super()._track_template(tracking)
        ticket = self[0]
        if "stage_id" not in tracking or not ticket.is_case:
            return result
        options = result.pop("stage_id", (None, {}))[1]
        template = ticket._get_state_template()
        Gate = self.env["firm.mail.gate"].sudo()  # its count is nobody's to read
        if template and Gate._get_stranger():
            # Whoever writes from a client's address need not be the client.
            address = ticket.partner_id.email_normalized or ticket.partner_email
            if not Gate._may_send_to_stranger(address, ticket.company_id):
                return result
        if template:
            result["stage_id"] = (
                template,
                options
                | {
                    "composition_mode": "mass_mail",  # always mailed, whatever the client follows
                    "auto_delete_keep_log": False,
                    "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note"),
                    "email_layout_xmlid": "crm_firm.mail_layout",
                },
            )
        return result

    def _get_state_template(self):
        """Return the e-mail about the case's state, empty when the client is not told of it."""
        self.ensure_one()
        state, template = self.case_state, self.env["mail.template"]
        if state not in STATES_TOLD or not self._tells_states():
            return template
        # Settings, whoever moves the case.
        if not (self.partner_id.email or self.partner_email) or not self.company_id.sudo()[f"crm_firm_tell_{state}"]:
            return template
        return self.stage_id.sudo()._get_told_template()


def _get_first_words(text):
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:80].rsplit(' ', 1)[0]}…"
