from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

KEPT_DAYS = 180


class FirmMailReading(models.Model):
    """A fetched mail that is being read: what is left here after a crash says which mail kills the server.

    Written by the job that fetches, in a transaction of its own before the mail is touched.
    """

    _name = "firm.mail.reading"
    _description = "E-mail Being Read"
    _order = "begun_on desc, id desc"
    _rec_name = "digest"
    _log_access = False  # the job's, nobody else's

    digest = fields.Char(required=True, readonly=True, help="Hash of the bytes of the e-mail.")
    begun_on = fields.Datetime(required=True, readonly=True, index=True)
    tries = fields.Integer(required=True, readonly=True, aggregator=None)

    _digest_uniq = models.UniqueIndex("(digest)", "This e-mail is being read already.")

    @api.model
    def _start(self, digest):
        """Note, before a mail is touched, that it is being read. The caller commits.

        :param str digest: hash of the mail's bytes
        :return: how often its reading was begun and never ended, this time included
        """
        [(tries,)] = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s AS reading (digest, begun_on, tries) VALUES (%(digest)s, %(now)s, 1)
                   ON CONFLICT (digest) DO UPDATE SET tries = reading.tries + 1
                   RETURNING tries""",
                table=SQL.identifier(self._table),
                digest=digest,
                now=fields.Datetime.now(),
            )
        )
        return tries

    @api.model
    def _end(self, digest):
        """Forget that the mail was being read, in the transaction that keeps what became of it."""
        self.search([("digest", "=", digest)]).unlink()

    @api.autovacuum
    def _gc_old(self):
        """Forget mails that are gone from their mailbox, whatever they did."""
        self.search([("begun_on", "<", fields.Datetime.now() - timedelta(days=KEPT_DAYS))], limit=10_000).unlink()
