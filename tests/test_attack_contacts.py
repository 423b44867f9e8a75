"""A contact of another company is linked to nothing of ours: the link would show its name, phone and address."""

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .access_common import NADIA, OLGA, OTHER, AccessCast, get_name, marks_in
from .test_access_rights import SILENT

TELLING = ("char", "text", "html")
ROLES = ("paula", "elsa", "olga", "marta")
# A control: what Berta, whose contact it is, is told by the same questions
TELL_BERTA = {("crm.lead", "partner_id"), ("helpdesk.ticket", "partner_id"), ("firm.request.register", "partner_id")}


@tagged("post_install", "-at_install")
class TestAttackContacts(AccessCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        name = get_name(OTHER)
        cls.hidden = cls.env["res.partner"].create(
            {"name": name, "email": f"{name}@x.example.com", "phone": "+34 699 88 77 66", "comment": name}
            | {"company_id": cls.other_company.id}
        )
        cls.env.flush_all()

    def iterate_links(self, env):
        """Yield model and field of every link to a contact that is ours, or on a request or a case."""
        for name in sorted(env.registry):
            if env[name]._abstract or not (env[name].has_access("create") or env[name].has_access("write")):
                continue
            for field in env[name]._fields.values():
                is_ours = "crm_firm" in field._modules or name in ("crm.lead", "helpdesk.ticket")
                if field.comodel_name == "res.partner" and is_ours and not field.related:
                    yield env[name], field

    def get_specification(self, Model):
        return {
            name: {"fields": {"display_name": {}}} if Model._fields[name].comodel_name == "res.partner" else {}
            for name in Model.fields_get(attributes=["type"])
            if Model._fields[name].type in TELLING or Model._fields[name].comodel_name == "res.partner"
        }

    def ask(self, env, *call, **kwargs):
        """Return what a call tells, whatever it says. What it changes is taken back."""
        try:
            with self.env.cr.savepoint():
                return self.try_rpc(env, *call, **kwargs)
        except Exception as error:  # values that do not fit; what it says counts
            self.env.clear()
            return str(error)

    def create_and_read(self, env, model, values, spec):
        with self.env.cr.savepoint() as savepoint:
            try:
                record_id = self.rpc(env, model, "create", values)
                if isinstance(record_id, dict):
                    return record_id
                return self.rpc(env, model, "web_read", [record_id], spec)
            except Exception as error:
                return str(error)
            finally:
                self.env.clear()
                savepoint.rollback()

    def get_required(self, model):
        ticket = {"name": "x", "description": "x", "team_id": self.env.ref("crm_firm.team_client_requests").id}
        return {"crm.lead": {"name": "x"}, "helpdesk.ticket": ticket}.get(model, {})

    def ask_all(self, role, env):
        """Yield `(model, field), answer` of all that the role can do with the link."""
        for Model, field in self.iterate_links(env):
            value = self.hidden.id if field.type == "many2one" else [[6, 0, self.hidden.ids]]
            values, context, spec = {field.name: value}, {f"default_{field.name}": value}, self.get_specification(Model)
            answers = [
                self.ask(env, Model._name, "onchange", [], values, [field.name], spec),
                self.ask(env, Model._name, "onchange", [], {}, [], spec, context=context),
                self.ask(env, Model._name, "default_get", list(spec), context=context),
                self.create_and_read(env, Model._name, self.get_required(Model._name) | values, spec),
            ]
            for things in (self.things[OLGA], self.things[NADIA]) if role != "berta" else ():
                for records in things.values():
                    if records._name == Model._name:
                        answers += [
                            self.ask(env, Model._name, "web_save", records[:1].ids, values, spec),
                            self.ask(env, Model._name, "onchange", records[:1].ids, values, [field.name], spec),
                        ]
            yield (Model._name, field.name), answers

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_no_link_to_a_contact_tells_of_one_of_another_company(self):
        tried = set()
        for role in ROLES:
            for link, answers in self.ask_all(role, self.env_of(self.people[role])):
                with self.subTest(role=role, link=link):
                    self.assertFalse(marks_in(answers))
                    self.assertNotIn("88 77 66", str(answers))
                tried.add(link)
        self.assertLess(TELL_BERTA | {("firm.document.request", "partner_id"), ("firm.document.ask", "partner_id")}, tried)

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_whose_contact_it_is_is_told(self):
        """The control of the test above: it asks in a way that gets an answer."""
        told = {link for link, answers in self.ask_all("berta", self.env_of(self.berta)) if marks_in(answers)}
        self.assertLessEqual(TELL_BERTA, told)

    @mute_logger(*SILENT)
    def test_clients_learn_no_name_from_a_document_that_is_refused(self):
        """Not even of a contact without a company: clients read their own."""
        document, contact = self.things[OLGA]["case_document"], self.env["res.partner"].create({"name": get_name(NADIA)})
        for user in (self.paula, self.elsa):
            answer = self.rpc(self.env_of(user), document._name, "write", document.ids, {"partner_id": contact.id})
            self.assertIn("refused", answer)
            self.assertFalse(marks_in(answer))

    def test_a_case_that_has_such_a_contact_is_saved_as_before(self):
        case = self.things[OLGA]["case"]
        case.partner_id = self.hidden
        env = self.env_of(self.olga)
        mine = env["helpdesk.ticket"].browse(case.id)
        mine.write({"partner_id": self.hidden.id, "name": "Other"})
        self.assertEqual(case.name, "Other")
        self.env.flush_all()
        with self.assertRaises(AccessError):
            self.env_of(self.olga)["crm.lead"].browse(self.leads[OLGA].id).write({"partner_id": self.hidden.id})
