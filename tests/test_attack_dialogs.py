"""What somebody types into a dialog is theirs until they confirm it."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from .access_common import AccessCast

SILENT = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")


@tagged("post_install", "-at_install")
class TestAttackDialogs(AccessCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def open_dialog(self, Dialog, user):
        """Return a dialog that somebody has open, whatever it asks for: nothing is filled in."""
        columns = [field.name for field in Dialog._fields.values() if field.store and field.required and field.column_type]
        for column in columns:
            name = SQL.identifier(column)
            self.env.cr.execute(SQL("ALTER TABLE %s ALTER %s DROP NOT NULL", SQL.identifier(Dialog._table), name))
        query = SQL("INSERT INTO %s (create_uid) VALUES (%s) RETURNING id", SQL.identifier(Dialog._table), user.id)
        return Dialog.browse(self.env.execute_query(query)[0][0])

    @mute_logger(*SILENT)
    def test_a_dialog_is_read_and_changed_by_whoever_opened_it_alone(self):
        tried = set()
        for name, model in self.env.registry.items():
            if not model._transient or model._abstract:
                continue
            Dialog = self.env[name]
            for role in ("marta", "oscar", "fran", "elsa", "paula", "public"):
                user = self.people[role]
                theirs = Dialog.with_user(user)
                if not theirs.has_access("read"):
                    continue
                tried.add(name)
                own, other = self.open_dialog(Dialog, user), self.open_dialog(Dialog, self.olga)
                with self.subTest(dialog=name, role=role):
                    self.assertFalse(theirs.search([("id", "=", other.id)]))
                    if Dialog._original_module == "crm_firm":  # others have rules of their own besides
                        self.assertTrue(theirs.browse(own.id).has_access("read"))
                    for operation in ("read", "write", "unlink"):
                        self.assertFalse(theirs.browse(other.id).has_access(operation))
                    with self.assertRaises(AccessError) as caught:
                        theirs.browse(other.id).read(["create_date"])
                    # Odoo's own error names the record where somebody switches the developer mode on.
                    self.assertIn("somebody else's", str(caught.exception))
        self.assertLess({"crm.lead.note", "firm.engagement.identify", "helpdesk.ticket.answer", "crm.lead.lost"}, tried)
