"""Keys that make two spellings of one person or company meet. Plain functions, no record in sight.

Why buckets of words and not only trigrams: on a million Spanish names, where a dozen surnames make up a quarter of
the people, PostgreSQL's trigram index needs 40 to 360 ms for a common name and grows with the table. A bucket holds
the few names that share all words but one and the beginning or the end of that one, whatever the size of the table,
and needs no extension of the database.

Longer than others: a third are lists of words, and who looks for one key looks for all.
"""

import re
import unicodedata
import zlib

import idna
from stdnum.es import dni
from stdnum.eu.vat import MEMBER_STATES

from odoo.addons.iap.tools import iap_tools
from odoo.tools import email_normalize

try:
    import phonenumbers
except ImportError:  # Odoo's soft dependency: without it no number is found in a text
    phonenumbers = None

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
# Letters that Unicode takes for letters of their own, and what is typed where the keyboard has none of them
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th", "ħ": "h", "ŧ": "t"})
# The other way to write an umlaut: two letters. The two points of Spanish and Catalan (Agüero, Raül) are none.
_DIGRAPHS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
_UMLAUT = re.compile(r"[äöøå]|(?<![aeiougq])ü|(?<=[gq])ü(?![ei])")
# As the civil register and everybody in Spain shortens names
_ABBREVIATIONS = {
    "fco": "francisco", "fca": "francisca", "fdo": "fernando", "gmo": "guillermo", "hnos": "hermanos", "hno": "hermano",
    "hna": "hermana", "hnas": "hermanas", "cia": "compania", "gcia": "garcia", "glez": "gonzalez", "gzlez": "gonzalez",
    "gonz": "gonzalez", "hdez": "hernandez", "fdez": "fernandez", "fndez": "fernandez", "rdguez": "rodriguez",
    "rguez": "rodriguez", "rodgz": "rodriguez", "mtnez": "martinez", "mtez": "martinez", "dguez": "dominguez",
    "jmnez": "jimenez", "jmenez": "jimenez", "vzquez": "vazquez", "alvz": "alvarez", "pnez": "perez",
}  # fmt: skip
_MARIA = re.compile(r"\bm\s*\.?\s*ª\s*\.?|\bma\s*\.(?=\s)")
_REMARK = re.compile(r"\([^()]*\)")
MAX_WORDS = 6  # a name with more words is told apart by its first ones
_VAT_PREFIXES = {code.upper() for code in MEMBER_STATES} | {"EL", "GR", "XI", "GB", "CH", "NO", "ES"}
_VAT_ALIASES = {"EL": "GR", "XI": "GB"}
# What people write before their number
_VAT_LABEL = re.compile(
    r"^\W*(?:(?:n\.?\s*i\.?\s*f|c\.?\s*i\.?\s*f|d\.?\s*n\.?\s*i|n\.?\s*i\.?\s*e|vat|iva)(?![a-z]{3})\W*)+"
    r"(?:(?:n[.º°]+|no\.|n[uú]m(?:ero)?\b|number\b|id\b)\W*)?",
    re.IGNORECASE,
)
_SPANISH_DNI = re.compile(r"\d{4,8}[A-Z]")
_SPANISH_NIE = re.compile(r"([XYZ])(\d{4,8})([A-Z])")
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
    decomposed = unicodedata.normalize("NFKD", (text or "").casefold().translate(_LETTERS))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    bare = re.sub(r"['’´`.]", lambda mark: " " if mark.group() == "." else "", bare)
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


def get_name_words(name):
    """Return the words that identify a person or company, sorted: no accents, case, legal form, title or particle.

    >>> get_name_words("Gestoría LÓPEZ y Hijos, S.L.U.")
    ['gestoria', 'hijos', 'lopez']
    """
    folded = fold(_MARIA.sub(" maria ", unicodedata.normalize("NFC", (name or "").casefold())))
    while folded:
        stripped = _LEGAL_FORM_RE.sub("", folded)
        if stripped == folded or not stripped:
            break
        folded = stripped
    words = [_ABBREVIATIONS.get(word, word) for word in folded.split()]
    telling = [word for word in words if word not in _PARTICLES and word not in _TITLES]
    return sorted((telling or words)[:MAX_WORDS])


def get_name_spellings(name):
    """Return the names, as `get_name_words` does, that a name may also be written as; the one as it stands comes first.

    An umlaut may have become two letters, and what is in parentheses may be a remark.

    >>> get_name_spellings("Jürgen Müller")
    [['jurgen', 'muller'], ['juergen', 'mueller']]
    """
    text = unicodedata.normalize("NFC", (name or "").casefold())
    spellings = []
    for spelling in (text, _UMLAUT.sub(lambda letter: _DIGRAPHS[letter.group()], text)):
        for variant in (spelling, _REMARK.sub(" ", spelling)):
            words = get_name_words(variant)
            if words and words not in spellings:
                spellings.append(words)
    return spellings


def get_name_key(name):
    """Return the words of a name as one string, False without any."""
    return " ".join(get_name_words(name)) or False


def get_name_tokens(*names):
    """Return what is stored to find these names again: the buckets they lie in, separated by spaces, or False."""
    tokens = set()
    for name in names:
        for words in get_name_spellings(name):
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


def compare_spellings(name, other):
    """Say how two names relate as they are written: the strongest of what `compare_names` says of their spellings."""
    return compare_all(get_name_spellings(name), get_name_spellings(other))


def compare_all(names, others):
    """Return the strongest way in which one of the names meets one of the others, see `compare_names`."""
    order = ("same", "similar", "part")
    results = {compare_names(words, other) for words in names for other in others}
    return min(results - {None}, key=order.index, default=None)


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

    The prefix goes before the country given; without both the number stands alone. What people write before it ("NIF
    ...") is no part of it, and the zeros of a Spanish DNI or NIE that spreadsheets lose or add make no difference.
    """
    number = re.sub(r"[^0-9A-Z]", "", strip_vat_label(vat).upper())
    if len(number) < 5:  # "/", "N/A", "-": how people say that there is none
        return False
    prefix = number[:2]
    if prefix in _VAT_PREFIXES and any(char.isdigit() for char in number[2:]):
        country, number = _VAT_ALIASES.get(prefix, prefix), number[2:]
    else:
        country = (country_code or "").upper()
    return country + (_complete_spanish_number(number) if country in ("ES", "") else number)


def strip_vat_label(text):
    """Return a VAT number as typed without its label: "B12345674" of "CIF: B12345674"."""
    text = text or ""
    stripped = _VAT_LABEL.sub("", text)
    return stripped if any(char.isdigit() for char in stripped) else text


def _complete_spanish_number(number):
    if _SPANISH_DNI.fullmatch(number):
        complete = number.zfill(9)
        return complete if dni.is_valid(complete) else number
    nie = _SPANISH_NIE.fullmatch(number)
    if nie:
        digits = nie[2].lstrip("0").zfill(7)
        return nie[1] + digits + nie[3] if len(digits) == 7 else number
    return number


def get_vat_query_keys(vat, country_code):
    """Return the keys a VAT number may be stored under: with its country, and without where none was known."""
    key = get_vat_key(vat, country_code)
    if not key:
        return []
    return [key, key[2:]] if key[:2].isalpha() and key[:2] in _VAT_PREFIXES | {(country_code or "").upper()} else [key]


def get_email_spellings(email):
    """Return the ways one e-mail address may be stored, normalized: with its domain's letters and as punycode; or [].

    >>> get_email_spellings("Ana <ana@ESPAÑA.es>")
    ['ana@españa.es', 'ana@xn--espaa-rta.es']
    """
    normalized = email_normalize(email or "")
    if not normalized:
        return []
    local, _at, domain = normalized.rpartition("@")
    domains = [domain]
    for convert in (_to_punycode, _from_punycode):
        try:
            domains.append(convert(domain))
        except UnicodeError:  # no such domain: only as it stands
            continue
    return list(dict.fromkeys(f"{local}@{spelling}" for spelling in domains))


def _to_punycode(domain):
    return idna.encode(domain, uts46=True).decode()


def _from_punycode(domain):
    return idna.decode(domain, uts46=True)


def get_company_domain(email):
    """Return `@` and the domain of an e-mail address when it is a company's own, False for free mail and no address."""
    criterion = iap_tools.mail_prepare_for_domain_search(email)
    if not criterion or not criterion.startswith("@") or criterion[1:] in SPANISH_FREE_MAIL:
        return False
    return criterion


# === PHONE === #


def get_phone_numbers(text, region):
    """Return the valid numbers in what somebody wrote into a box for a phone, in E164 and in their order, each once.

    "Tel. 612 34 56 78", "(+34) 612...", "... ext. 3", "612345678.0" of a spreadsheet, two numbers in one box.

    :param str region: code of the country that a number without one is of, may be empty
    """
    if phonenumbers is None or not text:
        return []
    matches = phonenumbers.PhoneNumberMatcher(text[:200], region or None)
    return list(dict.fromkeys(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in matches))
