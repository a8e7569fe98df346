"""A file from anyone is inspected before it becomes evidence: nothing in it may run or hide."""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO

from . import office_files
from .file_types import (
    CSV,
    EXCEL,
    JPEG,
    PDF,
    PLAIN,
    PNG,
    POWERPOINT,
    WORD,
    FileType,
    declared_type,
    not_what_it_says,
    refused,
)

Guess = Callable[[bytes], str | None]
"""Says a media type by the content's first bytes; None where it knows none."""

_PROGRAMS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe")
_MARKUP = re.compile(rb"<\s*(script|\?php|!doctype|html|svg|iframe|%)", re.IGNORECASE)
_ACTIONS = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)"
    rb"(?![A-Za-z])"
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_MOST_UNFOLDED = 32 * 1024 * 1024
_CONTROLS = {*range(32), 127} - set(b"\t\n\r\f")


def inspect(content: bytes, name: str, declared: str | None, guess: Guess) -> FileType:
    """The type of the file, by name, declaration and content alike; raises RefusedFileError."""
    expected = declared_type(name, declared)
    if not content:
        raise refused("empty", "文件为空。", "The file is empty.")
    if content.startswith(_PROGRAMS):
        raise refused("executable", "不接受可执行文件。", "Programs are not accepted.")
    guessed = guess(content)
    if guessed != (None if expected in (PLAIN, CSV) else expected.media_type) and not (
        expected in _OFFICE_MAIN and guessed in (None, "application/zip", *_OFFICE_TYPES)
    ):
        raise not_what_it_says(expected)
    if expected in _OFFICE_MAIN:
        office_files.inspect(content, expected, _OFFICE_MAIN[expected])
    else:
        _INSPECTIONS[expected](content)
        _refuse_archive_behind(content)
    return expected


def _inspect_text(content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refused("not_utf8", "文本须为 UTF-8 编码。", "A text must be UTF-8.") from None
    if any(ord(character) in _CONTROLS for character in text):
        raise refused("control_characters", "文本含有控制字符。", "It has control characters.")
    if _MARKUP.search(content):
        raise _MARKUP_REFUSED


def _inspect_png(content: bytes) -> None:
    place = 8
    while place + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        place += 12 + length
        if kind == b"IEND":
            break
    else:
        raise not_what_it_says(PNG)
    if place != len(content):
        raise _HIDDEN
    _refuse_markup(content)


def _inspect_jpeg(content: bytes) -> None:
    if not content.endswith(b"\xff\xd9"):
        raise _HIDDEN
    _refuse_markup(content)


def _inspect_pdf(content: bytes) -> None:
    if not content.rstrip(b"\r\n\t \0").endswith(b"%%EOF"):
        raise _HIDDEN
    for part in (content, *_unfolded(content)):
        plain = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), part)
        if _ACTIONS.search(plain):
            raise refused(
                "active_content",
                "PDF 含有脚本、启动动作或嵌入文件。",
                "The PDF has scripts, launch actions or embedded files.",
            )


def _unfolded(content: bytes) -> Iterator[bytes]:
    """The streams of a PDF that unfold, at most 32 MiB in all: objects can hide in them."""
    left = _MOST_UNFOLDED
    for found in _STREAM.finditer(content):
        unfolding = zlib.decompressobj()
        try:
            part = unfolding.decompress(content[found.end() :][:_MOST_UNFOLDED], left + 1)
        except zlib.error:
            continue
        left -= len(part)
        if left < 0:
            raise office_files.BOMB
        yield part


def _refuse_markup(content: bytes) -> None:
    if re.search(rb"<(script|\?php|!doctype html|html[ >])", content, re.IGNORECASE):
        raise _MARKUP_REFUSED


def _refuse_archive_behind(content: bytes) -> None:
    if zipfile.is_zipfile(BytesIO(content)):
        raise _HIDDEN


_HIDDEN = refused(
    "hidden_content",
    "文件尾部附有其他内容，或文件不完整。",
    "Something else is attached behind the end, or the file is incomplete.",
)
_MARKUP_REFUSED = refused(
    "active_content", "含有脚本或标记语言。", "It has scripts or markup in it."
)
_OFFICE_MAIN: Mapping[FileType, str] = {
    WORD: "word/document.xml",
    EXCEL: "xl/workbook.xml",
    POWERPOINT: "ppt/presentation.xml",
}
_OFFICE_TYPES = tuple(each.media_type for each in _OFFICE_MAIN)
_INSPECTIONS: Mapping[FileType, Callable[[bytes], None]] = {
    PDF: _inspect_pdf,
    PNG: _inspect_png,
    JPEG: _inspect_jpeg,
    PLAIN: _inspect_text,
    CSV: _inspect_text,
}
