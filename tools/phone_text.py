"""Phone numbers in what a person wrote. Plain functions, no records."""

try:
    import phonenumbers
except ImportError:  # Odoo's soft dependency: without it no number is found in a text
    phonenumbers = None

LONGEST = 20_000


def find_numbers(text, region, no_answer=()):
    """Return the valid numbers of a text in international form, each once.

    :param str text: plain text without quotes
    :param str region: code of the country of national numbers, or None
    :param no_answer: numbers as people write them that are known already, as the firm's own
    """
    if phonenumbers is None or not text:
        return []
    known = {_get_e164(number, region) for number in no_answer if number}
    found = {}
    for match in phonenumbers.PhoneNumberMatcher(text[:LONGEST], region):
        e164 = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        if e164 not in known and phonenumbers.is_valid_number(match.number):
            found[e164] = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return list(found.values())


def get_one(numbers):
    """Return the one number that was found, None when there is none, or when a person has to choose."""
    return numbers[0] if len(numbers) == 1 else None


def _get_e164(number, region):
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
