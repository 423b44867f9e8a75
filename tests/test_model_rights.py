"""Which role may read, create, write and delete each model of ours; and none of them is missing in the table of doors."""

import inspect
import re

from odoo.tests import TransactionCase, new_test_user, tagged

from . import test_access_rights
from .access_common import OLGA, AccessCast

NOBODY = frozenset()
ADMIN = {"ada"}
MANAGERS = {"marta", "berta"}
SPECIALISTS = MANAGERS | {"olga", "oscar", "sara", "nadia"}
SALES = SPECIALISTS | {"adam", "fran"}
STAFF = SALES | {"elsa", "ada"}

# Who may read, create, write, delete; which records of them is said by rules, and tried by the table of doors.
RIGHTS = {
    **dict.fromkeys(  # what hangs on a lead, written by its methods
        (
            *("firm.consent", "firm.contact.attempt", "firm.engagement.event", "firm.engagement.version"),
            "firm.engagement.identification",
            *("firm.follow.up.step", "firm.lead.conversion", "firm.party.verdict"),
        ),
        (SALES, NOBODY, NOBODY, NOBODY),
    ),
    **dict.fromkeys(  # what hangs on a case, written by its methods
        ("firm.case.deadline", "firm.case.deadline.change", "firm.document.event", "firm.document.version"),
        (STAFF, NOBODY, NOBODY, NOBODY),
    ),
    **dict.fromkeys(  # what people write on a lead, and dialogs that have lines or are started over
        (
            *("firm.engagement.scope", "firm.engagement.signer", "firm.interview", "firm.opposing.party"),
            *("crm.lead.check.conflict", "crm.lead.verify", "crm.lead.verify.line", "crm.lead2opportunity.partner.contact"),
            "firm.request.register",
        ),
        (SALES, SALES, SALES, SALES),
    ),
    **dict.fromkeys(
        (
            *("crm.lead.assign", "crm.lead.attempt", "crm.lead.note", "crm.lead.ready", "crm.lead.restart"),
            *("firm.consent.register", "firm.engagement.identify", "firm.engagement.paper", "firm.engagement.revise"),
        ),
        (SALES, SALES, SALES, NOBODY),
    ),
    **dict.fromkeys(
        ("firm.document.ask", "firm.document.ask.line", "firm.document.decide", "firm.document.upload"),
        (STAFF, STAFF, STAFF, STAFF),
    ),
    **dict.fromkeys(  # settings
        ("firm.document.set", "firm.document.set.line", "firm.practice.area", "firm.urgency.reason"),
        (STAFF, MANAGERS, MANAGERS, MANAGERS),
    ),
    **dict.fromkeys(
        ("firm.job.standstill", "firm.mail.reading", "firm.matcher.count", "firm.post.count"),
        (ADMIN, NOBODY, NOBODY, NOBODY),
    ),
    **dict.fromkeys(
        ("firm.intake.delivery", "firm.mail.gate", "firm.mail.received", "firm.outgoing.mail"),
        (MANAGERS, NOBODY, NOBODY, NOBODY),
    ),
    **dict.fromkeys(("helpdesk.team.mapping", "helpdesk.team.mapping.line"), (MANAGERS, MANAGERS, MANAGERS, MANAGERS)),
    **dict.fromkeys(("helpdesk.ticket.answer", "helpdesk.ticket.archive"), (SPECIALISTS, SPECIALISTS, SPECIALISTS, NOBODY)),
    "helpdesk.ticket.classify": (*[SPECIALISTS | {"fran"}] * 3, NOBODY),
    "firm.day.item": (SALES, NOBODY, NOBODY, NOBODY),
    "firm.case.desk": (MANAGERS | {"fran"}, NOBODY, NOBODY, NOBODY),
    "firm.consent.wording": (STAFF, MANAGERS, MANAGERS, NOBODY),
    "firm.document.request": (STAFF, NOBODY, STAFF, NOBODY),
    "firm.engagement.clause": (SALES, MANAGERS, MANAGERS, NOBODY),
    "firm.engagement.letter": (SALES, NOBODY, SALES, NOBODY),
    "firm.engagement.code": (NOBODY, NOBODY, NOBODY, NOBODY),
    "firm.engagement.link": (NOBODY, NOBODY, NOBODY, NOBODY),
    **dict.fromkeys(
        ("firm.intake.sample", "firm.intake.secret", "firm.intake.source"),
        (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    ),
    "firm.intake.mapping": (MANAGERS, MANAGERS, MANAGERS, MANAGERS),
    "firm.mail.quarantine": (MANAGERS, NOBODY, MANAGERS, MANAGERS),
    "firm.mail.quarantine.ignore": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "firm.service.scope": (STAFF, MANAGERS | ADMIN, MANAGERS | ADMIN, MANAGERS | ADMIN),
    "firm.user.archive": (ADMIN, ADMIN, ADMIN, ADMIN),
}
# Models without a row in the table of doors: they tell of no lead or case, or only with what has a row.
WITHOUT_DOOR = {
    "crm.lead.verify.line": "a line of a dialog that has a row",
    "crm.lead2opportunity.partner.contact": "a line of a dialog that has a row",
    "firm.case.desk": "has a row of its own, “state of cases”, and tests of what it hides in test_case_rights",
    "firm.consent.wording": "a setting that every visitor reads",
    "firm.document.ask.line": "a line of a dialog that has a row",
    "firm.document.set": "a setting",
    "firm.document.set.line": "a setting",
    "firm.intake.mapping": "a line of a setting",
    "firm.intake.sample": "what a manager pasted, of no lead",
    "firm.intake.secret": "a secret of a setting, shown once: test_intake",
    "firm.intake.source": "a setting; what nobody reads of it: test_intake",
    "firm.mail.reading": "has a hash and a number",
    "firm.matcher.count": "has a user and a number",
    "firm.practice.area": "a setting",
    "firm.service.scope": "a setting: what a service includes",
    "firm.urgency.reason": "a setting",
    "firm.user.archive": "the administrator's, who archives users",
    "helpdesk.team.mapping": "has stages of teams, no case",
    "helpdesk.team.mapping.line": "a line of a dialog without cases",
}
# Abstract models that no model inherits; whoever calls one by RPC finds methods of every model, and these.
ALONE = {
    "firm.board": {"get_board", "open_cell"},  # counts with the user's rights: test_board
    "firm.file.store": set(),
    "firm.finder": {"find"},  # searches with the user's rights: test_start
    "firm.matcher": {"find_matches"},  # looks with the user's rights: rows “matches while typing”, “verification”
}


@tagged("post_install", "-at_install")
class TestModelRights(AccessCast, TransactionCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.people["ada"] = new_test_user(cls.env, login="ada.admin", groups="base.group_system")

    def get_models(self, abstract=False):
        return {
            name
            for name, model in self.env.registry.items()
            if model._original_module == "crm_firm" and bool(model._abstract) == abstract
        }

    def test_each_role_has_the_rights_of_the_table(self):
        rights = {
            name: tuple(
                {role for role, user in self.people.items() if self.env[name].with_user(user).has_access(operation)}
                for operation in ("read", "create", "write", "unlink")
            )
            for name in self.get_models()
        }
        self.assertEqual(rights, RIGHTS)

    def test_every_model_has_a_row_in_the_table_of_doors(self):
        source = inspect.getsource(test_access_rights)
        keys = set(re.findall(r'(?:looks_at|changes)\(\s*env, "([\w ]+)"', source))
        models = {self.things[OLGA][key]._name for key in keys}
        models |= set(re.findall(r'dialog_shows\(\s*env, "([\w.]+)"', source))
        self.assertEqual(self.get_models() - models, set(WITHOUT_DOOR))

    def test_abstract_models_open_no_door_of_their_own(self):
        doors = {}
        for name in self.get_models(abstract=True):
            model = self.env.registry[name]
            if model._inherit_children or name.startswith("crm.firm.demo"):
                continue  # an aspect: its methods are those of the model that has it; the demo has no public method
            doors[name] = {
                method
                for cls in model.mro()
                if cls.__module__.startswith("odoo.addons.crm_firm.")
                for method, value in vars(cls).items()
                if inspect.isfunction(value) and not method.startswith("_") and not hasattr(self.env.registry["base"], method)
            }
        self.assertEqual(doors, ALONE)
