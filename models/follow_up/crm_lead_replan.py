from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from .crm_lead_ready_for_proposal import SEND_PROPOSAL

# Calls differ when they do by more than what is lost in counting
SAME = timedelta(seconds=2)


class CrmLeadReplan(models.AbstractModel):
    """Calls and proposals follow the calendar: other hours or a holiday entered late move those that are still to be made.

    A time agreed with the person stays, whatever the calendar says.
    """

    _name = "crm.lead.replan"
    _description = "Calls of a Lead: follow the calendar"

    call_planned_from = fields.Datetime(
        copy=False,
        readonly=True,
        help="From when the next call was counted. Empty: from the arrival, or at a time agreed with the person.",
    )

    proposal_due_on = fields.Date(
        "Proposal Due", copy=False, readonly=True, help="Day on which “Send proposal” was planned. The task may lie elsewhere."
    )

    @api.model
    def _mark_calls_to_replan(self, companies):
        """Have the calls and proposals of these companies planned again by the job.

        :param companies: `res.company`
        """
        companies_sudo = companies.sudo().filtered(lambda company: not company.crm_firm_replan_calls)
        companies_sudo.crm_firm_replan_calls = True  # whoever keeps the calendar need not see the leads
        job = self.env.ref("crm_firm.ir_cron_case_replan", raise_if_not_found=False)  # calendars outlive the addon
        if companies_sudo and job:
            job.sudo()._trigger()

    @api.model
    def _replan_marked_calls(self):
        """Plan the calls and proposals of companies again whose calendar has changed (part of the job that does it for cases)."""
        Cron = self.env["ir.cron"]
        companies = self.env["res.company"].search([("crm_firm_replan_calls", "=", True)])
        Cron._commit_progress(remaining=len(companies))
        for company in companies:
            of_company = Domain("company_id", "in", [company.id] + ([False] if company == self.env.company else []))
            calls = Domain("type", "=", "lead") & Domain("contact_status", "in", ("to_contact", "second_contact"))
            proposals = Domain("proposal_due_on", ">", company._get_crm_firm_today())
            is_done = [
                self.search(calls & of_company)._replan_calls(),
                self.search(proposals & of_company)._replan_proposals(company),
            ]
            # What somebody is working on at this moment is planned again by the next run.
            company.crm_firm_replan_calls = not all(is_done)
            if not Cron._commit_progress(1):
                return

    def _replan_calls(self):
        """Move the calls that the calendar puts on another moment. None moves into the past: it would be late at once.

        :return: whether all were moved that should have been
        """
        now = fields.Datetime.now()
        moved = {
            lead: moment
            for lead, moment in self._get_planned_calls().items()
            if moment > now and abs(moment - lead.call_due_on) > SAME
        }
        leads = self.browse([lead.id for lead in moved])
        locked = leads.try_lock_for_update()
        locked._move_call_tasks(moved)
        locked._message_log_batch(bodies={lead.id: lead._get_replanned_text(moved[lead]) for lead in locked})
        for (status, moment), group in locked.grouped(lambda lead: (lead.contact_status, moved[lead])).items():
            values = {"next_contact_on": moment}
            if status == "to_contact":
                # A new deadline is told of anew.
                values = {"first_contact_deadline": moment, "overdue_owner_told_on": False, "overdue_manager_told_on": False}
            group.with_context(tracking_disable=True)._write_protected(values)
        return locked == leads

    def _get_planned_calls(self):
        """Return when the calls are due by the calendar as it is now: dict lead -> naive UTC datetime.

        Leads whose call is at an agreed time are not in it.
        """
        planned = {}
        for company, leads in self.filtered("call_due_on").grouped(lambda lead: lead._get_firm_company()).items():
            company_sudo = company.sudo()  # settings and calendar of the company
            calendar_sudo = company_sudo._get_crm_firm_calendar()
            first = leads.filtered(lambda lead: lead.contact_status == "to_contact" and not lead.next_contact_on)
            arrived = first.filtered(lambda lead: lead.follow_up_cycle <= 1 and not lead.call_planned_from)
            for counted, days in ((arrived, company_sudo.crm_firm_first_contact_days), (first - arrived, 0)):
                starts = {lead: lead._get_call_planned_from() for lead in counted}
                ends = calendar_sudo._get_working_day_ends(company_sudo, starts.values(), days)
                planned |= {lead: ends[start][0] for lead, start in starts.items()}
            for lead in leads.filtered(lambda lead: lead.contact_status == "second_contact" and lead.call_planned_from):
                if moment := lead._get_planned_try():
                    planned[lead] = moment
        return planned

    def _get_call_planned_from(self):
        self.ensure_one()
        if self.call_planned_from or not self.follow_up_started_on:
            return self.call_planned_from or self.received_on or self.create_date
        return self._get_firm_company()._get_crm_firm_midnight(self.follow_up_started_on)

    def _get_planned_try(self):
        """Return when the next try is due after the last one, None when the plan has none any more."""
        self.ensure_one()
        attempt = self._get_last_contact_attempt()
        if attempt.date == self.call_planned_from:
            return self._get_next_try(attempt.outcome, self._get_steps_left()[:1], attempt.date)
        company_sudo = self._get_firm_company().sudo()  # calendar of the company
        ends = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [self.call_planned_from])
        return ends[self.call_planned_from][0]

    def _get_call_planned_by(self, attempt):
        """Return from when the call after an attempt was counted, False when its time was agreed with the person."""
        if not attempt.next_contact_on or attempt.outcome not in ("no_answer", "wrong_number"):
            return False
        planned = self._get_next_try(attempt.outcome, self._get_steps_left()[:1], attempt.date)
        return attempt.date if planned and abs(planned - attempt.next_contact_on) <= SAME else False

    def _move_call_tasks(self, moved):
        """Move the open tasks of calls that lie on the day of the call. One put on another day by hand stays there."""
        for lead in self:
            due_day = lead._get_firm_company()._get_crm_firm_due_day
            types, old_day = lead._get_contact_activity_types(), due_day(lead.call_due_on)
            tasks_sudo = lead.sudo().activity_ids.filtered(  # whoever's task it is
                lambda task, types=types, day=old_day: task.activity_type_id in types and task.date_deadline == day
            )
            tasks_sudo.with_context(mail_activity_quick_update=True).date_deadline = due_day(moved[lead])

    def _replan_proposals(self, company):
        """Move the tasks “Send proposal” that lie on the day they were planned for. One put elsewhere by hand stays there.

        :param company: `res.company` of these leads
        :return: whether all were moved that should have been
        """
        today = company._get_crm_firm_today()
        # Settings and calendar of the company; whoever's tasks they are.
        company_sudo, proposal_type = company.sudo(), self.env.ref(SEND_PROPOSAL)
        calendar_sudo = company_sudo._get_crm_firm_calendar()
        tasks_sudo = self.sudo().activity_ids.filtered(lambda task: task.activity_type_id == proposal_type)
        moved = {}
        for start, of_day in tasks_sudo.grouped(lambda task: company._get_crm_firm_local_date(task.create_date)).items():
            day = calendar_sudo._get_working_day_after(company_sudo, start, company_sudo.crm_firm_proposal_days)
            for task in of_day:
                lead = self.browse(task.res_id)
                if task.date_deadline == lead.proposal_due_on and today < day != lead.proposal_due_on:
                    moved[lead] = day, task
        leads = self.browse([lead.id for lead in moved])
        locked = leads.try_lock_for_update()
        env = self.with_context(lang=company._get_crm_firm_lang()).env  # for colleagues, whoever's calendar it is
        for lead in locked:
            day, task_sudo = moved[lead]
            lead._message_log(
                body=env._(
                    "The proposal moves from %(old)s to %(new)s: the firm's calendar or its deadlines have changed.",
                    old=format_date(env, lead.proposal_due_on),
                    new=format_date(env, day),
                )
            )
            task_sudo.with_context(mail_activity_quick_update=True).date_deadline = day
            lead._write_protected({"proposal_due_on": day})
        return locked == leads

    def _get_replanned_text(self, moment):
        company = self._get_firm_company()
        env = self.with_context(lang=company._get_crm_firm_lang()).env  # for colleagues, whoever's calendar it is
        zone = company._get_crm_firm_zone().zone
        return env._(
            "The call moves from %(old)s to %(new)s: the firm's calendar or its deadlines have changed.",
            old=format_datetime(env, self.call_due_on, tz=zone, dt_format="short"),
            new=format_datetime(env, moment, tz=zone, dt_format="short"),
        )
