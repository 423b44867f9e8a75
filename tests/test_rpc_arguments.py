import inspect
from contextlib import suppress

from odoo.exceptions import AccessDenied, UserError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .engagement_common import LetterCase

# What a caller may send in place of anything. Only JSON comes by RPC.
JUNK = (
    None,
    False,
    True,
    -1,
    0,
    2**40,
    1.5,
    "",
    "x",
    "\0",
    "9999-99-99",
    [],
    [[1]],
    [None],
    {},
    {"name": {}},
    {"x": [1]},
    {"vat": 5},
)
OURS = "odoo.addons.crm_firm."


@tagged("post_install", "-at_install")
class TestRpcArguments(LetterCase):
    """Whatever is sent to a public method of ours is taken, or refused in words."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.receive_request(user_id=cls.marta.id)
        cls.marta.group_ids |= cls.env.ref("crm_firm.crm_firm_group_case_manager")
        team = cls.env["helpdesk.ticket.team"].search([("is_case_team", "=", True)], limit=1)
        cls.case = cls.env["helpdesk.ticket"].create(
            {"name": "VAT", "description": "x", "team_id": team.id, "channel_id": cls.channel_phone.id, "user_id": cls.marta.id}
        )
        cls.partner = cls.env["res.partner"].create({"name": "Luis Gil", "email": "luis@example.net"})
        cls.letter = cls.opportunity.with_user(cls.olga).prepare_letter().with_env(cls.env)
        cls.opportunity.user_id = cls.marta
        cls.source = cls.env["firm.intake.source"].create({"name": "Agency"})

    def iterate_methods(self):
        """Yield model, name and parameters of every public method that is ours and takes something."""
        for model in (
            "crm.lead",
            "helpdesk.ticket",
            "res.partner",
            *filter(lambda name: name.startswith("firm."), self.env.registry),
        ):
            Model = self.env[model]
            for name in sorted(dir(type(Model))):
                method = getattr(type(Model), name, None)
                if name.startswith("_") or not inspect.isfunction(method) or getattr(method, "_api_private", False):
                    continue
                # The first to define it decides what it takes: overrides of Odoo's own take what Odoo does.
                definers = [cls for cls in type(Model).mro() if name in vars(cls)]
                if not definers[-1].__module__.startswith(OURS) or hasattr(BaseModel, name):
                    continue
                if Model._abstract and not getattr(method, "_api_model", False):
                    continue
                parameters = [
                    p for p in list(inspect.signature(method).parameters.values())[1:] if p.kind == p.POSITIONAL_OR_KEYWORD
                ]
                if parameters:
                    yield model, name, method, parameters

    @mute_logger("odoo.sql_db", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model", "odoo.models")
    def test_junk_is_refused_in_words_and_never_with_a_traceback(self):
        records = {
            "crm.lead": self.lead,
            "helpdesk.ticket": self.case,
            "res.partner": self.partner,
            "firm.engagement.letter": self.letter,
            "firm.intake.source": self.source,
        }
        failures, tried = [], 0
        for model, name, method, parameters in self.iterate_methods():
            Model = self.env[model].with_user(self.marta)
            ids = (
                [] if getattr(method, "_api_model", False) else [(records.get(model) or self.env[model].search([], limit=1)).ids]
            )
            for position in range(len(parameters)):
                for junk in JUNK:
                    arguments = {
                        parameter.name: junk if number == position else "x"
                        for number, parameter in enumerate(parameters)
                        if number == position or parameter.default is parameter.empty
                    }
                    tried += 1
                    try:
                        with suppress(UserError, AccessDenied), self.cr.savepoint():
                            call_kw(Model, name, ids, arguments)
                            self.env.flush_all()
                            raise AccessDenied  # to undo it
                    except Exception as error:
                        failures.append(
                            f"{model}.{name}({parameters[position].name}={junk!r}): {type(error).__name__}: {error}"[:200]
                        )
                    self.env.invalidate_all()
        self.assertGreater(tried, 300)
        self.assertFalse(failures, "\n".join(failures))

    def test_what_to_look_for_is_a_text(self):
        Lead = self.env["crm.lead"].with_user(self.olga)
        for criteria in ({"name": {}}, {"name": ["x"]}, {"phone": 600112233}, {"email": True}, "Ana", ["name"], 5, {"x": "y"}):
            with self.assertRaises(UserError, msg=criteria):
                Lead.find_matches_for(criteria)
        for nothing in (None, False, {}, {"name": None}, {"name": False, "vat": ""}):
            self.assertEqual(Lead.find_matches_for(nothing), [])
        self.assertEqual(Lead.env["firm.matcher"].find_matches({"name": "Nobody Atall"}, limit={}), [])
