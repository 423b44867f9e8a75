"""What a person wrote in an answer, without what their mail program put around it. Plain functions, no records."""

import re

from lxml import etree, html
from markupsafe import Markup, escape

from odoo.tools import html2plaintext

_QUOTED = (
    "//blockquote | //*[@data-o-mail-quote] | //*[@data-o-mail-quote-container]"
    " | //*[contains(concat(' ', @class, ' '), ' gmail_quote ')] | //*[@id='divRplyFwdMsg'] | //*[@id='appendonsend']"
)
# Line that opens a quotation or a signature: what follows is not the person's answer
_END_OF_ANSWER = re.compile(
    r"^\s*(>"
    r"|-{2,}\s*(original message|mensaje original|forwarded message|mensaje reenviado)\b"
    r"|(on|el)\b.{5,200}(wrote|escribió):?\s*$"
    r"|(from|de|von):\s.+@"
    r"|_{10,}\s*$"
    r"|--(\s|$))",
    re.IGNORECASE,
)


def get_own_text(body):
    """Return the plain text of an answer without quotations and without what follows a signature mark.

    :param str body: HTML as Odoo keeps it
    :return: str
    """
    if not body:
        return ""
    try:
        root = html.fromstring(f"<div>{body}</div>")
    except (ValueError, etree.ParserError):
        return html2plaintext(body)
    for node in root.xpath(_QUOTED):
        if node.getparent() is not None:
            node.drop_tree()
    lines = []
    for line in html2plaintext(html.tostring(root, encoding="unicode")).splitlines():
        if _END_OF_ANSWER.match(line):
            break
        lines.append(line)
    return "\n".join(lines).strip()


def as_paragraphs(text, lines=40):
    """Return plain text as HTML, its first lines."""
    shown = (text or "").strip().splitlines()[:lines]
    return Markup("<p>%s</p>") % Markup("<br/>").join(escape(line) for line in shown) if shown else Markup()


def as_html(text):
    """Plain text with its line breaks as mark-up; what is mark-up already (a sanitised field) stays."""
    if isinstance(text, Markup):
        return text
    return Markup("<br/>").join(escape(line) for line in text.splitlines())
