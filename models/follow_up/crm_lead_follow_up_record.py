from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.answer_text import get_own_text
from ..firm_job_standstill import PATIENCE

JOBS = (
    *("ir_cron_follow_up_emails", "ir_cron_outgoing_mails", "ir_cron_overdue", "ir_cron_phone_requests", "ir_cron_unreachable"),
    "ir_cron_stray_files",
)
# Counters of what has its time, and can be late
CALLS = ("first_contact", "second_contact")


class CrmLeadFollowUpRecord(models.AbstractModel):
    """The follow-up seen: what has been done for one person, and where all of them stand."""

    _name = "crm.lead.follow.up.record"
    _description = "Follow-up Record"

    follow_up_timeline = fields.Html(compute="_compute_follow_up_timeline", sanitize=False)

    @api.depends("contact_attempt_ids", "follow_up_step_ids.state", "last_answer_on")
    def _compute_follow_up_timeline(self):
        for lead in self:
            lead.follow_up_timeline = self.env["ir.qweb"]._render(
                "crm_firm.follow_up_timeline",
                {"entries": lead._get_follow_up_entries()},
                minimal_qcontext=True,  # a part of the back end: nothing of the website's
            )

    def _get_follow_up_entries(self):
        """Return what happened, oldest first.

        :return: list of dicts `date` (naive UTC), `kind` (attempt, email or answer), `title`, `who`, `result`, `note`
        """
        self.ensure_one()
        entries = self._get_attempt_entries() + self._get_email_entries() + self._get_answer_entries()
        return sorted(entries, key=lambda entry: entry["date"])

    def _get_attempt_entries(self):
        labels = self._get_labels("firm.contact.attempt", "medium", "outcome")
        return [
            {
                "date": attempt.date,
                "kind": "attempt",
                "title": labels["medium"][attempt.medium],
                "who": attempt.user_id.name,
                "result": labels["outcome"][attempt.outcome],
                "is_good": attempt.outcome == "reached",
                "note": attempt.note or "",
            }
            for attempt in self.contact_attempt_ids
        ]

    def _get_email_entries(self):
        labels = self._get_labels("firm.follow.up.step", "state", "reason")
        return [
            {
                "date": step.sent_on or step.create_date,
                "kind": "email",
                # the subject as sent, else the name of a setting
                "title": step.mail_message_id.sudo().subject or step.mail_template_id.sudo().name or self.env._("E-mail"),
                "who": self.env._("automatic"),
                "result": labels["state"][step.state],
                "is_good": step.state == "sent",
                "note": step.failure if step.state == "failed" else labels["reason"].get(step.reason, ""),
            }
            for step in self.follow_up_step_ids
            if step.reason != "no_template"
        ]

    def _get_answer_entries(self):
        # Whoever sees the lead sees its messages.
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                Domain("model", "=", "crm.lead")
                & Domain("res_id", "=", self._origin.id)
                & (
                    Domain("message_type", "=", "email")
                    | (Domain("message_type", "=", "comment") & Domain("author_id.user_ids.share", "=", True))
                )
            )
        )
        return [
            {
                "date": message.date,
                "kind": "answer",
                "title": self.env._("Answer"),
                "who": message.author_id.name or message.email_from or "",
                "result": message.subject or "",
                "is_good": True,
                "note": get_own_text(message.body)[:300],
            }
            for message in messages
            if not message.author_id.user_ids.filtered(lambda user: not user.share)
        ]

    def _get_labels(self, model, *fnames):
        return {fname: dict(self.env[model]._fields[fname]._description_selection(self.env)) for fname in fnames}

    # === DASHBOARD === #

    @api.model
    def get_follow_up_dashboard(self):
        """Return the counters of *Pending* for the user; to managers also the board, to administrators when jobs last ran.

        :return: dict `counters` (list of dicts `key`, `label`, `count`, `late`, `action`), `board` (see
            `firm.board.get_board`), `jobs` (list of dicts `name`, `last_run` (naive UTC string or False), `is_late`) and
            `standing_since` (naive UTC string; False: the jobs run, or it is not the user's to know)
        :raise AccessError: the user may not read leads
        """
        self.check_access("read")
        now = fields.Datetime.now()
        domains = self._get_dashboard_domains()
        overdue = [("call_due_on", "<", now)]
        counters = [
            {
                "key": key,
                "label": label,
                "count": self.search_count(domain),
                "late": self.search_count(domain + overdue) if key in CALLS else 0,
                "action": action,
            }
            for key, label, domain, action in domains
        ]
        DayItem = self.env["firm.day.item"]
        my_day = DayItem._get_my_day_domain()
        counters.insert(
            0,
            {
                "key": "my_day",
                "label": self.env._("My day"),
                "count": DayItem.search_count(my_day),
                "late": DayItem.search_count([*my_day, ("is_late", "=", True)]),
                "action": "crm_firm.crm_lead_my_day_action",
            },
        )
        Outgoing = self.env["firm.outgoing.mail"]
        if Outgoing.has_access("read"):  # managers
            counters.append(
                {
                    "key": "failed_other_email",
                    "label": self.env._("Other e-mails not sent"),
                    "count": Outgoing.search_count([("state", "=", "failed"), ("res_model", "!=", "crm.lead")]),
                    "late": 0,
                    "action": "crm_firm.firm_outgoing_mail_action",
                }
            )
        if self.env.user.has_group("base.group_system"):
            counters.append(
                {
                    "key": "stray_files",
                    "label": self.env._("Files without a record, deleted"),
                    "count": self.env["firm.file.store"]._get_count(),
                    "late": 0,
                    "action": "base.ir_cron_act",
                }
            )
        since = self.env["firm.job.standstill"]._get_since_for_user()
        return {
            "counters": counters,
            "board": self.env["firm.board"].get_board(),
            "jobs": self._get_job_states(now) if self.env.user.has_group("base.group_system") else [],
            "standing_since": fields.Datetime.to_string(since) if since else False,
        }

    @api.model
    def _get_dashboard_domains(self):
        leads = [("type", "=", "lead")]

        def status(name):
            return [*leads, ("contact_status", "=", name)]

        failed = [("has_failed_email", "=", True)]
        return [
            ("first_contact", self.env._("First contact"), status("to_contact"), "crm_firm.crm_lead_first_contact_action"),
            ("second_contact", self.env._("Second contact"), status("second_contact"), "crm_firm.crm_lead_second_contact_action"),
            (
                "phone_requested",
                self.env._("Waiting for a phone"),
                status("phone_requested"),
                "crm_firm.crm_lead_phone_requested_action",
            ),
            ("ready", self.env._("Proposals to send"), status("ready"), "crm_firm.crm_lead_ready_list_action"),
            ("unreachable", self.env._("Unreachable"), status("unreachable"), "crm_firm.crm_lead_unreachable_action"),
            ("failed_email", self.env._("E-mails not sent"), failed, "crm_firm.crm_lead_failed_email_action"),
        ]

    @api.model
    def _get_job_states(self, now):
        """Say when each job last ran: a server whose workers have died stays up and sends nothing."""
        states = []
        for xmlid in JOBS:
            job_sudo = self.env.ref(f"crm_firm.{xmlid}", raise_if_not_found=False)
            if not job_sudo:
                continue
            job_sudo = job_sudo.sudo()  # name and times only
            states.append(
                {
                    "name": job_sudo.name,  # translated, its `cron_name` is not
                    "last_run": fields.Datetime.to_string(job_sudo.lastcall) if job_sudo.lastcall else False,
                    # Odoo plans the next run when one ends: a next run long over means that nobody is there to run it.
                    "is_late": not job_sudo.active or job_sudo.nextcall < now - PATIENCE,
                }
            )
        return states
