from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.fields import Domain

# How long a worker may take for one batch before another takes over what it left behind
LEASE = timedelta(minutes=15)
FIRST_RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(hours=4)
MOST_TRIES = 24  # some three days
# People hear of it after this many tries (a quarter of an hour), not of a short outage.
TRIES_UNTIL_TOLD = 3


class FirmRetriedWork(models.AbstractModel):
    """Work that is noted in a row and done by a job, again and again until it is done: the one engine for all of it.

    A row exists once for what causes the work (a unique key of the model that inherits this). The job claims rows that are
    due and commits that before it begins, so that a crash leaves rows that are due again when their lease is over.
    """

    _name = "firm.retried.work"
    _description = "Work of a Job"

    # External id of the job that calls `_run_work`
    _work_job = None
    _work_batch = 100

    tries = fields.Integer(readonly=True, aggregator=None)
    next_try_on = fields.Datetime(readonly=True)
    failure = fields.Text(readonly=True)

    # === WHAT EACH MODEL SAYS === #

    def _claim(self):
        """Lock rows, drop what is not wanted any more, set their lease. The caller commits.

        :return: the rows to work on
        """
        raise NotImplementedError

    def _do_claimed(self):
        """Work on claimed rows. Every result is committed at once; nothing is raised."""
        raise NotImplementedError

    # === THE JOB === #

    @api.model
    def _get_due_domain(self):
        return Domain("next_try_on", "<=", fields.Datetime.now())

    @api.model
    def _run_work(self):
        """Do what is due, batch by batch; safe with several workers and with crashes."""
        Cron = self.env["ir.cron"]
        Cron._commit_progress(remaining=self.search_count(self._get_due_domain()))
        last_id = 0
        while rows := self.search(self._get_due_domain() & Domain("id", ">", last_id), order="id", limit=self._work_batch):
            last_id, seen = rows[-1].id, len(rows)
            try:
                claimed = rows._claim()
                time_left = Cron._commit_progress(seen)
            except psycopg2.OperationalError:
                # Somebody wrote on one of their records meanwhile. Nothing was done: they are due again.
                self.env.cr.rollback()
                continue
            claimed._do_claimed()
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
        job_sudo = self.env.ref(self._work_job).sudo()  # whoever causes the work may wake the job
        job_sudo._trigger(at=max(moment, fields.Datetime.now()) if moment else None)

    def _count_failure(self, failure, is_lasting=False):
        """Count one more try that failed, and plan the next one, if there is one.

        :param str failure: what is shown to people
        :param bool is_lasting: no further try mends it
        :return: whether people are to be told now
        """
        self.ensure_one()
        tries = self.tries + 1
        is_final = is_lasting or tries >= MOST_TRIES
        wait = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LONGEST_RETRY)
        self.write(
            {"tries": tries, "failure": failure, "next_try_on": False if is_final else fields.Datetime.now() + wait},
        )
        return is_final or tries == TRIES_UNTIL_TOLD

    def _wake_for_next_try(self):
        if waiting := [row.next_try_on for row in self if row.next_try_on]:
            self._wake_job(min(waiting))
