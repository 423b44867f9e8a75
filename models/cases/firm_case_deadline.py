from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo import api, fields, models

from ...tools.calendar_snapshot import WorkingTime
from .helpdesk_ticket_stage import OPEN_STATES

KINDS = [("first_answer", "First answer"), ("resolution", "Resolution"), ("cut_off", "Document cut-off")]
LIVE_STATES = ("running", "paused")
# What is kept when a case is reopened, and put back when that is undone
KEPT = (
    *("state", "outcome", "planned_hours", "used_hours", "running_since", "paused_since", "due_at", "done_at", "cut_off_at"),
    *("warn_at", "escalate_at", "warned_on", "alarmed_on", "escalated_on"),
)
# Deadlines differ when they do by more than what is lost in counting
SAME = timedelta(seconds=2)


def stands_still(kind, case_state):
    """Tell whether a clock of a kind stands still: a wait for the client costs no time, a first answer is owed."""
    return case_state == "waiting_client" and kind != "first_answer"


@dataclass
class ClockMoment:
    """What the clocks of a case follow at a moment."""

    case: models.BaseModel
    calendar: models.BaseModel
    clock: WorkingTime  # of the calendar
    cause: str  # key of `CAUSES`, for the history
    now: datetime
    replan: bool = False  # count again what depends on calendar and settings even where the case is as it was
    used_hours: float | None = None  # that the work on the case has taken, by whatever rule; None: no clock has counted it

    @property
    def zone_name(self):
        return self.calendar._get_zone(self.case.company_id).zone


class FirmCaseDeadline(models.Model):
    """A clock of a case. It counts working hours while it runs; what is stored says how many were used before that.

    Written by the case alone (`helpdesk.ticket._sync_deadlines`); nobody types a deadline.
    """

    _name = "firm.case.deadline"
    _description = "Deadline of a Case"
    _inherit = ["firm.case.deadline.telling"]
    _order = "due_at, id"
    _rec_name = "kind"

    ticket_id = fields.Many2one("helpdesk.ticket", "Case", required=True, readonly=True, index=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("done", "Done"), ("cancelled", "Cancelled")],
        required=True,
        readonly=True,
        default="running",
    )
    outcome = fields.Selection([("met", "Met"), ("missed", "Missed")], readonly=True, index="btree_not_null")
    start = fields.Datetime(required=True, readonly=True)
    planned_hours = fields.Float(readonly=True, help="Working hours from the start.", aggregator="avg")
    used_hours = fields.Float(
        readonly=True, aggregator="avg", help="Working hours counted before the clock last started, or altogether."
    )
    running_since = fields.Datetime(readonly=True)
    paused_since = fields.Datetime(readonly=True)
    cut_off_at = fields.Datetime("Cut-off", readonly=True, help="Anything received by then is handled in this cut-off.")
    due_at = fields.Datetime("Due", required=True, readonly=True)
    done_at = fields.Datetime("Done", readonly=True)
    urgency_reason_id = fields.Many2one("firm.urgency.reason", readonly=True, ondelete="set null")
    calendar_id = fields.Many2one("resource.calendar", readonly=True, index=True, ondelete="set null")
    change_ids = fields.One2many("firm.case.deadline.change", "deadline_id", readonly=True)

    # For reports: as they were when the clock stopped, and as they are while it runs
    company_id = fields.Many2one(related="ticket_id.company_id", store=True)
    category_id = fields.Many2one(related="ticket_id.category_id", store=True)
    practice_area_id = fields.Many2one(related="ticket_id.practice_area_id", store=True)
    user_id = fields.Many2one(related="ticket_id.user_id", store=True)

    # Who was told
    warn_at = fields.Datetime(readonly=True)
    escalate_at = fields.Datetime(readonly=True)
    warned_on = fields.Datetime(readonly=True)
    alarmed_on = fields.Datetime(readonly=True)
    escalated_on = fields.Datetime(readonly=True)
    to_replan = fields.Boolean(readonly=True)

    _ticket_kind_uniq = models.UniqueIndex("(ticket_id, kind)", "A case can have only one deadline of each kind.")
    # What the job looks for, and nothing else
    _warn_idx = models.Index("(warn_at) WHERE state = 'running' AND warned_on IS NULL")
    _alarm_idx = models.Index("(due_at) WHERE state = 'running' AND alarmed_on IS NULL")
    _escalate_idx = models.Index("(escalate_at) WHERE state = 'running' AND escalated_on IS NULL")
    _replan_idx = models.Index("(id) WHERE to_replan IS TRUE")

    # === COUNTING === #

    def _get_used_hours(self, clock, moment):
        """Return the working hours used until a moment."""
        self.ensure_one()
        return self.used_hours + (clock.get_hours(self.running_since, moment) if self.running_since else 0.0)

    def _prepare_plan(self, clock, values):
        """Return the moments that follow from when the clock runs, as values.

        :param clock: `WorkingTime` of the calendar
        :param dict values: `running_since`, `planned_hours`, `used_hours`, `cut_off_at`, and what the company sets
        """
        company = values.pop("company")
        if values.get("cut_off_at"):
            due = clock.add(values["cut_off_at"], values["planned_hours"])
        else:
            due = clock.add(values["running_since"], values["planned_hours"] - values["used_hours"])
        return values | {
            "due_at": due,
            "warn_at": clock.add(due, -company.crm_firm_case_warning_hours) if company.crm_firm_case_warning_hours else False,
            "escalate_at": clock.add(due, company.crm_firm_escalation_hours),
        }

    def _write_plan(self, values, cause):
        """Write a plan, and keep why the deadline moved. Elevated: called by the case."""
        self.ensure_one()
        changes = []
        if abs(values.get("due_at", self.due_at) - self.due_at) > SAME:
            changes.append({"old_due_at": self.due_at, "new_due_at": values["due_at"]})
            if values["due_at"] > fields.Datetime.now():
                # A new date is told of anew.
                values |= {"warned_on": False, "alarmed_on": False, "escalated_on": False, "outcome": False}
        elif values.get("state", self.state) != self.state and values["state"] != "done":
            changes.append({"old_due_at": self.due_at, "new_due_at": False if values["state"] != "running" else self.due_at})
        changed = {
            fname: value for fname, value in values.items() if self._fields[fname].convert_to_write(self[fname], self) != value
        }
        if changed:
            self.write(changed)
        return [change | {"deadline_id": self.id, "cause": cause} for change in changes]

    def _keep(self):
        """Return how the clock stands: dict of what JSON can hold."""
        self.ensure_one()
        return {
            fname: fields.Datetime.to_string(self[fname]) if self._fields[fname].type == "datetime" else self[fname]
            for fname in KEPT
        }

    # === FOLLOWING THE CASE === #

    def _follow(self, at, hours):
        """Have the clock follow what its case says, one transition after another.

        :param at: `ClockMoment`
        :param float hours: what the category or the urgency plans
        :return: the changes for the history
        """
        self.ensure_one()
        if at.case.case_state not in OPEN_STATES or (self.kind == "first_answer" and at.case.first_answered_on):
            return self._stop(at) if self.state in LIVE_STATES else []
        known = {fname: self[fname] for fname in ("used_hours", "running_since", "planned_hours")}
        values = dict(known)
        if self.state == "done":
            values |= self._reopen(at, hours)
        elif self.state == "cancelled":
            values |= self._take_up_again(at)
        values |= self._take_calendar(at, values)
        values |= self._take_hours(at, hours, values)
        if at.cause == "received":
            values |= self._take_arrival(at)
        if stands_still(self.kind, at.case.case_state):
            return self._write_plan(values | self._pause(at, values), at.cause)
        values |= self._resume(at)
        if self.kind == "cut_off":
            values |= self._take_round(at, values)
        if values == known and not at.replan:
            return []
        return self._write_plan(self._prepare_plan(at.clock, values | {"company": at.case.company_id}), at.cause)

    def _reopen(self, at, hours):
        """Start a clock that was stopped for good: what was left then is left still; one that had used all starts anew."""
        used = self.used_hours if self.used_hours < hours else 0.0
        return {"state": "running", "running_since": at.now, "done_at": False, "outcome": False, "used_hours": used}

    def _take_up_again(self, at):
        """Start a clock the rule had given up: hours counted meanwhile, by whatever rule, stay used."""
        values = {"state": "running", "done_at": False, "outcome": False, "planned_hours": 0.0}
        if self.kind == "first_answer":
            return values | {"running_since": self.start, "used_hours": 0.0}  # it never stands still
        return values | {"running_since": at.now, "used_hours": at.used_hours or 0.0}

    def _take_calendar(self, at, values):
        """Count another calendar from now on. The hours used stay those of the calendar before."""
        if at.calendar == self.calendar_id:
            return {}
        taken = {"calendar_id": at.calendar.id}
        if self.calendar_id and self.state == "running" and self.running_since < at.now:
            before = WorkingTime(self.calendar_id, at.case.company_id, [self.running_since, at.now])
            taken |= {
                "used_hours": values["used_hours"] + before.get_hours(self.running_since, at.now),
                "running_since": at.now,
            }
        return taken

    def _take_hours(self, at, hours, values):
        """Plan the hours of the category or of the urgency."""
        urgency = at.case.urgency_reason_id
        if urgency and (urgency != self.urgency_reason_id or self.state == "cancelled"):
            return self._prepare_urgency(at, hours, values) | {"urgency_reason_id": urgency.id}
        if urgency:
            return {}
        return {"planned_hours": hours} | ({"urgency_reason_id": False} if self.urgency_reason_id else {})

    @api.model
    def _prepare_urgency(self, at, hours, values):
        """An urgent case has its hours from the moment it is urgent, but never later than it had them before."""
        running_since = values["running_since"]
        used = values["used_hours"] + (at.clock.get_hours(running_since, at.now) if running_since else 0.0)
        planned = used + hours
        if values["planned_hours"] > used:
            planned = min(planned, values["planned_hours"])
        return {"used_hours": used, "running_since": running_since and at.now, "planned_hours": planned}

    def _take_arrival(self, at):
        """Count from another date of arrival, as long as nothing has been counted otherwise."""
        if self.start != self.running_since or self.used_hours:
            return {}
        return {"start": at.case.received_on, "running_since": at.case.received_on}

    def _pause(self, at, values):
        """Stand still while the case waits for the client."""
        if self.state == "paused":
            return {}
        return {
            "state": "paused",
            "used_hours": values["used_hours"] + at.clock.get_hours(values["running_since"] or at.now, at.now),
            "running_since": False,
            "paused_since": at.now,
        }

    def _resume(self, at):
        """Go on where it stood still."""
        return {"state": "running", "running_since": at.now, "paused_since": False} if self.state == "paused" else {}

    def _take_round(self, at, values):
        """Choose the round of documents. What comes after a wait or an end arrives now, and is handled in the round of now."""
        arrived = values.get("start", self.start)
        if self.state in ("paused", "done"):
            arrived = at.now
        elif self.cut_off_at and not at.replan and at.cause not in ("category", "received", "team"):
            return {"cut_off_at": self.cut_off_at}
        return {"cut_off_at": at.case.category_id._get_round(arrived, at.zone_name)}

    def _cancel(self, at):
        """Give the clock up, as another rule holds. It keeps what it has counted."""
        used = self._get_used_hours(at.clock, at.now)
        values = {"state": "cancelled", "used_hours": used, "running_since": False, "paused_since": False}
        return self._write_plan(values, at.cause)

    def _stop(self, at):
        """Stop the clock for good: whether the deadline was met is decided, and stays.

        A clock that stood still has missed nothing after the moment it was stopped.
        """
        moment = at.case.first_answered_on if self.kind == "first_answer" and at.case.first_answered_on else at.now
        moment = min(moment, at.now)
        counted = min(self.paused_since or moment, moment)
        return self._write_plan(
            {
                "state": "done",
                "done_at": moment,
                "outcome": "met" if counted <= self.due_at else "missed",
                "used_hours": self._get_used_hours(at.clock, moment),
                "running_since": False,
                "paused_since": False,
            },
            "setting",
        )

    # === JOBS === #

    @api.model
    def _mark_to_replan(self, domain):
        """Have these clocks planned again by the job, as holidays, hours or settings have changed.

        :param domain: which of those that run or stand still
        """
        # Whoever keeps the calendar need not see the cases.
        deadlines_sudo = self.sudo().search([("state", "in", LIVE_STATES), *domain])
        if deadlines_sudo:
            deadlines_sudo.to_replan = True
            job = self.env.ref("crm_firm.ir_cron_case_replan", raise_if_not_found=False)  # calendars outlive the addon
            if job:
                job.sudo()._trigger()

    @api.model
    def _cron_replan(self):
        """Plan the clocks of cases and the calls of leads again whose calendar has changed."""
        Cron = self.env["ir.cron"]
        domain = [("to_replan", "=", True)]
        Cron._commit_progress(remaining=self.search_count(domain))
        while deadlines := self.search(domain, limit=500):
            locked = deadlines.try_lock_for_update()
            locked.write({"to_replan": False})
            locked.ticket_id._sync_deadlines("calendar", replan=True)
            if not locked or not Cron._commit_progress(len(locked)):
                return
        self.env["crm.lead"]._replan_marked_calls()
