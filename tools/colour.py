import re

HEX = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


def get_contrast(colour, other):
    """Return how well one colour is read on the other, from 1 to 21 (WCAG 2.2, 1.4.3: at least 4.5).

    :param str colour: `#rrggbb`
    """
    light, dark = sorted((_get_luminance(colour), _get_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _get_luminance(colour):
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_colour(text):
    return bool(text and HEX.fullmatch(text))
