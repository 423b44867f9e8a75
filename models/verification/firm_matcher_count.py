from collections import Counter

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Somebody who types fast, corrects and starts again asks some fifty times; a script that reads out the client list asks
# hundreds of times.
MOST_A_MINUTE = 120
MOST_TRIES = 5
NOTED = "crm_firm.look_ups"


class FirmMatcherCount(models.Model):
    """How often each user looked somebody up in this minute. In the database: the workers of a server count together."""

    _name = "firm.matcher.count"
    _description = "Look-ups of a User"
    _log_access = False

    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    minute = fields.Datetime(required=True)
    count = fields.Integer(required=True)

    _user_uniq = models.UniqueIndex("(user_id)")

    @api.model
    def _note_look_up(self, number=1, is_done=False):
        """Count look-ups of the user, also those of a transaction that is taken back: an error tells what was found as well.

        :param int number: of them; each person searched is one
        :param bool is_done: what was done with them stands: they are counted, however many
        :raise UserError: too many within this minute; those that are refused are not counted
        """
        if self.env.su:
            return
        cr, who = self.env.cr, (self.env.uid, fields.Datetime.now().replace(second=0))
        if cr.readonly:
            count = self._get_count(*who) + cr.postcommit.data.get(NOTED, Counter())[who] + number
        else:
            count = self._count(*who, number)
        if count > MOST_A_MINUTE and not is_done:
            raise UserError(self.env._("Too many look-ups within a minute. Please wait a moment."))
        for callbacks in [cr.postrollback, cr.postcommit] if cr.readonly else [cr.postrollback]:
            if NOTED not in callbacks.data:
                noted = callbacks.data[NOTED] = Counter()
                callbacks.add(lambda noted=noted: self._count_afterwards(noted))
            callbacks.data[NOTED][who] += number

    @api.model
    def _get_count(self, user_id, minute):
        rows = self.env.execute_query(
            SQL("SELECT count FROM firm_matcher_count WHERE user_id = %s AND minute = %s", user_id, minute)
        )
        return rows[0][0] if rows else 0

    @api.model
    def _count(self, user_id, minute, number):
        """Add look-ups, and return how many of that minute there are. A user that was taken back has none."""
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO firm_matcher_count AS known (user_id, minute, count)
                   SELECT id, %s, %s FROM res_users WHERE id = %s
                   ON CONFLICT (user_id) DO UPDATE SET minute = EXCLUDED.minute,
                       count = EXCLUDED.count + CASE WHEN known.minute = EXCLUDED.minute THEN known.count ELSE 0 END
                   RETURNING count""",
                minute,
                number,
                user_id,
            )
        )
        return rows[0][0] if rows else 0

    @api.model
    def _count_afterwards(self, noted):
        """Count what a transaction could not that only read or was taken back."""
        for who, number in noted.items():
            for _try in range(MOST_TRIES):
                with self.env.registry.cursor() as cr:
                    try:
                        self.with_env(self.env(cr=cr))._count(*who, number)
                        break
                    except psycopg2.errors.SerializationFailure:
                        cr.rollback()  # another request of the user at the same moment
