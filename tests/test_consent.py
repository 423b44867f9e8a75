"""The ledger of consents: what is on record, what it does to mailings, and that nobody changes it by any door."""

from datetime import datetime, timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import FirmCast

NOW = "2026-03-02 11:00:00"
EMAIL = "ana.ruiz@client.example.com"
CONTENT = (
    "origin", "person_name", "email", "email_normalized", "phone", "company_id", "purpose", "state", "date", "wording",
    "wording_version", "channel_id", "recorded_by_id", "ip_address", "page_url", "note", "create_date", "create_uid",
)  # fmt: skip


class ConsentCase(FirmCast, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()
        cls.lead = cls.receive_request(user_id=cls.olga.id)
        cls.handling = cls.env.ref("crm_firm.consent_wording_handling")
        cls.commercial = cls.env.ref("crm_firm.consent_wording_commercial")

    def grant(self, holder=None, **kwargs):
        return (holder or self.lead).record_consent("commercial", "granted", **kwargs)

    def withdraw(self, holder=None, **kwargs):
        return (holder or self.lead).record_consent("commercial", "withdrawn", **kwargs)

    def get_entry(self):
        return self.env["mail.blacklist"].search([("email", "=", EMAIL)])


@tagged("post_install", "-at_install")
class TestConsent(ConsentCase):
    # === WHAT IS ON RECORD === #

    @freeze_time(NOW)
    def test_entry_says_who_agreed_to_what_when_and_how(self):
        evidence = {"ip_address": "203.0.113.9", "page_url": "https://firm.example.com/request", "note": "Paper, folder 7"}
        consent = self.lead.with_user(self.olga).sudo().record_consent("handling", "granted", evidence=evidence)
        self.assertEqual(
            consent.read(
                ["person_name", "email", "email_normalized", "phone", "purpose", "state", "ip_address", "page_url", "note"]
            )[0],
            {
                "id": consent.id,
                "person_name": "Ana Ruiz",
                "email": EMAIL,
                "email_normalized": EMAIL,
                "phone": self.lead.phone,
                "purpose": "handling",
                "state": "granted",
                **evidence,
            },
        )
        self.assertEqual(consent.date, datetime.fromisoformat(NOW))
        self.assertEqual(consent.recorded_by_id, self.olga)
        self.assertEqual(consent.channel_id, self.channel_web)
        self.assertEqual(consent.company_id, self.company)
        self.assertEqual((consent.wording, consent.wording_version), (self.handling.text, str(self.handling.version)))

    def test_wording_is_kept_as_shown_in_the_language_shown(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.commercial.with_context(lang="es_ES").text = "Quiero recibir información."
        consent = self.grant(self.lead.with_context(lang="es_ES"))
        self.commercial.with_context(lang="es_ES").text = "Otra cosa."
        self.assertEqual(consent.wording, "Quiero recibir información.")

    def test_changing_the_wording_makes_a_version_and_leaves_entries_alone(self):
        first = self.grant()
        old_text, old_version = self.commercial.text, self.commercial.version
        self.commercial.with_user(self.marta).text = "Something else."
        self.commercial.with_user(self.marta).text = "Something else."  # the same again is no new version
        second = self.grant()
        self.assertEqual((first.wording, first.wording_version), (old_text, str(old_version)))
        self.assertEqual((second.wording, second.wording_version), ("Something else.", str(old_version + 1)))

    def test_wording_of_the_company_goes_before_the_shared_one(self):
        self.commercial.copy({"company_id": self.company.id, "text": "Our own."})
        self.assertEqual(self.grant().wording, "Our own.")

    def test_exact_text_may_be_given(self):
        consent = self.grant(wording={"text": "As read aloud.", "version": "paper 3"})
        self.assertEqual((consent.wording, consent.wording_version), ("As read aloud.", "paper 3"))
        self.assertEqual(self.grant(wording="Only text.").wording, "Only text.")

    def test_latest_answer_counts(self):
        self.assertEqual(self.lead.consent_state, "none")
        self.grant()
        self.assertEqual(self.lead.consent_state, "granted")
        self.withdraw()
        self.assertEqual(self.lead.consent_state, "withdrawn")
        self.lead.record_consent("handling", "granted")
        self.assertEqual(self.lead.consent_state, "withdrawn", "Handling the request is another purpose.")

    def test_answer_recorded_late_does_not_overrule_a_newer_one(self):
        self.withdraw()
        self.grant(evidence={"date": fields.Datetime.now() - timedelta(days=3)})
        self.lead.invalidate_recordset()
        self.assertEqual(self.lead.consent_state, "withdrawn")
        self.assertTrue(self.get_entry())

    def test_wrong_input_is_told_and_nothing_is_recorded(self):
        note = self.env["mail.message"].create({"model": "crm.lead", "res_id": self.receive_request(user_id=self.nadia.id).id})
        wrong = [
            {"purpose": "spam"},
            {"purpose": ["commercial"]},
            {"purpose": {}},
            {"state": "maybe"},
            {"state": None},
            {"channel": 10**12},
            {"channel": "web"},
            {"channel": True},
            {"wording": 7},
            {"wording": ["x"]},
            {"wording": {"text": {}}},
            {"wording": "nul \0"},
            {"evidence": "paper"},
            {"evidence": {"recorded_by_id": 2}},
            {"evidence": {"note": "nul \0"}},
            {"evidence": {"note": "\ud800"}},
            {"evidence": {"note": "x" * 1_000_000}},
            {"evidence": {"ip_address": "203.0.113.9"}},  # the web page's to say, as is the next
            {"evidence": {"page_url": "https://firm.example.com/request"}},
            {"evidence": {"message_id": 10**12}},
            {"evidence": {"message_id": "1"}},
            {"evidence": {"message_id": note.id}},  # of a lead that is not Olga's
            {"evidence": {"date": "2026-01-01 10:00:00"}},
        ]
        lead = self.lead.with_user(self.olga)
        for values in wrong:
            with self.subTest(values=str(values)[:80]), self.assertRaises(UserError):
                lead.record_consent(**({"purpose": "commercial", "state": "granted"} | values))
        self.assertFalse(self.lead.consent_ids)

    # === WHAT IT DOES TO MAILINGS === #

    def test_withdrawal_puts_the_address_on_the_blacklist_and_granting_again_takes_it_off(self):
        self.grant()
        self.assertFalse(self.get_entry())
        withdrawal = self.withdraw()
        self.assertEqual(self.get_entry().consent_id, withdrawal)
        self.assertTrue(withdrawal.put_on_blacklist)
        self.withdraw()
        self.grant()
        self.assertFalse(self.get_entry())
        self.withdraw()
        self.assertTrue(self.get_entry())

    def test_salesperson_who_cannot_touch_the_blacklist_records_withdrawals_all_the_same(self):
        self.withdraw(self.lead.with_user(self.olga))
        self.assertTrue(self.get_entry())
        self.grant(self.lead.with_user(self.olga))
        self.assertFalse(self.get_entry())

    def test_consent_to_handling_is_no_matter_of_mailings(self):
        self.lead.record_consent("handling", "withdrawn")
        self.assertFalse(self.get_entry())

    def test_address_that_somebody_else_listed_stays(self):
        self.env["mail.blacklist"]._add(EMAIL)
        withdrawal = self.withdraw()
        self.assertFalse(withdrawal.put_on_blacklist)
        self.grant()
        self.assertTrue(self.get_entry())

    def test_address_that_was_listed_again_by_hand_stays(self):
        Blacklist = self.env["mail.blacklist"]
        by_hand = {
            "taken off and put on again": lambda: (Blacklist._remove(EMAIL), Blacklist._add(EMAIL)),
            "asked for elsewhere too": lambda: Blacklist._add(EMAIL),
            "imported": lambda: Blacklist.create([{"email": EMAIL}]),
            "archived and restored": lambda: (self.get_entry().action_archive(), Blacklist._add(EMAIL)),
        }
        for how, act in by_hand.items():
            with self.subTest(how=how), self.env.cr.savepoint() as savepoint:
                self.withdraw()
                act()
                self.grant()
                self.assertTrue(self.get_entry())
                savepoint.rollback()
            self.env.invalidate_all()

    def test_withdrawal_with_another_company_keeps_the_address_listed(self):
        other = self.env["res.company"].create({"name": "Other Firm"})
        lead_of_other = self.receive_request(company_id=other.id, practice_area_id=self.area_unclassified.id)
        self.withdraw()
        second = self.withdraw(lead_of_other)
        self.grant()
        self.assertEqual(self.get_entry().consent_id, second)
        self.grant(lead_of_other)
        self.assertFalse(self.get_entry())

    def test_person_without_address_can_answer_too(self):
        lead = self.receive_request(email_from=False, user_id=self.olga.id)
        self.assertFalse(self.withdraw(lead).email_normalized)
        self.assertFalse(self.withdraw(self.receive_request(email_from="no address")).put_on_blacklist)

    # === NOBODY CHANGES IT === #

    def _get_people(self):
        admin = self.env.ref("base.user_admin")
        admin.group_ids += self.env.ref("sales_team.group_sale_manager")
        return {"manager": self.marta, "administrator": admin}

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_no_call_changes_or_adds_an_entry(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "email": EMAIL})
        self.lead.partner_id = partner
        consent = self.grant(evidence={"note": "as said"})
        before = self._read(consent)
        vals = {"state": "withdrawn", "note": "forged"}
        new = {
            "purpose": "commercial",
            "state": "granted",
            "company_id": self.company.id,
            "recorded_by_id": self.olga.id,
            "person_name": "forged",
            "lead_id": self.lead.id,
        }
        ids = consent.ids
        header = ["purpose", "state", "person_name", "company_id/.id", "recorded_by_id/.id"]
        row = ["commercial", "granted", "forged", str(self.company.id), str(self.olga.id)]
        attacks = {
            "create": ("firm.consent", "create", [new]),
            "create with default": ("firm.consent", "create", [{}], {f"default_{k}": v for k, v in new.items()}),
            "name_create": ("firm.consent", "name_create", ["forged"]),
            "copy": ("firm.consent", "copy", [ids]),
            "write": ("firm.consent", "write", [ids, vals]),
            "write the date": ("firm.consent", "write", [ids, {"date": "2020-01-01"}]),
            "write the link": ("firm.consent", "write", [ids, {"lead_id": False}]),
            "unlink": ("firm.consent", "unlink", [ids]),
            "web_save": ("firm.consent", "web_save", [ids, vals, {}]),
            "web_save new": ("firm.consent", "web_save", [[], new, {}]),
            "web_save_multi": ("firm.consent", "web_save_multi", [ids, [vals], {}]),
            "import new": ("firm.consent", "load", [header, [row]]),
            "import over": ("firm.consent", "load", [[".id", "state"], [[str(consent.id), "withdrawn"]]]),
            "private move": ("firm.consent", "_move", [ids, {"lead_id": False}]),
            "private record": ("firm.consent", "_record", [[new]]),
            "lead: change": ("crm.lead", "write", [self.lead.ids, {"consent_ids": [Command.update(consent.id, vals)]}]),
            "lead: delete": ("crm.lead", "write", [self.lead.ids, {"consent_ids": [Command.delete(consent.id)]}]),
            "lead: unlink": ("crm.lead", "write", [self.lead.ids, {"consent_ids": [Command.unlink(consent.id)]}]),
            "lead: clear": ("crm.lead", "write", [self.lead.ids, {"consent_ids": [Command.clear()]}]),
            "lead: add": ("crm.lead", "write", [self.lead.ids, {"consent_ids": [Command.create(new)]}]),
            "lead: take": ("crm.lead", "create", [{"name": "x", "consent_ids": [Command.link(consent.id)]}]),
            "contact: delete": ("res.partner", "write", [partner.ids, {"consent_ids": [Command.delete(consent.id)]}]),
            "contact: add": ("res.partner", "write", [partner.ids, {"consent_ids": [Command.create(new)]}]),
            "contact: take": ("res.partner", "write", [self.paula.partner_id.ids, {"consent_ids": [Command.set(ids)]}]),
            "lead: import": (
                "crm.lead",
                "load",
                [[".id", "consent_ids/.id", "consent_ids/state"], [[str(self.lead.id), str(consent.id), "withdrawn"]]],
            ),
        }
        tokens = (None, True, 1, "_WRITE_TOKEN", {}, [], "<object object>")
        for person, user in self._get_people().items():
            for attack, (model, method, args, *defaults) in attacks.items():
                for token in tokens:
                    context = {"crm_firm_consent_token": token} | (defaults[0] if defaults else {})
                    with self.subTest(person=person, attack=attack, token=token):
                        refused = self._is_refused(self.env(user=user.id), model, method, args, context)
                        self.assertTrue(refused, "The call went through.")
                        self.assertEqual(self._read(consent), before)
        self.assertEqual(self.env["firm.consent"].search_count([("id", ">", consent.id)]), 0)

    def _is_refused(self, env, model, method, args, context):
        """Return whether a call by RPC is refused with a message, and not with a fault of the server."""
        try:
            with self.env.cr.savepoint():
                result = call_kw(env[model], method, list(args), {"context": context})
                self.env.flush_all()
        except (AccessError, UserError, ValidationError):
            self.env.invalidate_all()
            return True
        self.env.invalidate_all()
        return isinstance(result, dict) and result.get("ids") is False  # what an import answers

    def _read(self, consent):
        self.env.flush_all()
        self.env.invalidate_all()
        return consent.sudo().exists().read([*CONTENT, "lead_id", "partner_id"], load=None)

    def _assert_content_survives(self, consent, before):
        after = self._read(consent)
        self.assertEqual(len(after), 1, "The entry is gone.")
        self.assertEqual({k: after[0][k] for k in CONTENT}, {k: before[0][k] for k in CONTENT})
        return consent

    @mute_logger("odoo.models.unlink")
    def test_entry_survives_the_deletion_of_its_lead(self):
        consent = self.grant()
        before = self._read(consent)
        self.lead.with_user(self.marta).unlink()
        self._assert_content_survives(consent, before)
        self.assertFalse(consent.lead_id)
        self.assertTrue(consent.origin, "It says which request it was given with.")
        self.assertTrue(consent.with_user(self.marta).has_access("read"))
        self.assertFalse(consent.with_user(self.olga).has_access("read"))

    @mute_logger("odoo.models.unlink")
    def test_entry_survives_the_deletion_of_the_contact(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "email": EMAIL})
        consent = self.grant(partner)
        before = self._read(consent)
        partner.unlink()
        self._assert_content_survives(consent, before)
        self.assertFalse(consent.partner_id)

    @mute_logger("odoo.models.unlink", "odoo.addons.base.wizard.base_partner_merge")
    def test_entry_goes_along_when_contacts_are_merged(self):
        kept, merged = self.env["res.partner"].create([{"name": "Ana Ruiz", "email": EMAIL}, {"name": "A. Ruiz", "email": EMAIL}])
        consent = self.grant(merged)
        before = self._read(consent)
        self.env["base.partner.merge.automatic.wizard"].with_user(self._get_people()["administrator"]).create(
            {"partner_ids": (kept | merged).ids, "dst_partner_id": kept.id}
        ).action_merge()
        self._assert_content_survives(consent, before)
        self.assertEqual(consent.partner_id, kept)

    @mute_logger("odoo.models.unlink")
    # === AN OPT-OUT IS THE PERSON'S, NOT THAT OF ONE ADDRESS === #

    def make_contact(self, email, **values):
        return self.env["res.partner"].create({"name": "Ana Ruiz", "email": email} | values)

    def is_off_mailings(self, address):
        return bool(self.env["mail.blacklist"].search_count([("email", "=", address)]))

    @mute_logger("odoo.models.unlink", "odoo.addons.base.wizard.base_partner_merge")
    def test_who_has_opted_out_stays_so_under_the_address_of_the_contact_it_is_merged_into(self):
        old, new = self.make_contact("ana@old.example.net"), self.make_contact("ana@new.example.net")
        self.withdraw(old)
        self.assertFalse(self.is_off_mailings("ana@new.example.net"))
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard.create({"partner_ids": [Command.set((old | new).ids)], "dst_partner_id": new.id})._merge((old | new).ids, new)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((new.consent_state, new.is_blacklisted), ("withdrawn", True))
        self.grant(new)
        self.assertFalse(self.is_off_mailings("ana@new.example.net"), "who agrees again is mailed again")

    def test_who_has_opted_out_stays_so_when_the_address_changes(self):
        contact = self.make_contact("ana@old.example.net")
        self.withdraw(contact)
        contact.email = "Ana@New.example.net"
        self.assertTrue(self.is_off_mailings("ana@new.example.net"))
        self.withdraw(self.lead)
        self.lead.email_from = "ana@newest.example.net"
        self.assertTrue(self.is_off_mailings("ana@newest.example.net"))
        self.lead.partner_id = self.make_contact("ana@linked.example.net")
        self.assertTrue(self.is_off_mailings("ana@linked.example.net"), "the address that the request is answered at now")
        agreed = self.make_contact("luis@old.example.net")
        self.grant(agreed)
        agreed.email = "luis@new.example.net"
        self.assertFalse(self.is_off_mailings("luis@new.example.net"))

    def test_address_stays_off_mailings_while_one_company_is_told_no(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        self.env.user.company_ids |= other
        ours = self.make_contact("Ana@Example.net", company_id=self.company.id)
        theirs = self.make_contact("ana@example.net ", company_id=other.id)
        self.withdraw(ours)
        self.grant(theirs.with_company(other))
        self.assertTrue(self.is_off_mailings("ana@example.net"))
        self.grant(ours)
        self.assertFalse(self.is_off_mailings("ana@example.net"))
        self.env["mail.blacklist"]._add("ana@example.net")
        self.withdraw(ours)
        self.grant(ours)
        self.assertTrue(self.is_off_mailings("ana@example.net"), "put there by hand")

    def test_entry_goes_along_when_leads_are_merged(self):
        twin = self.receive_request(user_id=self.olga.id)
        consents = self.grant() | self.withdraw(twin)
        before = self._read(consents)
        merged = (self.lead | twin).with_user(self.olga).merge_opportunity()
        after = self._read(consents)
        self.assertEqual([{k: e[k] for k in CONTENT} for e in after], [{k: e[k] for k in CONTENT} for e in before])
        self.assertEqual({e["lead_id"] for e in after}, {merged.id})

    @mute_logger("odoo.models.unlink", "odoo.sql_db")
    def test_who_recorded_it_and_the_company_cannot_be_deleted_away(self):
        consent = self.grant(self.lead.with_user(self.olga))
        self.lead.user_id = self.nadia
        channel = consent.sudo().channel_id
        for record in (self.olga, channel):
            with self.subTest(record=record), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                record.unlink()
        self.assertEqual(len(self._read(consent)), 1)

    @mute_logger("odoo.models.unlink")
    def test_entry_survives_the_message_it_came_with(self):
        message = self.lead.message_post(body="Yes, please.")
        consent = self.grant(evidence={"message_id": message.id})
        before = self._read(consent)
        message.unlink()
        self._assert_content_survives(consent, before)

    def test_erasure_tool_of_odoo_does_not_delete_entries(self):
        consent = self.grant()
        admin = self._get_people()["administrator"]
        line = (
            self.env["privacy.lookup.wizard.line"]
            .with_user(admin)
            .create({"res_model_id": self.env["ir.model"]._get_id("firm.consent"), "res_id": consent.id})
        )
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            line.action_unlink()

    def test_automated_actions_do_not_change_entries(self):
        consent = self.grant()
        admin = self._get_people()["administrator"]
        model_id = self.env["ir.model"]._get_id("firm.consent")
        code = "records.with_context(crm_firm_consent_token=True).sudo().{}"
        for call in ("write({'state': 'withdrawn'})", "unlink()", "copy()"):
            action = (
                self.env["ir.actions.server"]
                .with_user(admin)
                .create({"name": "x", "model_id": model_id, "state": "code", "code": code.format(call)})
            )
            with self.subTest(call=call), self.assertRaises(UserError), mute_logger("odoo.addons.base.models.ir_actions"):
                action.with_context(active_model="firm.consent", active_id=consent.id, active_ids=consent.ids).run()

    def test_returned_entry_carries_no_key_to_the_ledger(self):
        consent = self.grant()
        with self.assertRaises(UserError):
            consent.write({"note": "forged"})
        with self.assertRaises(UserError):
            consent.sudo().unlink()

    # === WHO MAY === #

    def test_wordings_are_the_managers_to_change_and_nobodys_to_delete(self):
        for user in (self.olga, self.fran, self.elsa, self.paula):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.commercial.with_user(user).text = "mine"
        self.commercial.with_user(self.marta).text = "ours"
        with self.assertRaises(AccessError):
            self.commercial.with_user(self.marta).unlink()

    def test_state_of_a_contact_tells_the_truth_to_who_may_not_read_the_entries(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "email": EMAIL})
        self.lead.partner_id = partner
        self.withdraw()
        self.env.invalidate_all()
        self.assertEqual(partner.with_user(self.nadia).consent_state, "withdrawn")
        self.env.invalidate_all()
        self.assertFalse(partner.with_user(self.nadia).consent_ids)

    def test_employees_read_contacts_without_the_ledger(self):
        partner = self.env["res.partner"].create({"name": "Ana Ruiz", "email": EMAIL})
        self.grant(partner)
        self.assertTrue(partner.with_user(self.elsa).read(["name", "email", "phone"]))
        self.assertFalse({"consent_ids", "consent_state"} & set(partner.with_user(self.elsa).fields_get()))
        with self.assertRaises(AccessError):
            partner.with_user(self.elsa).record_consent("commercial", "granted")
