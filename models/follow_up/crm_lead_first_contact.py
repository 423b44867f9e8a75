from datetime import timedelta

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime, is_html_empty

from ...tools import rpc_input
from .firm_contact_attempt import MEDIA, OUTCOMES

CALL = "mail.mail_activity_data_call"
FARTHEST_CALL = timedelta(days=2 * 365)
SEND_PROPOSAL = "crm_firm.mail_activity_type_send_proposal"

# What "Ready for proposal" may fill in; a script cannot write anything else through that door.
QUALIFICATION_FIELDS = (
    "need_known",
    "description",
    "expected_revenue",
    "function",
    "employee_count",
    "accounting_software",
    "vat",
    "practice_area_id",
    "specialist_id",
    "contact_name",
    "partner_name",
    "email_from",
    "phone",
)


class CrmLeadFirstContact(models.AbstractModel):
    """The call on the day of arrival: its deadline, its attempts and its three outcomes."""

    _name = "crm.lead.first.contact"
    _description = "First Contact of a Lead"

    # Qualification
    vat = fields.Char("VAT Number", tracking=True, help="As provided by the person; copied to the company on conversion.")
    employee_count = fields.Integer("Employees")
    accounting_software = fields.Char()
    need_known = fields.Boolean(tracking=True, help="We know what the person needs from the firm.")

    # Where the first contact stands
    contact_status = fields.Selection(
        [
            ("to_contact", "First contact"),
            ("phone_requested", "Phone requested"),
            ("second_contact", "Second contact"),
            ("contacted", "Contacted"),
            ("ready", "Ready for proposal"),
            ("unreachable", "Unreachable"),
            ("discarded", "Discarded"),
        ],
        compute="_compute_contact_status",
        store=True,
        readonly=False,
        copy=False,
        index=True,
        tracking=True,
    )
    first_contact_deadline = fields.Datetime(copy=False, index=True, help="When the person should have been called.")
    first_contact_on = fields.Datetime(copy=False, index=True, readonly=True, help="First attempt to reach the person.")
    first_contact_hours = fields.Float(
        "Hours to First Contact",
        copy=False,
        readonly=True,
        aggregator="avg",
        help="Working hours from the arrival of the request to the first attempt.",
    )
    next_contact_on = fields.Datetime("Next Try", copy=False, index="btree_not_null")
    ready_on = fields.Datetime("Ready for Proposal On", copy=False, readonly=True)
    contact_attempt_ids = fields.One2many("firm.contact.attempt", "lead_id", string="Contact Attempts")
    contact_attempt_count = fields.Integer("Attempts", compute="_compute_contact_attempt_count")

    @api.depends("won_status", "type")
    def _compute_contact_status(self):
        """Follow what Odoo's own doors do: lost is discarded, and restored goes back to where the facts put it."""
        for lead in self:
            if lead.won_status == "lost":
                lead.contact_status = "discarded"
            elif lead.contact_status == "discarded" or (lead.type == "lead" and not lead.contact_status):
                lead.contact_status = lead._get_contact_status_by_facts()

    @api.depends("contact_attempt_ids")
    def _compute_contact_attempt_count(self):
        counts = dict(self.env["firm.contact.attempt"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.contact_attempt_count = counts.get(lead._origin, 0)

    def _get_contact_status_by_facts(self):
        """Return the status that attempts and qualification on record speak of."""
        self.ensure_one()
        if self.ready_on:
            return "ready"
        last_attempt = self._get_last_contact_attempt()
        if not last_attempt:
            return "to_contact"
        return "contacted" if last_attempt.outcome == "reached" else "second_contact"

    def _get_last_contact_attempt(self):
        """Return the latest attempt. What this transaction has added stands last in the cache, not first."""
        return self.contact_attempt_ids.sorted(lambda attempt: (attempt.date, attempt.id))[-1:]

    # === ARRIVAL === #

    def _set_first_contact_deadline(self):
        """Set by when the person is to be called: the end of the working day of arrival, plus the company's days."""
        for company, leads in self.grouped(lambda lead: lead._get_firm_company()).items():
            company_sudo = company.sudo()  # settings and calendar of the company, whoever registers
            ends = company_sudo._get_crm_firm_calendar()._get_working_day_ends(
                company_sudo, leads.mapped("received_on"), company_sudo.crm_firm_first_contact_days
            )
            for deadline, due in leads.grouped(lambda lead, ends=ends: ends[lead.received_on][0]).items():
                due.with_context(tracking_disable=True)._write_protected({"first_contact_deadline": deadline})

    def _ensure_call_planned(self):
        """Give the owner of every lead that waits for one a call to make; leads of the pool get theirs with their owner."""
        if not self:
            return
        call_type = self.env.ref(CALL)
        # An open call counts whoever's it is.
        planned = (
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [("res_model", "=", "crm.lead"), ("res_id", "in", self.ids), ("activity_type_id", "=", call_type.id)],
                ["res_id"],
            )
        )
        planned_ids = {res_id for (res_id,) in planned}
        to_plan = self.filtered(lambda lead: lead.user_id and lead.id not in planned_ids)
        for (owner, moment, company), leads in to_plan.grouped(
            lambda lead: (
                lead._get_task_owner(),
                lead.next_contact_on or lead.first_contact_deadline or fields.Datetime.now(),
                lead._get_firm_company(),
            )
        ).items():
            leads._schedule_call(owner, company._get_crm_firm_due_day(moment))

    def _schedule_call(self, owner, day, summary=None, activity_type=None):
        # Whoever registers the request need not have access to what becomes somebody else's; the owner is told
        # of the lead itself, so the task sends no e-mail of its own.
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                "" if activity_type else CALL,
                date_deadline=day,
                summary=summary or self.with_context(lang=owner.sudo().lang).env._("First call"),
                user_id=owner.id,
                **({"activity_type_id": activity_type.id} if activity_type else {}),
            )
        )

    # === OUTCOMES === #

    def log_contact_attempt(self, outcome, medium="call", note=None, next_contact_on=None):
        """Log one try to reach the person and move the follow-up one step.

        :param str outcome: `reached`, `no_answer`, `wrong_number` or `call_back`
        :param str medium: `call`, `visit` or `email`
        :param str note: plain text, kept with the attempt and shown on the lead
        :param next_contact_on: when to try again: naive UTC datetime (or its string); needed for `call_back`;
            default for the others: what the follow-up plan says, on working time
        :return: the new `firm.contact.attempt`
        :raise UserError: unknown outcome or medium, no or past time to call back, lead discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        if not rpc_input.is_choice(outcome, dict(OUTCOMES)):
            raise UserError(
                self.env._(
                    "Unknown call outcome “%(outcome)s”. Choose one of: %(known)s.",
                    outcome=outcome,
                    known=", ".join(dict(OUTCOMES)),
                )
            )
        if not rpc_input.is_choice(medium, dict(MEDIA)):
            raise UserError(
                self.env._(
                    "Unknown contact medium “%(medium)s”. Choose one of: %(known)s.", medium=medium, known=", ".join(dict(MEDIA))
                )
            )
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        now = fields.Datetime.now()
        chosen = self._get_next_contact_on(outcome, next_contact_on, now)
        is_ready = self.contact_status == "ready"
        move = None if is_ready else self._get_next_move(outcome, chosen, now)
        next_contact_on = move["next_contact_on"] if move else chosen
        values = {"next_contact_on": next_contact_on, "call_planned_from": False if chosen or not next_contact_on else now}
        if not self.first_contact_on:
            values |= {"first_contact_on": now, "first_contact_hours": self._get_working_hours(self.received_on, now)}
        if move:
            values["contact_status"] = move["status"]
        self._write_protected(values)
        body = self._prepare_attempt_body(outcome, medium, note, next_contact_on)
        activity = self._close_call_activities(body)
        if not activity:
            self._message_log(body=body)
        # Attempts have one door, this method: nobody may create them directly.
        attempt_sudo = (
            self.env["firm.contact.attempt"]
            .sudo()
            .create(
                {
                    "lead_id": self.id,
                    "date": now,
                    "user_id": self.env.uid,
                    "medium": medium,
                    "outcome": outcome,
                    "phone": self.phone if medium == "call" else False,
                    "note": note or False,
                    "next_contact_on": next_contact_on,
                    "activity_id": activity.id,
                }
            )
        )
        if move:
            self._follow_move(outcome, move, attempt_sudo)
        return attempt_sudo.sudo(self.env.su)

    def mark_ready_for_proposal(self, values=None):
        """Complete the qualification and plan the owner's task “Send proposal”. Converts nothing.

        The call that led to it is logged as reached when no attempt says so yet.

        :param dict values: fields of the qualification, see `QUALIFICATION_FIELDS`
        :return: the `mail.activity` “Send proposal”
        :raise UserError: something is missing (all of it is named), a field is not one of the qualification,
            or the lead is discarded
        :raise AccessError: the user may not write on the lead
        """
        self.ensure_one()
        self.check_access("write")
        self._check_open_for_contact()
        if values is not None and not isinstance(values, dict):
            raise UserError(self.env._("The qualification is a list of fields with their values."))
        values = dict(values or {})
        unknown = set(values) - set(QUALIFICATION_FIELDS)
        if unknown:
            raise UserError(self.env._("Not part of the qualification: %s.", ", ".join(sorted(map(str, unknown)))))
        if values:
            self._write_qualification(values)
        missing = self._get_missing_qualification()
        if missing:
            raise UserError(self.env._("Before the proposal, complete: %s.", ", ".join(label for _name, label in missing)))
        self._check_no_conflict()
        if self._get_last_contact_attempt().outcome != "reached":
            self.log_contact_attempt("reached")
        self._write_protected({"ready_on": fields.Datetime.now(), "contact_status": "ready", "next_contact_on": False})
        return self._schedule_proposal()

    def discard(self, reason, note=None):
        """Discard leads: lost for a reason, out of the queue, nothing planned any more.

        :param reason: `crm.lost.reason` record or id
        :param str note: kept on the lead: plain text, or `Markup` that is safe already
        :return: True
        :raise UserError: no reason, or one that does not exist
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        reason = rpc_input.get_record(self.env, "crm.lost.reason", reason)
        note = rpc_input.get_text(self.env, note, self.env._("The note"))
        if not reason:
            raise UserError(self.env._("Choose a reason for discarding the lead."))
        leads = self.filtered(lambda lead: lead.won_status != "lost")
        if note and not is_html_empty(note):
            # A message of its own: Odoo would add the words to its note of what changed, and write none for a lead
            # that was made in the same transaction.
            body = Markup("<div><b>%s</b><br/>%s</div>") % (self.env._("Why it was discarded"), _as_html(note))
            leads._message_log_batch(bodies=dict.fromkeys(leads.ids, body))
        leads.action_set_lost(lost_reason_id=reason.id)
        leads._write_protected({"next_contact_on": False})
        leads._cancel_activities()
        return True

    def restore_discarded(self):
        """Bring discarded leads back to where they stood, with a call for their owner on the next working day.

        :return: True
        :raise UserError: a lead is not discarded
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        if self.filtered(lambda lead: lead.won_status != "lost"):
            raise UserError(self.env._("Only discarded leads can be restored."))
        self.action_restore()
        self.flush_recordset(["contact_status"])
        for lead in self.filtered(lambda lead: lead.contact_status == "ready"):
            lead._schedule_proposal()
        to_call = self.filtered(lambda lead: lead.contact_status in ("to_contact", "second_contact"))
        to_call -= to_call._request_missing_phones()
        for company, leads in to_call.grouped(lambda lead: lead._get_firm_company()).items():
            company_sudo = company.sudo()  # calendar of the company, whoever restores
            now = fields.Datetime.now()
            deadline, day = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now]
            first = leads.filtered(lambda lead: lead.contact_status == "to_contact")
            first._write_protected({"first_contact_deadline": deadline, "call_planned_from": now})
            (leads - first)._write_protected({"next_contact_on": deadline, "call_planned_from": now})
            for owner, owned in leads.filtered("user_id").grouped(lambda lead: lead._get_task_owner()).items():
                owned._schedule_call(owner, day)
        return True

    # === STEPS OF THE OUTCOMES === #

    def _write_qualification(self, values):
        for fname, value in values.items():
            field = self._fields[fname]
            label = field._description_string(self.env)
            if field.type == "many2one" and value:
                values[fname] = rpc_input.get_record(self.env, field.comodel_name, value).id
                if not values[fname]:
                    raise UserError(self.env._("%s: this record does not exist.", label))
            elif field.type in ("char", "html"):
                values[fname] = rpc_input.get_text(self.env, value, label) or False
            elif field.type in ("integer", "float", "monetary"):
                values[fname] = rpc_input.get_amount(self.env, value, label)
        self.write(values)

    def _schedule_proposal(self):
        """Plan “Send proposal” for the owner, in the company's number of working days. There is one at a time."""
        self.ensure_one()
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        day = company_sudo._get_crm_firm_calendar()._get_working_day_after(
            company_sudo, company_sudo._get_crm_firm_today(), company_sudo.crm_firm_proposal_days
        )
        proposal_type = self.env.ref(SEND_PROPOSAL)
        self.activity_ids.sudo().filtered(lambda activity: activity.activity_type_id == proposal_type).unlink()
        self._write_protected({"proposal_due_on": day})
        activity_sudo = (
            self.sudo()  # the owner's task, planned by the specialist too
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(
                SEND_PROPOSAL,
                date_deadline=day,
                user_id=(self._get_task_owner() if self.user_id else self.env.user).id,
            )
        )
        return activity_sudo.sudo(self.env.su)

    def _check_open_for_contact(self):
        if self.won_status == "lost":
            raise UserError(self.env._("“%s” is discarded. Restore it first, then log the contact.", self.display_name))

    def _get_next_contact_on(self, outcome, next_contact_on, now):
        if outcome == "reached":
            return False
        next_contact_on = rpc_input.get_moment(self.env, next_contact_on)
        if next_contact_on:
            if next_contact_on <= now:
                raise UserError(self.env._("The next attempt is in the past: choose a later time."))
            if next_contact_on > now + FARTHEST_CALL:
                raise UserError(self.env._("The next attempt is years away: check the date."))
            return next_contact_on
        if outcome == "call_back":
            raise UserError(self.env._("Enter when to call back."))
        return False

    def _get_working_hours(self, start, stop):
        """Working hours of the company's calendar between two moments (naive UTC)."""
        if not start or stop <= start:
            return 0.0
        company_sudo = self._get_firm_company().sudo()  # calendar of the company, whoever calls
        return company_sudo._get_crm_firm_calendar()._count_working_hours(company_sudo, start, stop)

    def _get_missing_qualification(self):
        """Return what a proposal cannot do without: list of `(field name, label)`."""
        missing = []
        labels = self.fields_get(["need_known", "practice_area_id", "contact_name"], ["string"])
        if not self.need_known:
            missing.append("need_known")
        if not self.practice_area_id or self.practice_area_id == self.env["firm.practice.area"]._get_unclassified():
            missing.append("practice_area_id")
        if not (self.contact_name or self.partner_name or self.partner_id):
            missing.append("contact_name")
        return [(name, labels[name]["string"]) for name in missing]

    def _close_call_activities(self, feedback):
        """Mark the open calls done. Return the one that was due first: it carries the feedback to the lead's record."""
        types = self._get_contact_activity_types()
        # Calls of the lead, also those of an owner before: whoever may log the attempt may close them.
        activities_sudo = self.activity_ids.sudo().filtered(lambda a: a.activity_type_id in types).sorted("date_deadline")
        first_sudo = activities_sudo[:1]
        if first_sudo:
            first_sudo._action_done(feedback=feedback)
            (activities_sudo - first_sudo).unlink()
        return first_sudo.sudo(self.env.su)

    def _cancel_activities(self):
        # Nobody is to be called about a discarded lead, whoever's task it was.
        self.env["mail.activity"].sudo().search([("res_model", "=", "crm.lead"), ("res_id", "in", self.ids)]).unlink()

    def _prepare_attempt_body(self, outcome, medium, note, next_contact_on):
        Attempt = self.env["firm.contact.attempt"]
        labels = {fname: dict(Attempt._fields[fname]._description_selection(self.env)) for fname in ("medium", "outcome")}
        body = Markup("<b>%s: %s</b>") % (labels["medium"][medium], labels["outcome"][outcome])
        if next_contact_on:
            moment = format_datetime(self.env, next_contact_on, tz=self._get_zone_name(), dt_format="short")
            body += Markup("<br/>") + self.env._("Next try: %s", moment)
        if note:
            body += Markup("<br/>") + _as_html(note)
        return body


def _as_html(text):
    """Plain text with its line breaks as mark-up; what is mark-up already (a sanitised field) stays."""
    if isinstance(text, Markup):
        return text
    return Markup("<br/>").join(escape(line) for line in text.splitlines())
