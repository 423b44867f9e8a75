import io
import zipfile
from unittest.mock import patch

from PIL import Image

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.crm_firm.tools.uploaded_file import DEFAULT_TYPES, clean_name, get_type, read_types

from .document_common import EXE, PDF, PNG, DocumentCase, make_office, make_zip


@tagged("post_install", "-at_install")
class TestDocumentFiles(DocumentCase):
    def test_new_upload_is_the_current_version_and_none_is_lost(self):
        document = self.ask()
        self.send(document, ("one.pdf", PDF))
        self.send(document, ("two.pdf", PDF + b"2"))
        document.invalidate_recordset()
        versions = document.version_ids
        self.assertEqual(versions.mapped("number"), [2, 1])
        self.assertEqual(document.current_version_ids.name, "two.pdf")
        first = versions[1].sudo()
        self.assertEqual(first.attachment_id.raw, PDF)
        self.assertEqual((first.size, len(first.checksum)), (len(PDF), 64))
        self.assertEqual(first.uploaded_by_id, self.clara)

    def test_several_files_make_one_version_and_pages_can_be_added(self):
        document = self.ask()
        self.send(document, ("p1.png", PNG), ("p2.pdf", PDF))
        self.assertEqual(len(document.current_version_ids), 2)
        self.send(document, ("p3.pdf", PDF + b"3"), more=True)
        self.assertEqual(len(document.current_version_ids), 3)
        self.assertEqual(document.version_number, 1)

    def test_same_file_is_told_and_not_kept_twice(self):
        document = self.ask()
        self.send(document, ("one.pdf", PDF))
        result = self.send(document, ("renamed.pdf", PDF))
        self.assertEqual(result, {"stored": [], "known": ["renamed.pdf"]})
        result = self.send(document, ("again.pdf", PDF), ("new.png", PNG), ("new too.png", PNG))
        self.assertEqual(result, {"stored": ["new.png"], "known": ["again.pdf", "new too.png"]})
        self.assertEqual(len(document.version_ids), 2)

    def test_one_bad_file_and_nothing_is_kept(self):
        document = self.ask()
        for bad in (("program.pdf", EXE), ("empty.pdf", b""), ("page.html", b"<html><script>1</script></html>")):
            with self.assertRaises(UserError):
                self.send(document, ("good.pdf", PDF), bad)
        with self.assertRaises(UserError):
            self.send(document)
        with self.assertRaises(UserError):
            self.send(document, *[(f"{number}.pdf", PDF + b"%d" % number) for number in range(21)])
        self.company.crm_firm_document_max_mb = 1
        with self.assertRaisesRegex(UserError, "too big"):
            self.send(document, ("big.pdf", PDF + b"\0" * 1024 * 1024))
        self.assertFalse(document.version_ids)
        self.assertEqual(document.state, "requested")

    def test_type_is_told_by_the_content(self):
        allowed = read_types(DEFAULT_TYPES)
        odt = make_zip(mimetype="application/vnd.oasis.opendocument.text", **{"content.xml": "<x/>"})
        for content, name, expected in (
            (PDF, "x.exe", "pdf"),
            (PNG, "x.pdf", "png"),
            (EXE, "invoice.pdf", None),
            (b"#!/bin/sh\nrm -rf /\n", "x.txt", None),
            (b"<?php echo 1; ?>", "x.txt", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "x.xml", None),
            (b"<?xml version='1.0'?><svg><script/></svg>", "x.xml", None),
            (b"<?xml version='1.0'?><Factura/>", "x.xml", "xml"),
            (b"Fecha;Importe\n1;2\n", "x.csv", "csv"),
            (b"Hola, gracias", "x.txt", "txt"),
            (make_office("word"), "x.docx", "docx"),
            (make_office("xl"), "x", "xlsx"),
            (make_office("ppt"), "x.docx", None),
            (make_office("word", word__vbaProject_bin="x").replace(b"vbaProject_bin", b"vbaProject.bin"), "x.docx", None),
            (odt, "x.odt", "odt"),
            (make_zip(**{"a.class": "x", "META-INF__MANIFEST.MF": "x"}), "x.docx", None),
            (make_zip(**{"a.exe": "x"}), "x.docx", None),
            (b"PK\x03\x04 broken", "x.docx", None),
            (b"\x7fELF" + b"\0" * 100, "x.pdf", None),
            (b"", "x.pdf", None),
        ):
            self.assertEqual(get_type(content, allowed, name), expected, name + repr(content[:20]))

    def test_an_archive_that_would_take_long_to_open_is_refused_without_opening_it(self):
        allowed = read_types(DEFAULT_TYPES)

        def make_archive(entries=(), repeat=0, content=b""):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("[Content_Types].xml", "<x/>")
                for name in [*entries, *(f"word/{number}" for number in range(repeat))]:
                    archive.writestr(name, content)
            return buffer.getvalue()

        self.assertEqual(get_type(make_archive(repeat=500), allowed, "x.docx"), "docx", "a report with many pictures")
        many = make_archive(repeat=30_000)
        self.assertIsNone(get_type(many, allowed, "x.docx"), "many entries")
        countless = make_archive(repeat=70_000)
        with patch.object(zipfile, "ZipFile", side_effect=AssertionError("the list of entries is read")):
            self.assertIsNone(get_type(many, allowed, "x.docx"))
            # The number at the end may be a lie.
            end = many.rindex(b"PK\x05\x06")
            self.assertIsNone(get_type(many[: end + 8] + b"\x02\0\x02\0" + many[end + 12 :], allowed, "x.docx"))
            self.assertIsNone(get_type(countless, allowed, "x.docx"), "more than the record can count")
        bomb = make_archive(["word/document.xml"], content=b"\0" * 150 * 1024**2)
        self.assertLess(len(bomb), 1024**2)
        self.assertIsNone(get_type(bomb, allowed, "x.docx"), "a small file that becomes a big one")

    def test_name_of_a_file_harms_nobody(self):
        for name, expected in (
            ("factura.pdf", "factura.pdf"),
            ("Año 2025 – factura nº 3 (ñ).PDF", "Año 2025 – factura nº 3 (ñ).PDF"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\docs\\a.pdf", "a.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
            ('a"b<c>:d|e?.pdf', "a_b_c__d_e_.pdf"),
            ("a\r\nSet-Cookie: x\0.pdf", "a Set-Cookie_ x.pdf"),
            ("", "document.pdf"),
            ("...", "document.pdf"),
            ("发票.pdf", "发票.pdf"),
            ("\ud800.pdf", "_.pdf"),
        ):
            self.assertEqual(clean_name(name, "pdf"), expected, repr(name))
        self.assertEqual(len(clean_name("é" * 400, "pdf")), 150)

    def test_types_of_the_setting_hold(self):
        document = self.ask()
        self.company.crm_firm_document_types = "PNG"
        with self.assertRaisesRegex(UserError, "png"):
            self.send(document, ("x.pdf", PDF))
        self.send(document, ("x.png", PNG))
        for wrong in ("exe", "pdf, sh", "", False):
            with self.assertRaises(ValidationError, msg=wrong):
                self.company.crm_firm_document_types = wrong

    def test_photo_keeps_its_bytes(self):

        photo = io.BytesIO()
        Image.new("RGB", (2600, 2600), "red").save(photo, "JPEG")
        document = self.ask()
        self.send(document, ("photo.jpg", photo.getvalue()))
        self.assertEqual(document.version_ids.sudo().attachment_id.raw, photo.getvalue())

    # === DECIDING === #
