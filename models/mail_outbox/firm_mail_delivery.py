import logging

from odoo import api, fields, models

from ..firm_retried_work import FIRST_RETRY, LEASE

_logger = logging.getLogger(__name__)

# Odoo's kinds of failure that no further try mends
LASTING_FAILURES = ("mail_email_invalid", "mail_email_missing", "mail_from_invalid", "mail_from_missing")

STATES = [
    ("none", "No e-mail"),
    ("planned", "To send"),
    ("sending", "Being sent"),
    ("sent", "Sent"),
    ("failed", "Failed"),
    ("cancelled", "Cancelled"),
]


class FirmMailDelivery(models.AbstractModel):
    """One e-mail on its way to the mail server: the one engine that sends, tries again and tells.

    The scheduled job claims rows, looks at them again, and commits that before it sends, always under the same Message-ID.
    A crash after the mail server's acceptance and before our commit can therefore only repeat the same message. A row that
    is being sent is locked besides its lease, so that a slow mail server alone never makes two senders send the same.
    """

    _name = "firm.mail.delivery"
    _inherit = "firm.retried.work"
    _description = "Delivery of an E-mail"

    state = fields.Selection(STATES, required=True, default="planned", readonly=True)
    message_id = fields.Char("Message-ID", readonly=True, index="btree_not_null")
    mail_mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null", index="btree_not_null")
    mail_message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null", index="btree_not_null")
    sent_on = fields.Datetime(readonly=True)

    # === WHAT EACH MODEL SAYS === #

    def _drop_unwanted(self):
        """Cancel what is not wanted any more. Return the rest."""
        return self

    def _make_mails(self):
        """Make the mail of each row that has none. Return the rows that have one."""
        return self

    def _may_be_sent_now(self):
        """Return whether the row, locked, is for whoever sends its mail at this moment: the job that claimed it."""
        return self.state == "sending"

    def _put_back(self):
        """Sending is switched off (`ir.mail_server._disable_send`): keep the mail for another time."""
        raise NotImplementedError

    def _tell_of_failure(self, failure_type=None):
        """Tell people that the mail does not get out, once."""
        raise NotImplementedError

    def _close_failure_tasks(self):
        """Take away what `_tell_of_failure` made: the mail is out, or nobody wants it any more."""
        raise NotImplementedError

    # === SENDING (the scheduled job) === #

    @api.model
    def _run_deliveries(self):
        """Send the e-mails of rows that are due."""
        self._run_work()

    def _claim(self):
        """Lock rows, drop what is not wanted any more, make the missing mails. The caller commits.

        :return: the rows to send
        """
        rows = self.try_lock_for_update().filtered_domain(self._get_due_domain())
        # A mail that was sent without us knowing: the commit that said so was ours, or Odoo's queue did it by hand.
        done = rows.filtered(lambda row: row.mail_mail_id.state == "sent")
        done._set_sent()
        rows = (rows - done)._drop_unwanted()
        rows = rows._make_mails()
        rows.write({"state": "sending", "next_try_on": fields.Datetime.now() + LEASE})
        return rows

    def _do_claimed(self):
        """Send claimed rows. Every result is committed at once; nothing is raised."""
        try:
            self.mail_mail_id.send(auto_commit=True)
        except Exception as error:
            self.env.cr.rollback()
            _logger.warning("Sending of e-mails (%s) was interrupted: %s", self._name, error)
        now = fields.Datetime.now()
        left = self.try_lock_for_update().filtered(lambda row: row.state == "sending" and row.next_try_on > now)
        for row in left:
            if row.mail_mail_id.state == "exception":  # no connection at all
                row._set_failed(row.mail_mail_id.failure_reason, row.mail_mail_id.failure_type)
            else:
                row.next_try_on = now + FIRST_RETRY
        self.env["ir.cron"]._commit_progress()

    def _start_sending(self):
        """Lock the row for the time of sending and look at everything again.

        :return: whether it is to be sent now
        """
        self.ensure_one()
        if not self.try_lock_for_update():
            return False
        return self._may_be_sent_now() and bool(self._drop_unwanted())

    def _finish_sending(self):
        """Take over what became of the mail."""
        self.ensure_one()
        mail = self.mail_mail_id
        if mail.state == "sent":
            self._set_sent()
        elif mail.state == "exception":
            self._set_failed(mail.failure_reason, mail.failure_type)
        else:
            self._put_back()

    def _set_sent(self):
        self.write({"state": "sent", "sent_on": fields.Datetime.now(), "next_try_on": False, "failure": False})
        self._close_failure_tasks()

    def _set_failed(self, failure, failure_type=None):
        for row in self:
            row.state = "failed"
            if row._count_failure(failure, is_lasting=failure_type in LASTING_FAILURES):
                row._tell_of_failure(failure_type)
        self._wake_for_next_try()

    def _set_cancelled(self, **values):
        self.write({"state": "cancelled", "next_try_on": False} | values)
        self.mail_mail_id.filtered(lambda mail: mail.state != "sent").write({"state": "cancel"})
        self._close_failure_tasks()

    def _retry(self):
        """Send what failed again, as soon as the job runs. The caller has checked the right to do so."""
        failed = self.filtered(lambda row: row.state == "failed")
        failed.write({"next_try_on": fields.Datetime.now()})
        if failed:
            self._wake_job()
