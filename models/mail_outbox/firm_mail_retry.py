import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 100
# How long a sender may take for one batch before another takes over what it left behind. A row that is being sent
# is locked besides, so that a slow mail server alone never makes two senders send the same.
LEASE = timedelta(minutes=15)
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
MOST_TRIES = 24  # some three days
# People hear of a mail that does not get out after this many tries (a quarter of an hour), not of a short outage.
TRIES_UNTIL_TOLD = 3
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

    A row exists once for what causes the e-mail (a unique key of the model that inherits this). The scheduled job claims
    rows, looks at them again, and commits that before it sends, always under the same Message-ID. A crash after the mail
    server's acceptance and before our commit can therefore only repeat the same message.
    """

    _name = "firm.mail.delivery"
    _description = "Delivery of an E-mail"

    # External id of the job that calls `_run_deliveries`
    _delivery_job = None

    state = fields.Selection(STATES, required=True, default="planned", readonly=True)
    message_id = fields.Char("Message-ID", readonly=True)
    mail_mail_id = fields.Many2one("mail.mail", readonly=True, ondelete="set null", index="btree_not_null")
    mail_message_id = fields.Many2one("mail.message", readonly=True, ondelete="set null", index="btree_not_null")
    sent_on = fields.Datetime(readonly=True)
    tries = fields.Integer(readonly=True, aggregator=None)
    next_try_on = fields.Datetime(readonly=True)
    failure = fields.Text(readonly=True)

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
    def _get_due_domain(self):
        return Domain("next_try_on", "<=", fields.Datetime.now())

    @api.model
    def _run_deliveries(self):
        """Send the e-mails of rows that are due, batch by batch; safe with several workers and with crashes."""
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=self.search_count(self._get_due_domain()))
        last_id = 0
        while rows := self.search(self._get_due_domain() & Domain("id", ">", last_id), order="id", limit=BATCH):
            last_id, seen = rows[-1].id, len(rows)
            try:
                claimed = rows._claim()
                time_left = Cron._commit_progress(seen)
            except psycopg2.OperationalError:
                # Somebody wrote on one of their records meanwhile. Nothing was sent: they are due again.
                self.env.cr.rollback()
                continue
            claimed._send()
            if not time_left:
                break
        # What failed waits for its next try, what another worker holds is that worker's.
        Cron._commit_progress(remaining=self.search_count(self._get_due_domain()))
        if next_row := self.search([("next_try_on", "!=", False)], order="next_try_on", limit=1):
            self._wake_job(next_row.next_try_on)
            Cron._commit_progress()

    @api.model
    def _wake_job(self, moment=None):
        """Have the job run at a moment (naive UTC), default: as soon as the transaction is committed."""
        job_sudo = self.env.ref(self._delivery_job).sudo()  # whoever causes an e-mail may wake the job
        job_sudo._trigger(at=max(moment, fields.Datetime.now()) if moment else None)

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

    def _send(self):
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
        now = fields.Datetime.now()
        for row in self:
            tries = row.tries + 1
            is_final = failure_type in LASTING_FAILURES or tries >= MOST_TRIES
            wait = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LONGEST_RETRY)
            row.write(
                {
                    "state": "failed",
                    "tries": tries,
                    "failure": failure,
                    "next_try_on": False if is_final else now + wait,
                }
            )
            if is_final or tries == TRIES_UNTIL_TOLD:
                row._tell_of_failure(failure_type)
        if waiting := [row.next_try_on for row in self if row.next_try_on]:
            self._wake_job(min(waiting))

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
