"""An office document is an archive of XML parts: bounded, honest, without macros or embeddings."""

import lzma
import re
import struct
import zipfile
import zlib
from io import BytesIO

from .file_types import FileType, not_what_it_says, refused

_MOST_PARTS = 2_000
_MOST_UNFOLDED = 64 * 1024 * 1024
_MOST_RATIO = 200
_CHUNK = 64 * 1024
_FORBIDDEN_NAMES = re.compile(
    r"vbaProject|vbaData|/activeX/|/embeddings/|\.(bin|exe|dll|com|bat|cmd|js|vbs|ps1|jar|html?|"
    r"svg|docm|xlsm|pptm)$",
    re.IGNORECASE,
)
# The settings of printers are the one binary part that every office program writes.
_HARMLESS = re.compile(r"^\w+/printerSettings/printerSettings\d*\.bin$")
_FORBIDDEN_STARTS = (b"MZ", b"\x7fELF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ACTIVE = re.compile(rb"macroEnabled|<\s*ddeLink|attachedTemplate[^>]*External", re.IGNORECASE)
_DDE_FIELD = re.compile(rb"instrText[^>]*>\s*(DDE|DDEAUTO)\b", re.IGNORECASE)

# What the archive reader raises for one spoilt part or another.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    lzma.LZMAError,
)

BOMB = refused(
    "unfolds_too_far",
    "解压后过大或压缩比过高。",
    "It unfolds to too much, or by too much.",
)
_MACROS = refused(
    "active_content",
    "含有宏、控件、外部模板或嵌入文件。",
    "It has macros, controls, outside templates or embedded files.",
)
_BROKEN = refused("unreadable", "文件已损坏。", "The file is broken.")


def inspect(content: bytes, declared: FileType, main_part: str) -> None:
    """Raises RefusedFileError unless the content is such a document and no more than that."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _inspect_directory(archive, content)
            names = set(archive.namelist())
            if not {"[Content_Types].xml", main_part} <= names:
                raise not_what_it_says(declared)
            _inspect_parts(archive)
    except _UNREADABLE as error:
        raise _BROKEN from error


def _inspect_directory(archive: zipfile.ZipFile, content: bytes) -> None:
    parts = archive.infolist()
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNFOLDED:
        raise BOMB
    # Overlapping parts are how a bomb says more than its own size.
    packed = sum(part.compress_size for part in parts)
    if packed > len(content):
        raise BOMB
    if len({part.filename for part in parts}) != len(parts):
        raise _BROKEN
    starts_first = content.startswith(b"PK\x03\x04") and min(p.header_offset for p in parts) == 0
    if not starts_first or not _ends_with_directory(content, archive):
        raise refused(
            "hidden_content", "文件前后附有其他内容。", "Something else is attached to the file."
        )
    for part in parts:
        if _leaves_folder(part.filename) or part.flag_bits & 1:
            raise _BROKEN
        if _FORBIDDEN_NAMES.search(part.filename) and not _HARMLESS.match(part.filename):
            raise _MACROS


def _inspect_parts(archive: zipfile.ZipFile) -> None:
    left = _MOST_UNFOLDED
    for part in archive.infolist():
        unfolded = bytearray()
        with archive.open(part) as opened:
            while chunk := opened.read(_CHUNK):
                unfolded += chunk
                left -= len(chunk)
                if left < 0 or len(unfolded) > _CHUNK + _MOST_RATIO * part.compress_size:
                    raise BOMB
        _inspect_part(part.filename, bytes(unfolded))


def _inspect_part(name: str, content: bytes) -> None:
    if content.startswith(_FORBIDDEN_STARTS):
        raise _MACROS
    if name.lower().endswith((".xml", ".rels", ".vml")):
        if _ENTITIES.search(content):
            raise _BROKEN
        if _ACTIVE.search(content) or _DDE_FIELD.search(content):
            raise _MACROS


def _ends_with_directory(content: bytes, archive: zipfile.ZipFile) -> bool:
    end = content.rfind(b"PK\x05\x06")
    return end >= 0 and end + 22 + len(archive.comment) == len(content)


def _leaves_folder(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.split("/") or ":" in name
