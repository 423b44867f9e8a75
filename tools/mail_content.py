"""What an incoming mail says: parts, text and files, read without trust. No records in here."""

import email
import email.policy
import mimetypes
import re
from base64 import b64decode
from contextlib import suppress
from email.generator import BytesGenerator
from io import BytesIO

from .link_text import hide_links
from .mail_text import (
    clean_file_name,
    clean_text,
    close_open_brackets,
    decode_bytes,
    decode_header_value,
    html_to_text,
    measure_html,
)

MAX_PARTS = 500
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
_multipart_notice_re = re.compile(r"(?i)^\s*this is a (multi-?part|mime)[^\n]{0,200}\s*$")


class MailRefused(Exception):
    """The mail is not taken in by itself: a person has to look at it.

    :param str reason: a value of `firm.mail.quarantine.reason`
    """

    def __init__(self, reason, detail):
        super().__init__(detail)
        self.reason = reason


def get_type(part):
    """Content type of a part, without the comment that some mailers write behind it."""
    return re.split(r"[\s(,]", part.get_content_type(), maxsplit=1)[0] or "text/plain"


class MailContent:
    """What a mail says: its parts, its text, its files. A part of `IncomingMail`."""

    def _collect_parts(self):
        parts, waiting = [], [(self.message, 0)]
        while waiting:
            part, depth = waiting.pop()
            parts.append(part)
            if len(parts) > MAX_PARTS or depth > 100:
                raise MailRefused("too_complex", f"More than {MAX_PARTS} parts, or parts more than 100 deep in each other")
            # A forwarded mail is one file, its parts are not ours.
            if part.is_multipart() and get_type(part).partition("/")[0] == "multipart":
                waiting += [(child, depth + 1) for child in reversed(part.get_payload())]
        return parts

    def _read_content(self):
        self.files = []  # (name, bytes, content type, content id)
        self._bodies = []  # (text, is HTML)
        alternatives = {
            id(child)
            for part in self.parts
            if get_type(part) == "multipart/alternative" and part.is_multipart()
            for child in part.get_payload()
        }
        has_html = any(self._is_body(part) and get_type(part) == "text/html" for part in self.parts)
        for part in self.parts:
            content_type = get_type(part)
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
        found = [(text, is_html) for text, is_html in self._bodies if text.strip()] or self._find_lost_bodies()
        self._bodies = [(hide_links(text), is_html) for text, is_html in found]

    def _find_lost_bodies(self):
        """Return what can be read of a mail without a body: a type nobody knows, text outside the boundaries.

        Such a part stays a file, too.
        """
        found = []
        for part in self.parts:
            content_type = get_type(part)
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
        html_parts = [part for part in self.parts if self._is_body(part) and get_type(part) == "text/html"]
        return not any(
            html_to_text(decode_bytes(self._get_bytes(part), self._get_parameter(part, "charset"))) for part in html_parts
        )

    def _is_body(self, part):
        if get_type(part).partition("/")[0] == "multipart":
            return not part.is_multipart()  # boundaries are broken: its text is all there is
        if get_type(part) not in ("text/plain", "text/html") or part.is_multipart():
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
        content_type = get_type(part)
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
        """Return the bodies as files, as sent but for links that are keys: what is kept when `get_body` shows less."""
        return [
            (
                f"message{'' if number == 1 else '-%s' % number}{'.html' if get_type(part) == 'text/html' else '.txt'}",
                hide_links(self._get_bytes(part)),
            )
            for number, part in enumerate(filter(self._is_body, self.parts), start=1)
        ]
