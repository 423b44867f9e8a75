from odoo import models
from odoo.tools import split_every

from .firm_engagement_event import STATE_AFTER

BATCH = 10


class FirmEngagementVerification(models.AbstractModel):
    """Whether everything that proves a letter is as it was sent and signed, and says the same."""

    _name = "firm.engagement.verification"
    _description = "Verification of an Engagement Letter"

    def action_verify(self):
        """Say whether everything is as it was sent and signed."""
        self.ensure_one()
        faults = self.verify()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if faults else "success",
                "title": self.name,
                "message": "\n".join(faults) or self.env._("Unchanged: versions, signatures and history."),
                "sticky": bool(faults),
            },
        }

    def verify(self):
        """Return what was changed behind the letters' back: list of sentences, empty when all is as it was.

        :raise AccessError: the user may not read one of the letters
        """
        self.check_access("read")
        faults = []
        # A few at a time, forgotten before the next ones: every one holds its PDF, as it was sent and as it was sealed.
        for letter_ids in split_every(BATCH, self.ids):
            letters_sudo = self.browse(letter_ids).sudo()  # evidence of letters that the user may read
            faults += [*letters_sudo.version_ids._find_faults(), *letters_sudo.event_ids._find_faults()]
            for letter in letters_sudo:
                faults += letter._find_faults()
            self.env.invalidate_all()
        return faults

    def _find_faults(self):
        events = self.event_ids
        if events[-1:].hash != self.last_event_hash:
            yield self.env._("%s: entries are missing at the end of the history.", self.name)
        signed = {
            (event.signer_id, event.version_id): event._get_facts()
            for event in events
            if event.kind in ("signed", "recorded") and event.version_id == self.current_version_id
        }
        for signer in self.signer_ids.filtered(lambda signer: signer.state == "signed"):
            facts = signed.get((signer, signer.signed_version_id))
            if facts is None:
                yield self.env._(
                    "%(letter)s: the history knows nothing of the signature of %(name)s.", letter=self.name, name=signer.name
                )
            elif facts and not signer._get_signed_facts().items() <= facts.items():
                yield self.env._(
                    "%(letter)s: the history tells another signature of %(name)s.", letter=self.name, name=signer.name
                )
        # Earlier versions kept no facts of a signature: what such a one asked for cannot be compared.
        if all(signed.values()) and self.start_requested != any(facts.get("start_requested") for facts in signed.values()):
            yield self.env._("%s: the history says otherwise about starting within the 14 days.", self.name)
        if self.state != "draft" and self.current_version_id:
            yield from self._find_content_faults()
            yield from self._find_code_faults()
        yield from self._find_identification_faults()
        yield from self._find_start_faults()
        states = [STATE_AFTER[kind] for kind in events.mapped("kind") if kind in STATE_AFTER]
        if states[-1:] != [self.state]:
            yield self.env._("%s: the history says otherwise about its state.", self.name)
        if (self.sealed_sha256 or self.sealed_pdf) and self._digest(self._get_sealed_pdf()) != self.sealed_sha256:
            yield self.env._("%s: the sealed PDF was changed.", self.name)

    def _find_content_faults(self):
        """What stands on a letter that was sent is what its version says: pages and signing go by both."""
        version = self.current_version_id
        sent, terms = version._get_content(), self._prepare_terms()
        # Earlier versions kept less, and the signers as they had been entered: nothing went by their order.
        if "signing_order" not in sent and isinstance(sent.get("signers"), list):
            for said in (sent, terms):
                said["signers"].sort(key=version._to_canonical)
        if any(sent[name] != value for name, value in terms.items() if name in sent):
            yield self.env._("%s: the letter says something else than the version that was sent.", self.name)

    def _find_code_faults(self):
        """Whoever signed by the link of a letter that asks for a code was read one, and typed it."""
        read_to = self.env["firm.engagement.signer"]
        # Earlier versions kept neither what was signed as data nor, in the content, whether a code is asked for.
        asks = self.current_version_id._get_content().get("needs_code", self.needs_code)
        for event in self.event_ids.filtered(lambda event: event.version_id == self.current_version_id):
            facts = event._get_facts() if event.kind == "signed" else {}
            if event.kind == "code_read":
                read_to |= event.signer_id
            elif asks and facts.get("channel") == "link" and not (event.signer_id in read_to and facts.get("code_read_by")):
                yield self.env._(
                    "%(letter)s: %(name)s signed without the code that the letter asks for.",
                    letter=self.name,
                    name=event.signer_name,
                )
