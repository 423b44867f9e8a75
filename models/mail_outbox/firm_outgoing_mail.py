from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..firm_retried_work import LEASE
from .firm_mail_delivery import LASTING_FAILURES

# Whatever is mailed about these, by whatever door, is followed until it is out.
OUR_MODELS = ("crm.lead", "helpdesk.ticket")
OUR_PREFIX = "firm."
# How long it is known what has been sent
KEPT_DAYS = 90


class FirmOutgoingMail(models.Model):
    """An e-mail of ours that Odoo's queue sends, and that is sent again when the mail server did not take it.

    The row is written together with the mail. Odoo's queue makes the first try; what it leaves behind, because the server
    refused, was down, or the process died, is this model's.
    """

    _name = "firm.outgoing.mail"
    _description = "Outgoing E-mail"
    _inherit = "firm.mail.delivery"
    _order = "id desc"
    _rec_name = "cause"

    _work_job = "crm_firm.ir_cron_outgoing_mails"

    cause = fields.Char(required=True, readonly=True, help="What the e-mail is sent for: there is one e-mail for it.")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, index="btree_not_null")
    subject = fields.Char(related="mail_message_id.subject")
    recipients = fields.Char("To", compute="_compute_recipients", compute_sudo=True)
    task_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null", index="btree_not_null")

    _cause_uniq = models.UniqueIndex("(cause)", "This e-mail has been made already.")
    _to_do_idx = models.Index("(next_try_on) WHERE next_try_on IS NOT NULL")
    _failed_idx = models.Index("(res_model, res_id) WHERE state = 'failed'")

    @api.depends("mail_mail_id")
    def _compute_recipients(self):
        for row in self:
            mail = row.mail_mail_id
            row.recipients = ", ".join(filter(None, [mail.email_to, *mail.recipient_ids.mapped("email_formatted")]))

    # === MAILS BECOME OURS === #

    @api.model
    def _is_ours(self, mail):
        return mail.state == "outgoing" and (mail.model in OUR_MODELS or (mail.model or "").startswith(OUR_PREFIX))

    @api.model
    def _get_cause(self, cause, record):
        return f"{cause}:{record._name},{record.id}"

    @api.model
    def _filter_new(self, cause, records):
        """Return the records for which no e-mail of this cause has been made."""
        causes = {self._get_cause(cause, record): record for record in records}
        done_sudo = self.sudo().search([("cause", "in", list(causes))])  # rows have no door but the methods of this model
        done = set(done_sudo.mapped("cause"))
        return records.browse(record.id for cause, record in causes.items() if cause not in done)

    @api.model
    def _follow(self, mails, cause=None):
        """Follow mails until they are out.

        :param mails: `mail.mail` not sent yet
        :param str cause: what they are sent for: one mail of this cause for a record
        """
        mails_sudo = mails.sudo()  # whoever causes a mail may read none
        self_sudo = self.sudo()
        # Those about our records are followed already, without a name.
        known_sudo = self_sudo.search([("mail_mail_id", "in", mails.ids)])
        mails_sudo -= known_sudo.mail_mail_id
        for row_sudo in known_sudo if cause else []:
            row_sudo.cause = f"{cause}:{row_sudo.res_model},{row_sudo.res_id}"
        now = fields.Datetime.now()
        companies = self._get_companies(mails_sudo)
        self_sudo.create(
            [
                {
                    "cause": f"{cause}:{mail.model},{mail.res_id}" if cause else f"mail.mail,{mail.id}",
                    "mail_mail_id": mail.id,
                    "mail_message_id": mail.mail_message_id.id,
                    "message_id": mail.message_id,
                    "res_model": mail.model,
                    "res_id": mail.res_id,
                    "company_id": companies[mail].id,
                    "next_try_on": max(mail.scheduled_date or now, now) + LEASE,
                }
                for mail in mails_sudo
            ]
        )

    @api.model
    def _get_companies(self, mails):
        companies = dict.fromkeys(mails, self.env.company)
        for model, of_model in mails.grouped("model").items():
            if model and "company_id" in self.env[model]._fields:
                # Whose company the e-mail is of, whoever causes it.
                for mail, record in zip(of_model, self.env[model].sudo().browse(of_model.mapped("res_id")), strict=True):
                    companies[mail] = record.exists().company_id or self.env.company
        return companies

    # === THE ENGINE ASKS === #

    def _drop_unwanted(self):
        """A mail that was cancelled or deleted is not sent."""
        unwanted = self.filtered(lambda row: not row.mail_mail_id or row.mail_mail_id.state in ("cancel", "received"))
        unwanted._set_cancelled()
        return self - unwanted

    def _may_be_sent_now(self):
        # Odoo's queue, or the request that made the mail, sends what has never been tried; the job what it claimed.
        return self.state == "sending" or (self.state in ("planned", "failed") and self.mail_mail_id.state == "outgoing")

    def _put_back(self):
        self.write({"state": "planned", "next_try_on": fields.Datetime.now() + LEASE})

    def _tell_of_failure(self, failure_type=None):
        """Give a task to whoever is responsible for the record, else for mail: an e-mail would not get out either."""
        self.ensure_one()
        if self.mail_mail_id.is_notification and failure_type in LASTING_FAILURES:
            return  # Odoo says so to the author, on the message
        record = self._get_record()
        on_record = Domain("res_model", "=", self.res_model) & Domain("res_id", "=", self.res_id) if record else Domain.FALSE
        told = self.search(on_record & Domain("state", "=", "failed") & Domain("task_id", "!=", False), limit=1)
        self.task_id = told.task_id or self._make_task(record)

    def _make_task(self, record):
        """Return the `mail.activity` that says so in the language of whoever gets it."""
        if record:
            said_by = record._for_colleagues()
        else:
            user = (self.company_id or self.env.company)._get_crm_firm_mail_responsible()[:1] or self.env.user
            said_by = self.with_context(lang=user.lang)
        summary = said_by.env._("An e-mail cannot be sent")
        note = said_by.env._(
            "“%(subject)s” to %(recipients)s: %(failure)s",
            subject=self.subject or "",
            recipients=self.recipients or "",
            failure=self.failure or "",
        )
        if record._name == "crm.lead":
            return said_by._schedule_task(summary, note=note, activity_type="crm_firm.mail_activity_type_email_failed")
        values = {
            "activity_type_id": self.env.ref("mail.mail_activity_data_warning").id,
            "summary": summary,
            "note": note,
            "automated": True,
        }
        if record:
            user = (record.user_id or record.specialist_id).filtered("active") or record._get_case_managers() or self.env.user
            values |= {"res_model_id": self.env["ir.model"]._get_id(record._name), "res_id": record.id}
        # No e-mail tells of a task about e-mails.
        Activity = self.env["mail.activity"].with_context(mail_activity_quick_update=True)
        return Activity.create(values | {"user_id": user[:1].id})

    def _get_record(self):
        self.ensure_one()
        if self.res_model not in OUR_MODELS:
            return self.browse()
        return self.env[self.res_model].browse(self.res_id).exists()

    def _close_failure_tasks(self):
        tasks = self.task_id
        self.filtered("task_id").task_id = False
        still_failed = self.search([("task_id", "in", tasks.ids), ("state", "=", "failed")])
        (tasks - still_failed.task_id).unlink()

    # === ACTIONS === #

    def action_retry(self):
        """Send what failed again, as soon as the job runs.

        :raise AccessError: the user may not see the row
        """
        self.check_access("read")
        self.sudo()._retry()  # who sees it may have it sent
        return True

    def action_give_up(self):
        """Send what failed no more.

        :raise AccessError: the user may not see the row
        """
        self.check_access("read")
        failed_sudo = self.sudo().filtered(lambda row: row.state == "failed")  # who sees it may give it up
        failed_sudo._set_cancelled()
        return True

    @api.autovacuum
    def _gc_done(self):
        """Forget what has been sent or cancelled for a while."""
        before = fields.Datetime.now() - relativedelta(days=KEPT_DAYS)
        self.search([("state", "in", ("sent", "cancelled")), ("write_date", "<", before)], limit=10000).unlink()
