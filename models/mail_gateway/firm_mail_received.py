from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

KINDS = [
    ("started", "Being processed"),
    ("record", "New request"),
    ("reply", "Answer"),
    ("auto_reply", "Automatic reply"),
    ("bounce", "Bounce"),
    ("report", "Delivery report"),
    ("own", "Own e-mail returned"),
    ("quarantine", "Quarantine"),
]
KEPT_DAYS = 180


class FirmMailReceived(models.Model):
    """What became of every mail that came in. Written by the mail gateway alone.

    It is the proof that nothing was lost, what makes one request of two copies of a mail, and the count by which a
    robot on the other side is told from a person.
    """

    _name = "firm.mail.received"
    _inherit = ["firm.mail.flood"]
    _description = "Incoming Mail"
    _order = "received_on desc, id desc"
    _rec_name = "subject"

    message_id = fields.Char("Message-ID", required=True, readonly=True)
    fingerprint = fields.Char(required=True, readonly=True, help="Hash of what the sender wrote, without the way it came.")
    received_on = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    email_from = fields.Char("From", readonly=True, index="btree_not_null")
    subject = fields.Char(readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, default="started")
    is_quiet = fields.Boolean(
        "Not Answered",
        readonly=True,
        help="An automatic sender, or more e-mails than a person would send: kept but not answered.",
    )
    copies = fields.Integer(
        default=1, readonly=True, help="How often the same e-mail arrived, through several aliases or fetched again."
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    model = fields.Char("Resulting Model", readonly=True)
    res_id = fields.Many2oneReference("Result", model_field="model", readonly=True)

    _content_uniq = models.UniqueIndex("(message_id, fingerprint)", "This e-mail has already been processed.")

    # === DUPLICATES === #

    @api.model
    def _note_arrival(self, mail):
        """Note that a mail is being taken in.

        Two processes may hold two copies of the mail at the same moment: the database lets one pass, the other one
        gets its answer when the first is done (or is told to try again by a serialization error).

        :param mail: `IncomingMail`
        :return: the record; an empty recordset when this mail was taken in before
        """
        message_id = mail.message_id or f"<{mail.digest}@no-message-id>"
        fingerprint = mail.fingerprint
        values = {
            "message_id": message_id,
            "fingerprint": fingerprint,
            "received_on": fields.Datetime.now(),
            "email_from": email_normalize(mail.from_address) or mail.from_address or None,
            "subject": mail.subject,
            "kind": "started",
            "copies": 1,
        }
        self.flush_model()
        [(record_id, is_new)] = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s AS received (%(columns)s) VALUES %(values)s
                   ON CONFLICT (message_id, fingerprint) DO UPDATE SET copies = received.copies + 1
                   RETURNING id, (xmax = 0 OR kind IN ('started', 'quarantine'))""",
                table=SQL.identifier(self._table),
                columns=SQL(", ").join(map(SQL.identifier, values)),
                values=tuple(values.values()),
            )
        )
        self.invalidate_model()
        return self.browse(record_id if is_new else None)

    @api.model
    def _get_free_message_id(self, mail):
        """Return the Message-ID the mail gets here, or None when it is one of our own that came back.

        Broken programs write the same Message-ID into every mail; Odoo knows a mail by it, so the second content gets
        one of its own.
        """
        sent = mail.message_id
        if not sent:
            return f"<{mail.digest[:40]}@no-message-id>"
        # A Message-ID is unique among all records.
        known_sudo = self.env["mail.message"].sudo().search([("message_id", "=", sent)], limit=1, order="id desc")
        if not known_sudo and sent.isascii():
            return sent
        taken = self.sudo().search_count([("message_id", "=", sent), ("fingerprint", "!=", mail.fingerprint)], limit=1)
        same_sender = known_sudo and email_normalize(known_sudo.email_from, strict=False) == email_normalize(mail.person[1])
        if known_sudo and not taken and same_sender and (known_sudo.subject or "") == mail.subject:
            return None
        if known_sudo and known_sudo.message_type != "email" and same_sender:
            return None
        return f"<{mail.fingerprint[:32]}.{sent.strip('<>').encode('ascii', 'ignore').decode()[-200:]}>"

    @api.model
    def _note_quarantine(self, mail, kept):
        """Note that a mail is in quarantine: the transaction that noted its arrival was rolled back.

        :param mail: `IncomingMail`, None when it could not be read at all
        :param kept: its `firm.mail.quarantine`
        """
        values = {"kind": "quarantine", "model": kept._name, "res_id": kept.id, "company_id": kept.company_id.id}
        if mail:
            self._note_arrival(mail).write(values)
            return
        message_id = f"<{kept.digest}@unreadable>"
        known = self.search([("message_id", "=", message_id)], limit=1)
        if known:
            known.copies += 1
        else:
            values |= {"email_from": kept.email_from, "subject": kept.subject}
            self.create(values | {"message_id": message_id, "fingerprint": kept.digest})

    @api.autovacuum
    def _gc_old(self):
        """Forget mails after half a year: nobody fetches them again."""
        old = self.search([("received_on", "<", fields.Datetime.now() - timedelta(days=KEPT_DAYS))], limit=10_000)
        old.unlink()

    def action_open(self):
        """Open what the mail became, if the user may."""
        self.ensure_one()
        if not self.model or self.model not in self.env or not self.res_id:
            return False
        return self.env[self.model].browse(self.res_id).get_formview_action()
