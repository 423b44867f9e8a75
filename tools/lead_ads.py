"""What other systems send when somebody filled in a form of theirs.

Shapes as Meta, Google and LinkedIn document them, and one of ours for everybody else. Plain Python, no records.
"""

import hashlib
import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import NamedTuple

MAX_BODY = 64 * 1024  # bytes
MAX_DEPTH = 20
MAX_ITEMS = 500  # leads of one message
MAX_ID = 200  # characters
MAX_TEXT = 20_000

TEST_VALUE = "<test lead:"  # how the values of Meta's testing tool begin

# What our generic message may hold, and what each part is
GENERIC_TEXTS = {"name": 120, "company": 200, "email": 254, "phone": 60, "remarks": MAX_TEXT, "area": 64, "external_id": MAX_ID}
PURPOSES = ("handling", "commercial")

# Questions whose meaning their name says, as `get_key` writes them
KNOWN_QUESTIONS = {
    **dict.fromkeys(("name", "full_name", "nombre", "nombre_completo", "nombre_y_apellidos"), "contact_name"),
    **dict.fromkeys(("first_name", "firstname", "given_name"), "first_name"),
    **dict.fromkeys(("last_name", "lastname", "family_name", "apellidos"), "last_name"),
    **dict.fromkeys(("email", "user_email", "work_email", "emailaddress", "correo", "correo_electronico"), "email_from"),
    **dict.fromkeys(("phone", "phone_number", "user_phone", "work_phone", "phonenumber", "telefono"), "phone"),
    **dict.fromkeys(("company", "company_name", "companyname", "empresa"), "partner_name"),
    **dict.fromkeys(("remarks", "message", "comments", "comentarios", "mensaje"), "description"),
    "area": "practice_area",
}


class Refused(Exception):
    """A message that is not taken: HTTP status, a word for programs, and the fields that are wrong."""

    def __init__(self, status, error, fields=None):
        super().__init__(error)
        self.status, self.error, self.fields = status, error, fields or {}


class Item(NamedTuple):
    """One lead of a message."""

    external_id: str  # unique at its sender
    raw: str  # what was sent about it


class Answer(NamedTuple):
    question: str  # key by which it is mapped
    label: str  # as people know it
    text: str


class Submission(NamedTuple):
    """What a person answered, wherever."""

    answers: list
    facts: list  # pairs of texts: campaign, form ...
    consents: list  # dicts `purpose`, `text`, `version` that were given with their wording
    utm: dict
    submitted_on: datetime | None  # naive UTC
    is_test: bool = False


# === MESSAGES === #


def read_json(body):
    """Return the object that the bytes are.

    :raise Refused: no JSON, no object, or one that nobody would send
    """
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refused(400, "not_json") from None
    if not isinstance(value, dict):
        raise Refused(400, "not_an_object")
    if _is_deeper(value, MAX_DEPTH):
        raise Refused(400, "too_deep")
    return value


def _refuse_constant(name):
    raise ValueError(name)


def _is_deeper(value, levels):
    level = [value]
    for _depth in range(levels):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def split(kind, value, body, key=""):
    """Return the items of a message.

    :param dict value: what `read_json` returned
    :param bytes body: as it came
    :param str key: what the sender calls it where the message itself does not (`Idempotency-Key`)
    :raise Refused: nothing can be made of it
    """
    return {"generic": _split_generic, "meta": _split_meta, "google": _split_google, "linkedin": _split_linkedin}[kind](
        value, body, key
    )


def _split_generic(value, body, key):
    wrong = {}
    for name, limit in GENERIC_TEXTS.items():
        text = value.get(name)
        if text is not None and not isinstance(text, str):
            wrong[name] = "text expected"
        elif text and len(text) > limit:
            wrong[name] = f"at most {limit} characters"
    for name in ("utm", "extra"):
        pairs = value.get(name)
        if pairs is not None and not (isinstance(pairs, dict) and all(map(_is_plain, pairs.values()))):
            wrong[name] = "names and texts expected"
    if not isinstance(value.get("test", False), bool):
        wrong["test"] = "true or false expected"
    if value.get("submitted_at") is not None and not read_moment(value["submitted_at"]):
        wrong["submitted_at"] = "moment with time zone expected, as 2026-03-02T09:30:00Z"
    consents = value.get("consents")
    if consents is not None and not (isinstance(consents, list) and len(consents) <= 20 and all(map(_is_consent, consents))):
        wrong["consents"] = "list of {purpose: handling or commercial, granted: true or false, wording, version} expected"
    if not wrong and not clean(value.get("email")) and not clean(value.get("phone")):
        wrong["email"] = wrong["phone"] = "one of them is needed"
    if wrong:
        raise Refused(422, "wrong_fields", wrong)
    external_id = clean(value.get("external_id")) or clean(key)[:MAX_ID]
    return [Item(external_id or hashlib.sha256(body).hexdigest(), body.decode())]


def _is_plain(value):
    return value is None or isinstance(value, str | int | float | bool)


def _is_consent(value):
    return (
        isinstance(value, dict)
        and value.get("purpose") in PURPOSES
        and isinstance(value.get("granted"), bool)
        and (value.get("wording") is None or isinstance(value["wording"], str))
        and _is_plain(value.get("version"))
    )


def _split_meta(value, body, key):
    entries = value.get("entry")
    if value.get("object") != "page" or not isinstance(entries, list):
        raise Refused(422, "wrong_fields", {"entry": "list of a page's changes expected"})
    items = []
    for entry in entries:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else [entry]:
            if isinstance(change, dict) and change.get("field", "leadgen") != "leadgen":
                continue  # other news of the page
            lead = change.get("value") if isinstance(change, dict) else None
            number = read_number(lead.get("leadgen_id")) if isinstance(lead, dict) else ""
            raw = json.dumps(change)
            # One that names no lead is kept for a person to look at; the others go on.
            items.append(Item(number or f"unreadable:{hashlib.sha256(raw.encode()).hexdigest()[:32]}", raw))
    if len(items) > MAX_ITEMS:
        raise Refused(413, "too_many_leads")
    return items


def _split_google(value, body, key):
    lead_id = value.get("lead_id")
    if not isinstance(lead_id, str) or not clean(lead_id) or len(lead_id) > MAX_ID:
        raise Refused(422, "wrong_fields", {"lead_id": "text expected"})
    if not isinstance(value.get("user_column_data"), list):
        raise Refused(422, "wrong_fields", {"user_column_data": "list expected"})
    # The key is the secret of the source: people who read what was sent do not read it.
    return [Item(clean(lead_id), json.dumps({name: part for name, part in value.items() if name != "google_key"}))]


def _split_linkedin(value, body, key):
    response = value.get("leadGenFormResponse")
    if value.get("type") != "LEAD_ACTION" or not isinstance(response, str) or not get_linkedin_id(response):
        raise Refused(422, "wrong_fields", {"leadGenFormResponse": "urn of a response expected"})
    if value.get("leadAction") == "DELETED":
        return []  # LinkedIn has deleted its copy; what the firm got is the firm's to keep or to delete
    return [Item(get_linkedin_id(response), body.decode())]


def get_linkedin_id(urn):
    """Return the id at the end of a URN, an empty text when it is none."""
    match = re.fullmatch(r"urn:li:leadGenFormResponse:([A-Za-z0-9-]{1,100})", urn)
    return match[1] if match else ""


# === WHAT A PERSON ANSWERED === #


def read_submission(kind, value):
    """Return the `Submission` of a message, or of what the sender's own service answered about it.

    :param dict value: JSON
    """
    readers = {"generic": _read_generic, "meta": _read_meta, "google": _read_google, "linkedin": _read_linkedin}
    return readers[kind](value if isinstance(value, dict) else {})


def _read_generic(value):
    answers = [Answer(name, name, text) for name in GENERIC_TEXTS if name != "external_id" and (text := clean(value.get(name)))]
    known = {*GENERIC_TEXTS, "utm", "extra", "consents", "submitted_at", "test"}
    extra = (value.get("extra") or {}) | {name: other for name, other in value.items() if name not in known}
    answers += [Answer(clean(name), clean(name), text) for name, other in extra.items() if (text := clean(other))]
    granted = [consent for consent in value.get("consents") or [] if consent["granted"]]
    consents = [
        {"purpose": consent["purpose"], "text": wording, "version": clean(consent.get("version"))}
        for consent in granted
        if (wording := clean(consent.get("wording")))
    ]
    # Without its wording it proves nothing: it is told, not recorded.
    bare = [consent["purpose"] for consent in granted if not clean(consent.get("wording"))]
    answers += [Answer(f"consent_{purpose}", f"consent: {purpose}", "true") for purpose in bare]
    utm = {clean(name): clean(text) for name, text in (value.get("utm") or {}).items()}
    return Submission(answers, [], consents, utm, read_moment(value.get("submitted_at")), value.get("test", False))


def _read_google(value):
    answers = []
    for column in _get_dicts(value.get("user_column_data")):
        name = clean(column.get("column_id")) or clean(column.get("column_name"))
        if text := clean(column.get("string_value")):
            answers.append(Answer(name, clean(column.get("column_name")) or name, text))
    facts = _get_facts(value, ("campaign_id", "form_id", "adgroup_id", "creative_id", "asset_group_id", "gcl_id", "lead_stage"))
    return Submission(answers, facts, [], {}, read_moment(value.get("lead_submit_time")), value.get("is_test") is True)


def _read_meta(value):
    answers = []
    for field in _get_dicts(value.get("field_data")):
        values = field.get("values")
        text = ", ".join(filter(None, map(clean, values if isinstance(values, list) else [values])))
        if text:
            answers.append(Answer(clean(field.get("name")), clean(field.get("name")), text))
    is_test = bool(answers) and any(answer.text.startswith(TEST_VALUE) for answer in answers)
    boxes = [box for box in _get_dicts(value.get("custom_disclaimer_responses")) if is_yes(clean(box.get("is_checked")))]
    answers += [Answer(clean(box.get("checkbox_key")), clean(box.get("checkbox_key")), "1") for box in boxes]
    facts = _get_facts(value, ("campaign_name", "form_id", "ad_id"))
    return Submission(answers, facts, [], {}, read_moment(value.get("created_time")), is_test)


def _read_linkedin(value):
    form = value.get("form") if isinstance(value.get("form"), dict) else {}
    content = form.get("content") if isinstance(form.get("content"), dict) else {}
    questions = {clean(question.get("questionId")): question for question in _get_dicts(content.get("questions"))}
    response = value.get("formResponse") if isinstance(value.get("formResponse"), dict) else {}
    answers = []
    for given in _get_dicts(response.get("answers")):
        number = clean(given.get("questionId"))
        question = questions.get(number, {})
        details = given.get("answerDetails") if isinstance(given.get("answerDetails"), dict) else {}
        text = ", ".join(filter(None, (_get_leaf(detail) for detail in details.values())))
        name = clean(question.get("predefinedField")) or clean(question.get("name")) or number
        if text:
            answers.append(Answer(name, clean(question.get("name")) or name, text))
    for given in _get_dicts(response.get("consentResponses")):
        if given.get("accepted") is True:
            name = f"consent_{clean(given.get('consentId'))}"
            answers.append(Answer(name, name, "1"))
    facts = _get_facts(value, ("id", "versionedLeadGenFormUrn"))
    return Submission(answers, facts, [], {}, read_moment(value.get("submittedAt")), value.get("testLead") is True)


def _get_leaf(detail):
    if isinstance(detail, dict):
        detail = detail.get("answer", detail.get("options"))
    if isinstance(detail, list):
        return ", ".join(filter(None, map(clean, detail)))
    return clean(detail)


def _get_facts(value, names):
    return [(name, text) for name in names if (text := clean(value.get(name)))]


def _get_dicts(value):
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# === TEXTS === #

# Control characters but tab and new line, and lone surrogates: no keyboard makes them, PostgreSQL refuses some.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(value):
    """Return a text or a number as text without what no database keeps; an empty text for everything else."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        return ""
    return _UNWANTED.sub("", str(value).replace("\r\n", "\n").replace("\r", "\n"))[:MAX_TEXT].strip()


def read_number(value):
    """Return the digits of an id that comes as a number or as text, an empty text when it is none."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"[0-9]{1,40}", text) else ""


def read_moment(value):
    """Return a moment (naive UTC): ISO 8601 with its zone, or seconds or milliseconds since 1970; None for everything else."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value[:40])
        elif isinstance(value, int) and not isinstance(value, bool):
            moment = datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
        else:
            return None
        return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None


def is_yes(text):
    """Tell whether an answer ticks a box."""
    return text.strip().lower() in ("1", "true", "yes", "on", "sí", "si", "x", "acepto", "checked")


def get_key(question):
    """Return how a question's name is compared: no case, no accents, no signs."""
    text = unicodedata.normalize("NFKD", question.lower())
    return re.sub(r"[^a-z0-9]+", "_", "".join(char for char in text if not unicodedata.combining(char))).strip("_")
