import base64
import re
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import pkcs12

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

MOST_REMINDERS = 5


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

    def _get_crm_firm_letter_reminders(self):
        """Return the days of reminders from the day of sending, as a sorted list of integers."""
        self.ensure_one()
        return sorted({int(day) for day in re.findall(r"\d+", self.crm_firm_letter_reminders or "")})

    def _get_crm_firm_certificate_file(self):
        """Return the PKCS #12 of the firm and its password (None: it has none), as bytes."""
        self.ensure_one()
        content = base64.b64decode(self.with_context(bin_size=False).crm_firm_letter_certificate)
        return content, (self.crm_firm_letter_certificate_password or "").encode() or None

    def _get_crm_firm_certificate(self):
        """Return key, certificate and further certificates of the firm.

        :raise UserError: wrong password, or a certificate that is not valid now
        """
        content, password = self._get_crm_firm_certificate_file()
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(content, password)
        except ValueError:
            raise UserError(self.env._("The certificate of the settings cannot be opened with its password.")) from None
        if not certificate or certificate.not_valid_after_utc < datetime.now(UTC):
            raise UserError(self.env._("The certificate of the settings has expired."))
        return key, certificate, others
