import pytz
from babel.dates import format_date

from odoo import models
from odoo.tools import babel_locale_parse

from ...tools.colour import get_contrast, is_colour

ODOOS = "#875A7B"
WHITE, BLACK = "#FFFFFF", "#1F2933"


class ResCompany(models.Model):
    """How the firm's e-mails look: the colours that Odoo's settings give e-mails, as far as they can be read."""

    _inherit = "res.company"

    def _get_crm_firm_mail_color(self):
        """Return the colour of the firm's e-mails, `#rrggbb`."""
        self.ensure_one()
        return self.email_secondary_color if is_colour(self.email_secondary_color) else ODOOS

    def _format_crm_firm_moment(self, moment):
        """Return day and hour as people say them, in the language of the environment and where the firm is.

        :param moment: naive UTC datetime
        :return: “Monday, March 2, 2026, 18:00”, «lunes, 2 de marzo de 2026, 18:00»
        """
        local = pytz.utc.localize(moment).astimezone(self._get_crm_firm_zone())
        return f"{format_date(local.date(), 'full', locale=babel_locale_parse(self.env.lang))}, {local:%H:%M}"

    def _get_crm_firm_button_style(self):
        """Return the style of a button in an e-mail of the firm."""
        background, text = self._get_crm_firm_mail_color(), self.email_primary_color
        if not is_colour(text) or get_contrast(text, background) < 4.5:
            text = max(WHITE, BLACK, key=lambda colour: get_contrast(colour, background))
        return (
            f"background-color: {background}; color: {text}; padding: 10px 20px; border-radius: 5px;"
            " display: inline-block; text-decoration: none;"
        )
