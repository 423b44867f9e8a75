"""What is written by one method alone: the contact status of a lead, and its attempts. Who is told is one question, too."""

import ast
import re
from pathlib import Path

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import BaseCase, freeze_time, tagged

from .case_common import CaseCase
from .common import FirmCase

ROOT = Path(__file__).resolve().parent.parent
STATUS_FILE = "models/follow_up/crm_lead_contact_status.py"
ATTEMPT_FILE = "models/follow_up/firm_contact_attempt.py"
CODE = ("models", "wizards", "controllers", "report", "tools", "demo", "migrations")
WRITERS = {"create", "write", "unlink", "update", "_write_protected", "new", "copy"}


def writes_status(tree):
    """Yield the lines of a module that set `contact_status`: by a value, an assignment, a keyword or SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found = any(isinstance(key, ast.Constant) and key.value == "contact_status" for key in node.keys)
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            found = "contact_status" in (getattr(node, "attr", None), getattr(getattr(node, "slice", None), "value", None))
        elif isinstance(node, ast.Call):
            is_setter = getattr(node.func, "id", None) == "setattr" and "'contact_status'" in map(ast.unparse, node.args)
            found = is_setter or any(keyword.arg == "contact_status" for keyword in node.keywords)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = re.search(r"\bSET\b[^;]*\bcontact_status\s*=", node.value)
        else:
            found = False
        if found:
            yield node.lineno


def writes_attempts(tree):
    """Yield the lines of a module that make, change or remove attempts, also through a name that was given to them."""
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_about_attempts(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
            found = is_about_attempts(node.func.value, names)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found = is_about_attempts(node.value, names)
        elif isinstance(node, ast.Dict):
            found = any(isinstance(key, ast.Constant) and key.value == "contact_attempt_ids" for key in node.keys)
        else:
            found = isinstance(node, ast.Constant) and re.search(
                r"\b(INTO|UPDATE|DELETE\s+FROM)\s+firm_contact_attempt\b", str(node.value)
            )
        if found:
            yield node.lineno


def is_about_attempts(node, names=()):
    text = ast.unparse(node).replace("crm.lead.attempt", "")  # a dialog
    return "attempt" in text.lower() or any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))


# What JSON may say in the context, because it opens nothing and changes no rule
HARMLESS = {
    "crm_firm_new_case": "a menu's default, as `default_team_id` is",
    "crm_firm_template": "which e-mail a button of the settings opens",
    "crm_firm_document_ids": "which of the documents of a case its e-mail names",
}


def reads_context(tree):
    """Yield `(key, line)` of each key of ours that is read from the context and taken as it is: not compared with an object
    of ours by `is`, not asked for its class."""
    judged = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Is | ast.IsNot):
            is_object = isinstance(node.comparators[0], ast.Name) and node.comparators[0].id.isupper()
            judged |= {id(node.left)} if is_object else set()
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "isinstance":
            judged.add(id(node.args[0]))
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {node.args[0].id for node in ast.walk(function) if asks_class_of_name(node)}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) in names:
                judged.add(id(node.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("context.get") and node.args:
            key = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("context"):
            key = node.slice
        else:
            continue
        if str(getattr(key, "value", "")).startswith("crm_firm_") and id(node) not in judged:
            yield key.value, node.lineno


def asks_class_of_name(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "isinstance" and isinstance(node.args[0], ast.Name)


class TestOneDoor(BaseCase):
    def find_writers(self, find):
        """Return the files of the addon that write: dict path -> lines."""
        writers = {}
        for path in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
            lines = sorted(set(find(ast.parse(path.read_text()))))
            if lines:
                writers[str(path.relative_to(ROOT))] = lines
        return writers

    def test_one_file_writes_the_contact_status(self):
        self.assertEqual(list(self.find_writers(writes_status)), [STATUS_FILE])

    def test_one_file_makes_changes_and_removes_attempts(self):
        self.assertEqual(list(self.find_writers(writes_attempts)), [ATTEMPT_FILE])

    def test_no_data_file_writes_them_either(self):
        for path in sorted(path for folder in ("data", "demo", "security") for path in (ROOT / folder).glob("*.xml")):
            tree = etree.parse(path)
            with self.subTest(path=path.name):
                self.assertFalse(tree.xpath("//record[@model='crm.lead']/field[@name='contact_status']"))
                self.assertFalse(tree.xpath("//record[@model='firm.contact.attempt']"))

    def test_no_context_key_that_rpc_can_set_changes_a_rule(self):
        taken = self.find_writers(lambda tree: [read for read in reads_context(tree) if read[0] not in HARMLESS])
        self.assertFalse(taken, "compare with an object (`is`), or ask for its class: RPC can put JSON only")

    def test_context_keys_taken_as_they_are_are_seen(self):
        for way in (
            "if self.env.context.get('crm_firm_quiet'): pass",
            "quiet = records.env.context['crm_firm_quiet']",
            "def f(self):\n    quiet = self.env.context.get('crm_firm_quiet')\n    return isinstance(self, str) and quiet",
            "self.env.context.get('crm_firm_quiet') is True",
        ):
            with self.subTest(way=way):
                self.assertTrue(list(reads_context(ast.parse(way))))
        self.assertFalse(list(reads_context(ast.parse("self.env.context.get('crm_firm_quiet') is _QUIET"))))

    def test_every_way_round_is_seen(self):
        for find, ways in (
            (
                writes_status,
                (
                    "lead.write({'contact_status': 'ready'})",
                    "lead._write_protected({'x': 1} | {'contact_status': step})",
                    "lead.contact_status = 'ready'",
                    "values['contact_status'] = 'ready'",
                    "lead.update(dict(contact_status='ready'))",
                    "setattr(lead, 'contact_status', 'ready')",
                    "cr.execute('UPDATE crm_lead SET x = 1, contact_status = %s', ['ready'])",
                ),
            ),
            (
                writes_attempts,
                (
                    "self.env['firm.contact.attempt'].sudo().create({})",
                    "opportunities.sudo().contact_attempt_ids.write({'lead_id': 1})",
                    "last = self._get_last_contact_attempt()\nlast.unlink()",
                    "step.attempt_id.mail_message_id = message",
                    "lead.write({'contact_attempt_ids': [(5,)]})",
                    "cr.execute('DELETE FROM firm_contact_attempt')",
                ),
            ),
        ):
            for way in ways:
                with self.subTest(way=way):
                    self.assertTrue(list(find(ast.parse(way))))


@tagged("post_install", "-at_install")
class TestContactStatus(FirmCase):
    def test_those_that_may_move_do_and_take_along_what_is_written_with_it(self):
        first, second = self.receive_request(user_id=self.olga.id), self.receive_request(user_id=self.olga.id)
        second.log_contact_attempt("reached")
        moment = fields.Datetime.to_datetime("2030-01-01 10:00:00")
        moved = (first | second)._set_contact_status("unreachable", allowed_from=("to_contact",), next_contact_on=moment)
        self.assertEqual(moved, first)
        self.assertEqual((first.contact_status, first.next_contact_on), ("unreachable", moment))
        self.assertEqual((second.contact_status, second.next_contact_on), ("contacted", False))

    def test_discarded_leads_move_by_being_restored_alone(self):
        lead = self.receive_request(user_id=self.olga.id)
        lead.discard(self.reason_spam)
        self.assertFalse(lead._set_contact_status("contacted", ready_on=fields.Datetime.now()))
        self.assertEqual((lead.contact_status, lead.ready_on), ("discarded", False))
        lead.restore_discarded()
        self.assertEqual(lead.contact_status, "to_contact")

    def test_no_method_discards_by_the_status_or_invents_one(self):
        lead = self.receive_request()
        for target in ("discarded", "forgotten", False):
            with self.subTest(target=target), self.assertRaises(ValueError):
                lead._set_contact_status(target)

    def test_an_attempt_is_not_taken_back_from_a_discarded_lead(self):
        with freeze_time("2026-03-02 10:00:00"):
            lead = self.receive_request(user_id=self.olga.id).with_user(self.olga)
            lead.log_contact_attempt("no_answer")
            lead.discard(self.reason_spam)
            with self.assertRaisesRegex(UserError, "discarded"):
                lead.undo_contact_attempt()
            self.assertEqual((lead.contact_status, lead.contact_attempt_count), ("discarded", 1))
            self.assertFalse(lead.activity_ids, "nobody is to call")


@tagged("post_install", "-at_install")
class TestWhomToTell(CaseCase):
    """Leads and cases, alarms and “ask NAME”: the setting, else the leader of the team, else the managers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.crm_firm_manager_id = cls.company.crm_firm_mail_responsible_id = False
        cls.sara.group_ids += cls.env.ref("crm_firm.crm_firm_group_case_manager") + cls.env.ref("sales_team.group_sale_manager")
        cls.lead = cls.receive_request(
            team_id=cls.env["crm.team"].create({"name": "Tax", "user_id": cls.sara.id}).id, user_id=cls.olga.id
        )
        cls.case = cls.open_case()
        cls.team.user_id = cls.sara

    def get_answers(self):
        return [self.lead._get_managers_to_tell(), self.case._get_managers_to_tell()]

    def test_the_setting_goes_before_the_leader_for_leads_and_cases(self):
        self.assertEqual(self.get_answers(), [self.sara] * 2)
        self.company.crm_firm_manager_id = self.marta
        self.assertEqual(self.get_answers(), [self.marta] * 2)

    def test_a_setting_that_names_who_cannot_is_passed_over(self):
        self.company.crm_firm_manager_id = self.elsa
        self.assertEqual(self.get_answers(), [self.sara] * 2)

    def test_the_one_to_ask_is_the_one_who_is_told(self):
        self.company.crm_firm_manager_id = self.sara
        self.assertEqual(self.env["firm.matcher"]._get_manager(self.company), self.sara)
        self.company.crm_firm_mail_responsible_id = self.marta
        self.assertEqual(self.company._get_crm_firm_mail_responsible(), self.marta)

    def test_who_set_odoo_up_comes_last(self):
        admin = self.env.ref("base.user_admin")
        admin.email = "admin@firm.example.com"
        admin.group_ids += self.env.ref("sales_team.group_sale_manager")
        self.lead.team_id = False
        told = self.lead._get_managers_to_tell()
        self.assertIn(self.marta, told)
        self.assertNotIn(admin, told)
        others = self.env["res.users"]._get_managers("crm.lead") - admin
        others.group_ids = [Command.unlink(self.env.ref("sales_team.group_sale_manager").id)]
        self.assertEqual(self.lead._get_managers_to_tell(), admin)

    def test_deadlines_tell_who_has_the_case_as_any_other_news_of_it(self):
        self.case.write({"user_id": self.nadia.id, "specialist_id": self.sara.id})
        clock = self.get_deadline(self.case, "first_answer")
        told = self.env["firm.case.deadline"]._find_to_tell(clock.due_at)
        self.assertEqual([user_id for user_id, ids in told.items() if clock.id in ids["alarmed_on"]], self.nadia.ids)
        self.assertEqual(self.case._get_people_to_tell(), self.nadia)
