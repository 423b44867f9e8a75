"""What callers hand to our public methods. They are reached by RPC, so any JSON may come; what is wrong is told, not stored."""

from datetime import date, datetime

import pytz

from odoo import fields, models
from odoo.exceptions import UserError

MAX_NOTE = 50_000  # characters; a call's note that is longer is a document
MAX_ID = 2**31 - 1


def get_text(env, value, label, limit=MAX_NOTE):
    """Return the text, stripped of blanks around it; an empty string when there is none.

    :raise UserError: no text, too long, or with characters that no database keeps
    """
    if value is None or value is False:
        return ""
    if not isinstance(value, str):
        raise UserError(env._("%s is not a text.", label))
    if len(value) > limit:
        raise UserError(
            env._(
                "%(label)s is too long (%(length)s characters): shorten it to %(limit)s.",
                label=label,
                length=len(value),
                limit=limit,
            )
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        broken = True
    else:
        broken = "\0" in value
    if broken:
        raise UserError(env._("%s contains characters that cannot be stored. Type it again instead of pasting it.", label))
    return value if hasattr(value, "__html__") else value.strip()


def get_mapping(env, value, label):
    """Return a dict, empty when there is none.

    :raise UserError: something else
    """
    if value is None or value is False:
        return {}
    if not isinstance(value, dict):
        raise UserError(env._("%s: names and their values are needed.", label))
    return value


def get_items(env, value, label):
    """Return a list, empty when there is none.

    :raise UserError: something else, be it one thing alone
    """
    if value is None or value is False:
        return []
    if not isinstance(value, (list, tuple, models.BaseModel)):
        raise UserError(env._("%s: a list is needed.", label))
    return list(value)


def is_choice(value, choices):
    """Return whether the value is one of the choices, whatever was sent."""
    return isinstance(value, str) and value in choices


def get_record(env, model, value):
    """Return the record of that model: the record itself or its id; empty when there is no such thing."""
    if isinstance(value, models.BaseModel):
        return value.exists() if value._name == model else env[model]
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID:
        return env[model].browse(value).exists()
    return env[model]


def get_ids(env, value, label):
    """Return the ids as a list, empty when there are none.

    :raise UserError: something else than a list of ids
    """
    ids = get_items(env, value, label)
    if not all(type(id_) is int and 0 < id_ <= MAX_ID for id_ in ids):
        raise UserError(env._("%s: a list is needed.", label))
    return ids


def get_amount(env, value, label):
    """Return the number; 0 when there is none.

    :raise UserError: no number, negative, or too large
    """
    if value is None or value is False or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MAX_ID:
        raise UserError(env._("%(label)s: “%(value)s” is not a valid number.", label=label, value=str(value)[:40]))
    return value


def get_day(env, value):
    """Return the day, None when there is none.

    :param value: date, or its string as Odoo writes it
    :raise UserError: no day
    """
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str):
        try:
            value = fields.Date.to_date(value)
        except ValueError:
            raise UserError(env._("“%s” is not a valid date.", value[:40])) from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise UserError(env._("“%s” is not a valid date.", str(value)[:40]))
    return value


def get_moment(env, value):
    """Return the moment as naive UTC datetime, None when there is none.

    :param value: datetime (aware or naive UTC), or its string as Odoo writes it
    :raise UserError: no moment
    """
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str):
        try:
            value = fields.Datetime.to_datetime(value)
        except ValueError:
            raise UserError(env._("“%s” is not a valid date and time.", value[:40])) from None
    if not isinstance(value, datetime):
        raise UserError(env._("“%s” is not a valid date and time.", str(value)[:40]))
    return value.astimezone(pytz.utc).replace(tzinfo=None) if value.tzinfo else value
