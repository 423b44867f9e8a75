"""Two companies in one database: nobody of one sees, counts, moves or is given what is the other's.

Alba, who has every right in one company, reads all there is, calls every public method of ours and does what is done by hand;
the jobs run for both. What she gets carries no mark of the other company and is the same however much that has; nothing of it is
written on. Each function of ours with a `sudo()` is one that ran meanwhile, or `company_doors.py` names the test that goes
through it: one that neither runs nor is named makes this fail.

Longer than others: what is done and what is looked at meanwhile are one walk.
"""

import functools
import importlib
import inspect
import re
from collections import Counter
from pathlib import Path

from odoo import Command, fields
from odoo.addons.mail.tests.common import MockEmail
from odoo.exceptions import AccessError, ValidationError
from odoo.models import BaseModel
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .access_common import NADIA, OLGA, OTHER, POOL, AccessCast, get_name, marks_in
from .company_doors import ARGUMENTS, ELSEWHERE, MOVES, NOT_CALLED, ROOT, SCENES, get_elevated_functions

OURS = "odoo.addons.crm_firm."
READS = ("find_", "get_")
SILENT = ("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.models", "odoo.models.unlink")


@tagged("post_install", "-at_install")
class TestTwoCompanies(AccessCast, MockEmail, TransactionCase):
    """Alba may do everything in Olga's company. Berta has the other, carries its mark, and comes first where both take turns."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        env, name = cls.env, get_name(OTHER)
        cls.alba = new_test_user(
            env,
            login="alba.all.rights",
            name="Alba All Rights",
            email="alba@firm.example.com",
            lang="en_US",
            groups="base.group_system,base.group_allow_export,base.group_partner_manager,sales_team.group_sale_manager,"
            "crm_firm.crm_firm_group_case_manager,helpdesk_mgmt.group_helpdesk_manager,crm_firm.crm_firm_group_front_desk",
        )
        company = {"company_id": cls.other_company.id}
        cls.other_contact = env["res.partner"].create(
            {"name": name, "email": cls.client.email, "phone": "+34 600 11 22 33", "comment": name, "vat": "ESA28015865"}
            | company
        )
        cls.other_calendar = env["resource.calendar"].create(
            {"name": name, "leave_ids": [Command.create({"name": name, "date_from": "2026-03-02", "date_to": "2036-03-02"})]}
            | company
        )
        cls.other_company.write({"name": name, "crm_firm_calendar_id": cls.other_calendar.id})
        cls.berta.name = name
        env["res.partner"].search([("name", "=", name)]).company_id = cls.other_company  # themselves, and who follows
        cls.other_area = env["firm.practice.area"].create({"name": name, "code": "of_other_firm"} | company)
        cls.other_team = env["helpdesk.ticket.team"].create({"name": name} | company)
        cls.other_set = env["firm.document.set"].create({"name": name} | company)
        env["firm.urgency.reason"].create({"name": name} | company)
        # She comes first wherever people of both companies take turns.
        cls.area_tax.write({"owner_ids": [Command.link(cls.berta.id)], "specialist_ids": [Command.link(cls.berta.id)]})
        cls.team, cls.category = env.ref("crm_firm.team_client_requests"), env.ref("crm_firm.category_vat")
        cls.category.owner_ids += cls.berta
        cls.fields_shown, cls.ran = {}, set()
        env.flush_all()

    def get_record(self, mark, model):
        """Return what hangs on that lead, or is of that company, and is of the model."""
        ours = {
            "res.partner": self.client, "res.users": self.olga, "firm.practice.area": self.area_tax, "res.company": self.company,
            "resource.calendar": self.calendar, "helpdesk.ticket.team": self.team,
            "firm.document.set": self.env.ref("crm_firm.document_set_income_tax"),
        }  # fmt: skip
        theirs = {
            "res.partner": self.other_contact, "res.users": self.berta, "firm.practice.area": self.other_area,
            "res.company": self.other_company, "resource.calendar": self.other_calendar,
            "helpdesk.ticket.team": self.other_team, "firm.document.set": self.other_set,
        }  # fmt: skip
        desk = self.env["firm.case.desk"].browse(self.things[mark]["case"].id)
        derived = {"firm.case.desk": desk, "firm.intake.source": self.things[mark]["delivery"].source_id}
        record = (derived | (ours if mark == OLGA else theirs)).get(model)
        if record is None:
            record = next((things for things in self.things[mark].values() if things._name == model), self.env[model])
        return record[:1]

    # === WHAT SOMEBODY IS SHOWN === #

    def show_all(self, env):
        """Return all that the user is shown of our things and of what both companies share: dict what -> shown."""
        shared = (self.client, self.company, self.visitor, self.area_tax, self.category, self.team, self.calendar, self.olga)
        records = self.things[OLGA] | {f"shared {record}": record for record in (*shared, self.alba)}
        shown = {}
        for what, record in records.items():
            if record._name not in self.fields_shown:
                Model = env[record._name]
                fields_read = [field for field in Model._fields.values() if Model._has_field_access(field, "read")]
                self.fields_shown[record._name] = [
                    field.name
                    for field in fields_read
                    if field.type not in ("binary", "datetime") and field.name != "time_since_last_action"  # time changes these
                ]
            values = self.rpc(env, record._name, "read", record.ids, self.fields_shown[record._name])
            shown[what] = [values, self.show_on(env, record)]
        return shown

    def show_on(self, env, record, since=(0, 0)):
        """Return the messages and tasks on a record that came after these ids."""
        on_it = [("res_id", "in", record.ids)]
        return [
            self.rpc(env, model, "search_read", [*on_it, (field, "=", record._name), ("id", ">", last)], names)
            for model, field, names, last in (
                ("mail.message", "model", ["body", "subject", "record_name", "author_id"], since[0]),
                ("mail.activity", "res_model", ["summary", "note", "res_name", "user_id"], since[1]),
            )
        ]

    def get_last_ids(self):
        models = ("mail.message", "mail.activity", "mail.mail")
        return [self.env[model].with_context(active_test=False).search([], order="id desc", limit=1).id or 0 for model in models]

    def get_places(self):
        """Return where in the database the other company's things stand: whatever is written on a row moves it."""
        records = [things for things in self.things[OTHER].values() if things._auto]
        records += [self.berta, self.other_company, self.other_contact, self.other_calendar, self.other_area, self.other_team]
        query = SQL(" UNION ALL ").join(
            SQL("SELECT %s AS model, id, ctid::text FROM %s WHERE id = ANY(%s)", r._name, SQL.identifier(r._table), r.ids)
            for r in records
        )
        self.env.flush_all()
        return set(self.env.execute_query(query))

    # === WHAT SOMEBODY CAN DO === #

    def iterate_methods(self):
        """Yield model, name, whether it needs no record, and parameters of every public method that is ours."""
        for model in sorted(self.env.registry):
            Model = self.env[model]
            if Model._transient or (Model._abstract and model != "firm.matcher"):
                continue
            for name in sorted(dir(type(Model))):
                method = getattr(type(Model), name, None)
                if name.startswith("_") or not inspect.isfunction(method) or getattr(method, "_api_private", False):
                    continue
                definers = [cls for cls in type(Model).mro() if name in vars(cls)]
                if not definers[-1].__module__.startswith(OURS) or hasattr(BaseModel, name) or f"{model}.{name}" in NOT_CALLED:
                    continue
                parameters = list(inspect.signature(method).parameters.values())[1:]
                parameters = [parameter for parameter in parameters if parameter.kind == parameter.POSITIONAL_OR_KEYWORD]
                yield model, name, getattr(method, "_api_model", False), parameters

    def get_values(self, mark, name, parameters):
        values = {}
        for parameter in parameters:
            given = ARGUMENTS.get((name, parameter.name), ARGUMENTS.get(parameter.name))
            if given is not None:
                values[parameter.name] = given(self, mark) if callable(given) else given
            else:
                self.assertIsNot(parameter.default, parameter.empty, f"ARGUMENTS lacks {parameter.name} of {name}")
        return values

    def iterate_calls(self, env):
        """Yield what is done: a name for it, the record it is done on, and what does it and returns what the user gets."""
        for model, name, is_model_method, parameters in self.iterate_methods():
            for mark in (OLGA, OTHER):
                record = self.get_record(mark, model)
                self.assertTrue(record or is_model_method, f"no record for {model}.{name}")
                ids = () if is_model_method else (record.ids,)
                values = self.get_values(mark, name, parameters)
                yield f"{model}.{name} on {mark}", record, functools.partial(self.do, env, model, name, *ids, **values)
        for what, (model, scene) in SCENES.items():
            for mark in (OLGA, OTHER):
                record = self.get_record(mark, model)
                yield f"{what} on {mark}", record, functools.partial(scene, self, functools.partial(self.do, env), record)

    def do(self, env, *call, **kwargs):
        with self.env.cr.savepoint() as savepoint:
            result = self.rpc(env, *call, **kwargs)
            if isinstance(result, dict) and "refused" in result:
                savepoint.rollback()  # as a request does
            return result

    def walk(self, env):
        """Do all that can be done, each taken back.

        :return: dict what was done -> what the user and colleagues got; dict what was done -> rows of the other company
        """
        shown, moved, places = {}, {}, self.get_places()
        for what, record, call in self.iterate_calls(env):
            with self.env.cr.savepoint() as savepoint:
                last = self.get_last_ids()
                try:
                    shown[what] = [call()]
                except Exception as error:
                    raise AssertionError(f"{what}: {error!r}") from error
                mails = self.env["mail.mail"].search([("id", ">", last[2])])
                told = [f"{mail.subject} {mail.body_html}" for mail in mails if self.berta.email not in self.get_readers(mail)]
                shown[what] += [self.show_on(env, record, last), told]
                if self.get_places() != places and what not in MOVES:
                    moved[what] = sorted(self.get_places() - places)
                savepoint.rollback()
            self.env.invalidate_all()
        return shown, moved

    def get_readers(self, mail):
        return {*mail.recipient_ids.mapped("email"), *(mail.email_to or "").split(",")}

    def watch(self):
        """Note which elevated functions run."""
        for path, owner, name in get_elevated_functions():
            module = importlib.import_module(OURS + path.removesuffix(".py").replace("/", "."))
            holder = getattr(module, owner) if owner else module
            self.patch(holder, name, self.make_noted(getattr(holder, name), (path, owner, name)))

    def make_noted(self, function, what):
        @functools.wraps(function)
        def noted(*args, **kwargs):
            self.ran.add(what)
            return function(*args, **kwargs)

        return noted

    # === TESTS === #

    @mute_logger(*SILENT)
    def test_nobody_of_a_company_sees_moves_or_is_given_what_is_anothers(self):
        env = self.env_of(self.alba)
        self.build_refusals_once()
        self.watch()
        shown, moved = self.walk(env)
        shown |= self.show_all(env)
        self.assertTrue(OLGA in marks_in(shown), "what is hers is shown")
        told = {}
        for what in [what for what, value in shown.items() if OTHER in marks_in(value)]:
            text = str(shown[what])
            told[what] = [text[max(0, m.start() - 150) : m.end()] for m in re.finditer(get_name(OTHER), text)][:2]
        with self.subTest("seen or given"):
            self.assertFalse(told)
        with self.subTest("moved"):
            self.assertFalse(moved)
        with self.subTest("known"):
            self.check_elevated_functions()

    def check_elevated_functions(self):
        elsewhere = {function for functions in ELSEWHERE.values() for function in functions.split()}
        functions = get_elevated_functions()
        names = Counter(name for _path, _owner, name in functions)
        functions = {
            name if names[name] == 1 else f"{Path(path).stem}.{name}": (path, owner, name) for path, owner, name in functions
        }
        unknown = {what for what, function in functions.items() if function not in self.ran and what not in elsewhere}
        self.assertFalse(unknown, "elevated functions that no test goes through with two companies: SCENES or ELSEWHERE")
        self.assertFalse(set(elsewhere) - set(functions), "ELSEWHERE names functions that are not there or not elevated")
        for test in ELSEWHERE:
            file, name = test.split("::")
            self.assertIn(f"    def {name}(self", (ROOT / "tests" / f"{file}.py").read_text(), f"{test} is not there")

    @mute_logger(*SILENT)
    def test_what_somebody_is_shown_is_the_same_however_much_another_company_has(self):
        env = self.env_of(self.alba)

        def show():
            shown = self.show_all(env)
            for what, _record, call in self.iterate_calls(env):
                if what.split(".")[-1].startswith(READS):
                    shown[what] = call()
            return {what: re.sub(r"datetime\.datetime\([^)]*\)", "", str(value)) for what, value in shown.items()}

        before = show()
        self.addCleanup(self.leads.pop, "MORE")
        self.addCleanup(self.things.pop, "MORE")
        with self.env.cr.savepoint() as savepoint:
            self._make_lead("MORE", self.berta, company=self.other_company)
            self.env.flush_all()
            after = show()
            savepoint.rollback()
        self.assertEqual(set(before), set(after))
        self.assertFalse({what: (before[what], after[what]) for what in before if before[what] != after[what]})

    @mute_logger(*SILENT)
    def test_no_job_tells_anybody_of_another_company(self):
        past = fields.Datetime.to_datetime("2026-01-07 09:00:00")
        for things in self.things.values():
            things["lead"].write({"first_contact_deadline": past, "owner_untold": True})
            things["case_deadline"].write({"due_at": past})
            things["case_document"].write({"due_date": past.date()})
        staff = self.env["res.users"].search([("share", "=", False)]) - self.berta
        last = self.get_last_ids()[2]
        jobs = self.env["ir.model.data"].search([("module", "=", "crm_firm"), ("model", "=", "ir.cron")])
        with self.mock_mail_gateway(), self.enter_registry_test_mode():
            for job in self.env["ir.cron"].browse(jobs.mapped("res_id")):
                job.method_direct_trigger()
        self.env.invalidate_all()
        mails = [(mail["email_to"], f"{mail['subject']} {mail['body']}") for mail in self._mails]
        mails += [
            (self.get_readers(mail), f"{mail.subject} {mail.body_html}")
            for mail in self.env["mail.mail"].search([("id", ">", last)])
        ]
        told = {}
        for readers, text in mails:
            for who, people in (("ours", staff), ("theirs", self.berta)):
                if any(address and address in str(readers) for address in people.mapped("email")):
                    told.setdefault(who, set()).update(marks_in(text))
        self.assertIn(OLGA, told["ours"])
        self.assertNotIn(OTHER, told["ours"])
        self.assertIn(OTHER, told["theirs"])
        self.assertFalse(told["theirs"] & {OLGA, POOL, NADIA})

    def test_whose_client_writes_is_looked_up_in_the_company_that_is_written_to(self):
        Partner, other = self.env["res.partner"], self.other_company
        invoiced, ordered, asked, logged_in = (
            Partner.create({"name": name, "email": f"{name}@client.example.net"}) for name in ("ida", "olaf", "ada", "lino")
        )
        invoiced.write({"company_id": other.id, "customer_rank": 1})
        line = Command.create({"product_id": self.service.id})
        self.env["sale.order"].create({"partner_id": ordered.id, "company_id": other.id, "order_line": [line], "state": "sale"})
        self.env["helpdesk.ticket"].create(
            {"name": "x", "description": "x", "partner_id": asked.id, "team_id": self.team.id, "company_id": other.id}
        )
        user = new_test_user(self.env, login="lino", groups="base.group_portal", company_id=other.id, company_ids=[other.id])
        user.partner_id = logged_in
        Lead, Case = self.env["crm.lead"], self.env["helpdesk.ticket"]
        for contact in invoiced | ordered | asked | logged_in:
            with self.subTest(contact=contact.name):
                self.assertFalse(Lead._find_existing_client(contact.email, self.company))
                self.assertFalse(Case._find_case_client(contact.email, self.company))
                self.assertEqual(Case._find_case_client(contact.email, other).id, contact.id)

    def test_requests_of_a_person_are_counted_for_the_company_they_are_sent_to(self):
        person = {"email_from": "ana@client.example.net"}
        (self.company | self.other_company).crm_firm_web_requests_person = 1
        self.receive_request(**person, company_id=self.other_company.id, practice_area_id=self.area_unclassified.id)
        self.env["crm.lead"]._check_web_person(person, self.company)
        with self.assertRaises(ValidationError):
            self.env["crm.lead"]._check_web_person(person, self.other_company)

    def test_a_team_of_both_companies_is_for_somebody_of_both(self):
        team = self.env["helpdesk.ticket.team"].create({"name": "Both", "company_id": False})
        values = {"name": "x", "description": "x", "team_id": team.id}
        self.env["helpdesk.ticket"].create([values | {"company_id": c.id} for c in (self.company, self.other_company)])
        self.env.flush_all()
        with self.assertRaises(AccessError):
            team.with_env(self.env_of(self.alba)).become_case_team()
        self.assertFalse(team.is_case_team)
        self.alba.company_ids |= self.other_company
        both = (self.company | self.other_company).ids
        self.assertEqual(team.with_user(self.alba).with_context(allowed_company_ids=both).become_case_team(), 2)

    def test_the_work_of_who_leaves_stays_in_its_company(self):
        self.berta.partner_id.company_id = False  # as Odoo makes them: administrators of any company archive anybody
        self.berta.with_env(self.env_of(self.alba)).archive_and_hand_over(self.nadia)
        self.env.invalidate_all()
        for key in ("lead", "case"):
            self.assertFalse(self.things[OTHER][key].user_id, "nobody else is there")
            self.assertNotIn(self.nadia, self.things[OTHER][key].activity_ids.user_id)
