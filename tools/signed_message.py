"""How messages of other systems are signed: of the bytes as they came, before anybody reads them. Plain functions, no records."""

import hashlib
import hmac
import re

MAX_AGE = 300  # seconds between the clock of who signs and ours
SIGNATURE_HEADERS = {
    "generic": "X-Firm-Signature",
    "meta": "X-Hub-Signature-256",
    "linkedin": "X-LI-Signature",
}


def is_signed(kind, body, header, secrets, now):
    """Tell whether one of the secrets signed the message.

    :param str kind: `generic`, `meta` or `linkedin`
    :param bytes body: as it came
    :param str header: see `SIGNATURE_HEADERS`, may be None
    :param secrets: texts; two while they are changed
    :param float now: seconds since 1970
    """
    header = (header or "").strip()
    if kind == "generic":
        moment = get_moment(header)
        if not moment or abs(now - int(moment)) > MAX_AGE:
            return False
        given = [value for name, value in _get_parts(header) if name == "v1"]
        signed = moment.encode() + b"." + body
    elif kind == "meta":
        given, signed = [header.removeprefix("sha256=")] if header.startswith("sha256=") else [], body
    else:
        given, signed = [header.removeprefix("hmacsha256=")], b"hmacsha256=" + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets if secret]
    # All of them are compared, each in constant time.
    return sum(is_same(value.lower(), digest) for value in given[:4] for digest in expected) > 0


def get_moment(header):
    """Return the moment (text of seconds since 1970) that is signed with a generic message, an empty text when there is none.

    Moment and body are what a signature says: the header around it can be written in many ways, by whoever has seen it.
    """
    moments = [value for name, value in _get_parts(header) if name == "t"]
    return moments[0] if len(moments) == 1 and re.fullmatch(r"[0-9]{1,12}", moments[0]) else ""


def _get_parts(header):
    return [part.strip().partition("=")[::2] for part in (header or "").strip()[:1000].split(",")]


def is_same(one, other):
    """Compare two texts in constant time."""
    return hmac.compare_digest(str(one).encode("utf-8", "replace"), str(other).encode("utf-8", "replace"))


def sign(secret, body, moment):
    """Return the header of our generic message: what a sender has to do, and our tests and bench do."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def sign_challenge(secret, code):
    """Return what LinkedIn wants to read when it looks whether an address is ours."""
    return hmac.new(secret.encode(), code.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
