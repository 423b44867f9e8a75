import ipaddress
import time
from datetime import UTC, datetime

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL, hmac

HOUR = 3600  # seconds
MOST_TRIES = 20


class FirmPostCount(models.Model):
    """How often one internet address has posted to a public page, counted for all worker processes together.

    One row for each page, address and stretch of time; of the address only a keyed hash, and no longer than a day.
    """

    _name = "firm.post.count"
    _description = "Posts of a Visitor"
    _order = "begins_on desc, id desc"
    _rec_name = "page"
    _log_access = False  # one row is written by many posts at once

    page = fields.Char(required=True, readonly=True)
    visitor = fields.Char(required=True, readonly=True, help="Keyed hash of the internet address.")
    begins_on = fields.Datetime(required=True, readonly=True, index=True)
    posts = fields.Integer(required=True, readonly=True, aggregator=None)

    _stretch_uniq = models.UniqueIndex("(page, visitor, begins_on)", "These posts are counted already.")

    @api.model
    def _is_too_busy(self, page, address, most, seconds=HOUR):
        """Count a post and tell whether the address has posted more often than it may in this stretch of time.

        It counts in a transaction of its own: a post that is refused, and rolled back, counts too.

        :param str page: which page; each counts by itself
        :param str address: internet address of the visitor
        :param int most: posts allowed in a stretch
        :param int seconds: its length
        :return: bool
        """
        begins_on = datetime.fromtimestamp(time.time() // seconds * seconds, UTC).replace(tzinfo=None)
        visitor = self._get_visitor(address)
        for _try in range(MOST_TRIES):
            with self.env.registry.cursor() as cr:
                try:
                    return self.with_env(self.env(cr=cr))._count(page, visitor, begins_on) > most
                except psycopg2.errors.SerializationFailure:
                    cr.rollback()  # another post of the visitor at the same moment
        return True  # so many at the same moment

    @api.model
    def _get_visitor(self, address):
        """Return a keyed hash of an address. Who has an IPv6 address has as many as they like beside it (a /64)."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            network = str(address)
        else:
            network = str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
        return hmac(self.env(su=True), "crm_firm.post_count", network)  # the key is a secret of the database

    @api.model
    def _count(self, page, visitor, begins_on):
        [(posts,)] = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s AS counted (page, visitor, begins_on, posts)
                   VALUES (%(page)s, %(visitor)s, %(begins_on)s, 1)
                   ON CONFLICT (page, visitor, begins_on) DO UPDATE SET posts = counted.posts + 1
                   RETURNING posts""",
                table=SQL.identifier(self._table),
                page=page,
                visitor=visitor,
                begins_on=begins_on,
            )
        )
        return posts

    @api.autovacuum
    def _gc_old(self):
        """Forget who posted: after a day it counts no more."""
        self.search([("begins_on", "<", fields.Datetime.subtract(fields.Datetime.now(), days=1))], limit=100_000).unlink()
