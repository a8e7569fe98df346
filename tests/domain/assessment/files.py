"""Files as people and as attackers make them."""

import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from openpyxl import Workbook

CONTENT_TYPES = b'<?xml version="1.0"?><Types/>'


def pdf(extra: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + extra + b" >>\nendobj\n"
        b"trailer << /Root 1 0 R >>\n%%EOF\n"
    )


def png(comment: bytes = b"a picture") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"tEXt", comment) + pixel + chunk(b"IEND", b"")


def jpeg(comment: bytes = b"a picture") -> bytes:
    told = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + told + b"\xff\xd9"
    )


def workbook() -> bytes:
    book, file = Workbook(), BytesIO()
    book.create_sheet("一").append(["满意度"])
    book.save(file)
    return file.getvalue()


def archive(parts: Mapping[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in parts.items():
            written.writestr(name, content)
    return file.getvalue()


def document(**parts: bytes) -> bytes:
    """A text document; `word__vbaProject` adds the part `word/vbaProject`."""
    told = {name.replace("__", "/").replace("_DOT_", "."): body for name, body in parts.items()}
    whole = {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b"<document/>"}
    return archive(whole | told)
