"""One incoming mail: its bytes read without trust, who it is from, what kind it is, what it says. No records in here."""

import email
import email.policy
import hashlib
import re
from base64 import b64encode
from contextlib import suppress

from .forwarded_mail import ForwardedMail, find_forwarded
from .mail_content import MAX_PARTS, MailContent, MailRefused, get_type
from .mail_kind import MESSAGE_ID, MailKind
from .mail_text import (
    clean_line,
    clean_text,
    decode_header_value,
    split_addresses,
    split_header_addresses,
)

# What we take in ourselves; beyond, a person looks at the mail in quarantine.
MAX_SIZE = 60 * 1024 * 1024  # bytes of the mail as sent; a 25 MB file needs 35
MAX_HEADERS = 256 * 1024
_own_reference_re = re.compile(r"-openerp-(\d{1,10})-([a-z0-9_.]+)@")
_server_local_re = re.compile(
    r"^(no-?_?\.?-?reply|no-?responder|noresponder|donotreply|do-not-reply|wordpress|www-?data|apache|nginx|nobody|web|website"
    r"|webmaster|webform|form|forms|formulario|formularios|contact-?form|mailer|server|servidor|notifications?|notificaciones"
    r"|bounces?|postmaster|root|php|smtp|automail|robot|leads?)([._+-].*)?$",
    re.IGNORECASE,
)
_form_label_res = {
    "name": re.compile(
        r"^\s*\W{0,3}(nombre( y apellidos| completo)?|name|full name|nom)\W{0,3}\s*[:=]\s*(?P<value>.{2,100})$", re.I | re.M
    ),
    "phone": re.compile(
        r"^\s*\W{0,3}(tel[eé]fono|tel\.?|tfno\.?|m[oó]vil|phone|telephone|mobile)\W{0,3}\s*[:=]\s*(?P<value>\+?[\d\s().-]{6,25})\s*$",
        re.I | re.M,
    ),
}


class _TolerantPolicy(email.policy.Compat32):
    """Python's oldest policy, which never interprets a header, with text for what it calls undecodable."""

    def header_fetch_parse(self, name, value):
        return value


def read_mail(raw):
    """Read the bytes of a mail.

    :param bytes raw: the mail as it came
    :return: `IncomingMail`
    :raise MailRefused: it is too big, too intricate, or no mail at all
    """
    if len(raw) > MAX_SIZE:
        raise MailRefused("too_big", f"{len(raw) / 1024 / 1024:.0f} MB, at most {MAX_SIZE // 1024 // 1024} MB are taken in")
    raw = raw.lstrip(b"\r\n\x00 \t")
    for bom in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        raw = raw.removeprefix(bom)
    if re.match(rb"(>?From )[^\r\n]*\r?\n", raw):  # separator of mailbox files
        raw = raw.split(b"\n", 1)[1]
    lowered_ends = re.search(rb"\r?\n\r?\n", raw)
    if (lowered_ends.start() if lowered_ends else len(raw)) > MAX_HEADERS:
        raise MailRefused("too_complex", "The headers are longer than any mail program writes them")
    parts = max(len(re.findall(rb"(?i)boundary\s*=", raw)), len(re.findall(rb"(?im)^content-type\s*:", raw)))
    if parts > MAX_PARTS * 2:
        raise MailRefused("too_complex", f"About {parts} parts, at most {MAX_PARTS} are taken in")
    try:
        message = email.message_from_bytes(raw, policy=_TolerantPolicy())
    except RecursionError:
        raise MailRefused("too_complex", "Its parts lie too deep in each other") from None
    return IncomingMail(raw, message)


def _format_address(pair):
    name, address = pair
    if not name or not name.isascii() or re.search(r"[^\w .-]", name):
        name = _encode_words(name) if name else ""
    return f"{name} <{address}>" if name else address


def _encode(value):
    """Header value in ASCII on one line."""
    value = clean_line(clean_text(value))
    if value.isascii() and ("=?" not in value or re.fullmatch(r"[\x20-\x7e]*=\?utf-8\?b\?[\x20-\x7e]*", value)):
        return value
    return _encode_words(value)


def _encode_words(value):
    words, piece = [], ""
    for character in value:
        if len((piece + character).encode("utf-8", "replace")) > 42:
            words.append(piece)
            piece = ""
        piece += character
    words.append(piece)
    return " ".join("=?utf-8?b?%s?=" % b64encode(word.encode("utf-8", "replace")).decode() for word in words if word)


class IncomingMail(MailContent, MailKind):
    """A mail that was read. What it is made of is worked out on demand, each once.

    `outcome` is filled by the gateway while it takes the mail in.
    """

    def __init__(self, raw, message):
        self.raw = raw
        self.message = message
        self.outcome = []  # (kind, model, id)
        self.person = ("", "")  # who the mail counts as from
        self.forwarded = None  # the `ForwardedMail` of `person`, where a colleague passes it on
        self.odoo_message_id = ""  # by which Odoo knows it
        self.is_quiet = False  # nothing is answered by itself
        self.created = set()  # ids of the leads it made, `(model, id)` of other requests
        self.parts = self._collect_parts()
        self.subject = clean_line(self.header("Subject"), 1000)
        self._read_content()
        self._read_people()
        self._read_kind()

    # === HEADERS === #

    def header(self, name, part=None):
        """Return the first header of that name, decoded on one line, or an empty string."""
        for value in (part or self.message).get_all(name, []):
            return decode_header_value(value)
        return ""

    def headers(self, name):
        """Return all headers of that name, decoded."""
        return [decode_header_value(value) for value in self.message.get_all(name, [])]

    @property
    def message_id(self):
        """The Message-ID as sent (empty when there is none)."""
        found = self.header("Message-ID")
        match = MESSAGE_ID.search(found)
        return match[0] if match else (f"<{clean_line(found, 400)}>".replace(" ", "") if found.strip(" <>") else "")

    @property
    def references(self):
        """Message-IDs this mail answers, the nearest last."""
        found = MESSAGE_ID.findall(" ".join(self.headers("References"))[-20_000:])
        found += MESSAGE_ID.findall(self.header("In-Reply-To"))
        return list(dict.fromkeys(found))[-64:]

    @property
    def digest(self):
        """Hash of all bytes: the very same copy of a mail."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def fingerprint(self):
        """Hash of what the sender wrote: the same for copies that came by several ways, another for another content."""
        content = hashlib.sha256()
        for name in ("From", "Reply-To", "Subject", "Date"):
            content.update(f"{name}:{self.header(name)}\n".encode("utf-8", "replace"))
        if self.message.is_multipart() or self.files:
            for text, _is_html in self._bodies:
                content.update(" ".join(text.split()).encode("utf-8", "replace"))
            for name, data, _content_type, _cid in self.files:
                content.update(name.encode("utf-8", "replace") + hashlib.sha256(data).digest())
        else:
            content.update(" ".join(self.text.split()).encode("utf-8", "replace"))
        return content.hexdigest()

    @property
    def is_answer_by_subject(self):
        return bool(re.match(r"(?i)^\s*(re|rv|aw|r|ref|sv|antw|res|resp)\s*(\[\d+\])?\s*:", self.subject))

    @property
    def is_forward(self):
        return bool(re.match(r"(?i)^\s*(fwd?|rv|wg|tr|reenv)\s*:", self.subject))

    @property
    def plain_subject(self):
        """Subject without “Re:”, “RV:” and their like."""
        return re.sub(
            r"(?i)^(\s*(re|rv|fwd?|aw|wg|r|ref|sv|antw|tr|res|resp|reenv)\s*(\[\d+\])?\s*:\s*)+", "", self.subject
        ).strip()

    def get_own_ids(self, message_ids):
        """Return `(model, id)` that Message-IDs of our own mails speak of, the nearest last. Anybody can write them: check."""
        return [(model, int(res_id)) for ref in message_ids for res_id, model in _own_reference_re.findall(ref)]

    def _read_people(self):
        def people(*names):
            found = [
                person for name in names for value in self.message.get_all(name, []) for person in split_header_addresses(value)
            ]
            return list({address.lower(): (name, address) for name, address in reversed(found)}.values())[::-1]

        self.from_list = people("From") or people("Sender") or people("Reply-To") or people("Return-Path", "X-Sender")
        self.from_name, self.from_address = self.from_list[0] if self.from_list else ("", "")
        self.reply_to = people("Reply-To")
        self.to = people("To", "Apparently-To")
        self.cc = people("Cc")
        self.envelope_to = people(
            "Delivered-To",
            "X-Original-To",
            "Envelope-To",
            "X-Envelope-To",
            "X-Delivered-To",
            "X-Forwarded-To",
            "Resent-To",
            "Resent-Cc",
        )
        # "for <info@...>" of the servers it came through, for a mail that names its recipient nowhere else (Bcc)
        self.received_for = list(
            dict.fromkeys(
                ("", match[1])
                for value in self.headers("Received")[:5]
                for match in [re.search(r"\bfor\s+<?([^\s<>;]+@[^\s<>;]+)>?", value)]
                if match
            )
        )
        # "one@x.example <other@y.example>": what stands in the brackets is the address, what stands before is no name
        unquoted = re.sub(r'"(?:[^"\\]|\\.){0,500}"', "", str(self.message.get("From") or ""))
        angle = re.search(r"^[^<>,;]*<\s*([^<>@\s]+@[^<>\s]+)\s*>", unquoted)
        bracketed = split_header_addresses(angle[1])[:1] if angle else []
        if bracketed and bracketed[0][1].lower() != self.from_address.lower():
            self.from_name, self.from_address = "", bracketed[0][1]
        if self.from_name.lower() == self.from_address.lower() or "@" in self.from_name:
            self.from_name = ""
        if not self.from_name or re.fullmatch(r"\([^()]*\)", self.from_name):
            self.from_name = self._find_name_beside()

    def _find_name_beside(self):
        """Return the name of a `From` in the old style, "ana@x.example (Ana Ruiz)", or of one without an address."""
        said = self.header("From")
        if not split_addresses(said):
            name = re.sub(r"<[^>]*>?", "", said)
        elif split_addresses(said)[0][1].lower() == self.from_address.lower():
            comment = re.search(r"\(([^()]{1,200})\)", said)
            name = comment[1] if comment else ""
        else:
            name = ""
        name = clean_line(name.strip(" \t\"'()"), 200)
        return "" if "@" in name or not re.search(r"[^\W\d_]", name) else name

    # === WHO WRITES === #

    def find_person(self, own_domains=(), own_addresses=()):
        """Return `(name, address)` of the person the mail is from.

        That is the sender, but for what a server sends on behalf of a person: a form on a web site writes
        From: its server and Reply-To: who filled it in.

        :param own_domains: mail domains of the firm; its own site sends from them
        :param own_addresses: addresses that are never a person who writes to us, in lower case
        """
        sender = self.from_name, self.from_address
        if len(self.reply_to) != 1:
            return sender
        name, address = self.reply_to[0]
        domain = address.rpartition("@")[2].lower()
        if address.lower() == self.from_address.lower() or domain in own_domains or address.lower() in own_addresses:
            return sender
        local, _at, from_domain = self.from_address.lower().rpartition("@")
        by_server = (
            from_domain in own_domains
            or self.from_address.lower() in own_addresses
            or _server_local_re.match(local)
            or self.header("Auto-Submitted").lower().startswith("auto-generated")
            or self.header("X-PHP-Originating-Script")
            or self.header("X-PHP-Script")
            or " via " in self.from_name
        )
        if not by_server:
            return sender
        if not name or "@" in name:
            match = _form_label_res["name"].search(self.text[:20_000])
            name = clean_line(match["value"], 100) if match else ""
            if not name and " via " in self.from_name:
                name = self.from_name.split(" via ")[0].strip(" '\"")
        return name, address

    def find_forwarded(self):
        """Return the mails that this one forwards, attached or in its text: list of `ForwardedMail`."""
        found = []
        for part in self.parts:
            if get_type(part) == "message/rfc822":
                with suppress(MailRefused):
                    inner = read_mail(self._get_bytes(part))
                    found.append(ForwardedMail(inner.from_name, inner.from_address, inner.text, self.text))
        return [mail for mail in found if mail.address] + find_forwarded(self.text, self.is_forward)

    def find_form_phone(self):
        """Return the phone number that a form wrote behind its label, or an empty string."""
        match = _form_label_res["phone"].search(self.text[:20_000])
        return clean_line(match["value"], 40) if match else ""

    # === FOR ODOO'S GATEWAY === #

    def get_safe_bytes(self):
        """Return a mail of the headers alone, such that Odoo's own parser cannot stumble over any.

        Addresses and Message-ID are for show: the gateway puts `person`, our reading of the recipients and
        `odoo_message_id` in their place.
        """
        lines = [
            ("Message-Id", f"<{self.digest[:40]}@incoming>"),
            ("Subject", self.subject),
            ("From", _format_address(self.person)),
        ]
        lines.append(("To", ", ".join(map(_format_address, self.to[:100]))))
        lines.append(("Cc", ", ".join(map(_format_address, self.cc[:100]))))
        lines.append(("Delivered-To", ", ".join(map(_format_address, self.envelope_to[:100]))))
        lines.append(("References", " ".join(reference for reference in self.references if reference.isascii())))
        in_reply_to = MESSAGE_ID.findall(self.header("In-Reply-To"))
        lines.append(("In-Reply-To", in_reply_to[0] if in_reply_to and in_reply_to[0].isascii() else ""))
        lines.append(("Date", re.sub(r"[^\x20-\x7e]", "", self.header("Date"))[:100]))
        lines += [
            (name, re.sub(r"[^\x20-\x7e]|=\?", "", self.header(name))[:300])
            for name in ("Return-Path", "Auto-Submitted", "Precedence", "List-Id", "X-Auto-Response-Suppress")
        ]
        head = b"".join(f"{name}: {_encode(value)}\r\n".encode("ascii") for name, value in lines if value)
        return head + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
