"""The PDF that is kept of a signed letter: its evidence, sealed with the certificate of the firm."""

import base64
import datetime
import io
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfWriter

from odoo.addons.crm_firm.tools import pdf_seal

from .engagement_common import LetterCase


def make_pdf():
    writer = PdfWriter()
    writer.addBlankPage(width=595, height=842)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestLetterSeal(LetterCase):
    def setUp(self):
        super().setUp()
        # Reports are pages of HTML in tests: here every PDF is a small real one.
        pdf = make_pdf()
        self.patch(type(self.env["ir.actions.report"]), "_render_qweb_pdf", lambda *_args, **_kwargs: (pdf, "pdf"))
        self.letter = self.send()
        self.sign(self.letter)

    def make_certificate(self, days=30):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The Firm")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=60))
            .not_valid_after(now + datetime.timedelta(days=days))
            .sign(key, hashes.SHA256())
        )
        content = pkcs12.serialize_key_and_certificates(b"firm", key, certificate, None, BestAvailableEncryption(b"secret"))
        self.company.write(
            {"crm_firm_letter_certificate": base64.b64encode(content), "crm_firm_letter_certificate_password": "secret"}
        )

    def test_the_seal_is_made_once_and_everybody_gets_the_copy(self):
        self.letter._try_to_seal()
        self.assertFalse(self.letter.seal_failure)
        pdf = self.letter._get_sealed_pdf()
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertEqual(self.letter._find_by_pdf(pdf), (self.letter, False))
        self.assertEqual(self.get_mails(self.letter)[-1].attachment_ids.raw, pdf)
        self.assertEqual(self.letter.event_ids[-1].kind, "sealed")
        self.assertFalse(self.letter.verify())

    def validate(self, content):
        """What pyHanko, which is no code of ours or of Odoo's, says of the only signature of a file."""
        # Not at the top: whoever runs other tests only does not need it. Missing, it is an error and no skip.
        from pyhanko.keys import load_cert_from_pemder  # noqa: PLC0415
        from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
        from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
        from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

        _key, certificate, _others = self.company._get_crm_firm_certificate()
        with tempfile.NamedTemporaryFile() as file:
            file.write(certificate.public_bytes(Encoding.DER))
            file.flush()
            context = ValidationContext(trust_roots=[load_cert_from_pemder(file.name)])
        [signature] = PdfFileReader(io.BytesIO(content), strict=False).embedded_signatures
        status = validate_pdf_signature(signature, signer_validation_context=context)
        return status.intact and status.valid, status.coverage.name == "ENTIRE_FILE"

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
