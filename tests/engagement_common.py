"""An opportunity of Olga's and the services its letters start with. No test in here."""

import base64
import datetime
import io
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID
from PIL import Image

from odoo import http
from odoo.tests import HttpCase

from .common import FirmCase, FirmCast

ACTOR = {"ip_address": "192.0.2.7", "user_agent": "Phone"}


def draw(is_blank=False):
    image = Image.new("RGBA", (60, 20), (0, 0, 0, 0))
    if not is_blank:
        image.putpixel((5, 5), (0, 0, 0, 255))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()


def run_apart(function, *arguments, **options):
    """Run a function in a thread of its own: pyHanko wants an event loop, and one runs where a browser is driven."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments, **options).result()


class LetterCast(FirmCast):
    @classmethod
    def setUpFirm(cls):
        super().setUpFirm()
        env = cls.env
        cls.company.partner_id.write({"vat": "ESB12345674", "street": "Calle Mayor 1", "city": "Madrid"})
        env["product.template"].search(
            [("practice_area_id", "in", (cls.area_tax | cls.area_labour).ids)]
        ).practice_area_id = False
        cls.service = cls._make_service("Tax return", cls.area_tax, 90, ["Preparing the return", "Filing it"], ["Appeals"])
        cls.other_service = cls._make_service("Payroll", cls.area_labour, 20, ["Payslips"], ["Dismissals"], fee_kind="monthly")
        cls.client = env["res.partner"].create(
            {
                "name": "Ana Ruiz",
                "email": "ana.ruiz@client.example.com",
                "vat": "12345678Z",
                "street": "Calle Menor 2",
                "city": "Madrid",
                "lang": "en_US",
            }
        )
        cls.opportunity = env["crm.lead"].create(
            {
                "name": "Income tax 2025",
                "type": "opportunity",
                "partner_id": cls.client.id,
                "user_id": cls.olga.id,
                "practice_area_id": cls.area_tax.id,
                "channel_id": cls.channel_phone.id,
            }
        )
        cls.area_tax.letter_document_set_id = env.ref("crm_firm.document_set_income_tax")
        env.flush_all()

    @classmethod
    def _make_service(cls, name, area, price, included, excluded, **values):
        scopes = [("included", text) for text in included] + [("excluded", text) for text in excluded]
        return cls.env["product.template"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": False,
                "practice_area_id": area.id,
                "scope_ids": [(0, 0, {"kind": kind, "text": text}) for kind, text in scopes],
            }
            | values
        )

    def prepare(self):
        """The letter of the opportunity, as its owner makes it."""
        return self.opportunity.with_user(self.olga).prepare_letter().with_env(self.env)

    def send(self, *others):
        """The letter, sent by its owner to Ana, and to others by name."""
        letter = self.prepare()
        for name in others:
            email = f"{name.lower()}@client.example.com"
            letter.signer_ids = [(0, 0, {"name": name, "email": email, "sequence": 20})]
        letter.with_user(self.olga).send_for_signature()
        return letter

    def sign(self, letter, signer=None, **values):
        """What the page does when a signer signs."""
        letter_sudo = letter.sudo()
        signer = (signer or letter.signer_ids[0]).sudo()
        values = {
            "content_sha256": letter_sudo.current_version_id.content_sha256,
            "name": signer.name,
            "capacity": "self",
        } | values
        letter_sudo._sign(signer, values, ACTOR)

    def get_mails(self, letter):
        return self.env["mail.mail"].search(
            [("model", "=", "firm.engagement.signer"), ("res_id", "in", letter.signer_ids.ids)], order="id"
        )

    def get_token(self, mail):
        return re.search(r"/engagement/([\w-]{20,})", mail.body_html)[1]


class LetterCase(LetterCast, FirmCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()


class LetterPageCase(LetterCast, HttpCase):
    """A letter that waits for Ana, and her page."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setUpFirm()

    def setUp(self):
        super().setUp()
        self.letter = self.send()
        self.token = self.get_token(self.get_mails(self.letter))
        self.url = f"/engagement/{self.token}"
        self.authenticate(None, None)

    def post(self, action, token=None, **values):
        values["csrf_token"] = http.Request.csrf_token(self)
        return self.url_open(f"/engagement/{token or self.token}/{action}", data=values)

    def sign_page(self, token=None, **values):
        digest = self.letter.current_version_id.content_sha256
        return self.post("sign", token, **{"content_sha256": digest, "name": "Ana Ruiz", "capacity": "self"} | values)


class SealCast:
    """The certificate of the firm, and who looks at seals independently."""

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
        status = run_apart(validate_pdf_signature, signature, signer_validation_context=context)
        return status.intact and status.valid, status.coverage.name == "ENTIRE_FILE"
