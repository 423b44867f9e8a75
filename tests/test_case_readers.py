"""Whoever only reads a case or its documents is offered no button that would be refused."""

import re
from contextlib import suppress

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .document_common import PDF, DocumentCase


@tagged("post_install", "-at_install")
class TestCaseReaders(DocumentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        documents = cls.case._add_document("Payroll", "asked", {}) | cls.case._add_document("Contract", "asked", {})
        for document in documents:
            document._take_files([(f"{document.name}.pdf", PDF)], {"user_id": cls.clara.id})
        cls.case._add_document("Passport", "asked", {})
        cls.case.message_subscribe((cls.olga | cls.nadia).partner_id.ids)
        cls.unclassified = cls.make_case(cls.clara.partner_id, category_id=False, user_id=False, specialist_id=False)

    def find_buttons(self, record):
        """Return the buttons that the form offers the user on a record: triples of node, record it acts on, what it calls."""
        arch = etree.fromstring(record.get_view(view_type="form")["arch"])
        found = []
        for node in arch.iter("button"):
            fields = [parent.get("name") for parent in node.iterancestors("field")]
            targets = record[fields[0]] if fields else record
            for target in targets:
                inside = [node, *node.iterancestors()]
                shown = [(target if "list" in {up.tag for up in part.iterancestors()} else record, part) for part in inside]
                if node.get("name") and not any(self.is_hidden(on, part) for on, part in shown):
                    found.append((node, target, node.get("name")))
        return found

    def is_hidden(self, record, node):
        condition = node.get("invisible") or "False"
        values = {name: record[name] for name in re.findall(r"\b[a-z_]+\b", condition) if name in record._fields}
        return safe_eval(
            condition, {name: value.id if hasattr(value, "id") and name != "id" else value for name, value in values.items()}
        )

    def find_refused(self, user, record):
        """Return what the form of a record offers a user who may not do it; of dialogs, that they are offered at all."""
        refused = []
        for node, target, name in self.find_buttons(record.with_user(user)):
            if node.get("type") == "action":
                refused.append(self.env["ir.actions.act_window"].browse(int(name)).display_name)
                continue
            with self.mock_mail_gateway(), self.cr.savepoint() as savepoint:
                with suppress(UserError):  # says what is missing
                    try:
                        getattr(target, name)()
                    except AccessError:
                        refused.append(name)
                savepoint.rollback()
            self.env.invalidate_all()
        return refused

    def test_readers_are_offered_nothing_that_is_refused(self):
        for state, move in self.get_moves().items():
            with self.mock_mail_gateway():
                move(self.case.with_user(self.sara))
            for user in (self.olga, self.nadia):
                for record in (self.case, *self.case.document_request_ids):
                    with self.subTest(state, user=user.login, record=record.display_name):
                        self.assertTrue(record.with_user(user).has_access("read"))
                        self.assertEqual(self.find_refused(user, record), [])

    def get_moves(self):
        def resolve(case):
            case.log_answer("By telephone")
            case.resolve_case()

        def archive(case):
            case.archive_case(validate_documents=True, cancel_documents=True, cancel_reason="-", cancel_activities=True)

        def reopen(case):
            case.reopen_case()

        return {"received": lambda case: None, "resolved": resolve, "archived": archive, "reopened": reopen}

    def test_the_front_desk_is_offered_to_classify_and_nothing_else(self):
        found = [name for _node, _target, name in self.find_buttons(self.unclassified.with_user(self.fran))]
        self.assertIn("action_classify", found)
        self.assertNotIn("assign_to_me", found)
        self.assertEqual(self.find_refused(self.fran, self.unclassified), [])

    def test_who_works_on_a_case_is_offered_what_there_is_to_do(self):
        found = {name for _node, _target, name in self.find_buttons(self.case.with_user(self.sara))}
        self.assertGreaterEqual(found, {"action_log_answer", "action_validate_documents", "action_validate"})
        self.marta.group_ids += self.env.ref("crm_firm.crm_firm_group_case_manager")
        found = {name for _node, _target, name in self.find_buttons(self.unclassified.with_user(self.marta))}
        self.assertIn("assign_to_me", found)
