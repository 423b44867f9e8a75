"""Keep and check the translations of the addon.

    translations.py merge EXPORTED.pot    write i18n/crm_firm.pot and bring i18n/es.po in line with it
    translations.py check [EXPORTED.pot]  complain about what is missing, wrong or (given the export) out of date

EXPORTED.pot is what Odoo exports from a database with the addon; scripts/i18n and scripts/test make it.
"""

import re
import sys
from collections import Counter
from pathlib import Path

import polib
from lxml import etree

FOLDER = Path(__file__).resolve().parent.parent / "i18n"
TEMPLATE = FOLDER / "crm_firm.pot"
SPANISH = FOLDER / "es.po"

# What a translation must carry over unchanged: Python and JavaScript place-holders, expressions of mail subjects, QWeb
# attributes.
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sdif]\b|\{\{.*?\}\}|\bt-[\w-]+=\"[^\"]*\"", re.DOTALL)

# Texts between tags that are right in both languages, and why. Everything else that a translation leaves as it was is
# English that nobody translated.
SAME = {
    "Ana": "a name in a sample",
    "Ana Ruiz": "a name in a sample",
    "Bodegas Ferrer, S.L.": "a name in a sample",
    "Fran": "a name in a sample",
    "Marta": "a name in a sample",
    "Sara": "a name in a sample",
    "Sara Gil": "a name in a sample",
    "ana@example.com": "an address in a sample",
    "Google Ads": "the name of a service",
    "LinkedIn": "the name of a service",
    "Meta: Facebook, Instagram": "the names of services",
    "HT00001": "a number in a sample",
    "S00001": "a number in a sample",
    "/privacy": "an address",
    "https://www.example.com": "an address",
    "Message-ID": "the name of a header",
    "ID": "the same word",
    "Base": "the same word",
    "Color": "the same word",
    "No": "the same word",
    "PDF": "the same word",
    "Sector": "the same word",
    "Total": "the same word",
    "Web": "the same word",
    "Lead": "Spanish firms say so",
    "Leads": "Spanish firms say so",
    "lead": "Spanish firms say so",
    "Spam": "Spanish firms say so",
}
# Attributes that people read
READ_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title")


def read(path):
    """Return the file at ``path`` as a polib file, or None if there is none; exit with one line if it is damaged."""
    if not path.exists():
        return None
    try:
        return polib.pofile(str(path), check_for_duplicates=True)
    except (OSError, ValueError) as error:
        sys.exit(f"{path.name}: {error}")


def terms(po):
    return {(entry.msgctxt, entry.msgid) for entry in po if not entry.obsolete}


def merge(exported):
    template = read(Path(exported))
    # A date would change the file although no term did.
    for name in ("POT-Creation-Date", "PO-Revision-Date"):
        template.metadata.pop(name, None)
    spanish = read(SPANISH)
    known = {(entry.msgctxt, entry.msgid): entry for entry in spanish or ()}
    FOLDER.mkdir(exist_ok=True)
    template.save(str(TEMPLATE))

    for entry in template:
        old = known.get((entry.msgctxt, entry.msgid))
        if old and not old.obsolete:
            entry.msgstr = old.msgstr
            entry.tcomment = old.tcomment
            entry.flags = sorted({*entry.flags, *old.flags})
    template.metadata |= {"Language": "es", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    template.header = "Spanish translation of crm_firm."
    template.save(str(SPANISH))
    left = [entry for entry in template if not entry.msgstr or entry.fuzzy]
    for entry in left:
        print(f"to translate: {entry.msgid!r}")
    print(f"{len(template)} terms, {len(left)} to translate in {SPANISH.relative_to(FOLDER.parent)}")


def is_markup(text):
    try:
        etree.fromstring(f"<term>{text}</term>")
    except etree.XMLSyntaxError:
        return False
    return True


def texts_of(text):
    """Return the texts that people read in a term: between its tags, in its attributes, without place-holders."""
    if is_markup(text):
        root = etree.fromstring(f"<term>{text}</term>")
        texts = [*root.itertext(), *(root.xpath("//@" + " | //@".join(READ_ATTRIBUTES)))]
    else:
        texts = [text]
    texts = [" ".join(PLACEHOLDER.sub(" ", found).split()) for found in texts]
    return [found for found in texts if re.search(r"[^\W\d_]{2}", found)]


def problems_of(entry):
    if not entry.msgstr:
        yield "is not translated"
        return
    if entry.fuzzy:
        yield "is marked fuzzy"
    source, target = (Counter(PLACEHOLDER.findall(text)) for text in (entry.msgid, entry.msgstr))
    if source != target:
        yield f"has other place-holders: {sorted((source - target) + (target - source))}"
    if "<" in entry.msgid and is_markup(entry.msgid) and not is_markup(entry.msgstr):
        yield "has broken mark-up"
        return
    for text in sorted({*texts_of(entry.msgid)} & {*texts_of(entry.msgstr)} - {*SAME}):
        yield f"leaves {text!r} in English"


def check(exported=None):
    problems = []
    template, spanish = read(TEMPLATE), read(SPANISH)
    if template is None or spanish is None:
        sys.exit(f"{FOLDER.name}/: no {TEMPLATE.name} or no {SPANISH.name} (scripts/i18n makes them)")
    for path in FOLDER.glob("*.po"):
        read(path)
    for entry in spanish:
        if entry.obsolete:
            problems.append(f"{SPANISH.name}: {entry.msgid!r} is obsolete")
        else:
            problems += [f"{SPANISH.name}: {entry.msgid!r} {problem}" for problem in problems_of(entry)]
    problems += compare(terms(template), terms(spanish), TEMPLATE.name, SPANISH.name)
    if exported:
        problems += compare(terms(read(Path(exported))), terms(template), "the addon", TEMPLATE.name)
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(f"{len(problems)} problems in the translations (scripts/i18n brings new terms in)")


def compare(expected, actual, expected_name, actual_name):
    for _context, term in sorted(expected - actual, key=str):
        yield f"{actual_name}: {term!r} of {expected_name} is missing"
    for _context, term in sorted(actual - expected, key=str):
        yield f"{actual_name}: {term!r} is not in {expected_name} any more"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["merge", path]:
            merge(path)
        case ["check", *path]:
            check(*path)
        case _:
            sys.exit(__doc__)
