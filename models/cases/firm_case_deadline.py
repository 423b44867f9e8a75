from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_datetime

from .helpdesk_ticket_stage import OPEN_STATES

KINDS = [("first_answer", "First answer"), ("resolution", "Resolution"), ("cut_off", "Round of documents")]
CAUSES = [
    ("category", "Another category"),
    ("urgency", "Another urgency"),
    ("team", "Another team"),
    ("calendar", "Another working calendar or holiday"),
    ("received", "Another date of arrival"),
    ("waiting", "Waiting for the client"),
    ("answered", "The client answered"),
    ("reopened", "Reopened"),
    ("setting", "Another setting"),
]
# Deadlines differ when they do by more than what is lost in counting
SAME = timedelta(seconds=2)


class FirmCaseDeadline(models.Model):
    """A clock of a case. It counts working hours while it runs; what is stored says how many were used before that.

    Written by the case alone (`helpdesk.ticket._sync_deadlines`); nobody types a deadline.
    """

    _name = "firm.case.deadline"
    _description = "Deadline of a Case"
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
    cut_off_at = fields.Datetime("Round", readonly=True, help="What arrives until then is handled in this round.")
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

    _ticket_kind_uniq = models.UniqueIndex("(ticket_id, kind)", "A case has one deadline of each kind.")
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

    # === FOLLOWING THE CASE === #

    def _follow(self, case, clock, hours, cause, now, replan):
        """Write what follows for this clock from what its case says. Returns the changes for the history.

        :param case: `helpdesk.ticket`
        :param clock: `WorkingTime`
        :param float hours: what the category or the urgency plans
        """
        self.ensure_one()
        is_over = case.case_state not in OPEN_STATES
        if is_over or (self.kind == "first_answer" and case.first_answered_on):
            return self._stop(case, clock, now) if self.state in ("running", "paused") else []
        values = {"used_hours": self.used_hours, "running_since": self.running_since, "planned_hours": self.planned_hours}
        if self.state in ("done", "cancelled"):
            values |= {"state": "running", "running_since": now, "done_at": False, "outcome": False}
            if self.state == "done":
                # What was left when it stopped is left still, and a reopened case that had used all is due anew.
                values["used_hours"] = self.used_hours if self.used_hours < hours else 0.0
        if case.urgency_reason_id != self.urgency_reason_id:
            values |= self._prepare_urgency(case, clock, hours, values, now)
        elif not case.urgency_reason_id and (self.planned_hours != hours or self.state == "cancelled"):
            values["planned_hours"] = hours
        if cause == "received" and self.start == self.running_since and not self.used_hours:
            values |= {"start": case.received_on, "running_since": case.received_on}
        calendar = case._get_case_calendar()
        if calendar != self.calendar_id:
            values["calendar_id"] = calendar.id
        is_waiting = case.case_state == "waiting_client" and self.kind != "first_answer"
        if is_waiting:
            if self.state == "paused":
                return self._write_plan(values, cause)
            used = values["used_hours"] + clock.get_hours(values["running_since"] or now, now)
            values |= {"state": "paused", "used_hours": used, "running_since": False, "paused_since": now}
            return self._write_plan(values, cause)
        arrived = values.get("start", self.start)
        if self.state == "paused":
            values |= {"state": "running", "running_since": now, "paused_since": False}
        if self.kind == "cut_off":
            # What comes after a wait arrives now, and is handled in the round of now.
            if self.state in ("paused", "done"):
                arrived = now
            elif self.cut_off_at and not replan and cause not in ("category", "received", "team"):
                arrived = None
            values["cut_off_at"] = case.category_id._get_round(arrived, calendar.tz) if arrived else self.cut_off_at
        if values == {fname: self[fname] for fname in ("used_hours", "running_since", "planned_hours")} and not replan:
            return []
        return self._write_plan(self._prepare_plan(clock, values | {"company": case.company_id}), cause)

    def _prepare_urgency(self, case, clock, hours, values, now):
        """An urgent case has its hours from the moment it is urgent, but never later than it had them before."""
        if not case.urgency_reason_id:
            return {"urgency_reason_id": False, "planned_hours": hours}
        running_since = values["running_since"]
        used = values["used_hours"] + (clock.get_hours(running_since, now) if running_since else 0.0)
        planned = used + hours
        if values["planned_hours"] > used:
            planned = min(planned, values["planned_hours"])
        return {
            "urgency_reason_id": case.urgency_reason_id.id,
            "used_hours": used,
            "running_since": now if running_since else False,
            "planned_hours": planned,
        }

    def _stop(self, case, clock, now):
        """Stop the clock for good: whether the deadline was met is decided, and stays.

        A clock that stood still has missed nothing after the moment it was stopped.
        """
        moment = case.first_answered_on if self.kind == "first_answer" and case.first_answered_on else now
        moment = min(moment, now)
        counted = min(self.paused_since or moment, moment)
        return self._write_plan(
            {
                "state": "done",
                "done_at": moment,
                "outcome": "met" if counted <= self.due_at else "missed",
                "used_hours": self._get_used_hours(clock, moment),
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
        deadlines_sudo = self.sudo().search([("state", "in", ("running", "paused")), *domain])
        if deadlines_sudo:
            deadlines_sudo.to_replan = True
            self.env.ref("crm_firm.ir_cron_case_replan").sudo()._trigger()

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

    @api.model
    def _cron_tell(self):
        """Warn before the breach, give alarm at it, and tell a manager some working hours later: once each.

        One digest a person and run. Nothing is counted here, stored moments are compared.
        """
        Cron = self.env["ir.cron"]
        digests = self._find_to_tell(fields.Datetime.now())
        Cron._commit_progress(remaining=len(digests))
        for user_id, ids_by_field in digests.items():
            self._tell(self.env["res.users"].browse(user_id), ids_by_field)
            if not Cron._commit_progress(1):
                return

    @api.model
    def _find_to_tell(self, now):
        """Return dict user id -> dict field that notes it -> ids of deadlines."""
        digests = {}
        managers = {}

        def get_managers(case):
            key = (case.team_id.id, case.company_id.id)
            if key not in managers:
                managers[key] = case._get_case_managers().ids
            return managers[key]

        running = [("state", "=", "running"), ("ticket_id.active", "=", True)]
        for told, moment, extra in (
            ("warned_on", "warn_at", [("due_at", ">", now)]),
            ("alarmed_on", "due_at", []),
            ("escalated_on", "escalate_at", []),
        ):
            deadlines = self.search([*running, (told, "=", False), (moment, "<=", now), *extra], order="due_at, id")
            if told == "alarmed_on":
                deadlines.filtered(lambda deadline: not deadline.outcome).write({"outcome": "missed"})
            cases = deadlines.ticket_id
            cases.fetch(["user_id", "specialist_id", "team_id", "company_id"])
            for deadline in deadlines:
                case = deadline.ticket_id
                people = (case.specialist_id or case.user_id).filtered("active").ids
                if told == "escalated_on" or not people:
                    people = get_managers(case)
                for user_id in people:
                    digests.setdefault(user_id, {}).setdefault(told, []).append(deadline.id)
        return digests

    def _tell(self, user, ids_by_field):
        template = self.env.ref("crm_firm.mail_template_case_deadlines", raise_if_not_found=False)
        now = fields.Datetime.now()
        parts = {fname: self.browse(ids) for fname, ids in ids_by_field.items()}
        # What has just breached is an alarm; that it was about to is no news.
        if template:
            template.with_context(
                crm_firm_warned=parts.get("warned_on", self.browse()),
                crm_firm_alarmed=parts.get("alarmed_on", self.browse()),
                crm_firm_escalated=parts.get("escalated_on", self.browse()),
            )._crm_firm_queue(user)
        for fname, deadlines in parts.items():
            deadlines.write({fname: now})

    def _get_line(self, user):
        """Return how a digest names the deadline: number, client and moment, in the time zone of the reader."""
        self.ensure_one()
        case = self.ticket_id
        zone = user.tz or case.company_id._get_crm_firm_zone().zone
        due = format_datetime(self.env, self.due_at, tz=zone, dt_format="short")
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        return " · ".join(filter(None, [case.number, case.name, case.commercial_partner_id.name, f"{kind}: {due}"]))


class FirmCaseDeadlineChange(models.Model):
    _name = "firm.case.deadline.change"
    _description = "Change of a Deadline"
    _order = "id desc"

    deadline_id = fields.Many2one("firm.case.deadline", required=True, readonly=True, index=True, ondelete="cascade")
    ticket_id = fields.Many2one(related="deadline_id.ticket_id", store=True, index=True)
    kind = fields.Selection(related="deadline_id.kind")
    cause = fields.Selection(CAUSES, required=True, readonly=True)
    old_due_at = fields.Datetime("From", readonly=True)
    new_due_at = fields.Datetime("To", readonly=True, help="Empty: the clock stands still.")
    user_id = fields.Many2one("res.users", "By", readonly=True, ondelete="set null")
