import logging
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# A job that is due for this long has nobody to run it: Odoo plans the next run when one ends, well or badly.
PATIENCE = timedelta(minutes=30)
# A server that has just started finds old dates too, and catches up: it is told of what is still so after this time.
SECOND_LOOK = timedelta(minutes=10)
RETRY = timedelta(hours=1)
# How often one process looks, in seconds
LOOK_EVERY = 60
_looked = {}  # by database, in this process


class FirmJobStandstill(models.Model):
    """A time in which nobody runs the scheduled jobs, while the server goes on showing pages.

    One restart of the database ends Odoo's threads of jobs for good when it runs without workers. As the mail queue is a
    job, too, whoever serves a colleague's request meanwhile looks, and sends the e-mail directly: one for a standstill.
    """

    _name = "firm.job.standstill"
    _description = "Standstill of Scheduled Jobs"
    _order = "since desc"
    _rec_name = "since"

    since = fields.Datetime(required=True, readonly=True)
    next_try_on = fields.Datetime(readonly=True)
    told_on = fields.Datetime("Notified On", readonly=True)

    _since_uniq = models.UniqueIndex("(since)", "This standstill is known already.")

    @api.model
    def _get_since(self):
        """Return since when (naive UTC) a job that the firm needs is due without anybody running it; False: all is well."""
        self.env["ir.cron"].flush_model(["active", "nextcall"])
        [(since,)] = self.env.execute_query(
            SQL(
                """SELECT min(job.nextcall) FROM ir_cron job JOIN ir_model_data data ON data.res_id = job.id
                   WHERE data.model = 'ir.cron' AND job.active AND job.nextcall < %s
                     AND (data.module = 'crm_firm' OR (data.module, data.name) = ('mail', 'ir_cron_mail_scheduler_action'))""",
                fields.Datetime.now() - PATIENCE,
            )
        )
        return since or False

    @api.model
    def _get_readers(self):
        """Return those who are told: who can restart the server, and who answers for the work that waits."""
        groups = ("base.group_system", "sales_team.group_sale_manager", "crm_firm.crm_firm_group_case_manager")
        # Nobody may read others' groups.
        users_sudo = self.env["res.users"].union(*(self.env.ref(group).sudo().all_user_ids for group in groups))
        return users_sudo.filtered(lambda user: user.active and not user.share and user != self.env.ref("base.user_root"))

    @api.model
    def _get_since_for_user(self):
        """Return what `_get_since` says to those who are told of it; False to others."""
        return self._get_since() if self.env.user in self._get_readers() else False

    @api.model
    def _look(self):
        """Look whether the jobs stand still, at most once a minute in a process; tell of it if so. Nothing is raised."""
        dbname, now = self.env.cr.dbname, time.monotonic()
        if now - _looked.get(dbname, -LOOK_EVERY) < LOOK_EVERY:
            return
        _looked[dbname] = now
        try:
            if since := self._get_since():
                # Whatever becomes of the request that looks, which may also be one that only reads
                with self.env.registry.cursor() as cr:
                    self.with_env(api.Environment(cr, api.SUPERUSER_ID, {}))._tell(since)
        except Exception:
            _logger.exception("Cannot tell whether the scheduled jobs run")

    @api.model
    def _tell(self, since):
        """Send the e-mail about a standstill, once, and not at the first look. Commits: others look at the same time."""
        now = fields.Datetime.now()
        self.flush_model()
        claimed = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s AS standstill (since, next_try_on) VALUES (%(since)s, %(second_look)s)
                   ON CONFLICT (since) DO UPDATE SET next_try_on = %(retry)s
                   WHERE standstill.told_on IS NULL AND standstill.next_try_on <= %(now)s
                   RETURNING id, next_try_on = %(retry)s""",
                table=SQL.identifier(self._table),
                since=since,
                second_look=now + SECOND_LOOK,
                retry=now + RETRY,
                now=now,
            )
        )
        self.env.cr.commit()  # pylint: disable=invalid-commit  # a cursor of our own: nobody else sends it
        if not claimed or not claimed[0][1]:
            return
        _logger.error("The scheduled jobs have not been running since %s UTC", since)
        template = self.env.ref("crm_firm.mail_template_standstill", raise_if_not_found=False)
        readers = self._get_readers().filtered("email")
        if not template or not readers:
            return
        mails = template.with_context(crm_firm_since=since).send_mail_batch(readers.ids)
        ids = mails.ids
        mails.send()
        left = self.env["mail.mail"].browse(ids).exists().filtered(lambda mail: mail.state != "sent")
        if len(left) < len(ids):
            self.browse(claimed[0][0]).told_on = now
        left.unlink()  # once the jobs run again this is not true any more; who got none is tried again in an hour

    @api.autovacuum
    def _gc_old(self):
        self.search([("since", "<", fields.Datetime.now() - timedelta(days=365))], limit=1000).unlink()
