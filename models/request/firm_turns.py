from odoo import api, models
from odoo.tools import SQL


class FirmTurns(models.AbstractModel):
    """A record in whose name people take turns: an area for its requests, a category for its cases."""

    _name = "firm.turns"
    _description = "Taking Turns"

    def init(self):
        """Give records that were there before a turn of their own."""
        if self._abstract:
            return
        query = SQL("SELECT id FROM %s", SQL.identifier(self._table))
        self.browse(record_id for (record_id,) in self.env.execute_query(query))._create_turns()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._create_turns()
        return records

    def unlink(self):
        turns = [record._get_turn() for record in self]
        result = super().unlink()
        for turn in turns:
            self.env.cr.execute(SQL("DROP SEQUENCE IF EXISTS %s", turn))
        return result

    def _create_turns(self):
        for record in self:
            self.env.cr.execute(
                SQL(
                    "CREATE SEQUENCE IF NOT EXISTS %s MINVALUE 0 START 0 OWNED BY %s",
                    record._get_turn(),
                    SQL.identifier(self._table, "id"),
                )
            )

    def _get_turn_name(self):
        """Name of the PostgreSQL sequence that holds the id of the user who had the last turn.

        A sequence and not a column: two requests of the same moment would both write the column, and the one
        that comes second would have to be done again from its start. The price: a request that fails after its
        owner was chosen has used up the turn.
        """
        self.ensure_one()
        return f"{self._table}_turn_{self.id}"

    def _get_turn(self):
        return SQL.identifier(self._get_turn_name())

    def _take_turns_of(self, users, count=1):
        """Give the next turns of the record away.

        Strict and safe with requests that arrive at the same moment in several processes: the lock lasts for the
        choice only, not for the rest of the transaction.

        :param users: `res.users` who take part, in any order
        :param int count: how many requests are to be given away
        :return: list of `count` `res.users`, an empty list when nobody takes part
        """
        self.ensure_one()
        # Names are no secret within the firm, the choice must not depend on who asks.
        users_sudo = users.sudo().sorted(_get_turn_key)
        if not users_sudo:
            return []
        lock = SQL("hashtext(%s), %s", self._name, self.id)
        self.env.cr.execute(SQL("SELECT pg_advisory_lock(%s)", lock))
        try:
            # With a savepoint the lock can be given back whatever goes wrong in between.
            with self.env.cr.savepoint(flush=False):
                [[last_id]] = self.env.execute_query(SQL("SELECT last_value FROM %s", self._get_turn()))
                # Who had the last turn may have left the area or the firm since: it goes on after that name.
                last_sudo = self.env["res.users"].sudo().browse(last_id).exists()
                last_key = _get_turn_key(last_sudo) if last_sudo else ("", 0)
                first = next((i for i, user in enumerate(users_sudo) if _get_turn_key(user) > last_key), 0)
                taken = [users_sudo[(first + i) % len(users_sudo)] for i in range(count)]
                self.env.execute_query(SQL("SELECT setval(%s, %s)", self._get_turn_name(), taken[-1].id))
        finally:
            self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s)", lock))
        return [user.with_env(self.env) for user in taken]


def _get_turn_key(user):
    """Where somebody stands in the order of turns."""
    return user.name.casefold(), user.id
