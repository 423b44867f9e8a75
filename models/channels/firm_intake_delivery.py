import json
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...tools.lead_ads import read_submission
from ..firm_retried_work import LEASE
from .firm_intake_fetching import FetchingFailed

_logger = logging.getLogger(__name__)

STATES = [
    ("received", "Received"),
    ("fetching", "Being fetched"),
    ("done", "Request made"),
    ("duplicate", "Known already"),
    ("test", "Test"),
    ("failed", "Failed"),
]
RAW_DAYS = 30  # how long is kept what was sent
FAILED_DAYS = 90  # the same, where no request was made of it
KEPT_DAYS = 365
SHORT_WAIT = timedelta(seconds=10)
# Sources whose messages hold no answers
FETCHED = ("meta", "linkedin")
KEPT_HELP = "Deleted after 30 days, after 90 where no request was made of it."


class FirmIntakeDelivery(models.Model):
    """One lead that a source handed over, once, and what became of it.

    The message is answered when the row is committed. All else is done by the job: a message that cannot be worked on now,
    because of a crash, of an expired token or of a fault of ours, is still there.
    """

    _name = "firm.intake.delivery"
    _description = "Delivery of a Source"
    _inherit = "firm.retried.work"
    _order = "received_on desc, id desc"
    _rec_name = "external_id"

    _work_job = "crm_firm.ir_cron_intake_deliveries"
    _work_batch = 20  # each may wait for the network

    source_id = fields.Many2one("firm.intake.source", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="source_id.company_id", store=True, index=True)
    external_id = fields.Char("Their Id", required=True, readonly=True)
    signed_digest = fields.Char(
        readonly=True, help="Hash of the message and its signed moment: what is sent again is no second one."
    )
    state = fields.Selection(STATES, required=True, default="received", readonly=True, index=True)
    received_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    submitted_on = fields.Datetime(readonly=True, help="When the person filled in the form, as the source says.")
    lead_id = fields.Many2one("crm.lead", "Request", readonly=True, ondelete="set null", index="btree_not_null")
    # Up to 64 kB and a megabyte: read of the row that is worked on, not of all beside it
    raw = fields.Text("What Was Sent", readonly=True, prefetch=False, help=KEPT_HELP)
    fetched = fields.Text("What Was Fetched", readonly=True, prefetch=False, help=KEPT_HELP)
    task_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null", index="btree_not_null")

    _external_uniq = models.UniqueIndex("(source_id, external_id)", "This delivery is here already.")
    _signed_uniq = models.UniqueIndex(
        "(source_id, signed_digest) WHERE signed_digest IS NOT NULL", "This message is here already."
    )
    _to_do_idx = models.Index("(next_try_on) WHERE next_try_on IS NOT NULL")

    # === RECEIVING (in the request of the source) === #

    @api.model
    def _receive(self, source, items, signed_digest=None):
        """Keep what a source sends, each once, and wake the job. The caller commits before it answers.

        Of parallel copies the database lets one in; the others find it, or are told to try again (serialization) and find
        it then.

        :param items: list of `Item`
        :param str signed_digest: hash of the signed message, where each has its own moment
        :return: list of pairs `(id, is_new)`
        """
        self.flush_model()
        now, result = fields.Datetime.now(), []
        for item in items:
            values = {
                "source_id": source.id,
                "company_id": source.company_id.id,
                "external_id": item.external_id,
                "signed_digest": signed_digest,
                "state": "received",
                "received_on": now,
                "tries": 0,
                "raw": item.raw,
                "next_try_on": now,
                "create_date": now,
                "write_date": now,
                "create_uid": self.env.uid,
                "write_uid": self.env.uid,
            }
            rows = self.env.execute_query(
                SQL(
                    "INSERT INTO %s (%s) VALUES %s ON CONFLICT DO NOTHING RETURNING id",
                    SQL.identifier(self._table),
                    SQL(", ").join(map(SQL.identifier, values)),
                    tuple(values.values()),
                )
            )
            result.append((rows[0][0], True) if rows else (self._find_id(source, item, signed_digest), False))
        self.invalidate_model()
        if any(is_new for _id, is_new in result):
            self._wake_job()
        return result

    @api.model
    def _find_id(self, source, item, signed_digest):
        domain = Domain("external_id", "=", item.external_id)
        if signed_digest:
            domain |= Domain("signed_digest", "=", signed_digest)
        found = self.search(domain & Domain("source_id", "=", source.id))
        return (found.filtered(lambda row: row.external_id == item.external_id) or found)[:1].id

    # === WORKING (the scheduled job) === #

    def _claim(self):
        rows = self.try_lock_for_update().filtered_domain(self._get_due_domain())
        rows.write({"next_try_on": fields.Datetime.now() + LEASE})
        to_fetch = Domain("source_id.kind", "in", FETCHED) & Domain("fetched", "=", False) & Domain("state", "!=", "fetching")
        self.search(to_fetch & Domain("id", "in", rows.ids)).state = "fetching"
        return rows

    def _is_to_fetch(self):
        return self.source_id.kind in FETCHED and not self.fetched

    def _do_claimed(self):
        for row in self:
            try:
                row._try_to_work()
            except Exception:
                # Not even the failure could be kept: the row is due again when its lease is over, the others go on.
                self.env.cr.rollback()
                _logger.exception("What became of delivery %s cannot be kept", row.id)

    def _try_to_work(self):
        try:
            self._work()
            self.env["ir.cron"]._commit_progress()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()
            self.next_try_on = fields.Datetime.now() + SHORT_WAIT  # somebody wrote at the same moment
            self._wake_for_next_try()
            self.env["ir.cron"]._commit_progress()
        except FetchingFailed as error:
            self.env.cr.rollback()
            self._fail(str(error), is_lasting=error.is_lasting)
        except Exception as error:
            self.env.cr.rollback()
            _logger.warning("Delivery %s of source %s cannot be worked on", self.id, self.source_id.id, exc_info=True)
            self._fail(self.env._("The request cannot be made: %s", error))

    def _fail(self, failure, is_lasting=False):
        is_to_tell = self._count_failure(failure, is_lasting)
        self.state = "failed"
        if is_to_tell:
            self._tell_of_failure()
        self._wake_for_next_try()
        self.env["ir.cron"]._commit_progress()

    def _work(self):
        """Fetch what is to be fetched, and make the lead; nothing where there is nothing to do any more."""
        self.ensure_one()
        if self._is_to_fetch():
            # No lock is held while the network is waited for; what it said is kept whatever comes after.
            fetched = self.source_id._fetch_submission(self.external_id)
            self.fetched = json.dumps(fetched)
            self.env["ir.cron"]._commit_progress()
        if not self.try_lock_for_update() or self.state not in ("received", "fetching", "failed"):
            return
        submission = read_submission(self.source_id.kind, json.loads(self.fetched or self.raw))
        is_test = submission.is_test
        lead, is_new = (self.lead_id, False) if is_test else self.source_id._make_lead(self, submission)
        self.write(
            {
                "state": "test" if is_test else ("done" if is_new else "duplicate"),
                "submitted_on": submission.submitted_on,
                "lead_id": lead.id,
                "next_try_on": False,
                "failure": False,
            }
        )
        self._close_failure_task()

    def _tell_of_failure(self):
        """Give whoever is responsible for the source one task, however many of its deliveries fail."""
        self.ensure_one()
        # A task that was done is archived: who has done it hears of what fails later.
        told = self.search(
            [("source_id", "=", self.source_id.id), ("state", "=", "failed"), ("task_id.active", "=", True)], limit=1
        )
        self.task_id = told.task_id or self.source_id._make_failure_task(self.failure)

    def _close_failure_task(self):
        task = self.task_id
        self.task_id = False
        if task and not self.search_count([("task_id", "=", task.id), ("state", "=", "failed")], limit=1):
            task.unlink()

    # === ACTIONS === #

    def action_retry(self):
        """Work on what failed again, as soon as the job runs.

        :raise AccessError: the user may not write on its source
        """
        self.source_id.check_access("write")
        self.sudo()._retry(Domain("id", "in", self.ids))  # who sets the source up may have its messages worked on
        return True

    @api.model
    def _retry(self, domain):
        failed = self.search(domain & Domain("state", "=", "failed") & Domain("raw", "!=", False))
        failed.write({"next_try_on": fields.Datetime.now()})
        if failed:
            self._wake_job()

    @api.autovacuum
    def _gc_old(self):
        """Forget what was sent, which holds personal data, and in the end that it was: the lead keeps its key."""
        now = fields.Datetime.now()
        finished = Domain("state", "in", ("done", "duplicate", "test"))
        given_up = Domain("state", "=", "failed") & Domain("next_try_on", "=", False)

        def older(days):
            return Domain("received_on", "<", now - timedelta(days=days))

        self.search((finished | given_up) & older(KEPT_DAYS), limit=10_000).unlink()
        has_content = Domain("raw", "!=", False) | Domain("fetched", "!=", False)
        is_over = (finished & older(RAW_DAYS)) | (given_up & older(FAILED_DAYS))
        self.search(has_content & is_over, limit=10_000).write({"raw": False, "fetched": False})
