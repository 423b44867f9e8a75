"""The ledger of consents: what is on record, what it does to mailings, and who reads it."""

from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .consent_common import EMAIL, NOW, ConsentCase


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

    def test_a_contact_of_two_companies_answers_each_for_itself(self):
        other = self.env["res.company"].create({"name": "Other firm"})
        contact = self.make_contact("ana@example.net")
        self.withdraw(contact)
        self.env.user.company_ids |= other
        self.grant(contact.with_company(other))
        self.env.invalidate_all()
        self.assertEqual(contact.with_user(self.nadia).consent_state, "withdrawn")
        with self.assertRaises(AccessError):
            contact.with_user(self.nadia).with_context(allowed_company_ids=other.ids).read(["consent_state"])
        self.nadia.company_ids |= other
        self.assertEqual(contact.with_user(self.nadia).with_context(allowed_company_ids=other.ids).consent_state, "granted")

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
