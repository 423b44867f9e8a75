from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools.rpc_input import get_ids, get_text
from .helpdesk_ticket_stage import OPEN_STATES

# What may change on an archived case besides its stage: what Odoo keeps by itself, and what sorts boards
ALLOWED_ON_ARCHIVED = {"stage_id", "active", "color", "sequence", "kanban_state", "last_stage_update", "access_token"}
ALLOWED_PREFIXES = ("message_", "activity_", "rating_", "website_message_")
# Held by this module alone: what comes by RPC can never equal it.
_CLOSING_TOKEN = object()


class HelpdeskTicketClosing(models.AbstractModel):
    """The end of a case: nothing archived without its answer and its documents, nothing lost when the client writes again."""

    _name = "helpdesk.ticket.closing"
    _description = "Case: answer, end and reopening"

    resolved_at = fields.Datetime(copy=False, readonly=True, index="btree_not_null")
    archived_at = fields.Datetime(copy=False, readonly=True)
    reopened_on = fields.Datetime(copy=False, readonly=True, groups="base.group_user")
    campaign_year = fields.Integer(
        "Year",
        compute="_compute_campaign_year",
        store=True,
        readonly=False,
        aggregator=None,
        groups="base.group_user",
        help="The year it relates to: the year of arrival unless changed.",
    )
    missing_told_on = fields.Datetime("Notified of Missing Items On", copy=False, readonly=True, groups="base.group_user")
    # What a reopening has changed, for its undoing
    reopening = fields.Json(copy=False, readonly=True, groups="base.group_system")
    can_undo_reopening = fields.Boolean(compute="_compute_can_undo_reopening", groups="base.group_user")
    previous_case_id = fields.Many2one(
        "helpdesk.ticket", "Follows On", copy=False, readonly=True, index="btree_not_null", groups="base.group_user"
    )
    next_case_ids = fields.One2many("helpdesk.ticket", "previous_case_id", "Followed By", groups="base.group_user")

    @api.depends("received_on")
    def _compute_campaign_year(self):
        for case in self:
            company, received_on = case.company_id or self.env.company, case.received_on or fields.Datetime.now()
            case.campaign_year = case.campaign_year or company._get_crm_firm_local_date(received_on).year

    @api.depends("reopened_on", "case_state")
    def _compute_can_undo_reopening(self):
        for case in self:
            # What it was before is nobody's to read, that there is something to go back to is.
            case.can_undo_reopening = bool(case.sudo().reopening) and case.case_state in OPEN_STATES

    # === WHAT IS MISSING === #

    def _get_missing_to_archive(self):
        """Return what the case lacks before it is archived: list of sentences."""
        self.ensure_one()
        missing = self._get_missing_to_resolve() + self._get_missing_documents()
        activities_sudo = self.sudo().activity_ids  # everybody's tasks count
        if activities_sudo:
            missing.append(
                self.env._(
                    "Complete or cancel planned activities: %s.",
                    ", ".join(activity.summary or activity.activity_type_id.name or "" for activity in activities_sudo),
                )
            )
        return missing

    def _get_missing_documents(self):
        missing = super()._get_missing_documents()
        case_sudo = self.sudo()  # files of everybody count
        if not case_sudo.document_none_needed and not case_sudo.attachment_ids and not case_sudo._has_documents():
            missing.append(self.env._("Link a document or state that none is needed."))
        return missing

    @api.constrains("stage_id")
    def _check_may_close(self):
        """By whatever way a case gets there: button, board, portal, script."""
        if self.env.context.get("crm_firm_closing_token") is _CLOSING_TOKEN:
            return
        for case in self.filtered(lambda case: case.is_case):
            missing = []
            if case.case_state == "resolved":
                missing = case._get_missing_to_resolve()
            elif case.case_state == "archived":
                missing = case._get_missing_to_archive()
            if missing:
                raise UserError(case._get_missing_text(missing))

    def _get_missing_text(self, missing):
        self.ensure_one()
        intro = (
            self.env._("“%s” cannot be archived yet:", self.display_name)
            if self.case_state != "resolved" or len(missing) > 1
            else self.env._("“%s” is not resolved yet:", self.display_name)
        )
        return "\n".join([intro, *(f"• {sentence}" for sentence in missing)])

    # === STATES === #

    def _move_to(self, state):
        self.write({"stage_id": self.env["helpdesk.ticket.stage"]._get_case_stage(state).id})

    def resolve_case(self):
        """Say that the cases are resolved.

        :raise UserError: the client has no answer yet
        :raise AccessError: the user may not write on them
        """
        self._move_to("resolved")

    def archive_case(
        self,
        answer=None,
        attachment_ids=None,
        document_none_needed=False,
        validate_documents=False,
        cancel_documents=False,
        cancel_reason=None,
        cancel_activities=False,
    ):
        """Put the case away, complete; what it still lacks can be settled with it.

        :param str answer: what was answered by phone or in person, see `log_answer`
        :param list attachment_ids: ids of files to keep with the case
        :param bool document_none_needed: state that no document is needed
        :param bool validate_documents: accept what was asked for and received
        :param bool cancel_documents: ask no more for what has not been received
        :param str cancel_reason: why it is not needed, for colleagues
        :param bool cancel_activities: delete the planned activities
        :raise UserError: lists what is missing: the answer, a document or that none is needed, open document requests,
            planned activities
        :raise AccessError: the user may not write on the case
        """
        self.check_access("write")
        for case in self:
            if not case.is_case:
                raise UserError(
                    self.env._("“%s” is not a case: only tickets of case teams are archived this way.", case.display_name)
                )
            if get_text(self.env, answer, self.env._("Note")):
                case.log_answer(answer)
            case._settle_documents(attachment_ids, document_none_needed, validate_documents, cancel_documents, cancel_reason)
            if cancel_activities:
                case.activity_ids.unlink()
            missing = case._get_missing_to_archive()
            if missing:
                raise UserError(case._get_missing_text(missing))
        self._move_to("archived")

    def _settle_documents(self, attachment_ids, none_needed, validate, cancel, cancel_reason):
        """Settle what the documents of the case lack. The parameters are those of `archive_case`."""
        attachment_ids = get_ids(self.env, attachment_ids, self.env._("Documents"))
        if attachment_ids:
            self.message_post(
                body=self.env._("Documents of the case"), attachment_ids=attachment_ids, subtype_xmlid="mail.mt_note"
            )
        if none_needed:
            self.document_none_needed = True
        if validate:
            self._get_documents_to_review().action_validate()
        if cancel:
            self._get_awaited_documents().cancel(cancel_reason)

    def reopen_case(self):
        """Open resolved or archived cases again.

        :raise AccessError: the user may not write on them
        """
        self.check_access("write")
        self.sudo().filtered(lambda case: case.case_state in ("resolved", "archived"))._reopen()  # checked above

    def _reopen(self):
        for case in self:
            case.reopening = {
                "stage_id": case.stage_id.id,
                **{fname: fields.Datetime.to_string(case[fname]) for fname in ("resolved_at", "archived_at", "closed_date")},
                "deadlines": case._keep_deadlines(),
            }
        self.write({"reopened_on": fields.Datetime.now()})
        self._move_to("in_review")

    def undo_reopening(self):
        """Close the case again as it was: the client has only said thanks.

        :raise UserError: it was not opened again, or has gone on since
        :raise AccessError: the user may not write on it
        """
        self.ensure_one()
        self.check_access("write")
        if not self.can_undo_reopening:
            raise UserError(self.env._("There is no reopening to undo."))
        case_sudo = self.sudo()  # what was kept for this moment
        kept = dict(case_sudo.reopening)
        deadlines = kept.pop("deadlines")
        case_sudo.with_context(crm_firm_closing_token=_CLOSING_TOKEN).write(kept | {"reopened_on": False, "reopening": False})
        case_sudo._put_back_deadlines(deadlines)
        self._message_log(body=self.env._("The reopening was undone."))

    def write(self, vals):
        if not self.env.su:
            self._check_not_archived(vals)
        moved = "stage_id" in vals or "team_id" in vals
        before = {case.id: case.case_state for case in self.sudo()} if moved else {}
        result = super().write(vals)
        if before:
            self.sudo()._on_state_changed(before)  # dates kept by the system, whoever moved the cases
        return result

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases.sudo()._on_state_changed({}, is_new=True)  # what follows is told by the firm, whoever makes the case
        return cases

    def _check_not_archived(self, vals):
        fnames = {fname for fname in vals if fname not in ALLOWED_ON_ARCHIVED and not fname.startswith(ALLOWED_PREFIXES)}
        if not fnames:
            return
        archived = self.sudo().filtered(lambda case: case.is_case and case.case_state == "archived")  # a state, nothing read
        if archived:
            raise UserError(
                self.env._("“%s” is archived and read only. Reopen it first, or open a new case.", archived[0].display_name)
            )

    def _on_state_changed(self, before, is_new=False):
        now = fields.Datetime.now()
        for case in self.filtered("is_case"):
            old, new = before.get(case.id), case.case_state
            if old == new:
                continue
            values = {}
            if new in ("resolved", "archived") and not case.resolved_at:
                values["resolved_at"] = now
            if new == "archived" and not case.archived_at:
                values["archived_at"] = now
            if new in OPEN_STATES and (case.resolved_at or case.closed_date):
                values |= {"resolved_at": False, "archived_at": False, "closed_date": False, "missing_told_on": False}
                if not case.reopening:
                    values["reopened_on"] = now
            if new in ("resolved", "archived") and case.reopening and old in OPEN_STATES:
                values["reopening"] = False
            if values:
                case.write(values)
            if new == "resolved" and not is_new and old in OPEN_STATES:
                case._send_closing_email()

    def _send_closing_email(self):
        """Tell the client that the case is resolved, and ask for a rating by one click, as the settings say."""
        if self.env.context.get("crm_firm_closing_token") is _CLOSING_TOKEN:
            return
        template = self.env.ref("crm_firm.mail_template_case_resolved", raise_if_not_found=False)
        is_told = self.company_id.crm_firm_tell_resolved and self._tells_states()
        if template and is_told and (self.partner_id.email or self.partner_email):
            # Odoo fills in the sender's address where a template says nothing; an answer belongs on the case.
            reply_to = not template.reply_to and self._notify_get_reply_to().get(self.id)
            template._crm_firm_queue(self, **({"reply_to": reply_to} if reply_to else {}))

    # === JOB === #

    @api.model
    def _cron_archive_cases(self):
        """Archive what has been resolved for long and lacks nothing; tell who has it what is missing, once."""
        Cron = self.env["ir.cron"]
        domains = []
        for company in self.env["res.company"].search([("crm_firm_case_archive_days", ">", 0)]):
            until = fields.Datetime.now() - timedelta(days=company.crm_firm_case_archive_days)
            domains.append(Domain("company_id", "=", company.id) & Domain("resolved_at", "<=", until))
        domain = Domain.OR(domains) & Domain("is_case", "=", True) & Domain("case_state", "=", "resolved")
        Cron._commit_progress(remaining=self.search_count(domain))
        # Incomplete ones stay, and are looked at again the next day: each once a run.
        last_id = 0
        while cases := self.search(domain & Domain("id", ">", last_id), limit=100, order="id"):
            last_id = cases[-1].id
            locked = cases.try_lock_for_update()
            locked._archive_or_tell()
            if not Cron._commit_progress(len(cases)):
                return

    def _archive_or_tell(self):
        complete = self.browse()
        for case in self:
            if not case._get_missing_to_archive():
                complete |= case
                continue
            if case.missing_told_on:
                continue
            case.missing_told_on = fields.Datetime.now()
            for user in case._get_people_to_tell():
                case.with_context(lang=user.lang)._tell_what_is_missing(user)
        if complete:
            complete._move_to("archived")

    def _tell_what_is_missing(self, user):
        self.message_notify(
            partner_ids=user.partner_id.ids,
            subject=self.env._("Cannot be archived yet: %s", self.display_name),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (
                self.env._("The case has been resolved for a while. Before it is archived:"),
                Markup().join(Markup("<li>%s</li>") % sentence for sentence in self._get_missing_to_archive()),
            ),
        )

    # === BUTTONS === #

    def action_archive_case(self):
        """Button: archive; where something is missing, ask for it."""
        self.ensure_one()
        self.check_access("write")
        if not self._get_missing_to_archive():
            self.archive_case()
            return True
        return self._open_dialog("helpdesk.ticket.archive", self.env._("Archive the case"))

    def _open_dialog(self, model, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_ticket_id": self.id},
        }
