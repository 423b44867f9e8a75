"""What was sent and signed is changed by nobody, and a change behind its back is found."""

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.engagement import firm_engagement_verification
from ..models.engagement.firm_engagement_event import GENESIS
from .document_common import PDF
from .engagement_common import LetterCase, draw


@tagged("post_install", "-at_install")
class TestLetterEvidence(LetterCase):
    def test_evidence_is_changed_by_nobody(self):
        letter = self.send()
        self.sign(letter)
        for user in (self.olga, self.marta, self.env.ref("base.user_admin"), self.env.ref("base.user_root")):
            for records in (letter.version_ids, letter.event_ids):
                forged = records.with_user(user).with_context(crm_firm_engagement_token=True)
                with self.subTest(user.login, model=records._name):
                    with self.assertRaises(UserError):
                        forged.write({"date": "2020-01-01"})
                    with self.assertRaises(UserError):
                        forged.unlink()
                    with self.assertRaises(UserError):
                        forged.create({"letter_id": letter.id})

    def test_files_of_letters_are_read_and_never_put_in_place_of_others(self):
        letter = self.send()
        letter._write_protected({"sealed_pdf": base64.b64encode(b"%PDF sealed"), "sealed_sha256": letter._digest(b"%PDF sealed")})
        self.sign(letter, signature=draw())
        self.env.flush_all()
        Attachment = self.env["ir.attachment"]
        for record in (letter, letter.current_version_id, letter.signer_ids):
            files = Attachment.search([("res_model", "=", record._name), ("res_id", "=", record.id), ("res_field", "!=", False)])
            self.assertTrue(files, record._name)
            values = {"name": "x", "res_model": record._name, "res_id": record.id, "res_field": files.res_field, "raw": b"%PDF"}
            for user in (self.olga, self.marta):
                self.assertTrue(files.with_user(user).read(["name"]))
                for change in (
                    lambda files=files, user=user: files.with_user(user).write({"raw": b"%PDF forged"}),
                    lambda files=files, user=user: files.with_user(user).unlink(),
                    lambda values=values, user=user: Attachment.with_user(user).create(values),
                ):
                    with self.subTest(model=record._name, user=user.login), self.assertRaises(AccessError):
                        change()
        waiting = self.get_mails(letter).attachment_ids
        with self.assertRaises(AccessError):
            waiting.with_user(self.olga).write({"raw": b"%PDF forged"})
        letter.sealed_pdf = False
        self.assertIn("sealed PDF", str(letter.verify()), "a file that is gone is missed, too")

    def test_every_changed_byte_is_found(self):
        letter = self.send()
        self.sign(letter, signature=draw())
        self.env.flush_all()
        changes = (
            "UPDATE firm_engagement_version SET content = replace(content, '90.00', '10.00')",
            "UPDATE firm_engagement_event SET ip_address = '192.0.2.8' WHERE kind = 'signed'",
            "UPDATE firm_engagement_event SET date = date - interval '1 day' WHERE kind = 'sent'",
            "DELETE FROM firm_engagement_event WHERE kind = 'signed'",
            "DELETE FROM firm_engagement_event WHERE kind = 'finished'",
            "UPDATE firm_engagement_signer SET signed_version_id = NULL",
            "UPDATE firm_engagement_signer SET signed_name = 'Somebody else'",
            "UPDATE firm_engagement_signer SET signed_capacity = 'attorney'",
            "UPDATE firm_engagement_signer SET channel = 'paper'",
            "UPDATE firm_engagement_signer SET signed_on = signed_on - interval '1 day'",
            "UPDATE firm_engagement_signer SET email = 'other@client.example.com'",
            "UPDATE firm_engagement_event SET facts = replace(facts, 'Ana Ruiz', 'Eva') WHERE kind = 'signed'",
            "UPDATE firm_engagement_event SET facts = NULL",
            "UPDATE firm_engagement_letter SET start_requested = true",
            "UPDATE firm_engagement_letter SET state = 'sent'",
            "UPDATE firm_engagement_letter SET subject = 'Everything'",
            "UPDATE firm_engagement_letter SET special_terms = 'Everything is free'",
            "UPDATE firm_engagement_letter SET client_is_consumer = NOT client_is_consumer",
            "UPDATE firm_engagement_letter SET concluded = 'at_firm'",
            "UPDATE firm_engagement_letter SET signing_order = 'sequence'",
            "UPDATE firm_engagement_letter SET needs_code = true",
            "UPDATE firm_engagement_letter SET valid_until = valid_until + 1",
            "UPDATE firm_engagement_signer SET name = 'Somebody else'",
            "UPDATE firm_engagement_signer SET vat = 'X'",
            "UPDATE firm_engagement_version SET content = 'no JSON'",
            "UPDATE firm_engagement_version SET content = '[]'",
            "UPDATE firm_engagement_event SET facts = 'no JSON' WHERE kind = 'signed'",
        )
        self.assertFalse(letter.verify())
        for query in changes:
            with self.subTest(query), self.env.cr.savepoint(flush=False) as savepoint:
                self.env.cr.execute(query)
                self.env.invalidate_all()
                self.assertTrue(letter.verify())
                savepoint.rollback()
                self.env.invalidate_all()
        drawing = self.env["ir.attachment"].search(
            [("res_model", "=", "firm.engagement.signer"), ("res_field", "=", "signature")]
        )
        self.assertTrue(drawing)
        with self.env.cr.savepoint() as savepoint:
            drawing.raw = b"another"
            self.env.invalidate_all()
            self.assertIn("another signature of Ana Ruiz", str(letter.verify()))
            savepoint.rollback()
            self.env.invalidate_all()
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "firm.engagement.version"), ("res_field", "=", "pdf")], limit=1
        )
        attachment.raw = b"other"
        self.env.invalidate_all()
        self.assertTrue(letter.verify())

    def test_many_letters_are_verified_a_few_at_a_time(self):
        """Each holds its PDF: those of a thousand together do not fit into memory."""
        letters = self.send()
        for _number in range(4):
            self.opportunity = self.opportunity.copy({"user_id": self.olga.id})
            letters |= self.send()
        self.patch(firm_engagement_verification, "BATCH", 2)
        pdf = self.env["firm.engagement.version"]._fields["pdf"]
        Version = type(self.env["firm.engagement.version"])
        find_faults, held = Version._find_faults, []
        self.env.flush_all()
        self.env.invalidate_all()

        def count(versions):
            yield from find_faults(versions)
            held.append(len(pdf._get_all_cache_ids(self.env)))

        self.patch(Version, "_find_faults", count)
        self.assertFalse(letters.verify())
        self.assertEqual(held, [2, 2, 1])

    def test_who_signed_before_the_history_kept_facts_is_accused_of_nothing(self):
        letter = self.send("Luis")
        self.sign(letter, start_requested="1")
        self._forget_facts(letter)
        self.assertTrue(letter.start_requested)
        self.assertFalse(letter.verify())
        letter.with_user(self.olga).record_paper_signature(letter.signer_ids[1].id, base64.b64encode(PDF).decode())
        self.assertEqual(letter.event_ids.filtered("facts").signer_id, letter.signer_ids[1], "one signed before, one after")
        self.assertFalse(letter.verify())
        self.env.cr.execute("UPDATE firm_engagement_event SET ip_address = '192.0.2.8' WHERE kind = 'signed'")
        self.env.invalidate_all()
        self.assertIn("history was changed", str(letter.verify()))

    def test_signers_whose_order_meant_nothing_may_stand_in_any(self):
        letter = self.send("Luis", "Eva")
        version, content = letter.current_version_id, letter.current_version_id._get_content()
        del content["signing_order"]  # as earlier versions kept it
        signers = content["signers"]
        others = [signers[0], signers[1], signers[2] | {"vat": "X"}]
        for case, kept, is_fault in (
            ("as they sign", signers, False),
            ("as they were entered", signers[::-1], False),
            ("one is missing", signers[1:], True),
            ("one is somebody else", others[::-1], True),
            ("no list", 3, True),
        ):
            text = version._to_canonical(content | {"signers": kept})
            row = (text, version._digest(text), version.id)
            self.env.cr.execute("UPDATE firm_engagement_version SET content = %s, content_sha256 = %s WHERE id = %s", row)
            self.env.invalidate_all()
            self._forget_facts(letter)
            with self.subTest(case):
                self.assertEqual(["says something else" in fault for fault in letter.verify()], [True] if is_fault else [])

    def _forget_facts(self, letter):
        """Rewrite the rows of the history as earlier versions wrote them: a good chain, without what was signed as data."""
        self.env.flush_all()
        previous = GENESIS
        for event in letter.sudo().event_ids:
            names = ("signer_name", "kind", "date", "ip_address", "user_agent", "note")
            vals = {name: event[name] for name in names} | {"version_id": event.version_id.id, "user_id": event.user_id.id}
            vals |= {"facts": False, "previous_hash": previous}
            row = (previous, event._digest(event._to_canonical(event._prepare_hashed(vals, letter))), event.id)
            self.env.cr.execute("UPDATE firm_engagement_event SET facts = NULL, previous_hash = %s, hash = %s WHERE id = %s", row)
            previous = row[1]
        self.env.cr.execute("UPDATE firm_engagement_letter SET last_event_hash = %s WHERE id = %s", (previous, letter.id))
        self.env.invalidate_all()

    def test_the_history_tells_a_signature_in_words(self):
        self.env["res.lang"]._activate_lang("es_ES")
        letter = self.send("Luis")
        self.sign(letter, signature=draw(), start_requested="1")
        letter.with_user(self.olga).record_paper_signature(letter.signer_ids[1].id, base64.b64encode(PDF).decode(), "2026-03-02")
        told = letter.event_ids.filtered(lambda event: event.signer_id and event.facts).with_context(lang="es_ES").mapped("told")
        self.assertEqual(len(told), 2)
        for text in ("Firmado como Ana Ruiz: En nombre propio", "firma dibujada", "14 días"):
            self.assertIn(text, told[0])
        self.assertIn("2026-03-02", told[1])
        for raw in ("=", "self", "None", "False", "True", "{"):
            self.assertNotIn(raw, "".join(told))

    def test_methods_of_signing_have_no_door(self):
        for name in ("_sign", "_refuse", "_withdraw", "_ask", "_conclude", "_note_view", "_finish", "_keep_signature"):
            self.assertTrue(name.startswith("_") and hasattr(self.env["firm.engagement.letter"], name))
        letter = self.send()
        for values in ({"state": "signed"}, {"signed_on": "2026-01-01"}, {"signed_name": "Ana"}, {"channel": "link"}):
            with self.subTest(values), self.assertRaises(UserError):
                letter.signer_ids.with_user(self.marta).write(values)
