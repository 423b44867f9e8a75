from datetime import timedelta
from urllib.parse import urlsplit

import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    # First contact
    crm_firm_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Calendar of Deadlines",
        check_company=True,
        help="Working hours and holidays that deadlines count. Empty: the company's working hours.",
    )
    crm_firm_first_contact_days = fields.Integer(
        "First Contact Deadline",
        default=0,
        help="Working days after the day of arrival. 0: the owner calls on the day the request arrives.",
    )
    crm_firm_second_contact_hours = fields.Selection(
        [("24", "24 hours"), ("48", "48 hours"), ("72", "72 hours")],
        string="Second Contact After",
        default="24",
        required=True,
    )
    crm_firm_proposal_days = fields.Integer(
        "Proposal Due After",
        default=3,
        help="Days from “Ready for proposal” to the owner's task “Send proposal”; it falls on a working day.",
    )

    # Conversion
    crm_firm_undo_days = fields.Integer(
        "Undo Conversion For", default=7, help="Days in which the conversion of a lead can be taken back."
    )

    # Messages
    crm_firm_notify_owner = fields.Boolean("Tell the Owner by E-mail", default=True)
    crm_firm_acknowledge_request = fields.Boolean("Acknowledge Requests by E-mail", default=True)

    # Web form
    crm_firm_privacy_url = fields.Char("Privacy Policy Page", default="/privacy", required=True)
    crm_firm_embed_origins = fields.Text(
        "Sites That May Embed the Request Form",
        help="One address a line, such as https://www.example.com. Empty: no site.",
    )

    _crm_firm_first_contact_days_positive = models.Constraint(
        "CHECK(crm_firm_first_contact_days >= 0)", "The first contact deadline cannot be negative."
    )
    _crm_firm_undo_days_positive = models.Constraint(
        "CHECK(crm_firm_undo_days >= 0)", "The days in which a conversion can be taken back cannot be negative."
    )
    _crm_firm_proposal_days_positive = models.Constraint(
        "CHECK(crm_firm_proposal_days >= 0)", "The days until a proposal is due cannot be negative."
    )

    @api.constrains("crm_firm_embed_origins")
    def _check_crm_firm_embed_origins(self):
        for company in self:
            company._get_crm_firm_embed_origins()

    def _get_crm_firm_calendar(self):
        """Return the calendar deadlines are counted on."""
        self.ensure_one()
        return self.crm_firm_calendar_id or self.resource_calendar_id

    def _get_crm_firm_local_date(self, moment):
        """Return the date of a moment (naive UTC) where the firm's calendar is."""
        calendar_sudo = self.sudo()._get_crm_firm_calendar()  # a setting, whoever asks
        zone = pytz.timezone(calendar_sudo.tz or "UTC")
        # An end of day at midnight belongs to the day that ends.
        return (pytz.utc.localize(moment) - timedelta(microseconds=1)).astimezone(zone).date()

    def _get_crm_firm_privacy_url(self):
        """Return the address of the privacy policy: a path of this website or an address of the web."""
        self.ensure_one()
        url = (self.crm_firm_privacy_url or "").strip()
        return url if url.lower().startswith(("/", "http://", "https://")) else "/privacy"

    def _get_crm_firm_embed_origins(self):
        """Return the origins (scheme, host and port) that may show the request form in a frame.

        :return: list of strings as the header `Content-Security-Policy: frame-ancestors` takes them
        :raise ValidationError: a line is no origin
        """
        self.ensure_one()
        origins = []
        for line in (self.crm_firm_embed_origins or "").split():
            try:
                parts = urlsplit(line)
                is_origin = (
                    parts.scheme in ("http", "https")
                    and parts.hostname
                    and (parts.port is None or parts.port > 0)
                    and not parts.username
                    and parts.path in ("", "/")
                    and not parts.query
                    and not parts.fragment
                    and not set(parts.netloc) & set(";,'\"*")
                )
            except ValueError:
                is_origin = False
            if not is_origin:
                raise ValidationError(
                    self.env._(
                        "“%s” is not the address of a site. Write https:// and the name, as in https://www.example.com",
                        line,
                    )
                )
            origins.append(f"{parts.scheme}://{parts.netloc}".lower())
        return origins
