from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.calendar_snapshot import WorkingTime
from .firm_case_deadline import LIVE_STATES, ClockMoment, stands_still
from .helpdesk_ticket_stage import OPEN_STATES

# For a case whose category says nothing, and one without category
DEFAULT_HOURS = {"first_answer": 24.0, "resolution": 48.0}
# What a deadline follows -> why it moved, the first that changed says it
WATCHED = {
    "urgency_reason_id": "urgency",
    "category_id": "category",
    "team_id": "team",
    "case_state": "waiting",
    "received_on": "received",
    "is_case": "team",
}
URGENT = "3"


class HelpdeskTicketClocks(models.AbstractModel):
    """Two clocks in working hours, or a round of documents; what the case says decides, the clocks follow by themselves."""

    _name = "helpdesk.ticket.clocks"
    _description = "Case: clocks"

    urgency_reason_id = fields.Many2one(
        "firm.urgency.reason",
        tracking=True,
        ondelete="restrict",
        groups="base.group_user",
        help="Urgent cases have their own deadline. A case is urgent only with a reason.",
    )
    deadline_ids = fields.One2many("firm.case.deadline", "ticket_id", string="Deadlines", groups="base.group_user")
    deadline_change_ids = fields.One2many("firm.case.deadline.change", "ticket_id", groups="base.group_user")
    next_due_at = fields.Datetime(
        "Deadline",
        compute="_compute_next_due_at",
        store=True,
        index=True,
        groups="base.group_user",
        help="The next running deadline. Empty while waiting for the client.",
    )
    next_due_kind = fields.Selection(
        [("first_answer", "First answer"), ("resolution", "Resolution"), ("cut_off", "Document cut-off")],
        compute="_compute_next_due_at",
        store=True,
        groups="base.group_user",
        string="Deadline Of",
    )
    expected_on = fields.Datetime(
        compute="_compute_expected_on",
        store=True,
        help="When the client can expect the case to be resolved; for documents, when their cut-off is handled.",
    )
    round_on = fields.Datetime(
        "Cut-off", compute="_compute_expected_on", store=True, help="Anything received by then is handled in this cut-off."
    )
    case_since = fields.Datetime(
        copy=False,
        readonly=True,
        groups="base.group_user",
        help="When a ticket that was there before became a case. Nothing had been promised until then: its deadlines count "
        "from that moment.",
    )
    first_answered_on = fields.Datetime(copy=False, readonly=True)
    answered_on = fields.Datetime("Last Answer", copy=False, readonly=True)

    @api.depends("deadline_ids.state", "deadline_ids.due_at")
    def _compute_next_due_at(self):
        for case in self:
            running = case.deadline_ids.filtered(lambda deadline: deadline.state == "running")
            first = min(running, key=lambda deadline: deadline.due_at, default=running)
            case.next_due_at = first.due_at
            case.next_due_kind = first.kind

    @api.depends("deadline_ids.state", "deadline_ids.due_at", "deadline_ids.cut_off_at")
    def _compute_expected_on(self):
        for case in self:
            last = case.deadline_ids.filtered(lambda deadline: deadline.state == "running" and deadline.kind != "first_answer")
            case.expected_on = last[:1].due_at
            case.round_on = last.filtered(lambda deadline: deadline.kind == "cut_off")[:1].cut_off_at

    @api.constrains("priority", "urgency_reason_id", "team_id")
    def _check_urgency(self):
        for case in self:
            if case.is_case and case.priority == URGENT and not case.urgency_reason_id:
                raise ValidationError(self.env._("Choose one of the firm's reasons why “%s” is urgent.", case.name))

    # === FOLLOW === #

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create([self._complete_urgency(vals) for vals in vals_list])
        cases._sync_deadlines("setting")
        return cases

    def write(self, vals):
        vals = self._complete_urgency(vals)
        if not vals.keys() & {"urgency_reason_id", "category_id", "team_id", "stage_id", "received_on", "user_id"}:
            return super().write(vals)
        cases_sudo = self.sudo()  # of a client's or front desk's case as of any other
        before = {case.id: {fname: case[fname] for fname in WATCHED} for case in cases_sudo}
        result = super().write(vals)
        causes = {}
        for case_sudo in cases_sudo:
            old = before[case_sudo.id]
            changed = [fname for fname in WATCHED if old[fname] != case_sudo[fname]]
            if changed:
                cause = WATCHED[changed[0]]
                if cause == "waiting" and old["case_state"] == "waiting_client":
                    cause = "answered"
                elif cause == "waiting" and old["case_state"] not in OPEN_STATES:
                    cause = "reopened"
                causes[case_sudo.id] = cause
        for cause, ids in _group(causes).items():
            self.browse(ids)._sync_deadlines(cause)
        return result

    @api.model
    def _complete_urgency(self, vals):
        """A reason makes a case urgent, and whoever takes the urgency away takes the reason away."""
        if "urgency_reason_id" in vals and "priority" not in vals:
            return vals | {"priority": URGENT if vals["urgency_reason_id"] else "1"}
        if vals.get("priority", URGENT) != URGENT and "urgency_reason_id" not in vals:
            return vals | {"urgency_reason_id": False}
        return dict(vals)

    def _get_case_calendar(self):
        """Return the calendar the clocks of the case count."""
        self.ensure_one()
        return self.team_id.case_calendar_id or self.company_id._get_crm_firm_calendar()

    def _get_wanted_clocks(self):
        """Return the clocks that the case should have: dict kind -> working hours."""
        self.ensure_one()
        category = self.category_id
        if self.urgency_reason_id:
            wanted = {
                "first_answer": self.urgency_reason_id.answer_hours,
                "resolution": self.urgency_reason_id.resolution_hours,
            }
        else:
            return category._get_wanted_clocks() if category else DEFAULT_HOURS
        return {kind: hours for kind, hours in wanted.items() if hours > 0}

    def _sync_deadlines(self, cause, replan=False):
        """Have the clocks of these cases follow what the cases say. Nothing is asked of the database case by case.

        :param str cause: why, for the history: a key of `firm_case_deadline.CAUSES`
        :param bool replan: count again what depends on calendar and settings even where the case itself is as it was
        """
        # Clocks are nobody's to write; whoever may change the case has the clocks follow.
        cases_sudo = self.sudo().filtered("is_case")
        if not cases_sudo:
            return
        now = fields.Datetime.now()
        moments = {}
        for case in cases_sudo:
            known = moments.setdefault((case._get_case_calendar(), case.company_id), [now])
            known += [case._get_clock_start(now), *(d.running_since for d in case.deadline_ids if d.running_since)]
        clocks = {key: WorkingTime(*key, known) for key, known in moments.items()}
        to_create, changes = [], []
        for case in cases_sudo:
            calendar = case._get_case_calendar()
            at = ClockMoment(case, calendar, clocks[calendar, case.company_id], cause, now, replan)
            at.used_hours = case._get_used_hours(at)
            wanted = case._get_wanted_clocks()
            existing = {deadline.kind: deadline for deadline in case.deadline_ids}
            is_open = case.case_state in OPEN_STATES
            for kind, deadline in existing.items():
                if kind not in wanted and deadline.state in LIVE_STATES:
                    changes += deadline._cancel(at)
            for kind, hours in wanted.items():
                deadline = existing.get(kind)
                if deadline:
                    changes += deadline._follow(at, hours)
                elif is_open and not (kind == "first_answer" and case.first_answered_on):
                    to_create.append(case._prepare_deadline(kind, hours, at))
        Deadline = self.env["firm.case.deadline"].sudo()
        if to_create:
            Deadline.create(to_create)
        if changes:
            self.env["firm.case.deadline.change"].sudo().create([change | {"user_id": self.env.uid} for change in changes])

    def _get_clock_start(self, now):
        """Return when the clocks of the case begin: at its arrival, and not before it was a case."""
        self.ensure_one()
        return max(filter(None, (self.received_on, self.case_since)), default=now)

    def _get_used_hours(self, at):
        """Return the working hours the case has used until now, without its waits; None when no clock has counted them.

        First answers are counted apart: their clock never stands still. The clock that has counted longest knows, as one
        that follows another starts with what that one had used.
        """
        self.ensure_one()
        work = self.deadline_ids.filtered(lambda deadline: deadline.kind != "first_answer")
        return max((deadline._get_used_hours(at.clock, at.now) for deadline in work), default=None)

    def _prepare_deadline(self, kind, hours, at):
        """Return the values of a clock the case has not had yet. One that takes another's place goes on where it stood.

        :param str kind: of the clock
        :param float hours: what the category or the urgency plans
        :param at: `ClockMoment`
        """
        self.ensure_one()
        Deadline = self.env["firm.case.deadline"]
        start = self._get_clock_start(at.now)
        values = {"planned_hours": hours, "used_hours": 0.0, "running_since": start}
        if kind != "first_answer" and at.used_hours is not None:
            values |= {"used_hours": at.used_hours, "running_since": at.now}
        if at.cause == "urgency":
            # Its hours are from now, and not later than the round it was to be handled in.
            round_due = self.deadline_ids.filtered(lambda deadline: deadline.kind == "cut_off").due_at or at.now
            planned = values["used_hours"] + at.clock.get_hours(values["running_since"], round_due)
            values |= Deadline._prepare_urgency(at, hours, values | {"planned_hours": planned})
        if kind == "cut_off":
            # Waits do not count: it arrived when work without a pause would have to have begun.
            arrived = max(start, at.clock.add(at.now, -at.used_hours)) if at.used_hours is not None else start
            values["cut_off_at"] = self.category_id._get_round(arrived, at.zone_name)
        plan = Deadline._prepare_plan(at.clock, values | {"company": self.company_id})
        is_paused = stands_still(kind, self.case_state)
        if is_paused:
            used = values["used_hours"] + at.clock.get_hours(values["running_since"], self._get_waiting_since(at))
            plan |= {"used_hours": used, "running_since": False, "paused_since": at.now}
        return plan | {
            "ticket_id": self.id,
            "kind": kind,
            "state": "paused" if is_paused else "running",
            "start": start,
            "calendar_id": at.calendar.id,
            "urgency_reason_id": self.urgency_reason_id.id,
        }

    def _get_waiting_since(self, at):
        """Return when a case that waits for the client began to, as far as is known."""
        return min(self.last_stage_update or at.now, at.now)

    def _keep_deadlines(self):
        """Return how the clocks stand, for `_put_back_deadlines`: what JSON can hold."""
        self.ensure_one()
        return {str(deadline.id): deadline._keep() for deadline in self.deadline_ids}

    def _put_back_deadlines(self, kept):
        """Set the clocks back to how they stood. Elevated: the caller has checked the right to change the case.

        :param dict kept: as `_keep_deadlines` has returned it
        """
        for deadline in self.deadline_ids:
            if str(deadline.id) in kept:
                deadline.write(kept[str(deadline.id)])


def _group(causes):
    grouped = {}
    for case_id, cause in causes.items():
        grouped.setdefault(cause, []).append(case_id)
    return grouped
