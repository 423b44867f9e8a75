"""Bytes of strangers' mails to text that the database, Odoo's parser and people can live with. No records in here.

Every function takes anything, raises nothing and works in time that grows with the length of its input only.
"""

import codecs
import contextlib
import html
import re
from email.header import decode_header

# Labels that mailers write and Python does not know (or knows as something smaller than what they send).
CHARSET_ALIASES = {
    "8bit": "utf-8",
    "ansi": "cp1252",
    "ansi_x3.110-1983": "cp1252",
    "ascii": "utf-8",
    "binary": "utf-8",
    "big5-hkscs": "big5hkscs",
    "cp-850": "cp850",
    "cp-1252": "cp1252",
    "default": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-latin-1": "cp1252",
    "iso_8859-1": "cp1252",
    "ks_c_5601-1987": "cp949",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "macintosh": "mac_roman",
    "unicode": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "us-ascii": "utf-8",
    "utf": "utf-8",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "x-gbk": "gb18030",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
    "x-unknown": "utf-8",
}
# Python codecs that are no character sets of mails
NO_CHARSETS = {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))

_control_re = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")
_space_re = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
# Marks that turn the reading direction: a file named "invoice\u202Efdp.exe" would read "invoiceexe.pdf"
_bidi_re = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_address_re = re.compile(
    r"(?:\"[^\"@\r\n]{1,62}\"|[^\s<>()\[\]:;,@\"\\\x00-\x1f]{1,64})@[^\s<>()\[\]:;,@\"\\\x00-\x1f]{1,253}",
)
_block_tags = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)


def find_charset(label):
    """Return the Python codec of a charset label, or None for a label that nobody knows."""
    label = re.sub(r"[\s\"';=]+", " ", str(label or "")).strip().lower()
    label = label.removeprefix("charset ").split(" ")[0]
    label = CHARSET_ALIASES.get(label, label)
    for candidate in (label, label.replace("_", "-"), label.removeprefix("x-"), label.split("http-equiv")[0]):
        try:
            info = codecs.lookup(CHARSET_ALIASES.get(candidate, candidate))
        except (LookupError, ValueError):
            continue
        if info._is_text_encoding and info.name not in NO_CHARSETS:
            return info.name
    return None


def decode_bytes(data, charset=None):
    """Decode bytes as they say they are, else as they look, else so that no byte stops it.

    :param bytes data: content of a part or of a header
    :param charset: the label that came with it, right or wrong
    :return: text without NUL, lone surrogates and byte order mark
    """
    for bom, codec in BOMS:
        if data.startswith(bom):
            return clean_text(data.decode(codec, errors="replace"))
    tried = [find_charset(charset), "utf-8", "cp1252"]
    for codec in dict.fromkeys(filter(None, tried)):
        try:
            return clean_text(data.decode(codec))
        except (UnicodeError, ValueError, OverflowError):
            continue
    return clean_text(data.decode("latin-1"))


def clean_text(text):
    """Take out what PostgreSQL and XML refuse: NUL and other control characters, lone surrogates, byte order marks."""
    return _control_re.sub(lambda match: "\ufffd" if "\ud800" <= match[0] <= "\udfff" else "", text)


def clean_line(text, size=None):
    """Return text on one line, without control characters, cut to `size` characters."""
    line = _space_re.sub(" ", clean_text(text or "")).strip()
    return line if not size or len(line) <= size else line[: size - 1].rstrip() + "…"


def decode_header_value(raw):
    """Decode a header as it came: folded, with encoded words, with raw bytes, or with several of these.

    :param str raw: value as Python's parser keeps it, undecodable bytes as surrogates
    :return: one line of text
    """
    raw = str(raw or "")[:200_000]
    raw = decode_bytes(raw.encode("utf-8", "surrogateescape"))
    raw = re.sub(r"\r?\n(?=[ \t])", "", raw)
    if "=?" not in raw:
        return clean_line(raw)
    # A character cut in two by the sender lies in two encoded words: join words of one charset first.
    try:
        chunks = decode_header(raw)
    except Exception:
        return clean_line(raw)
    text, pending, pending_charset = "", b"", None
    for data, charset in chunks:
        if isinstance(data, str):
            data, charset = data.encode("utf-8", "surrogateescape"), None
        elif charset is None:
            # What stood between the encoded words, kept by the library as ASCII with escapes
            with contextlib.suppress(UnicodeError):
                data = data.decode("raw-unicode-escape").encode("utf-8", "surrogateescape")
        if charset != pending_charset and pending:
            text += decode_bytes(pending, pending_charset)
            pending = b""
        pending += data
        pending_charset = charset
    return clean_line(text + (decode_bytes(pending, pending_charset) if pending else ""))


def split_header_addresses(raw, limit=5000):
    """Return `(name, address)` of an address header as it came: names are decoded after the addresses are found.

    Otherwise an encoded name could smuggle an address in. Only a header that is encoded as a whole is decoded first.
    """
    text = clean_line(re.sub(r"\r?\n(?=[ \t])", "", decode_bytes(str(raw or "")[:200_000].encode("utf-8", "surrogateescape"))))
    text = re.sub(r'"((?:[^"\\]|\\.){0,500})"(?=\s*<)', lambda match: '""' if "@" in match[0] else match[0], text)
    people = split_addresses(text, limit)
    if not people:
        return split_addresses(decode_header_value(raw), limit)
    return [(clean_line(decode_header_value(name).strip(" \"'"), 200), address) for name, address in people]


def split_addresses(text, limit=5000):
    """Return the addresses of a decoded header as list of `(name, address)`, also of one that breaks the rules.

    `;` between addresses, blanks, missing brackets and quotes are forgiven: what looks like an address counts, and what
    stands before it is its name.
    """
    if not _address_re.search(text):
        text = re.sub(r"\s*@\s*(?=\S+\.\S)", "@", text[:20_000])  # "info @ firm.com"
    result, start = [], 0
    for match in _address_re.finditer(text):
        name = text[start : match.start()]
        start = match.end()
        address = match[0].strip(".'`*")
        if not address.partition("@")[0] or not address.partition("@")[2]:
            continue
        name = re.sub(r"^[\s>,;)\]]+", "", name)
        name = re.sub(r"(?i)[\s<(\[]*(mailto:)?[\s<(\[]*$", "", name)
        name = re.sub(r"^[^:\"]{1,60}:\s*(?=$)", "", name)  # "undisclosed group:" before the first address
        name = name.strip(" \t\"',;").replace('\\"', '"').replace("\\\\", "\\")
        result.append((clean_line(name, 200), address))
        if len(result) >= limit:
            break
    return result


def clean_file_name(name, fallback="attachment"):
    """Return a name that stays in its folder and shows what it is: one line, no path, no direction marks, at most 200 long."""
    name = _bidi_re.sub("", clean_line(name))
    name = re.split(r"[\\/]", name)[-1].strip(" .\"'") if name.strip(" ./\\\"'") else ""
    name = re.sub(r'[<>:"|?*]', "_", name)
    if not name:
        return fallback
    if len(name) > 200:
        stem, dot, extension = name.rpartition(".")
        name = f"{stem[:180]}…{dot}{extension}" if dot and len(extension) <= 10 else name[:199] + "…"
    return name


# === BODIES === #


def measure_html(source):
    """Return `(tags, depth)` of an HTML text: how many tags it opens, and how deep they lie in each other at most."""
    tags = depth = deepest = 0
    for piece in source.split("<")[1:]:
        first = piece[:1]
        if first == "/":
            depth = max(depth - 1, 0)
        elif first.isalpha():
            tags += 1
            name = re.match(r"[a-zA-Z0-9]+", piece)[0].lower()
            if name not in ("br", "img", "hr", "meta", "link", "input", "p", "li", "td", "tr", "o", "area", "col", "base"):
                depth += 1
                deepest = max(deepest, depth)
    return tags, deepest


def close_open_brackets(source):
    """Escape every `<` that opens no tag: Odoo's cleaning looks from each of them to the end of the text."""
    pieces = source.split("<")
    result = [pieces[0]]
    for piece in pieces[1:]:
        is_tag = ">" in piece and (piece[:1].isalpha() or piece[:1] in "/!?")
        # "<!-- a < b -->": the comment ends in a later piece
        result.append(("<" if is_tag or piece.startswith("!--") else "&lt;") + piece)
    return "".join(result)


def html_to_text(source):
    """Return the readable text of HTML, in one pass, whatever its size, depth or faults."""
    result, position, hidden = [], 0, None
    length = len(source)
    while position < length:
        start = source.find("<", position)
        if start < 0:
            start = length
        if start > position and not hidden:
            result.append(source[position:start])
        if start >= length:
            break
        if source.startswith("<!--", start):
            stop = source.find("-->", start + 4)
            position = length if stop < 0 else stop + 3
            continue
        stop = source.find(">", start)
        if stop < 0:
            if not hidden:
                result.append(source[start:])
            break
        match = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)").match(source, start)
        if not match and not source.startswith(("<!", "<?", "</"), start):
            if not hidden:
                result.append("<")
            position = start + 1
            continue
        name = match[1].lower() if match else ""
        if hidden:
            if name == hidden and source.startswith("</", start):
                hidden = None
        elif name in ("script", "style", "head", "title") and not source.startswith("</", start):
            hidden = name
        elif name in _block_tags:
            result.append("\n")
        position = stop + 1
    text = html.unescape("".join(result)).replace("\xa0", " ")
    text = "\n".join(" ".join(line.split()) for line in clean_text(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).strip()


# Lines after which a mail repeats what it answers, as the usual programs write them in Spanish, Catalan and English
_quote_head_res = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^\s*-{2,}\s*(mensaje original|original message|mensaje reenviado|forwarded message|missatge original"
        r"|message d'origine|urspr.ngliche nachricht)\b.{0,40}$",
        r"^\s*(el|en|on|le|am|il|a)\s.{6,200}\s(escribi[óo]|wrote|va escriure|a écrit|schrieb|ha scritto|escreveu)\s*:?\s*$",
        r"^_{20,}\s*$",
    )
]
_outlook_from_re = re.compile(r"^\s*\*?(de|from|von)\*?\s*:\*?\s.{3,200}$", re.IGNORECASE)
_outlook_next_re = re.compile(r"^\s*\*?(enviado( el)?|sent|date|fecha|para|to|asunto|subject)\*?\s*:\*?\s", re.IGNORECASE)
_signature_res = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^--\s?$",
        r"^\s*(enviado desde mi|sent from my|enviat des de|enviado con|get outlook for|obtener outlook para"
        r"|descargar outlook|enviado do meu)\b.{0,80}$",
    )
]


def strip_quotes(text):
    """Return what the person wrote: without the mail it answers and without the signature, where they can be told.

    :param str text: plain text of the mail
    :return: text; everything when all of it looks quoted (a forwarded mail is what the person wants to say)
    """
    kept = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if any(head.match(line) for head in _quote_head_res):
            break
        # "El lun, 2 mar 2026 a las 9:00, Despacho\n<info@...> escribió:" is folded by some programs
        if (
            number + 1 < len(lines)
            and len(line) < 200
            and _quote_head_res[1].match(f"{line.rstrip()} {lines[number + 1].strip()}")
        ):
            break
        if _outlook_from_re.match(line) and any(_outlook_next_re.match(after) for after in lines[number + 1 : number + 3]):
            break
        if any(signature.match(line) for signature in _signature_res):
            break
        if line.lstrip().startswith(">"):
            continue
        kept.append(line.rstrip())
    result = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return result or text.strip()
