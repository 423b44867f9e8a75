"""Nobody learns the name of what they may not read by pointing at it, whatever model points there."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from .access_common import NADIA, OLGA, AccessCast, get_name, marks_in
from .test_access_rights import CASES, SEES, SILENT

# What belongs to any record is named after it; a number and the name of its model are all that is needed.
POLYMORPHIC = ("many2one_reference", "reference")
TELLING = ("char", "text", "html", "reference", "many2one_reference")
# Text fields that hold numbers of records
NUMBERS = ("res_ids", "res_id")
TELL_MANAGERS = (
    ("firm.document.upload", "ticket_id"),
    ("helpdesk.ticket", "duplicate_id"),
    ("mail.activity", "res_id"),
    ("mail.message", "res_id"),
    ("rating.rating", "res_id"),
    ("calendar.event", "opportunity_id"),
)
ROLES = ("paula", "elsa", "oscar", "nadia", "sara", "fran")


@tagged("post_install", "-at_install")
class TestAttackNames(AccessCast, TransactionCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        # A lead and a case of each owner, and what hangs on them. Contacts and meetings' guests are everybody's.
        cls.targets = {}
        for key in ("lead", "case", "message", "case_message", "activity", "case_activity", "attempt", "consent", "party"):
            for mark in (OLGA, NADIA):
                record = cls.things[mark][key][:1]
                cls.targets.setdefault(record._name, []).append((mark, record.id))
        for mark in (OLGA, NADIA):
            document = cls.things[mark]["case"]._add_document(get_name(mark), "asked", {})
            cls.things[mark]["document"] = document
            cls.targets.setdefault(document._name, []).append((mark, document.id))
        cls.env.flush_all()

    def iterate_pointers(self, env):
        """Yield `(model, values, mark)`: for every field of every model that can point to a target, values that do."""
        for name in sorted(env.registry):
            if env[name]._abstract or not (env[name].has_access("create") or env[name].has_access("write")):
                continue
            for field in env[name]._fields.values():
                if field.type == "many2one" and field.comodel_name in self.targets:
                    for mark, res_id in self.targets[field.comodel_name]:
                        yield name, {field.name: res_id}, mark
                elif field.type in POLYMORPHIC or (field.name in NUMBERS and {"model", "res_model"} & set(env[name]._fields)):
                    for model in ("crm.lead", "helpdesk.ticket"):
                        for mark, res_id in self.targets[model]:
                            yield name, self.get_values(env, name, field, model, res_id), mark

    def get_values(self, env, name, field, model, res_id):
        fields = env[name]._fields
        if field.type == "reference":
            return {field.name: f"{model},{res_id}"}
        model_field = (
            fields[field.model_field] if field.type == "many2one_reference" else fields.get("res_model") or fields["model"]
        )
        values = {field.name: str([res_id]) if field.type in ("char", "text") else res_id, model_field.name: model}
        if f"{model_field.name}_id" in fields:
            values[f"{model_field.name}_id"] = self.env["ir.model"]._get_id(model)
        return values

    def get_specification(self, env, model):
        names = env[model].sudo(False).fields_get(attributes=["type"])
        return {
            name: {"fields": {"display_name": {}}} if env[model]._fields[name].type == "many2one" else {}
            for name in names
            if env[model]._fields[name].type in (*TELLING, "many2one")
        }

    def ask_form(self, env, model, values, spec):
        """Return what a form tells: of values typed, of values from the context."""
        defaults = {f"default_{name}": value for name, value in values.items()}
        answers = []
        for args, context in (((dict(values), list(values)), {}), (({}, []), defaults)):
            answer = self.blind(env, model, "onchange", [], *args, spec, context=context)
            if answer is None:  # some field cannot be computed like that: it must not hide the others
                answer = [
                    self.blind(env, model, "onchange", [], *args, {name: part}, context=context) for name, part in spec.items()
                ]
            answers.append(answer)
        answers.append(self.blind(env, model, "default_get", list(spec), context=defaults))
        return answers

    def blind(self, env, model, method, *args, **kwargs):
        try:
            with self.env.cr.savepoint(flush=False):
                return self.try_rpc(env, model, method, *args, **kwargs)
        except Exception as error:  # wrong values for this model; what it says counts
            return str(error) if marks_in(str(error)) else None
        finally:
            self.env.cr.clear()
            env.invalidate_all()

    def create_and_read(self, env, model, values, spec):
        with self.env.cr.savepoint() as savepoint:
            try:
                record_id = self.rpc(env, model, "create", values)
                if isinstance(record_id, dict):
                    return record_id
                shown = self.rpc(env, model, "web_read", [record_id], spec)
                return [shown, self.rpc(env, model, "read", [record_id], list(spec))]
            except Exception as error:
                return str(error) if marks_in(str(error)) else None
            finally:
                self.env.clear()
                savepoint.rollback()

    def tell_all(self, role):
        """Return what all pointers told a role: dict `(model, field)` -> set of marks."""
        env = self.env_of(self.people[role])
        told = {}
        specs = {}
        for model, values, _mark in self.iterate_pointers(env):
            spec = specs.setdefault(model, self.get_specification(env, model))
            answers = [*self.ask_form(env, model, values, spec), self.create_and_read(env, model, values, spec)]
            told.setdefault((model, next(iter(values))), set()).update(marks_in(answers))
        return told

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_no_pointer_of_any_model_tells_a_name(self):
        for role in ROLES:
            for (model, field), marks in self.tell_all(role).items():
                with self.subTest(role=role, model=model, field=field):
                    self.assertLessEqual(marks, SEES[role] | CASES[role])

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_pointers_tell_their_names_to_those_who_may_read_them(self):
        """The control of the test above: it asks in a way that gets an answer."""
        told = self.tell_all("marta")
        for pointer in TELL_MANAGERS:
            with self.subTest(pointer=pointer):
                self.assertEqual(told[pointer], {OLGA, NADIA})

    def test_links_that_others_made_show_no_name(self):
        """A case of Olga's points to one of Nadia's; Sara reads the first one only."""
        case, other = self.things[OLGA]["case"], self.things[NADIA]["case"]
        case.write({"duplicate_id": other.id, "previous_case_id": other.id})
        self.leads[OLGA].write({"case_id": other.id})
        names = ["duplicate_id", "previous_case_id"]
        spec = {name: {"fields": {"display_name": {}}} for name in names}
        for user, expected in ((self.sara, {OLGA}), (self.marta, {OLGA, NADIA})):
            env = self.env_of(user)
            domain = [["id", "=", case.id]]
            answers = {
                "read": self.rpc(env, "helpdesk.ticket", "read", case.ids, [*names, "name"]),
                "web_read": self.rpc(env, "helpdesk.ticket", "web_read", case.ids, spec | {"name": {}}),
                "list": self.rpc(env, "helpdesk.ticket", "web_search_read", domain, spec | {"name": {}}),
                "groups": self.rpc(env, "helpdesk.ticket", "formatted_read_group", domain, names, ["name:array_agg"]),
                "old groups": self.rpc(env, "helpdesk.ticket", "read_group", domain, ["name:array_agg"], names, lazy=False),
                "lead": self.rpc(env, "crm.lead", "web_read", self.leads[OLGA].ids, {"case_id": spec[names[0]], "name": {}}),
                "form": self.rpc(
                    env, "helpdesk.ticket", "onchange", case.ids, {"name": get_name(OLGA)}, ["name"], spec | {"name": {}}
                ),
            }
            for how, answer in answers.items():
                with self.subTest(user=user.login, how=how):
                    if how == "form":
                        self.assertFalse(marks_in(answer) - {OLGA})
                    else:
                        self.assertEqual(marks_in(answer), expected)
            exported = self.rpc(env, "helpdesk.ticket", "export_data", case.ids, names)
            self.assertLessEqual(marks_in(exported), expected)
        # The form sends what it has: nobody is kept from saving by a link that was there before.
        env = self.env_of(self.sara)
        mine = env["helpdesk.ticket"].browse(case.id)
        mine.onchange({"duplicate_id": other.id, "name": "Other"}, ["name"], spec)
        mine.write({"duplicate_id": other.id, "name": "Other"})
        self.assertEqual((case.name, case.duplicate_id), ("Other", other))
        case.write({"duplicate_id": False, "previous_case_id": False})
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.env_of(self.sara)["helpdesk.ticket"].browse(case.id).write({"duplicate_id": other.id})

    def test_lines_within_a_form_are_looked_at_too(self):
        closed = self.things[NADIA]["case"].id
        named = {"duplicate_id": {"fields": {"display_name": {}}}}
        line = [0, "v1", {"name": "x", "helpdesk_ticket_ids": [[0, "v2", {"name": "x", "duplicate_id": closed}]]}]
        lines = {"child_ids": {"fields": {"helpdesk_ticket_ids": {"fields": named}}}}
        nested = {"id": False, "duplicate_id": closed}
        env = self.env_of(self.sara)
        for model, values, spec in (
            ("res.partner", {"child_ids": [line]}, lines),
            ("helpdesk.ticket.answer", {"ticket_id": nested}, {"ticket_id": {"fields": named}}),
        ):
            with self.subTest(model=model):
                answer = self.try_rpc(env, model, "onchange", [], values, list(values), spec)
                self.assertIn("refused", answer)
                self.assertFalse(marks_in(answer))

    def iterate_polymorphic(self, env):
        """Yield model and field of all that belongs to any record and that the user may make or change."""
        for name in sorted(env.registry):
            if not env[name]._abstract and (env[name].has_access("create") or env[name].has_access("write")):
                yield from ((name, field) for field in env[name]._fields.values() if field.type in POLYMORPHIC)

    def get_spellings(self, field, values):
        """Return the values in every way that Odoo understands the id in."""
        value = values[field.name]
        if field.type == "reference":
            model, res_id = value.split(",")
            spellings = (f"{model}, {res_id}", f"{model},+{res_id}", f"{model},0{res_id}")
        else:
            spellings = (str(value), f" {value} ", float(value), {"id": value})
        return [values | {field.name: spelling} for spelling in spellings]

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_no_spelling_of_an_id_and_no_part_of_a_form_tells_a_name(self):
        """A number written as text is a number; a form that shows the name alone has the link from the context."""
        lead = self.leads[OLGA]
        for role in ("elsa", "nadia"):
            env = self.env_of(self.people[role])
            for name, field in self.iterate_polymorphic(env):
                values = self.get_values(env, name, field, "crm.lead", lead.id)
                context = {f"default_{fname}": value for fname, value in values.items()}
                spec = self.get_specification(env, name)
                answers = [
                    self.blind(env, name, "onchange", [], spelled, list(spelled), {fname: part})
                    for spelled in self.get_spellings(field, values)
                    for fname, part in spec.items()
                    if env[name]._fields[fname].compute
                ]
                answers += [
                    self.blind(env, name, "onchange", [], {}, [], {fname: part}, context=context) for fname, part in spec.items()
                ]
                with self.subTest(role=role, model=name, field=field.name):
                    self.assertFalse(marks_in(answers))

    @mute_logger(*SILENT)
    def test_what_one_has_is_not_shown_as_if_it_were_of_another_model(self):
        """The id of an own lead is the id of somebody's case, too: the form of an own task says only the other model."""
        lead, case = self.leads[NADIA], self.things[OLGA]["case"]
        self.env.flush_all()
        activity = self.things[NADIA]["activity"].filtered("active")
        message = lead.message_post(body="x")
        model_id = self.env["ir.model"]._get_id(case._name)
        for what in (activity, message):  # what Nadia has, on a lead of hers with that number
            self.env.cr.execute(SQL("UPDATE %s SET res_id = %s WHERE id = %s", SQL.identifier(what._table), case.id, what.id))
        self.env.invalidate_all()
        env = self.env_of(self.nadia)
        for record, values, shown in (
            (activity, {"res_model_id": model_id}, "res_name"),
            (activity, {"res_model": case._name}, "res_name"),
            (activity, {"res_model_id": {"id": model_id}}, "res_name"),
            (message, {"model": case._name}, "record_name"),
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                env[record._name].browse(record.ids).onchange(values, list(values), {shown: {}})
