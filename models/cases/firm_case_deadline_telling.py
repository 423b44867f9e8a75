from odoo import api, fields, models

RUNNING = [("state", "=", "running"), ("ticket_id.active", "=", True)]


class FirmCaseDeadlineTelling(models.AbstractModel):
    """Who is told of a deadline: before it passes, when it has, and a manager later."""

    _name = "firm.case.deadline.telling"
    _description = "Deadline of a Case: who is told"

    @api.model
    def _cron_tell(self):
        """Warn before the breach, give alarm at it, and tell a manager some working hours later: once each.

        One digest a person and run. Nothing is counted here, stored moments are compared.
        """
        Cron = self.env["ir.cron"]
        now = fields.Datetime.now()
        self._mark_missed(now)
        digests = self._find_to_tell(now)
        Cron._commit_progress(remaining=len(digests))
        for user_id, ids_by_field in digests.items():
            self._tell(self.env["res.users"].browse(user_id), ids_by_field)
            if not Cron._commit_progress(1):
                return

    @api.model
    def _mark_missed(self, now):
        """Note which deadlines have passed, whether or not there is somebody to tell."""
        self.search([*RUNNING, ("alarmed_on", "=", False), ("due_at", "<=", now), ("outcome", "=", False)]).outcome = "missed"

    @api.model
    def _find_to_tell(self, now):
        """Return dict user id -> dict field that notes it -> ids of deadlines."""
        digests = {}
        people = {}
        for told, moment, extra in (
            ("warned_on", "warn_at", [("due_at", ">", now)]),
            ("alarmed_on", "due_at", []),
            ("escalated_on", "escalate_at", []),
        ):
            deadlines = self.search([*RUNNING, (told, "=", False), (moment, "<=", now), *extra], order="due_at, id")
            cases = deadlines.ticket_id
            cases.fetch(["user_id", "specialist_id", "team_id", "company_id"])
            for deadline in deadlines:
                case = deadline.ticket_id
                key = (told == "escalated_on", case.user_id, case.specialist_id, case.team_id, case.company_id)
                if key not in people:
                    people[key] = case._get_managers_to_tell() if key[0] else case._get_people_to_tell()
                for user_id in people[key].ids:
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
        """Return how a digest names the deadline: number, client and until when."""
        self.ensure_one()
        case = self.ticket_id
        due = (case.company_id or self.env.company)._describe_deadline(self.due_at)
        kind = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        return " · ".join(filter(None, [case.number, case.name, case.commercial_partner_id.name, f"{kind}: {due}"]))
