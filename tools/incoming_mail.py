"""One incoming mail: its bytes read without trust, who it is from, what kind it is, what it says. No records in here."""

import email
import email.policy
import hashlib
import mimetypes
import re
from base64 import b64decode, b64encode
from contextlib import suppress
from email.generator import BytesGenerator
from io import BytesIO

from .mail_text import (
    clean_file_name,
    clean_line,
    clean_text,
    close_open_brackets,
    decode_bytes,
    decode_header_value,
    html_to_text,
    measure_html,
    split_addresses,
    split_header_addresses,
)

# What we take in ourselves; beyond, a person looks at the mail in quarantine.
MAX_SIZE = 60 * 1024 * 1024  # bytes of the mail as sent; a 25 MB file needs 35
MAX_PARTS = 500
MAX_HEADERS = 256 * 1024

# What goes through Odoo's HTML cleaning, whose time grows with the square of some of it (measured: 6,000 paragraphs in
# a quoted block take 25 s, 1,500 take 1.5 s). What is longer is shown as plain text, cut, and kept whole as a file.
MAX_TEXT = 100_000  # characters
MAX_HTML = 250_000  # characters
MAX_TAGS = 6_000
MAX_TAGS_QUOTED = 1_000  # where Odoo looks for quotes
MAX_DEPTH = 150  # libxml2 drops what lies deeper than 256

_quote_mark_re = re.compile(
    r"gmail_extra|gmail_quote|gmail_signature|SkyDrivePlaceholder|stopSpelling|yahoo_quoted|odoo_signature_wrapper"
    r"|id=[\"']?Signature|appendonsend|divRplyFwdMsg|<blockquote|--\s*<br|data-o-mail-quote",
    re.IGNORECASE,
)

# === KINDS === #

# Words before a colon, or the whole beginning, of what a machine answers while its owner is away
_auto_reply_subject_re = re.compile(
    r"""^\s*(\[[^\]]{1,40}\]\s*)?(
        fuera\ de\ (la\ )?oficina | respuesta\ autom[aá]tica | contestaci[oó]n\ autom[aá]tica | auto-?respuesta
      | mensaje\ de\ ausencia | aviso\ de\ (ausencia|vacaciones) | (de|estoy\ de|cerrado\ por|cerrados\ por)\ vacaciones
      | ausente(?=\s*(:|$|\.|hasta|del|de\ la|por|temporalmente)) | ausencia(?=\s*(:|$|temporal))
      | estar[eé]\ (ausente|fuera) | no\ estoy\ disponible
      | fora\ de\ l.oficina | resposta\ autom[aàá]tica | fora\ do\ escrit[oó]rio | erantzun\ automatikoa
      | out\ of\ (the\ )?office | automatic\ reply | auto-?\ ?reply | auto-?\ ?response | automated\ (reply|response)
      | autoreply | away\ from\ (the\ |my\ )?office | on\ vacation | vacation\ (reply|response|auto) | i\ am\ (away|out)\b
      | r[ée]ponse\ automatique | absence\ du\ bureau | message\ d.absence | abwesenheit | automatische\ antwort
      | risposta\ automatica | fuori\ (sede|ufficio) | auto\s*:
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_away_subject_re = re.compile(
    r"ofic|office|ausen|ausente|vacaci|vacation|away|fuera|fora|absen|abwesen|bureau|fuori|disponib|escrit|\bout\b", re.IGNORECASE
)
# The words of such a note alone, or before a colon: a sentence that begins with them may be a person's.
_auto_reply_title_re = re.compile(
    r"""^\s*(\[[^\]]{1,40}\]\s*)?(
        fuera\ de\ (la\ )?oficina | (respuesta|contestaci[oó]n)\ autom[aá]tica | auto-?respuesta | mensaje\ de\ ausencia
      | aviso\ de\ (ausencia|vacaciones) | (estoy\ )?de\ vacaciones | ausente | ausencia | fora\ de\ l.oficina
      | resposta\ autom[aàá]tica | out\ of\ (the\ )?office | auto(matic|mated)?[-\ ]?(reply|response) | on\ vacation
    )\s*(:.*)?$""",
    re.IGNORECASE | re.VERBOSE,
)
# What a note of absence says, and what only somebody says who wants something
_absence_text_re = re.compile(
    r"(?i)\b(estoy|estar[eé]|estamos|me encuentro|encontrar[eé])\b.{0,40}\b(fuera|ausente|vacaciones|de baja|de viaje)\b"
    r"|\b(vuelvo|volver[eé]|regreso|regresar[eé]|me reincorpor\w+)\b|\bno estoy\b|\bausente (hasta|del|desde)\b"
    r"|\bfuera de (la )?oficina (hasta|del|desde)\b|\b(a mi (vuelta|regreso)|acceso limitado|sin acceso al correo)\b"
    r"|\bi('m| am| will be| shall be)\b.{0,40}\b(away|out of (the )?office|on (holiday|vacation|leave))\b"
    r"|\b(will be back|i return|upon my return|limited access)\b"
)
_wish_re = re.compile(
    r"(?i)[?¿]|\b(necesit\w+|quisiera\w*|querr[ií]a\w*|quiero|queremos|me gustar[ií]a|consulta(r(les?)?|s)?|presupuesto|ayuda\w*"
    r"|ll[aá]m(en?|ar)me|mi tel[eé]fono|i need|we need|i('d| would) like|could you|can you|call me|quote|advice)\b"
)
# What a ticket system answers to whatever comes in
_ticket_subject_re = re.compile(
    r"(?i)^\s*(re\s*:\s*)?\W{0,2}(ticket|case|caso|incidencia|solicitud|petici[oó]n|request|expediente)\b[^\d]{0,20}\d{3,}"
    r"|\b(hemos recibido su (solicitud|consulta|incidencia|mensaje)"
    r"|se ha (creado|abierto|registrado) (la |el |su )?(ticket|incidencia|solicitud)"
    r"|(your )?(ticket|request) (has been )?(received|created|opened)|we (have )?received your (request|message|ticket))\b"
)
_bounce_subject_re = re.compile(
    r"""^\s*(
        undeliverable | undelivered\ mail | undeliverable\ mail | mail\ delivery\ (failed|failure|system) | failure\ notice
      | delivery\ status\ notification\ \(failure\) | delivery\ (has\ )?fail(ed|ure) | returned\ mail | message\ undeliverable
      | mail\ system\ error | unzustellbar | non\ remis | no\ se\ (puede|pudo|ha\ podido)\ entregar | no\ entregado
      | error\ de\ entrega | mensaje\ no\ entregado | correo\ devuelto | notificaci[oó]n\ de\ estado\ de\ entrega\ \((error|fallo)
      | devoluci[oó]n\ de\ correo | entrega\ fallida | imposible\ entregar
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_bounce_text_res = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"this is the qmail-send program",
        r"i.m afraid i wasn.t able to deliver your message",
        r"a message that you sent could not be delivered to one or more of its\s+recipients",
        r"this is a permanent error",
        r"delivery has failed to these recipients or groups",
        r"your message did(n.t| not) reach some or all of the intended recipients",
        r"could not be delivered to one or more recipients",
        r"no se (ha podido|pudo|puede) entregar (el|su) mensaje",
        r"error al entregar a estos destinatarios",
        r"<[^>\s]+@[^>\s]+>:?\s*\(?.{0,200}\b5\d\d[ -]",
        r"\b550[ -]5\.\d+\.\d+",
        r"address (not found|rejected)|user unknown|no such user|mailbox (not found|unavailable)",
    )
]
_delay_re = re.compile(
    r"(delay(ed)?|retras(o|ado)|still (being )?(retried|trying)|not yet been delivered|no need to (resend|re-?send)"
    r"|warning: message .{0,40} delayed|delivery status notification \(delay\))",
    re.IGNORECASE,
)
_own_reference_re = re.compile(r"-openerp-(\d{1,10})-([a-z0-9_.]+)@")
_message_id_re = re.compile(r"<[^<>\s]{3,500}>")
_server_local_re = re.compile(
    r"^(no-?_?\.?-?reply|no-?responder|noresponder|donotreply|do-not-reply|wordpress|www-?data|apache|nginx|nobody|web|website"
    r"|webmaster|webform|form|forms|formulario|formularios|contact-?form|mailer|server|servidor|notifications?|notificaciones"
    r"|bounces?|postmaster|root|php|smtp|automail|robot|leads?)([._+-].*)?$",
    re.IGNORECASE,
)
_unattended_local_re = re.compile(
    r"^(no-?_?\.?-?reply|no-?responder|noresponder|donotreply|do-not-reply|mailer-daemon|postmaster|bounces?|notifications?"
    r"|notificaciones|automail|listserv|majordomo)([._+-].*)?$",
    re.IGNORECASE,
)
_multipart_notice_re = re.compile(r"(?i)^\s*this is a (multi-?part|mime)[^\n]{0,200}\s*$")
_form_label_res = {
    "name": re.compile(
        r"^\s*\W{0,3}(nombre( y apellidos| completo)?|name|full name|nom)\W{0,3}\s*[:=]\s*(?P<value>.{2,100})$", re.I | re.M
    ),
    "phone": re.compile(
        r"^\s*\W{0,3}(tel[eé]fono|tel\.?|tfno\.?|m[oó]vil|phone|telephone|mobile)\W{0,3}\s*[:=]\s*(?P<value>\+?[\d\s().-]{6,25})\s*$",
        re.I | re.M,
    ),
}


class MailRefused(Exception):
    """The mail is not taken in by itself: a person has to look at it.

    :param str reason: a value of `firm.mail.quarantine.reason`
    """

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason = reason


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


def is_unattended_address(address):
    """Tell whether an address says that nobody reads what is sent to it: no-reply@, notifications@ ..."""
    return bool(_unattended_local_re.match(address.rpartition("@")[0]))


class IncomingMail:
    """A mail that was read. What it is made of is worked out on demand, each once.

    `outcome` is filled by the gateway while it takes the mail in.
    """

    def __init__(self, raw, message):
        self.raw = raw
        self.message = message
        self.outcome = []  # (kind, model, id)
        self.person = ("", "")  # who the mail counts as from
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
        match = _message_id_re.search(found)
        return match[0] if match else (f"<{clean_line(found, 400)}>".replace(" ", "") if found.strip(" <>") else "")

    @property
    def references(self):
        """Message-IDs this mail answers, the nearest last."""
        found = _message_id_re.findall(" ".join(self.headers("References"))[-20_000:])
        found += _message_id_re.findall(self.header("In-Reply-To"))
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

    def find_form_phone(self):
        """Return the phone number that a form wrote behind its label, or an empty string."""
        match = _form_label_res["phone"].search(self.text[:20_000])
        return clean_line(match["value"], 40) if match else ""

    @property
    def is_unattended(self):
        """True when nobody reads what is answered to the sender: lists, notifications, addresses that say so."""
        by_itself = self.person[1] == self.from_address  # a form speaks for a person who reads answers
        suppressed = re.search(r"(?i)\b(all|oof|autoreply)\b", self.header("X-Auto-Response-Suppress"))
        return bool(
            is_unattended_address(self.person[1])
            or any("-loop-detection-bounce-email@" in reference for reference in self.references)
            or self.header("List-Id")
            or self.header("List-Unsubscribe")
            or (by_itself and self.header("Return-Path").replace(" ", "") == "<>")
            or (by_itself and self.header("Precedence").lower() in ("bulk", "list", "junk"))
            or (by_itself and self.header("Auto-Submitted").lower() not in ("", "no"))
            or (by_itself and suppressed)
        )

    # === CONTENT === #

    def _collect_parts(self):
        parts, waiting = [], [(self.message, 0)]
        while waiting:
            part, depth = waiting.pop()
            parts.append(part)
            if len(parts) > MAX_PARTS or depth > 100:
                raise MailRefused("too_complex", f"More than {MAX_PARTS} parts, or parts more than 100 deep in each other")
            # A forwarded mail is one file, its parts are not ours.
            if part.is_multipart() and _get_type(part).partition("/")[0] == "multipart":
                waiting += [(child, depth + 1) for child in reversed(part.get_payload())]
        return parts

    def _read_content(self):
        self.files = []  # (name, bytes, content type, content id)
        self._bodies = []  # (text, is HTML)
        alternatives = {
            id(child)
            for part in self.parts
            if _get_type(part) == "multipart/alternative" and part.is_multipart()
            for child in part.get_payload()
        }
        has_html = any(self._is_body(part) and _get_type(part) == "text/html" for part in self.parts)
        for part in self.parts:
            content_type = _get_type(part)
            if part.is_multipart() and content_type.startswith("multipart/"):
                continue
            if self._is_body(part):
                if content_type != "text/html" and id(part) in alternatives and has_html and not self._is_empty_html():
                    continue
                data = self._get_bytes(part)
                text = decode_bytes(data, self._get_parameter(part, "charset"))
                self._bodies.append((text, content_type == "text/html"))
            else:
                self.files.append(self._read_file(part))
        self._bodies = [(text, is_html) for text, is_html in self._bodies if text.strip()] or self._find_lost_bodies()

    def _find_lost_bodies(self):
        """Return what can be read of a mail without a body: a type nobody knows, text outside the boundaries.

        Such a part stays a file, too.
        """
        found = []
        for part in self.parts:
            content_type = _get_type(part)
            if part.is_multipart():
                outside = (part.preamble, part.epilogue) if content_type.startswith("multipart/") else ()
                found += [
                    (decode_bytes(text.encode("utf-8", "surrogateescape")), False)
                    for text in outside
                    if text and text.strip() and not _multipart_notice_re.match(text)
                ]
                continue
            family = content_type.partition("/")[0]
            is_file = self.header("Content-Disposition", part).lower().startswith("attachment") or self._get_file_name(part)
            is_sealed = bool(re.search(r"pgp|pkcs|calendar", content_type))  # a file by its nature
            if is_file or is_sealed or family not in ("text", "application"):
                continue
            data = self._get_bytes(part)
            try:
                text = data.decode("utf-8")
            except UnicodeDecodeError:
                continue
            if text.strip() and not re.search(r"[\x00-\x08\x0e-\x1f]|^%PDF|^\{\\rtf", text):
                found.append((clean_text(text), bool(re.match(r"(?i)\s*(<!doctype html|<html|<body|<div|<p\b)", text))))
        return found

    def _is_empty_html(self):
        """True when the HTML part of the mail says nothing (some mailers add an empty one): then the plain one counts."""
        html_parts = [part for part in self.parts if self._is_body(part) and _get_type(part) == "text/html"]
        return not any(
            html_to_text(decode_bytes(self._get_bytes(part), self._get_parameter(part, "charset"))) for part in html_parts
        )

    def _is_body(self, part):
        if _get_type(part).partition("/")[0] == "multipart":
            return not part.is_multipart()  # boundaries are broken: its text is all there is
        if _get_type(part) not in ("text/plain", "text/html") or part.is_multipart():
            return False
        disposition = self.header("Content-Disposition", part).lower()
        return not disposition.startswith("attachment") and not self._get_file_name(part)

    def _get_parameter(self, part, name, header="content-type"):
        try:
            value = part.get_param(name, header=header)
            if isinstance(value, tuple):
                charset, _language, text = value
                return decode_bytes(text.encode("latin-1", "replace"), charset)
        except Exception:
            return ""
        return decode_header_value(value) if value else ""

    def _get_file_name(self, part):
        return self._get_parameter(part, "filename", "content-disposition") or self._get_parameter(part, "name")

    def _get_bytes(self, part):
        """Return the content of a part as it was before it was wrapped for the way."""
        payload = part.get_payload()
        if isinstance(payload, list):
            # Python reads a delivery status as one mail for each of its blocks, every other mail has one inside
            return b"\r\n".join(self._get_message_bytes(part, child) for child in payload)
        if not isinstance(payload, str):
            return b""
        encoding = self.header("Content-Transfer-Encoding", part).lower().split(";")[0].strip()
        if encoding == "base64":
            compact = re.sub(r"[^A-Za-z0-9+/=]", "", payload)
            result = []
            for piece in re.findall(r"[^=]+", compact):  # some mailers pad inside
                piece = piece[: len(piece) - (len(piece) % 4 == 1)]
                result.append(b64decode(piece + "=" * (-len(piece) % 4)))
            return b"".join(result)
        try:
            return part.get_payload(decode=True) or b""
        except Exception:
            return payload.encode("utf-8", "surrogateescape")

    def _get_message_bytes(self, part, child):
        """Bytes of a mail inside the mail, without folding a header anew."""
        text = child.get_payload()
        if self.header("Content-Transfer-Encoding", part).lower().strip() == "base64" and isinstance(text, str):
            with suppress(ValueError):
                return b64decode(text)
        out = BytesIO()
        newline = "\r\n" if b"\r\n" in self.raw[:2000] else "\n"
        policy = email.policy.compat32.clone(linesep=newline, max_line_length=0, cte_type="8bit")
        try:
            BytesGenerator(out, mangle_from_=False, maxheaderlen=0, policy=policy).flatten(child)
        except Exception:
            return "\r\n".join(f"{name}: {value}" for name, value in child.items()).encode("utf-8", "surrogateescape")
        return out.getvalue()

    def _read_file(self, part):
        content_type = _get_type(part)
        fallback = {
            "text/calendar": "invite.ics",
            "message/rfc822": "forwarded.eml",
            "message/delivery-status": "delivery-status.txt",
            "message/disposition-notification": "disposition-notification.txt",
            "text/rfc822-headers": "headers.txt",
            "application/ms-tnef": "winmail.dat",
        }.get(content_type)
        name = self._get_file_name(part)
        if not name and content_type == "message/rfc822" and isinstance(part.get_payload(), list) and part.get_payload():
            subject = self.header("Subject", part.get_payload()[0])
            name = f"{subject[:100]}.eml" if subject else ""
        name = clean_file_name(name, fallback or "attachment" + (mimetypes.guess_extension(content_type) or ""))
        cid = self.header("Content-ID", part).strip("<> ")
        return name, self._get_bytes(part), content_type, cid

    @property
    def text(self):
        """All the mail says, as plain text."""
        if not hasattr(self, "_text"):
            self._text = "\n\n".join(html_to_text(text) if is_html else text.strip() for text, is_html in self._bodies)
        return self._text

    def get_body(self):
        """Return what is shown of the mail, bounded so that Odoo's cleaning takes seconds at most.

        :return: `(text, is_html, was_cut)`; HTML is not sanitized yet
        """
        text = self.text
        if any(is_html for _text, is_html in self._bodies):
            source = "\n".join(
                re.sub(r"(?i)(</?(?:html|body)[^>]*>|<!doctype[^>]*>)", "", body[: 4 * MAX_HTML])
                if is_html
                else "<pre>%s</pre>" % body.replace("&", "&amp;").replace("<", "&lt;")
                for body, is_html in self._bodies
            )
            source = close_open_brackets(source)
            if len(source) > MAX_HTML:  # pictures written into the text
                source = re.sub(r"(?i)\b(src|href)\s*=\s*(\"data:[^\"]{1000,}\"|'data:[^']{1000,}')", r'\1=""', source)
            tags, depth = measure_html(source)
            limit = MAX_TAGS_QUOTED if _quote_mark_re.search(source) else MAX_TAGS
            if (
                len(source) <= MAX_HTML
                and tags <= limit
                and depth <= MAX_DEPTH
                and sum(len(b) for b, _h in self._bodies) <= 4 * MAX_HTML
            ):
                return source, True, False
        limit = MAX_TEXT if text.count("\n>") < 1000 else MAX_TEXT // 4
        if len(text) > limit:
            return text[:limit], False, True
        return text, False, any(is_html for _text, is_html in self._bodies)

    def get_body_files(self):
        """Return the bodies as files, as sent: what is kept when `get_body` shows less."""
        return [
            (
                f"message{'' if number == 1 else '-%s' % number}{'.html' if _get_type(part) == 'text/html' else '.txt'}",
                self._get_bytes(part),
            )
            for number, part in enumerate(filter(self._is_body, self.parts), start=1)
        ]

    # === KIND === #

    def _read_kind(self):
        """Set `kind`: `mail`, `bounce`, `report` (delay, receipt, complaint) or `auto_reply`, and what goes with it.

        Only what a machine sends back *because of* a mail is an automatic reply (RFC 3834 "auto-replied" and what was
        usual before it). "auto-generated", "Precedence: bulk" or "X-Auto-Response-Suppress" alone say nothing: forms of
        web sites and accounting programs write them.
        """
        self.kind, self.is_away, self.is_sure = "mail", False, True
        self.failed_addresses, self.returned_ids = [], []
        local = self.from_address.rpartition("@")[0].lower()
        by_mail_system = (
            local in ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon")
            or self.header("Return-Path").replace(" ", "") == "<>"
        )
        report = self._get_report_type()
        failed, other = self._read_delivery_status()
        exim = [address for _name, address in split_addresses(self.header("X-Failed-Recipients"))]
        if failed:
            self.kind, self.failed_addresses = "bounce", failed
        elif report in ("delivery-status", "disposition-notification", "feedback-report") or other:
            self.kind = "report"
        elif exim and not self._has_delay():
            self.kind, self.failed_addresses = "bounce", exim
        elif by_mail_system and self._has_delay() and not _bounce_subject_re.match(self.subject):
            self.kind = "report"
        elif (
            local
            in ("mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e")
            and (_bounce_subject_re.match(self.subject) or any(pattern.search(self.text[:5000]) for pattern in _bounce_text_res))
        ) or (self.header("X-MS-Exchange-Message-Is-Ndr") and _bounce_subject_re.match(self.subject)):
            self.kind = "bounce"
        elif self._is_receipt():
            self.kind = "report"
        else:
            self._read_auto_reply()
        if self.kind == "bounce" and not self.failed_addresses:
            self.failed_addresses = self._find_failed_addresses()
        if self.kind in ("bounce", "report"):
            self.returned_ids = self._find_returned_ids()

    def _get_report_type(self):
        if _get_type(self.message) != "multipart/report":
            return ""
        return self._get_parameter(self.message, "report-type").lower()

    def _read_delivery_status(self):
        """Return the addresses whose delivery failed for good, and whether the mail speaks of any other delivery."""
        failed, other = [], False
        for part in self.parts:
            if _get_type(part) != "message/delivery-status":
                continue
            text = decode_bytes(self._get_bytes(part))
            for block in re.split(r"\r?\n[ \t]*\r?\n", text):
                fields = {key.lower(): value for key, value in re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*?)\r?$", block)}
                recipient = fields.get("final-recipient") or fields.get("original-recipient")
                if not recipient and "action" not in fields:
                    continue
                action = fields.get("action", "").lower().split()[:1]
                is_failed = action == ["failed"] or (not action and fields.get("status", "").strip().startswith("5"))
                if is_failed:
                    both = f"{fields.get('original-recipient', '')} {fields.get('final-recipient', '')}".replace("rfc822;", " ")
                    failed += [address.lower() for _name, address in split_addresses(both)] or [""]
                else:
                    other = True
        return list(dict.fromkeys(failed)), other

    def _has_delay(self):
        return bool(
            _delay_re.search(self.subject) or (not _bounce_subject_re.match(self.subject) and _delay_re.search(self.text[:3000]))
        )

    def _is_receipt(self):
        return any(_get_type(part) == "message/disposition-notification" for part in self.parts) or (
            self.header("X-MS-Exchange-Message-Class").lower().startswith("report.ipm.note.ipnrn")
            or bool(
                re.match(
                    r"(?i)^\s*(le[ií]do|read|confirmaci[oó]n de lectura|read receipt|acuse de recibo|entregado|delivered)\s*:",
                    self.subject,
                )
                and _get_type(self.message) == "multipart/report"
            )
        )

    def _read_auto_reply(self):
        def value(name):
            return self.header(name).lower().strip()

        submitted = value("Auto-Submitted")
        by_header = (
            submitted.startswith("auto-replied")
            or value("X-Autoreply") not in ("", "no", "false", "0")
            or value("X-Auto-Reply") not in ("", "no", "false", "0")
            or any(
                value(name) not in ("", "no", "false", "0")
                for name in ("X-Autoresponse", "X-Auto-Response", "X-Autorespond", "X-Auto-Respond", "X-Autoresponder")
            )
            or value("X-OTRS-Loop") in ("yes", "true", "1")
            or value("X-RT-Loop-Prevention")
            or value("X-Autoreply-From")
            or value("X-Mail-Autoreply")
            or value("X-Autogenerated") == "reply"
            or "auto_reply" in (value("Precedence"), value("X-Precedence"), value("Preference"))
            or "autoresponder" in value("X-POST-MessageClass")
            or "oof" in value("X-MS-Exchange-Message-Class")
            or any(header.lower().strip() == "autoresponder" for header in self.headers("Delivered-To"))
        )
        # A ticket system says that it is a machine, and what it does.
        by_header = by_header or (
            bool(_ticket_subject_re.search(self.subject))
            and (
                submitted not in ("", "no")
                or value("Precedence") in ("bulk", "junk", "list")
                or bool(re.search(r"\b(all|autoreply)\b", value("X-Auto-Response-Suppress")))
            )
        )
        by_subject = bool(_auto_reply_subject_re.match(self.subject))
        # Alone these say nothing; with such a subject they do.
        supported = by_subject and bool(
            value("X-MS-Exchange-Inbox-Rules-Loop")
            or value("X-Auto-Response-Suppress")
            or value("X-MS-Exchange-Generated-Message-Source")
            or value("Precedence") in ("bulk", "junk", "list")
            or submitted not in ("", "no")
            or value("Return-Path").replace(" ", "") == "<>"
            or value("X-Amavis-Alert")
        )
        # A person who begins with such words wants something; a note says when its owner is back.
        said = self.text[:2000]
        supported = supported or (
            bool(_auto_reply_title_re.match(self.subject)) and bool(_absence_text_re.search(said)) and not _wish_re.search(said)
        )
        if by_header or by_subject:
            self.kind = "auto_reply"
            self.is_away = bool(_away_subject_re.search(self.subject)) or (
                by_header and bool(_away_subject_re.search(self.text[:500]))
            )
            self.is_sure = bool(by_header or supported)

    def _find_failed_addresses(self):
        """Addresses that a bounce without a delivery status names, as qmail, Exim and older Exchange servers write it."""
        text = self.text[:20_000].split("--- Below this line is a copy", 1)[0]
        patterns = (
            r"(?m)^\s*<([^<>\s]+@[^<>\s]+)>\s*:",  # qmail, Postfix
            r"(?m)^\s{1,4}([^\s<>]+@[^\s<>]+)\s*$",  # Exim
            r"(?i)(?:recipients?(?: or groups)?|destinatarios?(?: o grupos)?)\s*:?\s+"
            r"(?:[^\n<]{0,80}[<(])?([^\s<>()]+@[^\s<>()]+)",  # Exchange
        )
        found = [match for pattern in patterns for match in re.findall(pattern, text)]
        if not found and self.kind == "bounce":
            found = [address for _name, address in split_addresses(text[:5000])[:1]]
        return list(dict.fromkeys(address.strip(".,;:").lower() for address in found))[:20]

    def _find_returned_ids(self):
        """Message-IDs of the mail that came back or was reported about."""
        ids = list(self.references)
        for part in self.parts:
            content_type = _get_type(part)
            if content_type == "message/rfc822" and isinstance(part.get_payload(), list) and part.get_payload():
                returned = part.get_payload()[0]
                for name in ("Message-ID", "X-Microsoft-Original-Message-ID"):
                    ids += _message_id_re.findall(self.header(name, returned))
            elif content_type in (
                "text/rfc822-headers",
                "message/disposition-notification",
                "message/delivery-status",
                "text/plain",
                "message/rfc822",
            ):
                text = decode_bytes(self._get_bytes(part))[:100_000]
                ids += re.findall(r"(?im)^\W{0,4}(?:Original-|X-Microsoft-Original-)?Message-ID:\s*(<[^<>\s]+>)", text)
        return list(dict.fromkeys(ids))[-64:]

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
        in_reply_to = _message_id_re.findall(self.header("In-Reply-To"))
        lines.append(("In-Reply-To", in_reply_to[0] if in_reply_to and in_reply_to[0].isascii() else ""))
        lines.append(("Date", re.sub(r"[^\x20-\x7e]", "", self.header("Date"))[:100]))
        lines += [
            (name, re.sub(r"[^\x20-\x7e]|=\?", "", self.header(name))[:300])
            for name in ("Return-Path", "Auto-Submitted", "Precedence", "List-Id", "X-Auto-Response-Suppress")
        ]
        head = b"".join(f"{name}: {_encode(value)}\r\n".encode("ascii") for name, value in lines if value)
        return head + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"


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


def _get_type(part):
    """Content type of a part, without the comment that some mailers write behind it."""
    return re.split(r"[\s(,]", part.get_content_type(), maxsplit=1)[0] or "text/plain"
