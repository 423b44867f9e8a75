"""HTML that strangers wrote, for pages that load nothing from other hosts."""

from lxml import etree
from lxml import html as lxml_html
from markupsafe import Markup

from odoo.tools.mail import html_sanitize

from .mail_text import html_to_text

_LOADING = ("img", "video", "audio", "source", "object", "embed", "iframe", "link", "svg", "form", "input", "button", "style")


def drop_foreign_content(body):
    """Return HTML of a message as a page may show it: what it would load from another host is gone.

    :param body: HTML, may be empty
    :return: Markup
    """
    if not body:
        return Markup("")
    clean = html_sanitize(body, sanitize_style=True, strip_style=True, strip_classes=True)
    try:
        root = lxml_html.fragment_fromstring(str(clean), create_parent="div")
    except (etree.LxmlError, ValueError):
        return Markup("<p>%s</p>") % html_to_text(body)
    for element in list(root.iter(*_LOADING)):
        if element.tag != "img" or not _is_own(element.get("src") or ""):
            element.drop_tree()
    for element in root.iter(etree.Element):
        for name in ("background", "srcset", "poster", "id", "class", "style"):
            element.attrib.pop(name, None)
        if element.tag == "a":
            element.set("rel", "noopener noreferrer nofollow")
        if element.tag == "img" and not element.get("alt"):
            element.set("alt", "")
    # What the parser made is well formed again.
    return Markup(etree.tostring(root, encoding="unicode", method="html"))


def _is_own(source):
    return source.startswith("data:image/") or (source[:1] == "/" and source[1:2] not in ("/", "\\"))
