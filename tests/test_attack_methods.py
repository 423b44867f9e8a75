"""What strangers reach by RPC of our methods does nothing and tells nothing, whatever model they are on."""

import inspect

from odoo.exceptions import AccessError
from odoo.models import BaseModel
from odoo.service.model import call_kw, get_public_method
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .access_common import OLGA, AccessCast, marks_in

OURS = "odoo.addons.crm_firm."
VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
SILENT = (
    *("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model"),
    *("odoo.models.unlink", "odoo.sql_db", "odoo.http"),
)
# Where it is counted how often somebody looks something up
COUNTED = {"firm_matcher_count"}


def is_ours(cls):
    return cls.__module__.startswith(OURS)


@tagged("post_install", "-at_install")
class TestAttackMethods(AccessCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.env.flush_all()
        cls.cr.flush()  # what was made is committed, for Odoo's tracking

    def iterate_records(self):
        """Yield one record of Olga's of each model; leads are looked at in `TestAccessAttacks`."""
        things = self.things[OLGA]
        seen = {"crm.lead"}
        for records in (things["outgoing mail"].mail_mail_id, *things.values()):
            if records and records._name not in seen:
                seen.add(records._name)
                yield records[0]

    def iterate_methods(self, record):
        """Yield the names of the public methods that are ours, or that ours override, and that need no argument."""
        for name in dir(type(record)):
            if hasattr(BaseModel, name) or not any(name in vars(cls) for cls in type(record).mro() if is_ours(cls)):
                continue
            try:
                method = get_public_method(record, name)
            except (AccessError, AttributeError):
                continue
            parameters = list(inspect.signature(method).parameters.values())[1:]
            if all(parameter.default is not parameter.empty or parameter.kind in VARIABLE for parameter in parameters):
                yield name

    def count_writes(self):
        query = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
        self.env.cr.execute(query)
        return dict(self.env.cr.fetchall())

    def ask(self, user, record, name):
        try:
            with self.env.cr.savepoint():
                answer = call_kw(self.env[record._name].with_user(user), name, [record.ids], {})
                self.env.flush_all()
        except Exception as error:  # it is refused: what it says counts
            answer = str(error)
        self.env.invalidate_all()
        return answer

    @mute_logger(*SILENT)
    def test_no_method_of_ours_acts_for_strangers_or_tells_them_anything(self):
        tried = set()
        for record in self.iterate_records():
            for name in self.iterate_methods(record):
                for user in (self.nadia, self.paula):
                    with self.subTest(method=f"{record._name}.{name}", user=user.login):
                        before = self.count_writes()
                        told = self.ask(user, record, name)
                        written = {table for table, count in self.count_writes().items() if count != before.get(table, 0)}
                        self.assertFalse(written - COUNTED)
                        self.assertFalse(marks_in(told))
                        tried.add(f"{record._name}.{name}")
        self.assertLess({"mail.mail.mark_outgoing", "sale.order.action_confirm", "firm.day.item.action_done"}, tried)
