"""PDFs sealed as PAdES by pyHanko, which is optional. No records in here."""

import importlib.util
import io


def is_available():
    return importlib.util.find_spec("pyhanko") is not None


def seal(pdf, certificate, password, field_name):
    """Return the PDF with a signature (PAdES, baseline B) after which nothing may be changed.

    :param bytes pdf:
    :param bytes certificate: PKCS #12 with its key
    :param bytes password: of the certificate; None: it has none
    :param str field_name: of the signature
    """
    # Optional, and large: only the job that seals wants it.
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign import signers  # noqa: PLC0415
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter  # noqa: PLC0415

    signer = signers.SimpleSigner.load_pkcs12_data(certificate, other_certs=[], passphrase=password)
    metadata = signers.PdfSignatureMetadata(
        field_name=field_name,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    return signers.sign_pdf(writer, metadata, signer=signer).getvalue()
