import base64
import re
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.serialization import pkcs12

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

MOST_REMINDERS = 5
WARNING_DAYS = 30


class ResCompanyLetters(models.AbstractModel):
    """Settings of engagement letters."""

    _name = "res.company.letters"
    _description = "Company: engagement letters"

    crm_firm_letter_days = fields.Integer(
        "Letters Valid For",
        default=15,
        help="Days from sending during which the client can sign, unless the letter says another.",
    )
    crm_firm_letter_reminders = fields.Char(
        "Letter Reminders", default="3, 7", help="Days from sending on which those who have not signed are reminded. Empty: none."
    )
    crm_firm_letter_code = fields.Boolean(
        "Letters Are Signed with a Code",
        help="New letters ask whoever signs by the link for a code that a colleague reads to them by telephone.",
    )
    crm_firm_letter_identification = fields.Boolean(
        "Clients Are Identified before Work Starts",
        help="For firms bound by the law on money laundering (Ley 10/2010): letters are sent and signed as always, but the order "
        "is confirmed, and the case is opened, when a colleague has recorded the client's identity document.",
    )
    crm_firm_letter_unsigned = fields.Boolean(
        "Work May Start Unsigned", help="Managers may confirm the order of an engagement letter that is not signed."
    )
    crm_firm_letter_certificate = fields.Binary(
        "Certificate (PKCS #12)",
        attachment=True,
        groups="base.group_system",
        help="Seals the PDF of signed letters. Empty: no seal.",
    )
    crm_firm_letter_certificate_password = fields.Char("Password of the Certificate", groups="base.group_system")
    crm_firm_letter_certificate_until = fields.Date(
        "Certificate Valid Until",
        compute="_compute_crm_firm_letter_certificate_until",
        compute_sudo=True,
        store=True,
        groups="base.group_system",
        help="Empty: there is no certificate, or its password is another one.",
    )
    crm_firm_letter_certificate_warned = fields.Date(
        readonly=True, copy=False, groups="base.group_system", help="The end of the certificate about which people were warned."
    )

    _crm_firm_letter_days_positive = models.Constraint(
        "CHECK(crm_firm_letter_days > 0)", "An engagement letter must be valid for at least one day."
    )

    @api.constrains("crm_firm_letter_reminders")
    def _check_crm_firm_letter_reminders(self):
        for company in self:
            days = re.split(r"[\s,;]+", (company.crm_firm_letter_reminders or "").strip())
            if any(day and not re.fullmatch(r"[1-9]\d{0,2}", day) for day in days) or len(days) > MOST_REMINDERS:
                raise ValidationError(
                    self.env._("Write the days of reminders as numbers with commas, at most %s, as in 3, 7", MOST_REMINDERS)
                )

    @api.depends("crm_firm_letter_certificate", "crm_firm_letter_certificate_password")
    def _compute_crm_firm_letter_certificate_until(self):
        for company in self:
            certificate = company._load_crm_firm_certificate()[1] if company.crm_firm_letter_certificate else None
            company.crm_firm_letter_certificate_until = certificate and certificate.not_valid_after_utc.date()

    @api.model
    def _warn_of_crm_firm_certificates(self):
        """Tell those who look after the system and the work that a certificate is about to expire, once."""
        soon = fields.Date.today() + timedelta(days=WARNING_DAYS)
        for company in self.search([("crm_firm_letter_certificate_until", "<", soon)]):
            until = company.crm_firm_letter_certificate_until
            if company.crm_firm_letter_certificate_warned != until:
                company.crm_firm_letter_certificate_warned = until
                company._tell_of_crm_firm_certificate(until)

    def _tell_of_crm_firm_certificate(self, until):
        readers = self.env["firm.job.standstill"]._get_readers()
        for user in readers.filtered(lambda user: self in user.company_ids):
            in_language = self.with_context(lang=user.lang)
            body = in_language.env._(
                "The certificate that seals the engagement letters of %(company)s is valid until %(day)s. Put a new one into the "
                "settings of the CRM: without it letters are signed, but not sealed.",
                company=self.name,
                day=format_date(in_language.env, until),
            )
            in_language.partner_id.message_notify(
                partner_ids=user.partner_id.ids,
                subject=in_language.env._("The certificate for engagement letters is about to expire"),
                body=body,
                force_send=False,
                **self._get_crm_firm_voice(),
            )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # every sender may wake the queue

    def _get_crm_firm_letter_reminders(self):
        """Return the days of reminders from the day of sending, as a sorted list of integers."""
        self.ensure_one()
        return sorted({int(day) for day in re.findall(r"\d+", self.crm_firm_letter_reminders or "")})

    def _get_crm_firm_certificate_file(self):
        """Return the PKCS #12 of the firm and its password (None: it has none), as bytes."""
        self.ensure_one()
        content = base64.b64decode(self.with_context(bin_size=False).crm_firm_letter_certificate)
        return content, (self.crm_firm_letter_certificate_password or "").encode() or None

    def _load_crm_firm_certificate(self):
        """Return key, certificate and further certificates of the file; nothing for a file that its password does not open."""
        try:
            return pkcs12.load_key_and_certificates(*self._get_crm_firm_certificate_file())
        except ValueError:
            return None, None, []

    def _get_crm_firm_certificate(self):
        """Return key, certificate and further certificates of the firm.

        :raise UserError: wrong password, or a certificate that is not valid now
        """
        key, certificate, others = self._load_crm_firm_certificate()
        if not certificate:
            raise UserError(self.env._("The certificate of the settings cannot be opened with its password."))
        if certificate.not_valid_after_utc < datetime.now(UTC):
            raise UserError(self.env._("The certificate of the settings has expired."))
        return key, certificate, others
