"""Who has no right to an order is told nothing of its engagement letter, and starts nothing."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import mute_logger

from .engagement_common import LetterCase

SILENT = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.sql_db", "odoo.http")
WRITTEN = ({"state": "sale"}, {"note": "x"}, {"signed_by": "x"}, {"locked": False}, {"order_line": [[5]]})


@tagged("post_install", "-at_install")
class TestAttackLetters(LetterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_letter_identification = True

    def iterate_calls(self, order):
        """Yield method, ids and arguments of all that RPC reaches on the order and on its lines."""
        for record in (order, order.order_line):
            for name in dir(type(record)):
                try:
                    get_public_method(record, name)
                except (AccessError, AttributeError):
                    continue
                yield record._name, name, [record.ids]
            for values in WRITTEN if record == order else ({"price_unit": 1}, {"name": "x"}):
                yield record._name, "write", [record.ids, values]

    def ask(self, user, model, name, arguments):
        """Return what a call tells, whatever it is. It is taken back."""
        with self.env.cr.savepoint() as savepoint:
            try:
                with self.env.cr.savepoint():
                    answer = call_kw(self.env[model].with_user(user), name, arguments, {})
                    self.env.flush_all()
            except Exception as error:  # arguments are missing, or it is refused: what it says counts
                answer = error
            self.env.invalidate_all()
            state = self.letter.state, self.letter.awaits_identification, self.letter.order_id.state
            savepoint.rollback()
        self.env.invalidate_all()
        return str(answer), state

    @mute_logger(*SILENT)
    def check_nothing_is_told(self, letter):
        self.letter = letter
        before = letter.state, letter.awaits_identification, letter.order_id.state
        for user in (self.nadia, self.elsa, self.paula):
            for model, name, arguments in self.iterate_calls(letter.order_id):
                with self.subTest(user=user.login, call=f"{model}.{name}", arguments=arguments[1:]):
                    told, state = self.ask(user, model, name, arguments)
                    self.assertNotIn(letter.name, told)
                    self.assertNotIn(self.client.name, told)
                    self.assertEqual(state, before)

    def test_of_a_letter_that_is_out(self):
        self.check_nothing_is_told(self.send())

    def test_of_a_letter_that_waits_for_an_identification(self):
        letter = self.send()
        self.sign(letter)
        self.check_nothing_is_told(letter)

    def test_nobody_starts_what_waits_only_for_a_button(self):
        letter = self.send()
        self.sign(letter)
        self.company.crm_firm_letter_identification = False
        self.check_nothing_is_told(letter)
