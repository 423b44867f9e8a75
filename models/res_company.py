import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import idna
import pytz

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import formataddr

# A header holds nothing else: what a site's name has beyond these is written in punycode.
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f.]*:[0-9a-f:.]+")


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = [
        "res.company",
        "res.company.deadline.text",
        "res.company.documents",
        "res.company.follow.up",
        "res.company.letters",
    ]

    # First contact
    crm_firm_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Calendar of Deadlines",
        check_company=True,
        help="Working hours and holidays used for deadlines. Empty: the company's working hours.",
    )
    crm_firm_first_contact_days = fields.Integer(
        "First Contact Deadline",
        default=0,
        help="Working days after the day of arrival. 0: the owner calls on the day the request arrives.",
    )
    crm_firm_proposal_days = fields.Integer(
        "Proposal Due After",
        default=3,
        help="Working days from “Ready for proposal” to the owner's task “Send proposal”.",
    )

    crm_firm_replan_calls = fields.Boolean(readonly=True, help="The working calendar has changed: the job moves the calls.")

    # Escalation
    crm_firm_tell_overdue_owner = fields.Boolean("Notify the Owner of Overdue Requests", default=True)
    crm_firm_tell_overdue_manager = fields.Boolean("Notify a Manager of Overdue Requests", default=True)
    crm_firm_escalation_hours = fields.Float(
        "Escalation After", default=1.0, help="Working hours from the deadline until a manager is notified."
    )
    crm_firm_manager_id = fields.Many2one(
        "res.users",
        string="Manager to Notify",
        domain="[('share', '=', False)]",
        help="Empty: the leader of the request's team, else the managers.",
    )

    # Cases
    crm_firm_case_warning_hours = fields.Float(
        "Warn Before a Deadline", default=4.0, help="Working hours before the deadline of a case. 0: no warning."
    )
    crm_firm_case_archive_days = fields.Integer(
        "Archive Resolved Cases After", default=15, help="Days. With 0 they are not archived automatically."
    )
    crm_firm_case_reopen_days = fields.Integer(
        "Reopen Cases For",
        default=10,
        help="Days after closing during which a client's reply reopens a case. Later replies open a new, linked case.",
    )
    crm_firm_case_rating = fields.Boolean("Ask for a Rating", default=True, help="In the e-mail sent when a case is resolved.")
    crm_firm_mail_makes_case = fields.Boolean(
        "Client E-mails Become Cases",
        help="An e-mail from an existing client to a lead address becomes a case. E-mails to the address of a case team "
        "always become cases; anyone else's become leads.",
    )

    # Conversion
    crm_firm_undo_days = fields.Integer(
        "Undo Conversion For", default=7, help="Days during which the conversion of a lead can be undone."
    )

    # Messages
    crm_firm_notify_owner = fields.Boolean("Notify the Owner by E-mail", default=True)
    crm_firm_acknowledge_request = fields.Boolean("Acknowledge Requests by E-mail", default=True)
    crm_firm_web_requests_hour = fields.Integer(
        "Web Requests of One Visitor an Hour",
        default=100,
        help="Most forms an hour sent from one internet address; an office shares one. 0: no limit.",
    )
    crm_firm_web_requests_person = fields.Integer(
        "Web Requests of One Person an Hour",
        default=5,
        help="Most forms an hour with the same e-mail address or phone. 0: no limit.",
    )
    crm_firm_client_cases_hour = fields.Integer(
        "Cases of a Client an Hour", default=20, help="Most cases that one client opens an hour. 0: no limit."
    )
    crm_firm_stranger_mails_day = fields.Integer(
        "Automatic E-mails to an Address a Day",
        default=4,
        help="Maximum e-mails a day to an address entered in a form or written from. 0: none.",
    )
    crm_firm_stranger_mails_hour = fields.Integer(
        "Automatic E-mails Caused by One Visitor an Hour",
        default=30,
        help="Maximum e-mails an hour, to any address, caused by forms sent from one IP address. 0: none.",
    )

    # E-mail
    crm_firm_mail_responsible_id = fields.Many2one(
        "res.users",
        string="Quarantine reviewer",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Notified of e-mails that could not be processed. Empty: a sales team leader who is a sales manager, "
        "otherwise a sales manager.",
    )
    crm_firm_reply_address_per_lead = fields.Boolean(
        "Reply Address per Lead",
        help="Answers to info+l7-...@ find their lead even when the sender's program keeps no reference. "
        "Only if your mail server delivers such addresses (plus addressing).",
    )

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
        "CHECK(crm_firm_undo_days >= 0)", "The number of days to undo a conversion cannot be negative."
    )
    _crm_firm_proposal_days_positive = models.Constraint(
        "CHECK(crm_firm_proposal_days >= 0)", "The days until a proposal is due cannot be negative."
    )

    _crm_firm_escalation_hours_positive = models.Constraint(
        "CHECK(crm_firm_escalation_hours >= 0)", "The hours until escalation cannot be negative."
    )

    _crm_firm_case_numbers_positive = models.Constraint(
        "CHECK(crm_firm_case_warning_hours >= 0 AND crm_firm_case_archive_days >= 0 AND crm_firm_case_reopen_days >= 0)",
        "Hours and days of cases cannot be negative.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {
            "crm_firm_calendar_id",
            "resource_calendar_id",
            "crm_firm_case_warning_hours",
            "crm_firm_escalation_hours",
        }:
            self.env["firm.case.deadline"]._mark_to_replan([("company_id", "in", self.ids)])
        if vals.keys() & {
            "crm_firm_calendar_id",
            "resource_calendar_id",
            "crm_firm_first_contact_days",
            "crm_firm_proposal_days",
        }:
            self.env["crm.lead"]._mark_calls_to_replan(self)
        return result

    @api.constrains("crm_firm_embed_origins")
    def _check_crm_firm_embed_origins(self):
        for company in self:
            company._get_crm_firm_embed_origins()

    def _get_crm_firm_calendar(self):
        """Return the calendar deadlines are counted on."""
        self.ensure_one()
        return self.crm_firm_calendar_id or self.resource_calendar_id

    def _get_crm_firm_sender(self, person=None):
        """Return the “From” of an e-mail of the firm: its own address, else a person's. Jobs never write as Odoo's robot.

        :param person: `res.users` in charge of what the e-mail is about
        """
        self.ensure_one()
        if self.email:
            return self.email_formatted
        for user in (person, self.env.user):
            if user and user.active and user.email:  # the robot and the website's visitor are archived users
                return user.email_formatted
        address = self.default_from_email or self.env.user.email
        return formataddr((self.name, address)) if address else ""

    def _get_crm_firm_voice(self):
        """Return the author of messages that nobody at work causes: the firm, where Odoo would name its robot.

        :return: dict of arguments of `message_post` and `message_notify`
        """
        self.ensure_one()
        return {"author_id": self.partner_id.id, "email_from": self._get_crm_firm_sender() or None}

    def _get_crm_firm_lang(self):
        """Return the code of the language for people whose own nobody knows: that of the company's contact."""
        self.ensure_one()
        return self.partner_id.lang or self._get_crm_firm_lang_of_country() or self.env.lang

    def _get_crm_firm_lang_of_country(self):
        """Return the code of Spanish for a company in Spain, if it is installed."""
        self.ensure_one()
        if self.country_id.code != "ES":
            return False
        installed = [code for code, _name in self.env["res.lang"].get_installed() if code.startswith("es")]
        return "es_ES" if "es_ES" in installed else (installed or [False])[0]

    def _get_crm_firm_mail_responsible(self):
        """Return who looks at mails in quarantine: the setting, a team leader who manages, or any manager of the company,
        who works now.
        """
        self.ensure_one()
        Users = self.env["res.users"]
        managers_sudo = Users._get_managers("crm.lead")
        teams_sudo = (
            self.env["crm.team"].sudo().search([("company_id", "in", [self.id, False]), ("user_id", "in", managers_sudo.ids)])
        )  # the gateway asks
        chosen = Users._choose_managers("crm.lead", self, teams_sudo.user_id, setting="crm_firm_mail_responsible_id")
        return chosen[:1].sudo(self.env.su)

    def _get_crm_firm_zone(self):
        """Return the time zone (`pytz`) the firm's days are in."""
        company_sudo = self.sudo()  # a setting, whoever asks
        return company_sudo._get_crm_firm_calendar()._get_zone(company_sudo)

    def _get_crm_firm_local_date(self, moment):
        """Return the date of a moment (naive UTC) where the firm is; False when there is none, as in a preview of an e-mail."""
        if not moment:
            return False
        return pytz.utc.localize(moment).astimezone(self._get_crm_firm_zone()).date()

    def _get_crm_firm_midnight(self, day):
        """Return when a day begins where the firm is (naive UTC)."""
        midnight = self._get_crm_firm_zone().localize(datetime.combine(day, datetime.min.time()))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_crm_firm_today(self):
        """Return today's date where the firm is, whoever asks and wherever the server stands."""
        return self._get_crm_firm_local_date(fields.Datetime.now())

    def _get_crm_firm_due_day(self, moment):
        """Return the day on which something due at a moment (naive UTC) is done: midnight ends the day before."""
        return self._get_crm_firm_local_date(moment - timedelta(microseconds=1))

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
                    and (host := _get_ascii_host(parts.hostname))
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
            origins.append(f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else ""))
        return origins


def _get_ascii_host(name):
    """Return the name of a site as browsers and headers write it (“xn--...” for other letters), or an empty string."""
    host = (name or "").lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode()
        except UnicodeError:
            return ""
    if not _HOST.fullmatch(host):
        return ""
    return f"[{host}]" if ":" in host else host
