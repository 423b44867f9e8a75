from odoo import api, fields, models

# Said of a letter, and in words that no other record of the firm uses: Spanish makes them agree with it.
KINDS = [
    ("created", "Prepared"),
    ("sent", "Sent to the signers"),
    ("undone", "Sending undone"),
    ("revised", "Taken back for a new version"),
    ("reminded", "Reminder sent"),
    ("viewed", "Opened by the signer"),
    ("downloaded", "PDF downloaded"),
    ("question", "Question"),
    ("code_read", "Code read out by telephone"),
    ("wrong_code", "Wrong code typed"),
    ("signed", "Signed"),
    ("recorded", "Paper signature recorded"),
    ("finished", "Signed by all"),
    ("sealed", "Sealed"),
    ("identified", "Client identified"),
    ("started", "Work started"),
    ("refused", "Declined"),
    ("expired", "Expired"),
    ("superseded", "Replaced by a later one"),
    ("withdrawn", "Withdrawn"),
    ("cancelled", "Called off"),
]
# What a letter is after each
STATE_AFTER = {
    "created": "draft",
    "sent": "sent",
    "undone": "draft",
    "revised": "draft",
    "signed": "partly_signed",
    "recorded": "partly_signed",
    "finished": "signed",
} | {state: state for state in ("refused", "expired", "superseded", "withdrawn", "cancelled")}
GENESIS = "0" * 64


class FirmEngagementEvent(models.Model):
    """The trail of a letter. Each row holds the hash of the one before it, so that a change of any shows."""

    _name = "firm.engagement.event"
    _description = "History of an Engagement Letter"
    _inherit = ["firm.engagement.evidence"]
    _order = "letter_id, id"
    _rec_name = "kind"

    letter_id = fields.Many2one("firm.engagement.letter", required=True, readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(related="letter_id.company_id", store=True)
    version_id = fields.Many2one("firm.engagement.version", readonly=True, ondelete="restrict")
    signer_id = fields.Many2one("firm.engagement.signer", readonly=True, ondelete="set null")
    signer_name = fields.Char("Person", readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", readonly=True, ondelete="restrict", help="Empty: the client by the link, or a job.")
    ip_address = fields.Char("IP Address", readonly=True)
    user_agent = fields.Char("Browser", readonly=True)
    note = fields.Text(readonly=True)
    facts = fields.Text(readonly=True, help="What was signed or seen, as data: the fields of the record are compared with it.")
    told = fields.Text("What Was Said", compute="_compute_told")
    previous_hash = fields.Char(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True)

    _chain_uniq = models.UniqueIndex("(letter_id, previous_hash)", "The history of a letter has no branches.")

    @api.depends("note", "facts")
    @api.depends_context("lang")
    def _compute_told(self):
        for event in self:
            event.told = "\n".join(filter(None, [event.note, *event._tell_facts()])) or False

    def _tell_facts(self):
        """Return what was signed or identified, in sentences for colleagues."""
        facts = self._get_facts()
        if self.kind == "identified":
            yield from self._tell_identification(facts)
        elif self.kind in ("signed", "recorded") and facts:
            yield from self._tell_signature(facts)
        elif facts.get("identified_on"):
            yield self.env._("The client was identified before, on the letter %s", facts["identified_on"])
        elif facts.get("awaits_identification"):
            yield self.env._("Work waits until the client is identified")
        elif facts.get("awaited_identification") and not facts.get("identification_asked"):
            yield self.env._("Without identification: the firm no longer asked for it")

    def _tell_identification(self, facts):
        documents = dict(self.env["firm.engagement.identification"]._fields["document"]._description_selection(self.env))
        yield f"{facts['person']}: {documents[facts['document']]} {facts['number']}"
        yield self.env._("Seen on %s", facts["date"])
        if facts["valid_until"]:
            yield self.env._("Valid until %s", facts["valid_until"])
        if facts["beneficial_owners"]:
            yield self.env._("Beneficial owners: %s", facts["beneficial_owners"])

    def _tell_signature(self, facts):
        capacities = dict(self.env["firm.engagement.signer"]._fields["capacity"]._description_selection(self.env))
        yield self.env._("Signed as %(name)s: %(capacity)s", name=facts["name"], capacity=capacities.get(facts["capacity"], ""))
        if facts["channel"] == "paper":
            yield self.env._("Date on the paper: %s", facts["day"])
        else:
            if facts["channel"] == "tablet":
                yield self.env._("On a device of the firm, opened by %s", self.user_id.name)
            yield self.env._("With a drawn signature") if facts["signature"] else self.env._("By typing the name")
        if facts.get("code_read_by"):
            yield self.env._("With the code that %s had read to them by telephone", facts["code_read_by"])
        if facts["start_requested"]:
            yield self.env._("Asked to start within the 14 days of withdrawal")

    def _get_facts(self):
        self.ensure_one()
        return self._from_canonical(self.facts)

    @api.model
    def _log(self, letter, kind, signer=None, actor=None, note=None, facts=None):
        """Add to the trail of a letter, whose row the caller has locked.

        :param letter: `firm.engagement.letter`
        :param str kind: one of `KINDS`
        :param signer: `firm.engagement.signer` it is about
        :param dict actor: `user_id`, or `ip_address` and `user_agent`
        :param str note: plain text
        :param dict facts: what was signed, as plain data
        :return: the new event, elevated
        """
        letter_sudo = letter.sudo()  # the trail of the letter that the caller may change
        last = letter_sudo.event_ids[-1:]
        vals = {
            "letter_id": letter.id,
            "version_id": letter_sudo.current_version_id.id,
            "signer_id": signer.id if signer else False,
            "signer_name": signer.sudo().name if signer else False,
            "kind": kind,
            "date": fields.Datetime.now(),
            "note": note or False,
            "facts": self._to_canonical(facts) if facts else False,
            "previous_hash": last.hash or GENESIS,
        } | (actor or {})
        event = self._add([vals | {"hash": self._digest(self._to_canonical(self._prepare_hashed(vals, letter_sudo)))}])
        letter_sudo.last_event_hash = event.hash
        letter_sudo.invalidate_recordset(["event_ids"])
        return event

    @api.model
    def _prepare_hashed(self, vals, letter):
        version = self.env["firm.engagement.version"].sudo().browse(vals["version_id"])  # of the letter at hand
        return {
            "letter": letter.name,
            "version": version.number,
            "content": version.content_sha256 or "",
            "pdf": version.pdf_sha256 or "",
            "person": vals["signer_name"] or "",
            "date": fields.Datetime.to_string(vals["date"]),
            **{key: vals.get(key) or "" for key in ("kind", "user_id", "ip_address", "user_agent", "note", "previous_hash")},
            **({"facts": vals["facts"]} if vals["facts"] else {}),
        }

    def _is_as_written(self):
        self.ensure_one()
        vals = {
            "version_id": self.version_id.id,
            "user_id": self.user_id.id,
            **{key: self[key] for key in ("signer_name", "kind", "date", "ip_address", "user_agent", "note", "facts")},
            "previous_hash": self.previous_hash,
        }
        return self.hash == self._digest(self._to_canonical(self._prepare_hashed(vals, self.letter_id)))

    def _find_faults(self):
        """Return a sentence for each row of a trail that is not as it was written."""
        previous = {}
        for event in self.sorted(lambda event: (event.letter_id.id, event.id)):
            if not event._is_as_written() or event.previous_hash != previous.get(event.letter_id, GENESIS):
                yield self.env._("The history was changed at its entry of %s.", fields.Datetime.to_string(event.date))
            previous[event.letter_id] = event.hash
