"""Nobody changes the ledger of consents by any door, and it outlives what it speaks of."""

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .consent_common import EMAIL, ConsentCase

CONTENT = (
    "origin", "person_name", "email", "email_normalized", "phone", "company_id", "purpose", "state", "date", "wording",
    "wording_version", "channel_id", "recorded_by_id", "ip_address", "page_url", "note", "create_date", "create_uid",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestConsentAttacks(ConsentCase):
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
