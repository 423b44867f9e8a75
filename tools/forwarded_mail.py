"""The mail inside a mail: who wrote what somebody forwards. Plain functions, no records."""

import re
from typing import NamedTuple

from .mail_text import clean_line, split_addresses

MOST_LINES = 5000

_marker_re = re.compile(
    r"(?i)^[\s>*-]*(begin |inicio del )?(forwarded message|mensaje reenviado|missatge reenviat)[\s:*-]*$", re.MULTILINE
)
_before = r"(?i)^[\s>*]*"
_after = r"\*?\s*:\*?\s*(?P<value>.*)$"
_from_re = re.compile(_before + r"(de|from|von)" + _after)
_label_re = re.compile(
    _before + r"(de|from|von|enviado( el)?|sent|gesendet|date|fecha|data|to|para|an|cc|asunto|subject|assumpte|betreff"
    r"|reply-to|responder a)" + _after
)


class ForwardedMail(NamedTuple):
    """A mail that another one forwards."""

    name: str
    address: str
    text: str
    words: str  # of who forwards it


def find_forwarded(text, is_forward=False):
    """Return the mails that a text forwards, the outermost first: list of `ForwardedMail`.

    Each begins with its headers as mail programs write them in Spanish, Catalan, English and German.

    :param str text: plain text of the mail that forwards
    :param bool is_forward: its subject says so; otherwise the text has to
    """
    if not (is_forward or _marker_re.search(text)):
        return []
    lines = text.splitlines()[:MOST_LINES]
    found = []
    for number, line in enumerate(lines):
        if match := _from_re.match(line):
            stop, values = _read_headers(lines, number)
            # Thunderbird writes a table: what stands behind the label is the next line.
            people = split_addresses(match["value"] or (values[:1] or [""])[0])
            if people and stop - number > 1:
                name, address = people[0]
                words = _marker_re.sub("", re.sub(r"(?m)^\s*[_-]{5,}.*$", "", "\n".join(lines[:number]))).strip(" \n>*")
                name = clean_line(name.strip(" '\"*"), 100)
                found.append(ForwardedMail(name, address, _unquote(lines[stop:], line), words))
    return found


def _read_headers(lines, number):
    """Return the number of the line after the headers that begin at a line, and the values that stand below their label."""
    values, is_value = [], False
    while number < len(lines):
        match = _label_re.match(lines[number])
        is_blank = not lines[number].strip(" >*")
        if match:
            is_value = not match["value"]
        elif is_value and not is_blank:
            values.append(lines[number].strip())
            is_value = False
        elif not (is_blank and (is_value or values)):  # between the rows of a table
            break
        number += 1
    return number, values


def _unquote(lines, first):
    """Return lines as text, without the marks of quotation that the first header has, too."""
    mark = re.match(r"\s*((?:>\s?)*)", first)[1].rstrip()
    if mark:
        lines = [re.sub(r"^\s*" + re.escape(mark) + r"\s?", "", line) for line in lines]
    return "\n".join(lines).strip()
