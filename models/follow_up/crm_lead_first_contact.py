from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ...tools import rpc_input
from ...tools.answer_text import as_html
from .firm_contact_attempt import MEDIA, OUTCOMES

CALL = "mail.mail_activity_data_call"
FARTHEST_CALL = timedelta(days=2 * 365)


class CrmLeadFirstContact(models.AbstractModel):
    """The call on the day of arrival: its deadline and its attempts."""

    _name = "crm.lead.first.contact"
    _description = "First Contact of a Lead"

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
    contact_attempt_ids = fields.One2many("firm.contact.attempt", "lead_id", string="Contact Attempts")
    contact_attempt_count = fields.Integer("Attempts", compute="_compute_contact_attempt_count")

    @api.depends("contact_attempt_ids")
    def _compute_contact_attempt_count(self):
        counts = dict(self.env["firm.contact.attempt"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"]))
        for lead in self:
            lead.contact_attempt_count = counts.get(lead._origin, 0)

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
        move = self._get_next_move(outcome, chosen, now)
        values = {
            "next_contact_on": move.next_contact_on,
            "call_planned_from": now if move.next_contact_on and not chosen else False,
        }
        if not self.first_contact_on:
            values |= {"first_contact_on": now, "first_contact_hours": self._get_working_hours(self.received_on, now)}
        self._set_contact_status(move.status, **values)
        body = self._prepare_attempt_body(outcome, medium, note, move.next_contact_on)
        activity = self._close_call_activities(body)
        if not activity:
            self._message_log(body=body)
        attempt_sudo = self.env["firm.contact.attempt"]._log(
            self,
            date=now,
            medium=medium,
            outcome=outcome,
            phone=self.phone if medium == "call" else False,
            note=note or False,
            next_contact_on=move.next_contact_on,
            activity_id=activity.id,
        )
        self._follow_move(outcome, move, attempt_sudo)
        return attempt_sudo.sudo(self.env.su)

    # === STEPS OF THE OUTCOMES === #

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

    def _prepare_attempt_body(self, outcome, medium, note, next_contact_on):
        Attempt = self.env["firm.contact.attempt"]
        labels = {fname: dict(Attempt._fields[fname]._description_selection(self.env)) for fname in ("medium", "outcome")}
        body = Markup("<b>%s: %s</b>") % (labels["medium"][medium], labels["outcome"][outcome])
        if next_contact_on:
            moment = format_datetime(self.env, next_contact_on, tz=self._get_zone_name(), dt_format="short")
            body += Markup("<br/>") + self.env._("Next try: %s", moment)
        if note:
            body += Markup("<br/>") + as_html(note)
        return body
