from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import rpc_input
from .crm_lead_contact_status import WAITING
from .firm_follow_up_step import REASONS

# What is written, by whatever door, and the method that judges what it means for the follow-up
REACTIONS = (
    ({"type"}, "_on_type_written"),
    ({"active", "probability"}, "_on_won_status_written"),
    ({"email_from"}, "_on_email_written"),
    ({"phone", "partner_id"}, "_on_phone_written"),
)


class CrmLeadFollowUpCycle(models.AbstractModel):
    """What is done while nobody answers: the steps of a plan, one after another, until something stops them."""

    _name = "crm.lead.follow.up.cycle"
    _description = "Follow-up of a Lead"

    follow_up_cycle = fields.Integer(
        default=1, copy=False, readonly=True, aggregator=None, help="1 from the arrival on, one more with every restart."
    )
    follow_up_started_on = fields.Date("Follow-up Since", copy=False, readonly=True, help="Day D of a restarted follow-up.")
    follow_up_stopped_by = fields.Selection(REASONS, string="Follow-up Stopped By", copy=False, readonly=True)
    follow_up_step_ids = fields.One2many("firm.follow.up.step", "lead_id", string="Follow-up Steps")
    has_failed_email = fields.Boolean("E-mail Not Sent", compute="_compute_has_failed_email", search="_search_has_failed_email")
    phone_is_wrong = fields.Boolean("Wrong Number", copy=False, tracking=True, help="Someone else answers this number.")
    call_due_on = fields.Datetime(
        "Call At",
        compute="_compute_call_due_on",
        store=True,
        index="btree_not_null",
        help="When the person is to be called: the next try, or the deadline of the first contact.",
    )

    @api.depends("follow_up_step_ids.state")
    def _compute_has_failed_email(self):
        steps = self.env["firm.follow.up.step"].search([("lead_id", "in", self.ids), ("state", "=", "failed")])
        # Managers alone read the others; that one has failed is for whoever sees the lead.
        mails_sudo = (
            self.env["firm.outgoing.mail"].sudo().search(self._get_failed_mails_domain() & Domain("res_id", "in", self.ids))
        )
        failed_ids = {*steps.lead_id.ids, *mails_sudo.mapped("res_id")}
        for lead in self:
            lead.has_failed_email = lead._origin.id in failed_ids

    def _search_has_failed_email(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Managers alone read the others; which leads are found is decided by the rules of leads.
        mails_sudo = self.env["firm.outgoing.mail"].sudo()
        return Domain("follow_up_step_ids.state", "=", "failed") | Domain(
            "id", "in", mails_sudo._search(self._get_failed_mails_domain()).subselect("res_id")
        )

    @api.model
    def _get_failed_mails_domain(self):
        return Domain("res_model", "=", "crm.lead") & Domain("state", "=", "failed")

    @api.depends("contact_status", "next_contact_on", "first_contact_deadline")
    def _compute_call_due_on(self):
        for lead in self:
            if lead.contact_status == "to_contact":
                lead.call_due_on = lead.next_contact_on or lead.first_contact_deadline
            elif lead.contact_status in ("second_contact", "contacted"):
                lead.call_due_on = lead.next_contact_on
            else:
                lead.call_due_on = False

    # === START AND STOP === #

    def restart_follow_up(self, reason):
        """Start the follow-up again: a new cycle from today, with a call for the owner on this working day.

        Discarded leads come back to the queue. What an earlier cycle had planned is cancelled.

        :param str reason: why, plain text for the lead's record
        :return: True
        :raise UserError: no reason, or a record that is no lead any more
        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        reason = rpc_input.get_text(self.env, reason, self.env._("The reason"))
        if not reason:
            raise UserError(self.env._("Give a reason for restarting the follow-up."))
        if converted := self.filtered(lambda lead: lead.type != "lead"):
            raise UserError(
                self.env._("No longer leads, so there is nothing to follow up: %s.", ", ".join(converted.mapped("name")))
            )
        for lead in self:
            lead._restart_follow_up(reason)
        return True

    def _restart_follow_up(self, reason, call_on=None, summary=None, activity_type=None):
        """Start a new cycle today.

        :param call_on: when to call, naive UTC; default: this working day
        :param summary: of the task
        :param activity_type: `mail.activity.type` of the task; default: call
        """
        self.ensure_one()
        self.sudo().follow_up_step_ids._cancel("restarted")
        if self.won_status == "lost":
            self.action_restore()
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        now = fields.Datetime.now()
        deadline, today = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now]
        self._set_contact_status(
            "to_contact",
            follow_up_cycle=self.follow_up_cycle + 1,
            follow_up_started_on=today,
            follow_up_stopped_by=False,
            ready_on=False,
            next_contact_on=call_on or False,
            call_planned_from=now if not call_on else False,
            first_contact_deadline=max(deadline, call_on or deadline),
            overdue_owner_told_on=False,
            overdue_manager_told_on=False,
        )
        self._message_log(body=self.env._("Follow-up restarted: %s", reason))
        self._close_contact_tasks()
        if not self._has_usable_phone() and not activity_type and self._request_missing_phones():
            return
        owner = self._get_task_owner()
        if self.user_id:
            day = company_sudo._get_crm_firm_due_day(call_on) if call_on else today
            self._schedule_call(owner, day, summary, activity_type)

    def _stop_follow_up(self, reason):
        """Cancel what is planned for leads and remember why.

        :param str reason: key of `REASONS`
        """
        if not self:
            return
        self._write_protected({"follow_up_stopped_by": reason})
        self.sudo().follow_up_step_ids._cancel(reason)  # steps have no other door; the lead was written on above

    def _resume_follow_up(self, reason):
        """Forget that leads were stopped for a reason that holds no more. What it had cancelled stays so."""
        self.filtered(lambda lead: lead.follow_up_stopped_by == reason).follow_up_stopped_by = False

    def _close_contact_tasks(self):
        """Take away open calls: another one takes their place, or none is needed. Whoever's task it was."""
        if not self:
            return
        types = self._get_contact_activity_types()
        self.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id in types).unlink()

    def _schedule_task(self, summary, note=None, activity_type="mail.mail_activity_data_todo"):
        """Give the owner a task for this working day (a manager, when nobody owns the lead).

        :return: the `mail.activity`, elevated
        """
        self.ensure_one()
        company_sudo = self._get_firm_company().sudo()  # settings, whoever's lead it is
        now = fields.Datetime.now()
        day = company_sudo._get_crm_firm_calendar()._get_working_day_ends(company_sudo, [now])[now][1]
        responsible = self._get_task_owner()
        # Planned by jobs and by what strangers send; whose task it is follows from the lead.
        return (
            self.sudo()
            .with_context(mail_activity_quick_update=True)
            .activity_schedule(activity_type, date_deadline=day, summary=summary, note=note or False, user_id=responsible.id)
        )

    # === WHAT STOPS IT === #

    def _on_follow_up_written(self, vals):
        """Called after `write`: what happened through Odoo's own doors stops the follow-up, and starts it, too."""
        for fnames, method in REACTIONS:
            if fnames & vals.keys():
                getattr(self, method)(vals)

    def _on_type_written(self, vals):
        """Nobody is called any more about what was converted; a conversion taken back lets the follow-up go on."""
        opportunities = self.filtered(lambda lead: lead.type == "opportunity")
        opportunities.filtered(lambda lead: lead.channel_id and lead.contact_status in WAITING)._close_contact_tasks()
        opportunities.filtered(lambda lead: not lead.follow_up_stopped_by)._stop_follow_up("converted")
        (self - opportunities)._resume_follow_up("converted")

    def _on_won_status_written(self, vals):
        lost = self.filtered(lambda lead: lead.won_status == "lost")
        lost.filtered(lambda lead: lead.follow_up_stopped_by != "discarded")._stop_follow_up("discarded")
        (self - lost)._resume_follow_up("discarded")

    def _on_email_written(self, vals):
        """Another address: nothing has come back from it."""
        self.filtered("email_is_bouncing").email_is_bouncing = False

    def _on_phone_written(self, vals):
        """Another number is not known to be wrong, unless that is written with it; who waited for one is called."""
        if "phone" in vals and "phone_is_wrong" not in vals:
            self.filtered("phone_is_wrong").phone_is_wrong = False
        waiting = self.filtered(lambda lead: lead.type == "lead" and lead.contact_status == "phone_requested")
        waiting.filtered(lambda lead: lead._has_usable_phone())._on_phone_known()

    # === ACTIONS === #

    def action_retry_emails(self):
        """Send the e-mails of these leads that failed again.

        :raise AccessError: the user may not write on one of the leads
        """
        self.check_access("write")
        self.follow_up_step_ids.filtered(lambda step: step.state == "failed").action_retry()
        # Managers alone read the others; the leads were checked.
        mails_sudo = self.env["firm.outgoing.mail"].sudo()
        mails_sudo.search(self._get_failed_mails_domain() & Domain("res_id", "in", self.ids))._retry()
        return self._get_notification(self.env._("Failed e-mails are being resent."))
