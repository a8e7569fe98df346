"""What is evidence and what is refused, with which code."""

import zlib

import filetype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.domain.file_inspection import inspect
from services.assessment.domain.file_types import RefusedFileError
from tests.domain.assessment.files import archive, document, jpeg, pdf, png, workbook


def guess(content: bytes) -> str | None:
    found: str | None = filetype.guess_mime(content)
    return found


def refusal(name: str, content: bytes, declared: str | None = None) -> str | None:
    try:
        inspect(content, name, declared, guess)
    except RefusedFileError as error:
        return error.faults[0].code
    return None


@pytest.mark.parametrize(
    ("name", "content", "declared"),
    [
        ("report.pdf", pdf(), "application/pdf"),
        ("photo.PNG", png(), "image/png"),
        ("photo.jpg", jpeg(), "image/jpg"),
        ("numbers.xlsx", workbook(), None),
        ("minutes.docx", document(), "application/octet-stream"),
        ("notes.txt", "满意度 86.05".encode(), "text/plain; charset=utf-8"),
        ("data.csv", b"\xef\xbb\xbfyear,index\r\n2006,86.05\r\n", "application/vnd.ms-excel"),
    ],
)
def test_what_people_keep_as_evidence_is_accepted(
    name: str, content: bytes, declared: str | None
) -> None:
    assert refusal(name, content, declared) is None


BOMB = document(word__media__a_DOT_xml=b"\0" * 20_000_000)
HIDDEN_SCRIPT = b"/Length 9 >>\nstream\n" + zlib.compress(b"<< /S /JavaScript >>") + b"\nendstream"


@pytest.mark.parametrize(
    ("code", "name", "content", "declared"),
    [
        ("type_not_allowed", "run.exe", b"MZ\x90\0", None),
        ("type_not_allowed", "picture.svg", b"<svg/>", "image/svg+xml"),
        ("type_not_allowed", "page.html", b"<html></html>", "text/html"),
        ("type_not_allowed", "macros.xlsm", workbook(), None),
        ("type_not_allowed", "no extension", b"text", None),
        ("type_mismatch", "report.pdf", pdf(), "image/png"),
        ("content_mismatch", "report.pdf", png(), None),
        ("content_mismatch", "report.txt", pdf(), None),
        ("content_mismatch", "numbers.xlsx", document(), None),
        ("content_mismatch", "numbers.docx", archive({"a.txt": b"a"}), None),
        ("content_mismatch", "photo.png", b"no picture", None),
        ("empty", "notes.txt", b"", None),
        ("executable", "report.pdf", b"MZ" + pdf(), None),
        ("executable", "notes.txt", b"#!/bin/sh\nrm -rf /", None),
        ("executable", "notes.txt", b"\x7fELF\x02", None),
        ("active_content", "notes.txt", b"hello <script>alert(1)</script>", None),
        ("active_content", "notes.txt", b"<SVG onload=alert(1)>", None),
        ("active_content", "photo.png", png(b"<script>alert(1)</script>"), None),
        ("active_content", "photo.jpg", jpeg(b"<?php system($_GET[0]); ?>"), None),
        ("active_content", "report.pdf", pdf(b"/OpenAction << /S /JavaScript /JS (x) >>"), None),
        ("active_content", "report.pdf", pdf(b"/S /J#61vaScript"), None),
        ("active_content", "report.pdf", pdf(HIDDEN_SCRIPT), None),
        ("active_content", "report.pdf", pdf(b"/Names << /EmbeddedFiles 2 0 R >>"), None),
        ("hidden_content", "photo.png", png() + archive({"a": b"a"}), None),
        ("hidden_content", "photo.jpg", jpeg() + b"MZ", None),
        ("hidden_content", "report.pdf", pdf() + archive({"a": b"a"}), None),
        ("hidden_content", "minutes.docx", document() + b"more", None),
        ("not_utf8", "notes.txt", "满意度".encode("gb18030"), None),
        ("control_characters", "notes.txt", b"a\0b", None),
        ("unfolds_too_far", "minutes.docx", BOMB, None),
        ("unfolds_too_far", "minutes.docx", document(**{f"a{n}": b"" for n in range(2001)}), None),
        ("active_content", "minutes.docx", document(word__vbaProject_DOT_bin=b"x"), None),
        ("active_content", "minutes.docx", document(word__embeddings__a_DOT_xml=b"x"), None),
        ("active_content", "minutes.docx", document(word__media__a_DOT_png=b"MZ\x90"), None),
        ("active_content", "minutes.docx", document(a_DOT_xml=b"<a x='macroEnabled'/>"), None),
        ("unreadable", "minutes.docx", document(a_DOT_xml=b"<!DOCTYPE a [<!ENTITY b 'c'>]>"), None),
        ("unreadable", "minutes.docx", archive({"../../etc/passwd": b"x"}), None),
    ],
)
def test_what_could_run_or_hide_is_refused_with_its_reason(
    code: str, name: str, content: bytes, declared: str | None
) -> None:
    assert refusal(name, content, declared) == code


def test_an_archive_that_lies_about_its_size_is_refused() -> None:
    honest = document(a_DOT_xml=b"<a>" + b"x" * 1_000 + b"</a>")
    directory = honest.index(b"PK\x01\x02", honest.index(b"a.xml"))
    entry = honest.index(b"a.xml", directory) - 46
    lying = honest[: entry + 24] + (10).to_bytes(4, "little") + honest[entry + 28 :]

    assert refusal("minutes.docx", lying) == "unreadable"


def test_an_archive_that_is_attached_in_front_is_refused() -> None:
    assert refusal("minutes.docx", b"PK\x03\x04" + document()) is not None


@given(st.binary(max_size=300), st.sampled_from(["pdf", "png", "jpg", "docx", "xlsx", "txt"]))
def test_any_bytes_are_accepted_or_refused_and_never_break_the_inspection(
    content: bytes, extension: str
) -> None:
    refusal(f"evidence.{extension}", content)


@given(st.data())
def test_a_spoilt_document_never_breaks_the_inspection(data: st.DataObject) -> None:
    content = bytearray(document(word__styles_DOT_xml=b"<styles/>" * 20))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    refusal("minutes.docx", bytes(content))
