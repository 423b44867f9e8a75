import re
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL, email_normalize

from ...tools.mail_in_hand import get_mail
from ...tools.mail_kind import is_unattended_address
from ...tools.match_keys import get_email_spellings

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# What looks like a name and can carry no message: letters, a few short words; a dot only after an initial or abbreviation.
_NAME = re.compile(r"(?:[^\W\d_]+(?:['’·-][^\W\d_]+)*\.?)(?: (?:[^\W\d_]+(?:['’·-][^\W\d_]+)*\.?)){0,4}")
NAME_LIMIT = 40
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
# Here a dot makes no other address
_DOTLESS = {"gmail.com", "googlemail.com"}


class Stranger(NamedTuple):
    """Somebody who is not logged in and causes an e-mail. Travels in the context, where RPC can put JSON only."""

    source: str  # IP address of the visitor, e-mail address of the sender
    is_quiet: bool = False  # a robot, or somebody nobody answers
    message_id: str = ""  # of the mail that is answered


def get_safe_name(name):
    """Return a name that a stranger gave when it looks like one, else an empty string."""
    name = " ".join((name or "").split())
    return name if len(name) <= NAME_LIMIT and _NAME.fullmatch(name) else ""


class FirmMailGate(models.Model):
    """The one gate for e-mails that somebody causes who is not logged in: whoever types an address need not own it.

    Each address has some places a day. An e-mail takes a place that is free: the database gives it to one of several
    workers, and lets the others look again.
    """

    _name = "firm.mail.gate"
    _description = "E-mail Caused by a Stranger"
    _order = "sent_on desc, id desc"
    _rec_name = "recipient"

    recipient = fields.Char(required=True, readonly=True)
    number = fields.Integer("Place", required=True, readonly=True, aggregator=None)
    source = fields.Char("Caused By", readonly=True, help="IP address of the visitor, e-mail address of the sender.")
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="cascade")
    sent_on = fields.Datetime("On", required=True, readonly=True, index=True)

    _place_uniq = models.UniqueIndex("(recipient, number)", "This e-mail has been counted already.")
    _source_idx = models.Index("(source, sent_on) WHERE source IS NOT NULL")

    @api.model
    def _get_stranger(self):
        """Return the `Stranger` who causes what is done in this environment, None when it is somebody of the firm."""
        mail = get_mail(self.env)
        if mail:
            source = email_normalize(mail.person[1]) or mail.person[1]
            message_id = mail.message_id if _MESSAGE_ID.fullmatch(mail.message_id or "") else ""
            return Stranger(source, bool(mail.is_quiet or mail.is_unattended), message_id)
        stranger = self.env.context.get("crm_firm_stranger")
        return stranger if isinstance(stranger, Stranger) else None

    @api.model
    def _may_send_to_stranger(self, address, company):
        """Tell whether an e-mail that a stranger causes may go to an address; if so, it is counted.

        Never to robots. Otherwise as many a day to an address, and as many an hour by one sender, as the company's
        settings say. `+tags` and the spelling of the domain make no other address.

        :param str address: where it would go
        :param company: `res.company` that would write
        :return: bool
        """
        stranger = self._get_stranger()
        recipient = self._get_recipient_key(address)
        if not recipient or is_unattended_address(recipient) or (stranger and stranger.is_quiet):
            return False
        company_sudo = company.sudo()  # settings, whoever causes the e-mail
        now = fields.Datetime.now()
        source = (stranger and stranger.source) or None
        self.flush_model()
        if source and source != recipient:
            # Sent by one sender, whomever to. Two at the same moment may both be the last one: a place is another's.
            [(by_source,)] = self.env.execute_query(
                SQL(
                    "SELECT count(*) FROM %s WHERE source = %s AND sent_on > %s",
                    SQL.identifier(self._table), source, now - HOUR,
                )
            )  # fmt: skip
            if by_source >= company_sudo.crm_firm_stranger_mails_hour:
                return False
        return self._take_place(recipient, source, company, company_sudo.crm_firm_stranger_mails_day, now)

    @api.model
    def _take_place(self, recipient, source, company, places, now):
        """Take a place of the address that nobody has used for a day. Of two workers one gets it, the other starts anew."""
        taken = dict(
            self.env.execute_query(
                SQL("SELECT number, sent_on FROM %s WHERE recipient = %s", SQL.identifier(self._table), recipient)
            )
        )
        free = [number for number in range(1, places + 1) if number not in taken or taken[number] <= now - DAY]
        if not free or sum(sent_on > now - DAY for sent_on in taken.values()) >= places:
            return False
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO %(table)s AS gate (recipient, number, source, company_id, sent_on)
                   VALUES (%(recipient)s, %(number)s, %(source)s, %(company)s, %(now)s)
                   ON CONFLICT (recipient, number) DO UPDATE
                   SET source = excluded.source, company_id = excluded.company_id, sent_on = excluded.sent_on
                   WHERE gate.sent_on <= %(free_since)s
                   RETURNING id""",
                table=SQL.identifier(self._table),
                recipient=recipient,
                number=free[0],
                source=source,
                company=company.id,
                now=now,
                free_since=now - DAY,
            )
        )
        self.invalidate_model()
        return bool(rows)

    @api.model
    def _get_recipient_key(self, address):
        """Return one text for all spellings of an address that reach the same person."""
        spellings = get_email_spellings(address)
        if not spellings:
            return False
        local, _at, domain = min(spellings).rpartition("@")
        local = local.partition("+")[0] or local
        return f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"

    @api.model
    def _get_headers(self):
        """Return the headers (RFC 3834) of an e-mail that a stranger causes: no automaton answers it."""
        headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
        stranger = self._get_stranger()
        if stranger and stranger.message_id:
            headers |= {"In-Reply-To": stranger.message_id, "References": stranger.message_id}
        return headers

    @api.autovacuum
    def _gc_old(self):
        """Forget who was written to: after a day it counts no more."""
        self.search([("sent_on", "<", fields.Datetime.now() - 2 * DAY)], limit=10_000).unlink()
