"""Links that are keys, in what people write: a reply quotes the e-mail that it answers. No records in here."""

import re

# The pages that ask for no login; also as other servers write them into addresses of their own. What is left of a link
# that a mailer broke in two opens nothing.
_key_re = re.compile(
    r"((?:/|%2F)(?:engagement|request(?:/|%2F)document|request(?:/|%2F)phone)(?:/|%2F))[\w.~=-]{8,}", re.IGNORECASE
)
_key_bytes_re = re.compile(_key_re.pattern.encode(), re.IGNORECASE)


def hide_links(text):
    """Return a text without the keys in the links of our pages: whoever may read it may not use them.

    :param text: str, or the bytes of a file of text
    """
    return _key_bytes_re.sub(rb"\1...", text) if isinstance(text, bytes) else _key_re.sub(r"\1...", text)
