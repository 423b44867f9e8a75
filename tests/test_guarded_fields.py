"""Stored states are written by their methods: every stored field of ours is tried by every role and every door."""

from collections import Counter

from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from .access_common import OLGA, AccessCast
from .case_common import CaseCase
from .common import FirmCase

# What people write: everything else that we store is written by methods. A new field is protected, or named here.
OPEN = {
    "crm.lead": {
        *("accounting_software", "channel_id", "email_is_bouncing", "employee_count", "need_known", "phone_is_wrong"),
        *("practice_area_id", "specialist_id", "vat"),
    },
    "helpdesk.ticket": {
        *("analytic_account_id", "campaign_year", "category_id", "channel_id", "document_none_needed", "partner_id"),
        *("practice_area_id", "received_on", "specialist_id", "stage_id", "urgency_reason_id"),
    },
    "helpdesk.ticket.category": {
        *("answer_hours", "cut_off_day", "cut_off_hour", "cut_off_weekday", "deadline_kind", "default_priority", "for_cases"),
        *("practice_area_id", "resolution_hours", "round_hours", "specialist_id", "team_id"),
    },
    "helpdesk.ticket.channel": {"code", "kind"},
    "helpdesk.ticket.team": {"case_calendar_id", "is_case_team"},
    "crm.lost.reason": {"letter_text"},
    "firm.consent.wording": {"channel_kind", "company_id", "purpose", "text"},
    "firm.document.request": {"due_date", "name", "note", "partner_id"},
    "firm.document.set": {"active", "company_id", "name", "sequence"},
    "firm.document.set.line": {"due_days", "name", "note", "sequence", "set_id"},
    "firm.engagement.clause": {"active", "code", "is_for_consumers", "is_required", "name", "sequence", "text"},
    "firm.engagement.letter": {  # of a draft
        *("client_is_consumer", "concluded", "needs_code", "practice_area_id", "signing_order", "special_terms", "subject"),
        "valid_until",
    },
    "firm.engagement.scope": {"kind", "product_tmpl_id", "sequence", "text"},
    "firm.engagement.signer": {"capacity", "email", "name", "sequence", "vat"},
    "firm.intake.mapping": {"question", "sequence", "source_id", "target", "wording"},
    "firm.intake.source": {
        *("active", "channel_id", "company_id", "form_ids_text", "kind", "most_per_minute", "name", "practice_area_id"),
        *("user_id", "utm_campaign_id", "utm_medium_id", "utm_source_id"),
    },
    "firm.interview": {"attendees", "date", "need", "notes", "user_id"},
    "firm.mail.quarantine": {"user_id"},
    "firm.opposing.party": {"lead_id", "name", "note", "vat"},
    "firm.practice.area": {
        *("active", "analytic_account_id", "client_request", "code", "color", "company_id", "conflict_check_required"),
        *("consultation_fee", "follow_up_plan_id", "letter_document_set_id", "name"),
        *("sequence", "team_id"),
    },
    "firm.service.scope": {"kind", "product_tmpl_id", "sequence", "text"},
    "firm.urgency.reason": {"active", "answer_hours", "company_id", "name", "resolution_hours", "sequence"},
    "mail.activity": {"crm_firm_caller", "crm_firm_caller_phone"},
    "mail.activity.plan": {"name"},  # ours only in that they are translated, as the summary of a step
    "mail.activity.plan.template": {"crm_firm_mail_template_id", "crm_firm_working_days", "summary"},
    "mail.mail": {"state"},  # one more value of Odoo's own
    "product.template": {"client_kind", "fee_basis", "fee_kind", "fee_per_employee", "practice_area_id"},
    "res.partner": {
        *("crm_firm_accounting_software", "crm_firm_employee_count"),
        *("crm_firm_case_delegate", "crm_firm_case_visibility"),  # case managers: see below
    },
}
MATTERS = ("crm.lead", "helpdesk.ticket", "res.partner", "firm.document.request", "firm.mail.quarantine", "firm.consent.wording")


@tagged("post_install", "-at_install")
class TestGuardedFields(AccessCast, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = new_test_user(
            cls.env,
            login="ada.all.rights",
            name="Ada All Rights",
            email="ada@firm.example.com",
            groups="base.group_system,base.group_allow_export,base.group_partner_manager,sales_team.group_sale_manager,"
            "crm_firm.crm_firm_group_case_manager,helpdesk_mgmt.group_helpdesk_manager",
        )
        cls.roles = {role: cls.people[role] for role in ("marta", "olga", "sara", "fran", "elsa", "paula", "public")}
        cls.roles["ada"] = cls.ada
        case = cls.things[OLGA]["case"]
        case.publish_document("Contract", "contract.txt", b"text")
        case.request_document("Invoice", due="2030-01-01")
        cls.env["firm.lead.conversion"].search([]).write({"case_id": case.id})
        cls.env["mail.blacklist"]._add("blocked@client.example.com")
        cls.env.flush_all()

    def get_stored_fields(self):
        """Return what we store: dict model -> names of fields. Lists of other records are those records' own fields."""
        result = {}
        for name, model in self.env.registry.items():
            if model._abstract or model._transient or name == "res.company":  # settings, of the administrator
                continue
            fnames = {
                field.name
                for field in model._fields.values()
                if field.store and "crm_firm" in field._modules and field.type not in ("one2many", "many2many")
            } - {"id", "create_uid", "create_date", "write_uid", "write_date"}
            if fnames:
                result[name] = fnames
        return result

    def get_closed_fields(self):
        return {name: fnames - OPEN.get(name, set()) for name, fnames in self.get_stored_fields().items()}

    def get_other_value(self, record, fname):
        """Return a value that the field does not have, as RPC sends it."""
        field, value = record._fields[fname], record[fname]
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "float", "monetary", "many2one_reference"):
            return (value or 0) + 7
        if field.type == "selection":
            return next(key for key in field.get_values(self.env) if key != value)
        if field.type == "many2one":
            return self.env[field.comodel_name].with_context(active_test=False).search([("id", "!=", value.id)], limit=1).id
        if field.type in ("date", "datetime"):
            return "2001-01-01" if field.type == "date" else "2001-01-01 10:00:00"
        return {"forged": 1} if field.type == "json" else "forged"

    def is_taken(self, user, model, method, *args, fname=None, ids=()):
        """Call as RPC does; return whether the value of the field is another one afterwards. All of it is taken back."""
        records = self.env[model].browse(ids)
        before = records.mapped(fname) if ids else None
        last = self.env[model].search([], order="id desc", limit=1).id or 0 if not ids else None
        with self.env.cr.savepoint() as savepoint:
            try:
                with self.env.cr.savepoint():
                    call_kw(self.env_of(user)[model], method, list(args), {})
                    self.env.flush_all()
            except (UserError, ValueError):
                return False
            finally:
                self.env.invalidate_all()
            after = records.mapped(fname) if ids else self.env[model].search([("id", ">", last)]).mapped(fname)
            savepoint.rollback()
        self.env.invalidate_all()
        return after != before

    def test_the_lists_name_what_is_there(self):
        stored = self.get_stored_fields()
        for model, fnames in OPEN.items():
            self.assertLessEqual(fnames, stored[model], model)
            if hasattr(self.env[model], "_get_protected_fields"):
                self.assertFalse(fnames & self.env[model]._get_protected_fields(), model)

    def test_nobody_writes_what_methods_write(self):
        tried = Counter()
        for model, fnames in self.get_closed_fields().items():
            for role, user in self.roles.items():
                # Of what this person may write, where there is something: a refusal for another reason would prove little.
                Model = self.env_of(user)[model].with_context(active_test=False)
                mine = Model.search([])._filtered_access("write")[:1] if Model.has_access("write") else Model
                record = self.env[model].browse(mine.ids) or self.env[model].with_context(active_test=False).search([], limit=1)
                if not record:
                    continue
                for fname in sorted(fnames):
                    value = self.get_other_value(record, fname)
                    with self.subTest(model=model, field=fname, role=role):
                        self.assertFalse(
                            self.is_taken(user, model, "write", record.ids, {fname: value}, fname=fname, ids=record.ids)
                        )
                    tried[model] += bool(mine)
        for model in MATTERS:
            self.assertTrue(tried[model], f"nothing of {model} was anybody's to write")

    def test_saving_by_the_screen_writes_none_of_it_either(self):
        for model in MATTERS:
            record = self.env[model].search([], limit=1)
            if model == "firm.document.request":
                record = record.search([("state", "=", "requested")], limit=1)
            for fname in sorted(self.get_closed_fields()[model]):
                with self.subTest(model=model, field=fname):
                    value = self.get_other_value(record, fname)
                    args = (record.ids, {fname: value}, {"id": {}})
                    self.assertFalse(self.is_taken(self.ada, model, "web_save", *args, fname=fname, ids=record.ids))

    def get_new_values(self, model):
        values = {
            "crm.lead": {"name": "New", "type": "lead", "contact_name": "New Person"},
            "helpdesk.ticket": {"name": "New", "description": "x", "team_id": self.env.ref("crm_firm.team_client_requests").id},
            "res.partner": {"name": "New"},
            "firm.opposing.party": {"name": "New", "lead_id": self.leads[OLGA].id},
        }
        return values[model]

    def test_nothing_of_it_comes_with_a_new_record(self):
        for model in ("crm.lead", "helpdesk.ticket", "res.partner", "firm.opposing.party"):
            values = self.get_new_values(model)
            for fname in sorted(self.get_closed_fields()[model] - {"received_on"}):
                if fname in self.env[model]._firm_fields_of_old_data:
                    continue
                value = self.get_other_value(self.env[model], fname)
                for user in (self.ada, self.sara):
                    with self.subTest(model=model, field=fname, user=user.login), self.assertRaises(UserError):
                        call_kw(self.env_of(user)[model], "create", [values | {fname: value}], {})

    def test_neither_context_nor_user_defaults_set_it(self):
        for model in ("crm.lead", "helpdesk.ticket"):
            values = self.get_new_values(model)
            plain = self.env[model].with_user(self.ada).create(values)
            forged = {
                fname: self.get_other_value(plain.sudo(), fname)
                for fname in self.get_closed_fields()[model] - {"received_on", "number"}
                if plain._fields[fname].type not in ("json", "many2one") and not plain._fields[fname].groups
            }
            context = {f"default_{fname}": value for fname, value in forged.items()}
            for fname, value in forged.items():
                self.env["ir.default"].set(model, fname, value, user_id=self.ada.id)
            for user_env in (self.env_of(self.ada), self.env_of(self.ada)(su=True)):
                record = user_env[model].with_context(**context).create(values).sudo().with_context({})  # pylint: disable=context-overridden
                self.env.flush_all()
                for fname, value in forged.items():
                    with self.subTest(model=model, field=fname, su=user_env.su):
                        found = record._fields[fname].convert_to_write(record[fname], record)
                        self.assertNotEqual(str(found), value)
                        if not isinstance(value, str):
                            self.assertNotEqual(found, value)

    def test_an_import_is_told_which_column_is_protected(self):
        result = self.env["crm.lead"].with_user(self.marta).load(["name", "contact_status"], [["Old lead", "ready"]])
        self.assertFalse(result["ids"])
        self.assertIn("contact_status", result["messages"][0]["message"])
        self.assertIn("Log contact", result["messages"][0]["message"])

    def test_an_import_brings_the_dates_of_old_data(self):
        Lead = self.env["crm.lead"].with_user(self.marta)
        result = Lead.load(
            ["name", "type", "received_on", "first_contact_on"], [["Old", "lead", "2024-03-04 09:00:00", "2024-03-05 09:00:00"]]
        )
        self.assertFalse(result["messages"])
        lead = Lead.browse(result["ids"])
        self.assertEqual([str(lead.received_on), str(lead.first_contact_on)], ["2024-03-04 08:00:00", "2024-03-05 08:00:00"])
        Ticket = self.env["helpdesk.ticket"].with_user(self.marta)
        team = self.env.ref("crm_firm.team_client_requests")
        result = Ticket.load(
            ["name", "description", "team_id/.id", "number", "partner_id/.id"],
            [["Old", "x", str(team.id), "OLD/7", str(self.client.id)]],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(Ticket.browse(result["ids"]).number, "OLD/7")

    def test_the_guard_says_what_to_do_and_opens_for_no_context(self):
        lead = self.leads[OLGA].with_user(self.olga)
        for context in ({}, {"crm_firm_opening": ["contact_status"]}, {"crm_firm_opening": {"contact_status": True}}):
            with self.subTest(context=context), self.assertRaisesRegex(UserError, "contact_status.*Log contact"):
                lead.with_context(**context).write({"contact_status": "ready"})

    def test_methods_leave_nothing_open(self):
        lead = self.leads[OLGA].with_user(self.olga)
        lead._write_protected({"contact_status": "contacted"})
        with self.assertRaises(UserError):
            lead.write({"contact_status": "ready"})
        copied = self.leads[OLGA].with_user(self.marta).copy()
        with self.assertRaises(UserError):
            copied.write({"contact_status": "ready"})
        merged = (copied | copied.copy()).merge_opportunity()
        with self.assertRaises(UserError):
            merged.write({"contact_status": "ready"})


@tagged("post_install", "-at_install")
class TestProtectionOfCases(CaseCase):
    def test_a_specialist_takes_no_protection_off_a_case(self):
        case = self.open_case(specialist_id=self.sara.id).with_user(self.sara)
        plain = self.env["helpdesk.ticket.team"].create({"name": "Plain helpdesk"})
        for vals in ({"is_case": False}, {"case_state": "archived"}, {"expected_on": False}, {"commercial_partner_id": 1}):
            with self.subTest(vals=vals), self.refused(UserError, "cannot be changed directly"):
                case.write(vals)
        for team_id in (plain.id, False):
            with self.subTest(team=team_id), self.refused(UserError, "Ask a case manager"):
                case.write({"team_id": team_id})
        case.with_user(self.marta).write({"team_id": plain.id})
        self.assertFalse(case.is_case)

    def test_a_case_goes_to_no_company_its_mover_cannot_enter(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        case = self.open_case(specialist_id=self.sara.id, user_id=self.sara.id)
        lead = self.receive_request(user_id=self.olga.id)
        with self.refused(UserError, "company that you have access to"):
            case.with_user(self.sara).write({"company_id": other.id})
        with self.refused(UserError, "company that you have access to"):
            lead.with_user(self.olga).write({"company_id": other.id})
        with self.refused(UserError, "company that you have access to"):
            self.area_tax.with_user(self.marta).write({"company_id": other.id})

    def test_who_sees_the_cases_of_a_client_is_decided_by_case_managers(self):
        self.olga.group_ids += self.env.ref("base.group_partner_manager")
        self.open_case()
        elsewhere = self.env["res.partner"].create({"name": "Another client", "is_company": True})
        stranger = self.env["res.partner"].create({"name": "Nobody's contact"})
        person = self.paula.partner_id
        for partner, vals in (
            (self.account, {"crm_firm_case_visibility": "company"}),
            (person, {"crm_firm_case_delegate": True}),
            (person, {"parent_id": elsewhere.id}),
            (person, {"parent_id": False}),
            (person, {"is_company": True}),
            (self.account, {"parent_id": elsewhere.id, "is_company": False}),
        ):
            with self.subTest(vals=vals), self.refused(UserError, "ase manager"):
                partner.with_user(self.olga).write(vals)
        for vals in ({"crm_firm_case_visibility": "company"}, {"crm_firm_case_delegate": True}):
            with self.subTest(new=vals), self.refused(UserError, "ase manager"):
                self.env["res.partner"].with_user(self.olga).create({"name": "New", "parent_id": self.account.id} | vals)
            context = {f"default_{fname}": value for fname, value in vals.items()}
            new = self.env["res.partner"].with_user(self.olga).with_context(**context).create({"name": "New"})
            self.assertEqual((new.crm_firm_case_delegate, new.crm_firm_case_visibility), (False, "private"))
        stranger.with_user(self.olga).write({"parent_id": elsewhere.id})
        self.assertEqual(stranger.parent_id, elsewhere)
        # Somebody with a login sees what the client they go to opens to all of its contacts.
        user = new_test_user(self.env, login="peter.portal", groups="base.group_portal")
        with self.refused(UserError, "ase manager"):
            user.partner_id.with_user(self.olga).write({"parent_id": self.account.id})
        person.with_user(self.marta).write({"crm_firm_case_delegate": True})
        self.flush_tracking()
        tracked = person.message_ids.sudo().tracking_value_ids.field_id.mapped("name")
        self.assertIn("crm_firm_case_delegate", tracked)

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.precommit.run()
