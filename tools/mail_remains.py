"""What a mail says that could not be taken in."""

import hashlib
import logging

from odoo.tools import formataddr

from .mail_text import clean_line, clean_text, decode_bytes, decode_header_value

_logger = logging.getLogger(__name__)

PREVIEW = 3000  # characters


def read_as_far_as_possible(raw, mail=None):
    """Return what can be said of a mail, whatever state its bytes are in."""
    head = decode_bytes(raw[:30_000].lstrip(b"\r\n\x00 \t"))
    values = {"digest": hashlib.sha256(raw).hexdigest(), "fingerprint": False}
    if mail:
        try:
            return values | {
                "subject": mail.subject[:500],
                "email_from": formataddr(mail.person if mail.person[1] else (mail.from_name, mail.from_address))[:500],
                "email_to": ", ".join(address for _name, address in mail.envelope_to + mail.to + mail.cc)[:1000],
                "date": mail.header("Date")[:100],
                "message_id": mail.message_id[:1000] or False,
                "fingerprint": mail.fingerprint,
                "preview": mail.text[:PREVIEW],
            }
        except Exception:
            _logger.info("A mail says less than it was read to say: its first bytes have to do", exc_info=True)
    lines, body = {}, ""
    top, _separator, body = head.replace("\r\n", "\n").partition("\n\n")
    for line in top.replace("\n ", " ").replace("\n\t", " ").split("\n"):
        name, colon, value = line.partition(":")
        if colon and len(name) < 60:
            lines.setdefault(name.strip().lower(), decode_header_value(value))
    return values | {
        "subject": clean_line(lines.get("subject", ""), 500),
        "email_from": clean_line(lines.get("from", ""), 500),
        "email_to": clean_line(lines.get("to", ""), 1000),
        "date": clean_line(lines.get("date", ""), 100),
        "message_id": clean_line(lines.get("message-id", ""), 1000) or False,
        "preview": clean_text(body)[:PREVIEW] or clean_text(head)[:PREVIEW],
    }
