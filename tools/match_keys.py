"""Keys that make two spellings of one person or company meet. Plain functions, no record in sight.

Why buckets of words and not only trigrams: on a million Spanish names, where a dozen surnames make up a quarter of
the people, PostgreSQL's trigram index needs 40 to 360 ms for a common name and grows with the table. A bucket holds
the few names that share all words but one and the beginning or the end of that one, whatever the size of the table,
and needs no extension of the database.
"""

import re
import unicodedata
import zlib

from stdnum.eu.vat import MEMBER_STATES

from odoo.addons.iap.tools import iap_tools

# Longest first: "S.L.U." ends like "S.L."; spelt out or short, with or without dots, wherever they stand.
LEGAL_FORMS = sorted(
    (
        "sociedad limitada unipersonal",
        "sociedad limitada profesional",
        "sociedad limitada laboral",
        "sociedad limitada nueva empresa",
        "sociedad de responsabilidad limitada",
        "sociedad limitada",
        "sociedad anonima unipersonal",
        "sociedad anonima laboral",
        "sociedad anonima deportiva",
        "sociedad anonima",
        "sociedad civil profesional",
        "sociedad civil particular",
        "sociedad civil",
        "sociedad cooperativa andaluza",
        "sociedad cooperativa",
        "sociedad agraria de transformacion",
        "sociedad comanditaria",
        "sociedad colectiva",
        "comunidad de bienes",
        "comunidad de propietarios",
        "union temporal de empresas",
        "agrupacion de interes economico",
        "societat limitada",
        "societat anonima",
        *["s l", "s l u", "s l p", "s l l", "s l n e", "s r l", "s a", "s a u", "s a l", "s a d", "s c", "s c p", "s coop"],
        *["coop v", "s coop and", "s a t"],
        *["sl", "slu", "slp", "sll", "slne", "srl", "sa", "sau", "sal", "sad", "scp", "scoop", "sat", "cb", "c b", "cp", "ute"],
        *["u t e", "aie", "a i e", "sc"],
        *["ltd", "limited", "llc", "llp", "inc", "corp", "plc", "gmbh", "ag", "kg", "ohg", "ug", "bv", "b v", "nv", "n v"],
        *["sas", "s a s", "sarl", "s a r l", "eurl", "snc", "spa", "s p a", "lda"],
        *["sociedade anonima", "oy", "ab", "aps", "as", "sp z o o"],
    ),
    key=len,
    reverse=True,
)
_LEGAL_FORM_RE = re.compile(r"(?:^| )(?:%s)$" % "|".join(map(re.escape, LEGAL_FORMS)))
# Said with or left out at will: they tell nobody apart
_PARTICLES = {"de", "del", "la", "las", "los", "el", "y", "e", "i", "da", "do", "dos", "van", "von", "and", "the", "of"}
_TITLES = {"don", "dona", "d", "dna", "sr", "sra", "srta", "dr", "dra", "mr", "mrs", "ms"}
MAX_WORDS = 6  # a name with more words is told apart by its first ones
_VAT_PREFIXES = {code.upper() for code in MEMBER_STATES} | {"EL", "GR", "XI", "GB", "CH", "NO", "ES"}
_VAT_ALIASES = {"EL": "GR", "XI": "GB"}
# Free mail in Spain that Odoo's list does not know: everybody's, so it says nothing about the company
SPANISH_FREE_MAIL = {
    "telefonica.net", "movistar.es", "terra.es", "ono.com", "orange.es", "euskaltel.net", "euskalnet.net", "jazztel.es",
    "wanadoo.es", "ya.com", "arrakis.es", "mundo-r.com", "vodafone.es", "tiscali.es", "hotmail.com.es", "yahoo.com.es",
    "live.com.es", "msn.es", "gmx.es", "mail.es", "correo.es", "eresmas.com", "inicia.es", "retecal.es", "able.es", "lycos.es",
    "tutanota.com", "tuta.io", "hey.com", "gmx.us", "live.es", "icloud.es", "protonmail.es", "outlook.com.es",
}  # fmt: skip


# === NAMES === #


def fold(text):
    """Return a text without accents, case and punctuation, words separated by one space."""
    # Greek, Cyrillic, Arabic letters stay letters; only marks go, and what is no letter or digit separates words.
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    bare = re.sub(r"['’´`.]", lambda mark: " " if mark.group() == "." else "", bare)
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def get_name_words(name):
    """Return the words that identify a person or company, sorted: no accents, case, legal form, title or particle.

    >>> get_name_words("Gestoría LÓPEZ y Hijos, S.L.U.")
    ['gestoria', 'hijos', 'lopez']
    """
    folded = fold(name)
    while folded:
        stripped = _LEGAL_FORM_RE.sub("", folded)
        if stripped == folded or not stripped:
            break
        folded = stripped
    words = folded.split()
    telling = [word for word in words if word not in _PARTICLES and word not in _TITLES]
    return sorted((telling or words)[:MAX_WORDS])


def get_name_key(name):
    """Return the words of a name as one string, False without any."""
    return " ".join(get_name_words(name)) or False


def get_name_tokens(*names):
    """Return what is stored to find these names again: the buckets they lie in, separated by spaces, or False."""
    tokens = set()
    for name in names:
        words = get_name_words(name)
        if words:
            tokens.add(_get_token("=", words))
            tokens.update(_get_slip_tokens(words))
            tokens.update(_get_token("+", rest) for rest in _get_parts(words))
    return " ".join(sorted(tokens)) or False


def get_same_tokens(words):
    """Return the bucket of exactly these words."""
    return {_get_token("=", words)}


def get_similar_tokens(words):
    """Return the buckets of names that differ by a slip in one word, or that have one word more or one less.

    A second surname that only one side gives is the usual case of the latter.
    """
    tokens = _get_slip_tokens(words) | {_get_token("=", rest) for rest in _get_parts(words)}
    if len(words) > 1:
        tokens.add(_get_token("+", words))
    return tokens


def _get_slip_tokens(words):
    # One slip leaves either the beginning or the end of the word; two letters swapped inside a short one leave its letters.
    size = 3 if len(words) == 1 else 2
    tokens = set()
    for position, word in enumerate(words):
        rest = words[:position] + words[position + 1 :]
        tokens.add(_get_token("<" + word[:size], rest))
        tokens.add(_get_token(">" + word[-size:], rest))
        if len(word) == 4:
            tokens.add(_get_token("~" + "".join(sorted(word)), rest))
    return tokens


def _get_parts(words):
    if len(words) < 3:  # a single word in common, a first name, says nothing
        return []
    return [words[:position] + words[position + 1 :] for position in range(len(words))]


def _get_token(mark, words):
    # 32 bits: two of a million buckets may share a number, so what is found is always compared word by word.
    return f"{zlib.crc32((mark + '|' + ' '.join(words)).encode()):08x}"


def compare_names(words, others):
    """Say how two names relate.

    :param list words: as `get_name_words` returns them
    :param list others: the same
    :return: `same`, `similar` (small typing errors), `part` (one has one word more) or None
    """
    if not words or not others:
        return None
    if words == others:
        return "same"
    left, right = list(words), []
    for word in others:
        if word in left:
            left.remove(word)
        else:
            right.append(word)
    if not left or not right:
        shared = min(len(words), len(others))
        return "part" if shared >= 2 and len(left) + len(right) == 1 else None
    if len(left) != len(right) or len(left) > 2:
        return None
    slips = 0
    for word, other in zip(sorted(left), sorted(right), strict=True):
        distance = get_edit_distance(word, other)
        if distance > (2 if min(len(word), len(other)) >= 7 else 1):
            return None
        if min(len(word), len(other)) < 4 and (len(words) == 1 or (distance > 0 and len(word) == len(other) == 2)):
            return None  # "Ana" and "Ada" are two names
        slips += distance
    return "similar" if slips <= 3 else None


def get_edit_distance(word, other):
    """Return how many letters were mistyped, left out, added or swapped with their neighbour (optimal string alignment)."""
    before, previous = [], list(range(len(other) + 1))
    for row, char in enumerate(word, 1):
        current = [row]
        for column, other_char in enumerate(other, 1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (char != other_char))
            if row > 1 and column > 1 and char == other[column - 2] and word[row - 2] == other_char:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]


# === VAT NUMBER, E-MAIL === #


def get_vat_key(vat, country_code=None):
    """Return a VAT number as country and number without punctuation, `B12345674` of Spain as `ESB12345674`.

    The prefix goes before the country given; without both the number stands alone.
    """
    number = re.sub(r"[^0-9A-Z]", "", (vat or "").upper())
    if len(number) < 5:  # "/", "N/A", "-": how people say that there is none
        return False
    prefix = number[:2]
    if prefix in _VAT_PREFIXES and any(char.isdigit() for char in number[2:]):
        return _VAT_ALIASES.get(prefix, prefix) + number[2:]
    return (country_code or "").upper() + number


def get_vat_query_keys(vat, country_code):
    """Return the keys a VAT number may be stored under: with its country, and without where none was known."""
    key = get_vat_key(vat, country_code)
    if not key:
        return []
    return [key, key[2:]] if key[:2].isalpha() and key[:2] in _VAT_PREFIXES | {(country_code or "").upper()} else [key]


def get_company_domain(email):
    """Return `@` and the domain of an e-mail address when it is a company's own, False for free mail and no address."""
    criterion = iap_tools.mail_prepare_for_domain_search(email)
    if not criterion or not criterion.startswith("@") or criterion[1:] in SPANISH_FREE_MAIL:
        return False
    return criterion
