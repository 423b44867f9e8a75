"""The PDF that is kept of a signed letter: its evidence, sealed with the certificate of the firm."""

import io

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfWriter

from odoo.addons.crm_firm.tools import pdf_seal

from .engagement_common import LetterCase, SealCast


def make_pdf():
    writer = PdfWriter()
    writer.addBlankPage(width=595, height=842)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestLetterSeal(SealCast, LetterCase):
    def setUp(self):
        super().setUp()
        # Reports are pages of HTML in tests: here every PDF is a small real one.
        pdf = make_pdf()
        self.patch(type(self.env["ir.actions.report"]), "_render_qweb_pdf", lambda *_args, **_kwargs: (pdf, "pdf"))
        self.letter = self.send()
        self.sign(self.letter)

    def test_the_seal_is_made_once_and_everybody_gets_the_copy(self):
        self.letter._try_to_seal()
        self.assertFalse(self.letter.seal_failure)
        pdf = self.letter._get_sealed_pdf()
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertEqual(self.letter._find_by_pdf(pdf), (self.letter, False))
        self.assertEqual(self.get_mails(self.letter)[-1].attachment_ids.raw, pdf)
        self.assertEqual(self.letter.event_ids[-1].kind, "sealed")
        self.assertFalse(self.letter.verify())

    def append_to(self, content):
        """The file with an update at its end, which leaves every byte before it as it was."""
        from pyhanko.pdf_utils import generic  # noqa: PLC0415
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415

        writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
        writer.root["/Lang"] = generic.pdf_string("es")
        writer.update_root()
        stream = io.BytesIO()
        writer.write(stream)
        return stream.getvalue()

    @mute_logger("pyhanko.sign.validation.generic_cms", "pyhanko_certvalidator", "pyhanko")
    def test_the_seal_of_the_firm_is_found_valid_by_an_independent_check_and_every_change_is_found(self):
        self.make_certificate()
        for is_available, kind in ((True, b"ETSI.CAdES.detached"), (False, b"adbe.pkcs7.detached")):
            self.patch(pdf_seal, "is_available", lambda is_available=is_available: is_available)
            self.letter._write_protected({"sealed_pdf": False, "sealed_sha256": False, "sealed_on": False})
            self.letter._try_to_seal()
            pdf = self.letter._get_sealed_pdf()
            with self.subTest(kind):
                self.assertFalse(self.letter.seal_failure)
                self.assertIn(kind, pdf)
                self.assertEqual(self.validate(pdf), (True, True))
                start = pdf.index(b"/MediaBox")
                changed = pdf[:start] + pdf[start:].replace(b"595", b"594", 1)
                self.assertNotEqual(changed, pdf)
                self.assertFalse(self.validate(changed)[0], "a changed byte")
                self.assertFalse(self.validate(self.append_to(pdf))[1], "an update at its end")
                self.assertEqual(self.letter._find_by_pdf(changed), (self.letter.browse(), False))

    @mute_logger("odoo.addons.crm_firm.models.engagement.firm_engagement_seal")
    def test_a_seal_that_fails_is_tried_again_and_the_letter_stays_signed(self):
        self.make_certificate(days=-1)
        self.letter._try_to_seal()
        self.assertIn("expired", self.letter.seal_failure)
        self.assertEqual((self.letter.state, self.letter.sealed_on), ("signed", False))
        self.make_certificate()
        self.letter._try_to_seal()
        self.assertTrue(self.letter.sealed_on)
        self.assertFalse(self.letter.seal_failure)

    def test_people_are_warned_once_before_a_certificate_expires(self):
        self.make_certificate(days=40)
        self.assertTrue(self.company.crm_firm_letter_certificate_until)
        self.assertFalse(self.count_warnings())
        self.make_certificate(days=20)
        self.assertTrue(self.count_warnings())
        self.assertFalse(self.count_warnings(), "told already")
        self.make_certificate(days=25)
        self.assertTrue(self.count_warnings(), "of another one")
        self.company.crm_firm_letter_certificate_password = "other"
        self.assertFalse(self.company.crm_firm_letter_certificate_until)

    def count_warnings(self):
        """How many are warned, of those who manage the firm's work: Marta is one."""
        subject = [("subject", "=", "The certificate for engagement letters is about to expire")]
        before = self.env["mail.message"].search(subject)
        self.env["res.company"]._warn_of_crm_firm_certificates()
        messages = self.env["mail.message"].search(subject) - before
        self.assertEqual(self.marta.partner_id in messages.notified_partner_ids, bool(messages))
        return len(messages)

    def test_the_evidence_names_everything(self):
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("crm_firm.firm_engagement_evidence_report", self.letter.ids)[0]
            .decode()
        )
        version = self.letter.current_version_id
        for text in (version.pdf_sha256, version.content_sha256, "192.0.2.7", "Phone", "Ana Ruiz", self.letter.last_event_hash):
            self.assertIn(text, html)
        self.assertRegex(html, r"\+0[12]:00", "moments carry their offset")

    def test_a_certificate_with_another_password_is_refused_in_words(self):
        self.make_certificate()
        self.company.crm_firm_letter_certificate_password = "other"
        with self.assertRaises(UserError):
            self.company._get_crm_firm_certificate()
