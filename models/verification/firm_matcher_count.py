from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Somebody who types fast, corrects and starts again asks some fifty times; a script that reads out the client list asks
# hundreds of times.
MOST_A_MINUTE = 120


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
    def _note_look_up(self, number=1):
        """Count look-ups of the user.

        :param int number: of them; each person searched is one
        :raise UserError: too many within this minute; those that are refused are not counted
        """
        if self.env.su:
            return
        minute = fields.Datetime.now().replace(second=0)
        [(count,)] = self.env.execute_query(
            SQL(
                """INSERT INTO firm_matcher_count AS known (user_id, minute, count) VALUES (%s, %s, %s)
                    ON CONFLICT (user_id) DO UPDATE SET minute = EXCLUDED.minute,
                        count = EXCLUDED.count + CASE WHEN known.minute = EXCLUDED.minute THEN known.count ELSE 0 END
                    RETURNING count""",
                self.env.uid,
                minute,
                number,
            )
        )
        if count > MOST_A_MINUTE:
            raise UserError(self.env._("Too many look-ups within a minute. Please wait a moment."))
