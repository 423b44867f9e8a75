import base64
import io
import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf
from odoo.tools.pdf.signature import PdfSigner

from ...tools import pdf_seal

_logger = logging.getLogger(__name__)

COPY = "crm_firm.mail_template_letter_copy"
BATCH = 50
SEAL_FIELD = "Firm"


class _CompanySigner(PdfSigner):
    """Odoo's signer with the certificate of the firm's settings; Odoo's own place for it is an enterprise addon's."""

    def _load_key_and_certificate(self):
        key, certificate, _others = self.company._get_crm_firm_certificate()
        return key, certificate


class FirmEngagementSeal(models.AbstractModel):
    """The PDF of a signed letter with its evidence, made once, at the end, by a job that tries again until it is done."""

    _name = "firm.engagement.seal"
    _description = "Seal of an Engagement Letter"

    sealed_pdf = fields.Binary("Signed PDF", readonly=True, copy=False, attachment=True)
    sealed_name = fields.Char(compute="_compute_sealed_name")
    sealed_sha256 = fields.Char("SHA-256 of the Signed PDF", readonly=True, copy=False, index="btree_not_null")
    sealed_on = fields.Datetime(readonly=True, copy=False)
    seal_failure = fields.Char(readonly=True, copy=False)

    @api.depends("name")
    def _compute_sealed_name(self):
        for letter in self:
            letter.sealed_name = f"{letter.name}.pdf"

    @api.model
    def _cron_seal(self):
        """Seal what was signed, one letter after the other, each committed. What fails is tried again the next time."""
        Cron = self.env["ir.cron"]
        self.env["res.company"]._warn_of_crm_firm_certificates()
        due = [("state", "in", ("signed", "superseded")), ("sealed_on", "=", False)]
        last_id = 0
        Cron._commit_progress(remaining=self.search_count(due))
        while letters := self.search([*due, ("id", ">", last_id)], order="id", limit=BATCH):
            last_id = letters[-1].id
            for letter in letters:
                if letter.try_lock_for_update():
                    letter._try_to_seal()
                if not Cron._commit_progress(1):
                    return

    def _try_to_seal(self):
        try:
            with self.env.cr.savepoint():
                self._seal()
        except Exception as error:  # whatever fails, the letter is signed; the seal comes later
            _logger.warning("The letter %s cannot be sealed yet: %s", self.name, error)
            self.env.invalidate_all()
            self._write_protected({"seal_failure": str(error)[:500]})

    def _seal(self):
        """Make the PDF that is kept: the version signed, its evidence, sealed with the firm's certificate if there is one.

        By pyHanko where it is installed, as PAdES that allows no change; else by Odoo's own signer.
        """
        report = self.env["ir.actions.report"].sudo()  # the job's
        evidence = report._render_qweb_pdf("crm_firm.firm_engagement_evidence_report", self.ids)[0]
        pdf = self._apply_certificate(merge_pdf([self.current_version_id._get_pdf(), evidence]))
        self._write_protected(
            {
                "sealed_pdf": base64.b64encode(pdf),
                "sealed_sha256": self._digest(pdf),
                "sealed_on": fields.Datetime.now(),
                "seal_failure": False,
            }
        )
        self.env["firm.engagement.event"]._log(self, "sealed", note=self.sealed_sha256)
        self._queue(COPY, self.signer_ids, f"letter-copy-{self.id}", pdf)

    def _apply_certificate(self, pdf):
        company_sudo = self.company_id.sudo()  # the certificate is a setting
        if not company_sudo.crm_firm_letter_certificate:
            return pdf
        if pdf_seal.is_available():
            company_sudo._get_crm_firm_certificate()  # says in words what is wrong with it
            return pdf_seal.seal(pdf, *company_sudo._get_crm_firm_certificate_file(), SEAL_FIELD)
        signed = _CompanySigner(io.BytesIO(pdf), company_sudo).sign_pdf(field_name=SEAL_FIELD)
        if not signed:
            raise UserError(self.env._("The certificate of the settings cannot sign."))
        return signed.getvalue()

    def _get_sealed_pdf(self):
        self.ensure_one()
        return base64.b64decode(self.with_context(bin_size=False).sealed_pdf or b"")

    def _get_pdf(self):
        """Return the PDF that is shown: the sealed one, else the version at hand."""
        return self._get_sealed_pdf() or self.current_version_id._get_pdf()

    @api.model
    def _find_by_pdf(self, content):
        """Return the letter whose PDF these bytes are, and whether a later version has replaced these.

        Both as it was sent and as it was sealed; elevated, may be empty.

        :param bytes content: a PDF that somebody holds in hand: who has it may know whose it is
        """
        digest = self._digest(content)
        letter_sudo = self.sudo().search([("sealed_sha256", "=", digest)], limit=1)
        version_sudo = self.env["firm.engagement.version"].sudo().search([("pdf_sha256", "=", digest)], limit=1)
        if letter_sudo:
            return letter_sudo, False
        letter_sudo = version_sudo.letter_id
        is_replaced = version_sudo != letter_sudo.current_version_id or letter_sudo.state == "draft"
        return letter_sudo, bool(letter_sudo) and is_replaced
