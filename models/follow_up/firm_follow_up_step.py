import logging
from datetime import timedelta
from socket import gethostname

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import hmac
from odoo.tools.mail import email_domain_extract

from ..firm_retried_work import FIRST_RETRY, TRIES_UNTIL_TOLD

_logger = logging.getLogger(__name__)

PHONE_REQUEST = "phone"

REASONS = [
    ("answered", "The person answered"),
    ("reached", "Spoken with"),
    ("call_back", "Call agreed"),
    ("meeting", "Meeting booked"),
    ("discarded", "Discarded"),
    ("converted", "Converted"),
    ("restarted", "Follow-up restarted"),
    ("bounced", "The address is not valid"),
    ("opted_out", "Opted out of e-mails"),
    ("no_email", "No e-mail address"),
    ("no_template", "The step has no e-mail"),
    ("phone_known", "The phone is known"),
    ("merged", "Merged"),
]


class FirmFollowUpStep(models.Model):
    """One step of a lead's follow-up that was done, and the one e-mail it makes.

    The row is written together with the attempt that caused it; the unique key makes it exist once. The scheduled job
    claims rows, reads the lead again, writes the mail with its Message-ID and commits all that before it sends. A
    crash after the mail server's acceptance and before our commit can therefore only repeat the same message.
    """

    _name = "firm.follow.up.step"
    _inherit = "firm.mail.delivery"
    _description = "Follow-up Step"
    _order = "id desc"
    _rec_name = "key"

    _work_job = "crm_firm.ir_cron_follow_up_emails"

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True, ondelete="cascade")
    cycle = fields.Integer(required=True, readonly=True, aggregator=None)
    key = fields.Char(required=True, readonly=True, help="Which step: one of the plan, or the request of a phone.")
    number = fields.Integer(readonly=True, aggregator=None, help="Position in the plan, from 1. 0: request of a phone.")
    plan_template_id = fields.Many2one(
        "mail.activity.plan.template", string="Step of the Plan", readonly=True, ondelete="set null", index="btree_not_null"
    )
    attempt_id = fields.Many2one("firm.contact.attempt", readonly=True, ondelete="set null", index="btree_not_null")
    company_id = fields.Many2one(related="lead_id.company_id", store=True)
    user_id = fields.Many2one(related="lead_id.user_id", string="Owner")

    # The e-mail
    mail_template_id = fields.Many2one(
        "mail.template", string="E-mail", readonly=True, ondelete="set null", index="btree_not_null"
    )
    reason = fields.Selection(REASONS, readonly=True)

    _once_uniq = models.UniqueIndex("(lead_id, cycle, key)", "This follow-up step has already been done.")
    _to_do_idx = models.Index("(id) WHERE next_try_on IS NOT NULL")

    # === DECIDING (in the transaction of the attempt) === #

    @api.model
    def _plan(self, keys, mail_template, **values):
        """Write down that a step of leads is done and that its e-mail is to go out, once.

        The e-mail of an attempt waits as long as the company says: whoever hit the wrong button takes it back unsent.

        :param dict keys: `crm.lead` -> the step, unique in the lead's cycle
        :param mail_template: `mail.template`, may be empty
        :param values: other fields of the rows
        :return: the new rows, elevated
        """
        leads = self.env["crm.lead"].union(*keys)
        obstacles = leads._get_email_obstacles() if mail_template else dict.fromkeys(leads, "no_template")
        now = fields.Datetime.now()
        moments = {
            lead: now
            + timedelta(
                # a setting, whoever's lead it is
                seconds=lead._get_firm_company().sudo().crm_firm_undo_email_seconds if values.get("attempt_id") else 0
            )
            for lead in leads - leads.browse([lead.id for lead in obstacles])
        }
        # Rows have one door, this method; the caller has checked the right to write on the leads.
        steps_sudo = self.sudo().create(
            [
                values
                | {
                    "lead_id": lead.id,
                    "cycle": lead.follow_up_cycle,
                    "key": key,
                    "mail_template_id": mail_template.id,
                    "message_id": self._get_message_id(lead, lead.follow_up_cycle, key),
                    "state": "none" if lead in obstacles else "planned",
                    "reason": obstacles.get(lead),
                    "next_try_on": moments.get(lead, False),
                }
                for lead, key in keys.items()
            ]
        )
        if moments:
            self._wake_job(min(moments.values()))
        return steps_sudo

    @api.model
    def _get_message_id(self, lead, cycle, key):
        """Return the Message-ID of a step's e-mail: the same whenever asked, not to be guessed by others."""
        digest = hmac(self.env(su=True), "crm_firm.follow_up_step", (lead.id, cycle, key))[:32]
        # The domain of the firm, in every e-mail of it.
        domain = email_domain_extract(lead._get_firm_company().sudo().email or "") or gethostname()
        return f"<{digest}.{cycle}-openerp-{lead.id}-crm.lead@{domain}>"

    def _cancel(self, reason):
        """Cancel e-mails that have not gone out. One that is at the mail server this moment cannot be called back."""
        # Steps have no other door: who stops the follow-up has written on the lead.
        open_steps_sudo = self.sudo().filtered(lambda step: step.state in ("planned", "sending", "failed"))
        if not open_steps_sudo:
            return
        # What a sender holds is not waited for: it reads the lead again before it sends.
        locked_sudo = open_steps_sudo.try_lock_for_update()
        locked_sudo._set_cancelled(reason=reason)

    # === SENDING (the scheduled job) === #

    @api.model
    def _cron_send_emails(self):
        """Make and send the e-mails of steps that are due; safe with several workers and with crashes."""
        self._run_deliveries()

    def _drop_unwanted(self):
        """Read the leads again and cancel what they do not want any more. Return the rest."""
        obstacles = self.lead_id._get_email_obstacles()
        wanted = self.browse()
        for step in self:
            reason = step._get_stop_reason() or obstacles.get(step.lead_id)
            if reason:
                step._set_cancelled(reason=reason)
            else:
                wanted |= step
        return wanted

    def _get_stop_reason(self):
        """Return why the lead does not want the e-mail of this step any more, None when it does."""
        self.ensure_one()
        lead = self.lead_id
        if lead.won_status == "lost" or not lead.active:
            return "discarded"
        if lead.type != "lead":
            return "converted"
        if self.cycle != lead.follow_up_cycle:
            return "restarted"
        if lead.follow_up_stopped_by:
            return lead.follow_up_stopped_by
        if self.key.startswith(PHONE_REQUEST):
            return None if lead.contact_status == "phone_requested" else "phone_known"
        if lead.contact_status in ("contacted", "ready"):
            return "reached"
        return None

    def _make_mails(self):
        """Make the mail of each row that has none, held back from Odoo's own queue. Return the rows that have one."""
        to_make = self.filtered(lambda step: not step.mail_mail_id)
        failed = self.browse()
        for template, steps in to_make.grouped("mail_template_id").items():
            try:
                with self.env.cr.savepoint():
                    steps._render_mails(template)
            except psycopg2.OperationalError:
                raise  # the whole batch is tried again
            except Exception:
                for step in steps:
                    failed |= step._make_mail_alone(template)
        return self - failed

    def _make_mail_alone(self, template):
        """Make one mail. Return the row when that fails: the fault is on the lead, the others go on."""
        try:
            with self.env.cr.savepoint():
                self._render_mails(template)
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.warning("The e-mail of follow-up step %s (lead %s) cannot be made: %s", self.id, self.lead_id.id, error)
            self._set_failed(self.env._("The e-mail could not be created: %s", error))
            return self
        return self.browse()

    def _render_mails(self, template):
        if not template:
            raise ValueError(self.env._("its template was deleted"))
        leads = self.lead_id
        if len(leads) < len(self):  # two steps of one lead with the same e-mail
            for step in self:
                step._render_mails(template)
            return
        mails = template.send_mail_batch(leads.ids, email_values={"state": "held", "auto_delete": False})
        reply_to = leads._notify_get_reply_to() if not template.reply_to else {}
        mail_by_lead = {mail.res_id: mail for mail in mails}
        for step in self:
            mail = mail_by_lead[step.lead_id.id]
            if step.key.startswith(PHONE_REQUEST):
                # Whoever wrote, or filled in the form: nobody has called. No automaton answers it.
                mail.headers = repr(self.env["firm.mail.gate"]._get_headers())
            values = {"message_id": step.message_id}
            if reply_to.get(step.lead_id.id):
                values["reply_to"] = reply_to[step.lead_id.id]
            mail.mail_message_id.write(values)
            step.write({"mail_mail_id": mail.id, "mail_message_id": mail.mail_message_id.id})
            step.attempt_id._note_email(mail.mail_message_id)

    def _put_back(self):
        self.mail_mail_id.state = "held"
        self.write({"state": "planned", "next_try_on": fields.Datetime.now() + FIRST_RETRY})

    def _set_sent(self):
        super()._set_sent()
        self.reason = False

    def _tell_of_failure(self, failure_type=None):
        """Give the owner a task: an e-mail about mails that do not get out would not get out either."""
        self.ensure_one()
        if not self._get_failure_tasks():
            lead = self.lead_id._for_colleagues()
            lead._schedule_task(
                lead.env._("An e-mail to the contact cannot be sent"),
                note=self.env._("%(email)s: %(failure)s", email=self.mail_template_id.name or "", failure=self.failure or ""),
                activity_type="crm_firm.mail_activity_type_email_failed",
            )

    def _get_failure_tasks(self):
        failed_type = self.env.ref("crm_firm.mail_activity_type_email_failed", raise_if_not_found=False)
        return (
            self.env["mail.activity"]
            .sudo()
            .search(  # whoever's task it is
                [
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", self.lead_id.ids),
                    ("activity_type_id", "=", failed_type.id if failed_type else 0),
                ]
            )
        )

    def _close_failure_tasks(self):
        told = self.filtered(lambda step: step.tries >= TRIES_UNTIL_TOLD)
        if told:
            told._get_failure_tasks().unlink()

    # === ACTIONS === #

    def action_retry(self):
        """Send what failed again, as soon as the job runs.

        :raise AccessError: the user may not write on the lead
        """
        self.lead_id.check_access("write")
        self.sudo()._retry()  # the lead was checked
        return True

    @api.autovacuum
    def _gc_held_mails(self):
        """Cancel mails whose step is gone (a deleted lead): nobody would ever send them."""
        mails = self.env["mail.mail"].search(
            [("state", "=", "held"), ("create_date", "<", fields.Datetime.now() - relativedelta(days=7))], limit=1000
        )
        known = self.search([("mail_mail_id", "in", mails.ids)]).mail_mail_id
        (mails - known).write({"state": "cancel"})
