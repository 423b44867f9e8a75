import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.uploaded_file import DEFAULT_TYPES, TYPES, read_types

MOST_REMINDERS = 10


class ResCompanyDocuments(models.AbstractModel):
    """Settings of documents and of the client area."""

    _name = "res.company.documents"
    _description = "Company: documents and client area"

    # Documents
    crm_firm_document_max_mb = fields.Integer("Largest File (MB)", default=25)
    crm_firm_document_types = fields.Char(
        "Accepted File Types", default=DEFAULT_TYPES, help="Detected from the content of the file, not its name."
    )
    crm_firm_document_link_days = fields.Integer(
        "Upload Link Valid For", default=30, help="Days during which the e-mail link works without logging in."
    )
    crm_firm_document_reminders = fields.Char(
        "Document Reminders", default="-3, 1, 7", help="Days from the due date; -3 is three days before. Empty: none."
    )

    # E-mails to the client when the state of a case changes
    crm_firm_tell_received = fields.Boolean("Case Received", default=True)
    crm_firm_tell_in_review = fields.Boolean("Case in Review")
    crm_firm_tell_waiting_client = fields.Boolean("Waiting for the Client", default=True)
    crm_firm_tell_resolved = fields.Boolean("Case Resolved", default=True)
    crm_firm_tell_archived = fields.Boolean("Case Archived")

    _crm_firm_document_max_mb_range = models.Constraint(
        "CHECK(crm_firm_document_max_mb BETWEEN 1 AND 100)", "The file size limit must be between 1 and 100 MB."
    )
    _crm_firm_document_link_days_positive = models.Constraint(
        "CHECK(crm_firm_document_link_days > 0)", "The upload link must be valid for at least one day."
    )

    @api.constrains("crm_firm_document_types")
    def _check_crm_firm_document_types(self):
        for company in self:
            types = read_types(company.crm_firm_document_types)
            unknown = [name for name in types if name not in TYPES]
            if unknown or not types:
                raise ValidationError(
                    self.env._(
                        "Only these file types can be detected from their content: %(known)s. Not among them: %(unknown)s",
                        known=", ".join(TYPES),
                        unknown=", ".join(unknown) or "-",
                    )
                )

    @api.constrains("crm_firm_document_reminders")
    def _check_crm_firm_document_reminders(self):
        for company in self:
            days = re.split(r"[\s,;]+", (company.crm_firm_document_reminders or "").strip())
            is_wrong = any(day and not re.fullmatch(r"[+-]?\d{1,3}", day) for day in days)
            if is_wrong or len(days) > MOST_REMINDERS:
                raise ValidationError(
                    self.env._("Write the days of reminders as numbers with commas, at most %s, as in -3, 1, 7", MOST_REMINDERS)
                )

    def _get_crm_firm_document_types(self):
        """Return the extensions of the types of file taken from clients, as a list."""
        self.ensure_one()
        return [name for name in read_types(self.crm_firm_document_types) if name in TYPES]

    def _get_crm_firm_document_reminders(self):
        """Return the days of reminders from the due date, as a sorted list of integers; negative is before."""
        self.ensure_one()
        return sorted({int(day) for day in re.findall(r"[+-]?\d+", self.crm_firm_document_reminders or "")})
