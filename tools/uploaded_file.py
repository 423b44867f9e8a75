"""What a file is, by its content, and a name for it that harms nobody."""

import hashlib
import io
import mimetypes
import re
import struct
import unicodedata
import zipfile

from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

MAX_NAME = 150  # characters; file systems take 255 bytes, a character may be four of them

MOST_FILES = 20  # of one upload
MOST_FILES_OF_CASE = 1000

# Extension, as in the settings -> MIME types of its content. The first is what the file is served as.
TYPES = {
    "pdf": ("application/pdf",),
    "jpg": ("image/jpeg",),
    "png": ("image/png",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "heic": ("image/heic", "image/heif"),
    "tif": ("image/tiff",),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation",),
    "odt": ("application/vnd.oasis.opendocument.text",),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet",),
    "odp": ("application/vnd.oasis.opendocument.presentation",),
    "doc": ("application/msword",),
    "xls": ("application/vnd.ms-excel",),
    "rtf": ("text/rtf", "application/rtf"),
    "csv": ("text/csv", "application/csv", "text/plain"),
    "txt": ("text/plain",),
    "xml": ("text/xml", "application/xml"),
    "eml": ("message/rfc822",),
    "zip": ("application/zip",),
}
# What a scanner or a telephone makes of a sheet of paper
SCANS = ("pdf", "jpg", "png", "tif", "heic", "webp")
# Other names of the same type
SYNONYMS = {"jpeg": "jpg", "jfif": "jpg", "tiff": "tif", "heif": "heic", "text": "txt", "log": "txt", "xsig": "xml"}
DEFAULT_TYPES = "pdf, jpg, png, webp, heic, tif, docx, xlsx, odt, ods, doc, xls, csv, txt, xml"
# What a browser may show itself; the rest is downloaded.
SHOWN_INLINE = ("application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp")

_OFFICE_FOLDERS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_ZIP_SIGNATURE = b"PK\x03\x04"
_ZIP_END = b"PK\x05\x06"
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP_END_SIZE, _ZIP_COMMENT = 22, 0xFFFF  # bytes of the record at the end, most of the comment behind it
# An office document has some dozens of entries, one with a thousand pictures some thousands.
MAX_ENTRIES = 10_000
# Text in XML shrinks to a twentieth; what grows a hundredfold when it is opened is there to fill a disk.
MAX_RATIO, MAX_UNPACKED = 100, 1024**3
MAX_DIRECTORY = 1024**2  # bytes of the list of entries: some 22,000 of the shortest


def read_types(text):
    """Return the extensions named in a text such as “pdf, .JPG png”: list without repetitions, in their order."""
    names = re.findall(r"\w+", (text or "").lower())
    return list(dict.fromkeys(SYNONYMS.get(name, name) for name in names))


def get_type(content, allowed, name=""):
    """Return the extension, one of the allowed, of what the content is; None when it is none of them.

    :param bytes content: the whole file
    :param allowed: extensions of `TYPES`
    :param str name: only decides between types that look the same inside (a table and a text)
    """
    if not content:
        return None
    if content.startswith(_ZIP_SIGNATURE):
        found = [_get_zip_type(content)]
    else:
        # Of two or three letters nothing can be guessed.
        mimetype = "text/plain" if len(content) < 4 and _is_text(content) else guess_mimetype(content)
        found = [extension for extension, types in TYPES.items() if mimetype in types]
        if b"<svg" in content[:2048].lower() and "xml" in found:
            return None  # a picture that may hold scripts
        if {"txt", "csv", "xml"} & set(found) and not _is_text(content):
            return None
    found = [extension for extension in found if extension in allowed]
    named = get_extension(name)
    return named if named in found else next(iter(reversed(found)), None)


def get_media_type(content, name):
    """Return the extension of a sound or a film, such as a recorded call, as its name has it; None when it is neither."""
    kinds = (guess_mimetype(content), mimetypes.guess_type(f"x.{get_extension(name)}")[0] or "")
    return get_extension(name) if all(kind.startswith(("audio/", "video/")) for kind in kinds) else None


def _is_text(content):
    """Tell whether the content is text from its first to its last byte; guesses are made by the beginning only."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):  # as Excel saves "Unicode text"
        return True
    return not any(byte < 32 and byte not in (9, 10, 12, 13) for byte in set(content))


def _get_zip_type(content):
    """Return what a zip file is: an office document, or just a zip. None: it holds programs, or cannot be read.

    Nothing is unpacked, and the list of entries is not read before it is known to be short.
    """
    try:
        if not _is_zip_short(content):
            return None
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            unpacked = sum(info.file_size for info in archive.infolist())
            if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(content), 1024**2):
                return None
            if any(name.lower().endswith(("vbaproject.bin", ".class", "androidmanifest.xml")) for name in names):
                return None  # macros, a Java program, an app
            if "[Content_Types].xml" in names:
                return next((kind for folder, kind in _OFFICE_FOLDERS.items() if any(n.startswith(folder) for n in names)), None)
            if "mimetype" in names:
                info = archive.getinfo("mimetype")
                mimetype = archive.read(info).decode("ascii") if info.file_size < 256 else ""
                if any(name.startswith("Basic/") for name in names):
                    return None  # macros
                return next((kind for kind, types in TYPES.items() if mimetype in types), None)
    except (zipfile.BadZipFile, ValueError, KeyError, NotImplementedError, RuntimeError, OSError, EOFError):
        return None
    return "zip"


def _is_zip_short(content):
    """Tell by the record at its end whether a zip has no more entries than a document has.

    The number that stands there may be a lie, so the size of the list counts, too: Python reads as much of it as there is.
    """
    start = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_END_SIZE - _ZIP_COMMENT))
    if start < 0 or start + _ZIP_END_SIZE > len(content):
        return False
    entries, directory_size = struct.unpack("<HI", content[start + 10 : start + 16])
    # More than 65,534 entries, or 4 GB, need the bigger record before this one: no document has it.
    has_bigger_record = _ZIP64_LOCATOR in content[max(0, start - 20) : start]
    return not has_bigger_record and entries <= MAX_ENTRIES and directory_size <= MAX_DIRECTORY


def get_extension(name):
    """Return the extension of a file name in lower case, one name for each type; empty when it has none."""
    _stem, dot, extension = (name or "").rpartition(".")
    extension = extension.strip().lower()
    return SYNONYMS.get(extension, extension) if dot else ""


def clean_name(name, extension):
    """Return the name of a file as it is kept: one line without tricks, with the extension of what it is.

    Letters of any script stay. What hides the true ending (control and direction characters), folders and reserved
    characters go.

    :param str name: as sent
    :param str extension: of its type
    """
    name = unicodedata.normalize("NFC", (name or "").encode("utf-8", "replace").decode()).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in name)
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn"))
    name = re.sub(r'[<>:"|?*]', "_", name)
    name = " ".join(name.split()).strip(". ")
    if get_extension(name) != extension:
        name = f"{name or 'document'}.{extension}"
    stem, _dot, ending = name.rpartition(".")
    return f"{stem.strip()[: MAX_NAME - len(ending) - 1] or 'document'}.{ending}"


def get_checksum(content):
    """Return the SHA-256 of the content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def check_scan(env, company_sudo, content):
    """Check the scan of a paper that a colleague keeps as evidence: a picture or PDF file, no bigger than what clients send.

    :param company_sudo: whose settings hold
    :param bytes content: the whole file
    :raise UserError: it is something else, or too big
    """
    limit = company_sudo.crm_firm_document_max_mb
    if len(content) > limit * 1024 * 1024:
        raise UserError(env._("The scan is too big: the limit is %s MB.", limit))
    if not get_type(content, SCANS):
        raise UserError(env._("The scan is neither a picture nor a PDF file (%s), whatever its name says.", ", ".join(SCANS)))


def check_files(env, company_sudo, files, kept=0, of_staff=False):
    """Check files that somebody sent: how many, how big, what they are inside.

    :param company_sudo: whose settings hold
    :param files: list of `(name, content)`, content bytes
    :param int kept: how many files the case has already
    :param bool of_staff: colleagues send every type that is known, of the size and number that Odoo takes
    :return: list of `(clean name, content, type)`
    :raise UserError: one sentence for each fault
    """
    if not files:
        raise UserError(env._("Choose a file first."))
    if len(files) > MOST_FILES and not of_staff:
        raise UserError(env._("Send at most %s files at a time.", MOST_FILES))
    if kept + len(files) > MOST_FILES_OF_CASE:
        raise UserError(env._("This case already has too many files. Please write to us."))
    allowed = list(TYPES) if of_staff else company_sudo._get_crm_firm_document_types()
    limit = company_sudo.crm_firm_document_max_mb
    checked, faults = [], []
    for name, content in files:
        shown = clean_name(name, "x")[:-2] or name
        if not content:
            faults.append(env._("“%s” is empty. Perhaps it was not copied completely: please choose it again.", shown))
        elif not of_staff and len(content) > limit * 1024 * 1024:
            faults.append(env._("“%(name)s” is too big: the limit is %(limit)s MB.", name=shown, limit=limit))
        else:
            extension = get_type(content, allowed, name) or (of_staff and get_media_type(content, name))
            if extension:
                checked.append((clean_name(name, extension), content, extension))
            else:
                faults.append(
                    env._(
                        "“%(name)s” is not an accepted file type (%(types)s), whatever its name says.",
                        name=shown,
                        types=", ".join(allowed),
                    )
                )
    if faults:
        raise UserError("\n".join(faults))
    return checked
