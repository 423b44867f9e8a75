"""People who may do something, doing it to get more; and what must go on working for everybody else."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

from .access_common import ALL, NADIA, OLGA, OTHER, POOL, AccessCast, get_name, marks_in
from .test_access_rights import SILENT

NO_RECORD = 2_000_000_007  # an id that a database could have, and this one has not
NONSENSE = (
    None,
    True,
    NO_RECORD,
    -1,
    10**12,
    1.5,
    "",
    "x",
    "1",
    "nul \0",
    "\ud800",
    [],
    [1],
    {},
    {"id": 1},
    "<script>alert(1)</script>",
)

# What is not nonsense to a method: its first argument
TAKEN = {
    "assign_owner": {"None"},
    "add_note": {"'x'", "'1'", "'<script>alert(1)</script>'"},
}

# What is missing shows once the values are in; the transaction of the call takes them back.
LOOKS_AFTERWARDS = {"mark_ready_for_proposal"}


class AttackCase(AccessCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.lead = cls.leads[OLGA].with_env(cls.env)
        cls.env.flush_all()
        cls.cr.flush()  # what was made is committed, for Odoo's tracking

    def as_user(self, user, record):
        return self.env_of(user)[record._name].browse(record.ids)


@tagged("post_install", "-at_install")
class TestAccessAttacks(AttackCase):
    # === PUBLIC METHODS === #

    @mute_logger(*SILENT, "odoo.sql_db", "odoo.http")
    def test_no_public_method_tells_strangers_of_a_lead_or_changes_it(self):
        """Every method that RPC reaches and that needs no argument, those of other addons included."""
        self.env.flush_all()
        before = self._read_tables()
        for key in ("lead", "attempt", "consent", "activity", "meeting"):
            model = self.things[OLGA][key]._name
            for name in dir(type(self.env[model])):
                try:
                    get_public_method(self.env[model], name)
                except (AccessError, AttributeError):
                    continue
                for user in (self.nadia, self.elsa, self.paula, self.public):
                    with self.subTest(model=model, method=name, user=user.login):
                        self.assertFalse(marks_in(self._call_blindly(user, key, name)))
        self.assertEqual(self._read_tables(), before)

    def _call_blindly(self, user, key, name):
        try:
            return self.try_rpc(self.env_of(user), self.things[OLGA][key]._name, name, self.things[OLGA][key].ids)
        except Exception as error:  # arguments are missing, or the method is none for RPC: what it says counts
            return str(error)
        finally:
            self.env.cr.clear()
            self.env.invalidate_all()

    def _read_tables(self):
        self.env.flush_all()
        tables = ("crm_lead", "firm_contact_attempt", "firm_consent", "mail_activity", "calendar_event", "mail_message")
        content = "SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM %s AS t"
        return {table: self.env.execute_query(SQL(content, SQL.identifier(table))) for table in tables}

    def test_nonsense_is_told_and_changes_nothing(self):
        calls = {
            "log_contact_attempt": lambda x: [
                ([x], {}),
                (["reached", x], {}),
                (["reached"], {"note": x}),
                (["call_back"], {"next_contact_on": x}),
            ],
            "mark_ready_for_proposal": lambda x: [
                ([x], {}),
                ([{"need_known": True, "practice_area_id": x}], {}),
                ([{"need_known": True, "specialist_id": x}], {}),
                ([{"need_known": True, "expected_revenue": x}], {}),
                ([{"need_known": True, "employee_count": x}], {}),
                ([{"need_known": True, "vat": x}], {}),
                ([{"need_known": True, "description": x}], {}),
                ([{"user_id": x}], {}),
            ],
            "discard": lambda x: [([x], {}), ([self.reason_spam.id], {"note": x})],
            "assign_owner": lambda x: [([x], {})],
            "add_note": lambda x: [([x], {})],
        }
        self.lead.description = False  # a need that is written is known
        self.env.flush_all()
        env = self.env_of(self.olga)
        before = self._read_tables()
        for method, get_arguments in calls.items():
            taken = set()
            for x in NONSENSE:
                for number, (args, kwargs) in enumerate(get_arguments(x)):
                    with self.subTest(method=method, args=str(args)[:60], kwargs=str(kwargs)[:60]):
                        # What must not come is a fault of the server: `rpc` lets only refusals pass.
                        with self.env.cr.savepoint() as savepoint:
                            result = self.rpc(env, "crm.lead", method, self.lead.ids, *args, **kwargs)
                            if isinstance(result, dict) and "refused" in result:
                                self.assertTrue(result["refused"].strip())
                                if method not in LOOKS_AFTERWARDS:
                                    self.assertEqual(self._read_tables(), before, "What is refused has changed nothing.")
                            else:
                                taken.add((number, repr(x)))
                            savepoint.rollback()
                        env.invalidate_all()
            # Of what the method needs; what may be left out may be nothing, too, and most texts can be a note.
            self.assertLessEqual({x for number, x in taken if number == 0}, TAKEN.get(method, set()), method)
        self.assertEqual(self._read_tables(), before)

    def test_note_of_a_megabyte_is_refused_and_a_long_one_kept(self):
        lead = self.as_user(self.olga, self.lead)
        with self.assertRaisesRegex(UserError, "too long"):
            lead.log_contact_attempt("reached", note="x" * 1_000_000)
        with self.assertRaisesRegex(UserError, "too long"):
            lead.discard(self.reason_spam.id, note="x" * 1_000_000)
        self.assertEqual(len(lead.log_contact_attempt("reached", note="é" * 40_000).note), 40_000)

    def test_markup_of_a_note_is_shown_and_never_run(self):
        lead = self.as_user(self.olga, self.lead)
        attack = "<img src=x onerror=alert(1)>"
        lead.log_contact_attempt("no_answer", note=attack)
        lead.add_note(attack)
        lead.discard(self.reason_spam.id, note=attack)
        self.cr.flush()  # the note of the discarding is logged with what changed
        bodies = "".join(self.lead.message_ids.mapped("body"))
        self.assertEqual(bodies.count("&lt;img"), 3)
        self.assertNotIn("<img", bodies)

    @mute_logger(*SILENT)
    def test_attempts_and_consents_have_no_side_door_through_the_lead(self):
        lead = self.as_user(self.olga, self.lead)
        attempt = self.things[OLGA]["attempt"]
        for command in (
            Command.create({"outcome": "reached"}),
            Command.update(attempt.id, {"outcome": "reached"}),
            Command.delete(attempt.id),
            Command.unlink(attempt.id),
            Command.clear(),
        ):
            with self.subTest(command=command), self.assertRaises(AccessError):
                lead.write({"contact_attempt_ids": [command]})

    @mute_logger(*SILENT, "odoo.sql_db")
    def test_no_model_at_all_names_a_lead_of_others(self):
        """Whatever a person may search, of whichever addon: texts, and the names of what it points to."""
        # Contacts are everybody's to read; their names would be found everywhere.
        partners = tuple(things[key].partner_id.id for things in self.things.values() for key in ("follower", "case_follower"))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_partner SET name = 'x', complete_name = 'x', email = 'x', email_normalized = 'x' WHERE id IN %s",
            [partners],
        )
        # Conditions are the company's, whoever's lead they were made for in the cast.
        nothing = "jsonb_build_object('en_US', 'x')"
        self.env.cr.execute(f"UPDATE firm_engagement_clause SET name = {nothing}, text = {nothing}")  # noqa: S608
        self.env.cr.execute("UPDATE calendar_attendee SET common_name = 'x' WHERE partner_id IN %s", [partners])
        telling = ("char", "text", "html", "many2one", "reference", "many2one_reference")
        for role, expected in (("nadia", {NADIA}), ("elsa", set()), ("paula", set()), ("public", set()), ("berta", {OTHER})):
            env = self.env_of(self.people[role])
            for model in sorted(env.registry):
                if env[model]._abstract or not env[model].has_access("read"):
                    continue
                names = [
                    n
                    for n, f in env[model].fields_get(attributes=["type", "store"]).items()
                    if f["type"] in telling and f["store"]
                ]
                with self.subTest(role=role, model=model):
                    self.assertLessEqual(marks_in(self._search_read(env, model, [*names, "display_name"])), expected)

    def _search_read(self, env, model, names):
        try:
            with self.env.cr.savepoint():
                return self.rpc(env, model, "search_read", [], names, limit=2000, order="id desc", context={"active_test": False})
        except Exception as error:  # a view of another addon that cannot be read like that
            return str(error)

    def test_what_a_record_shows_of_a_lead_or_case_is_read_as_the_user(self):
        """Whoever may make a record that points to one could point to any (`TestAttackNames`)."""
        registry, env = self.env.registry, self.env_of(self.olga)
        for name, model in sorted(registry.items()):
            if model._abstract or name == "crm.lead" or not env[name].has_access("create"):
                continue
            through = [
                field
                for field in model._fields.values()
                if field.related and field.compute_sudo and model._fields[field.related.split(".")[0]].comodel_name == "crm.lead"
            ]
            with self.subTest(model=name):
                self.assertFalse(through, "What it shows of the lead is to be read as the user: related_sudo=False.")

    # === MERGING === #

    @mute_logger(*SILENT)
    def test_nobody_merges_with_what_they_may_not_change(self):
        foreign = self.leads[NADIA]
        both = (self.lead | foreign).ids
        attacks = {
            "method": lambda env: env["crm.lead"].browse(both).merge_opportunity(),
            "dialog": lambda env: env["crm.merge.opportunity"].create({"opportunity_ids": [Command.set(both)]}).action_merge(),
            "convert": lambda env: (
                env["crm.lead2opportunity.partner"]
                .with_context(active_model="crm.lead", active_id=self.lead.id, active_ids=self.lead.ids)
                .create({"name": "merge", "lead_id": self.lead.id, "duplicated_lead_ids": [Command.set(both)]})
                .action_apply()
            ),
            "convert many": lambda env: (
                env["crm.lead2opportunity.partner.mass"]
                .with_context(active_model="crm.lead", active_ids=both)
                .create({"name": "convert", "lead_tomerge_ids": [Command.set(both)]})
                .action_mass_convert()
            ),
        }
        for how, attack in attacks.items():
            with self.subTest(how=how), self.assertRaises(AccessError):
                attack(self.env_of(self.olga))
        self.assertTrue(foreign.exists())
        self.assertEqual(foreign.name, get_name(NADIA))

    def test_deduplicating_takes_only_what_the_user_sees(self):
        wizard = (
            self.env_of(self.olga)["crm.lead2opportunity.partner.mass"]
            .with_context(active_model="crm.lead", active_ids=self.lead.ids)
            .create({"name": "convert", "deduplicate": True, "lead_tomerge_ids": [Command.set(self.lead.ids)]})
        )
        wizard.action_mass_convert()
        self.assertEqual(len(self.leads[NADIA].exists() | self.leads[POOL].exists() | self.leads[OTHER].exists()), 3)

    # === DUPLICATES === #

    def test_duplicates_of_the_company_are_all_counted_and_those_of_others_not_named(self):
        lead = self.as_user(self.olga, self.lead)
        self.assertEqual(lead.duplicate_lead_count, 2)
        self.assertEqual(lead.duplicate_lead_ids.ids, lead.ids)
        self.assertEqual(lead.action_show_potential_duplicates()["domain"], [("id", "in", lead.ids)])
        manager = self.as_user(self.marta, self.lead)
        self.assertEqual(set(manager.duplicate_lead_ids.mapped("name")), {get_name(mark) for mark in ALL})

    # === HANDING OVER === #

    def test_owner_hands_a_lead_over_in_the_form(self):
        lead = self.as_user(self.olga, self.lead)
        saved = lead.web_save({"user_id": self.nadia.id, "specialist_id": False}, {"name": {}, "user_id": {}})
        self.assertEqual(saved, [{"id": lead.id}])
        self.assertEqual(self.lead.user_id, self.nadia)
        self.assertFalse(self.as_user(self.olga, self.lead).has_access("read"))
        self.assertTrue(self.as_user(self.nadia, self.lead).has_access("write"))

    def test_front_desk_registers_for_others_in_the_form(self):
        env = self.env_of(self.fran)
        vals = {"name": "Call", "channel_id": self.channel_phone.id, "contact_name": "Eva", "user_id": self.nadia.id}
        [saved] = env["crm.lead"].web_save(vals, {"name": {}, "contact_name": {}})
        self.assertEqual(list(saved), ["id"])
        lead = self.env["crm.lead"].browse(saved["id"])
        self.assertEqual((lead.user_id, lead.contact_name), (self.nadia, "Eva"))

    def test_salesperson_registers_for_nobody_but_themselves(self):
        vals = {"name": "Call", "channel_id": self.channel_phone.id, "practice_area_id": self.area_labour.id}
        lead = self.env_of(self.olga)["crm.lead"].create(vals)
        self.assertEqual(lead.user_id, self.olga, "The area is Nadia's, but the lead would be out of sight at once.")
        with self.assertRaisesRegex(AccessError, "in your own name"):
            self.env_of(self.olga)["crm.lead"].create(vals | {"user_id": self.nadia.id})

    def test_who_lost_a_lead_hears_nothing_of_it_any_more(self):
        things = self.things[OLGA]
        self.assertIn(self.olga.partner_id, self.lead.message_partner_ids)
        self.lead.specialist_id = False
        self.lead.with_user(self.marta).user_id = self.nadia
        self.assertFalse((self.olga | self.sara).partner_id & self.lead.message_partner_ids)
        for user in (self.olga, self.sara):
            env = self.env_of(user)
            self.assertFalse(env["mail.activity"].with_context(active_test=False).search([("id", "in", things["activity"].ids)]))
            self.assertFalse(marks_in(self.each(env, "activity", "read", ["summary", "res_name", "note"])))
        self.assertEqual(things["activity"].filtered("active").user_id, self.nadia)

    def test_owner_who_stays_specialist_stays_in_the_loop(self):
        self.lead.write({"user_id": self.nadia.id, "specialist_id": self.olga.id})
        self.assertIn(self.olga.partner_id, self.lead.message_partner_ids)
        self.assertTrue(self.as_user(self.olga, self.lead).has_access("write"))

    def test_tasks_of_a_specialist_go_on_to_the_next(self):
        task = self.lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.sara.id)
        self.lead.specialist_id = self.oscar
        self.assertEqual(task.user_id, self.oscar)
        self.lead.specialist_id = False
        self.assertEqual(task.user_id, self.olga)

    # === TASKS === #

    def test_task_is_given_only_to_somebody_who_sees_the_lead(self):
        lead = self.as_user(self.olga, self.lead)
        for user in (self.nadia, self.elsa, self.berta):
            with self.subTest(user=user.login), self.assertRaisesRegex(UserError, "owner or specialist"):
                lead.activity_schedule("mail.mail_activity_data_todo", user_id=user.id)
        task = lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.sara.id)
        self.assertTrue(self.as_user(self.olga, task).has_access("write"))
        with self.assertRaisesRegex(UserError, "owner or specialist"):
            task.user_id = self.nadia
        task.user_id = self.marta

    def test_bell_counts_only_tasks_of_leads_one_sees(self):
        self.things[OLGA]["activity"].filtered("active").sudo().user_id = self.nadia  # as a data import might
        groups = self.env_of(self.nadia)["res.users"]._get_activity_groups()
        self.assertFalse(marks_in(groups))
        of_leads = [group for group in groups if group["model"] in ("crm.lead", "mail.activity")]
        self.assertEqual(sum(group["total_count"] + group["planned_count"] for group in of_leads), 1)  # her own lead's

    def test_tasks_outside_leads_are_everybodys_as_before(self):
        task = self.client.with_user(self.olga).activity_schedule("mail.mail_activity_data_todo", user_id=self.elsa.id)
        self.assertEqual(self.env_of(self.elsa)["mail.activity"].search([("id", "=", task.id)]), task)
