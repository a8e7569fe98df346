"""A sheet that was rated off line is read back, or refused with every faulty cell."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from math import isfinite
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from services.assessment.domain.faults import Fault, Text
from services.assessment.domain.model import Scale

from .layout import (
    CONFIDENCE,
    FIRST_ROW,
    LETTERS,
    META,
    NOT_APPLICABLE,
    RATINGS,
    Binding,
    Entry,
)

_LONGEST = {"reason": 2_000, "comment": 4_000}
_MOST_ROWS = 20_000
_MOST_OF_ROW = 32 * 1024
_NA = {text.casefold() for text in NOT_APPLICABLE.values()}
_CONFIDENCE = {said: code for names in CONFIDENCE.values() for code, said in names.items()}


class FaultySheetError(Exception):
    """A sheet with every fault that was found; pointers name the cells of its first sheet."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer}: {fault.text.en}" for fault in faults))


def read(
    content: bytes, expected: Binding, cells: Mapping[str, Scale]
) -> tuple[dict[str, Entry], int]:
    """What the sheet says of every cell, and the revision that it was written at.

    Raises FaultySheetError; `expected.revision` is not compared.
    """
    book = _opened(content, 2**20 + len(cells) * _MOST_OF_ROW)
    revision = _demand_bound(book, expected)
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    for row, told in enumerate(_rows(book[RATINGS]), start=FIRST_ROW):
        values = dict(zip(LETTERS, told, strict=False))
        if all(value is None for value in values.values()):
            continue
        id_ = values.get("item")
        if not isinstance(id_, str) or id_ not in cells or id_ in entries:
            faults.append(_fault("item", row, "not_a_cell", _NOT_A_CELL))
            continue
        found = list(_faults(row, values, cells[id_]))
        faults += found
        entries[id_] = Entry() if found else _entry(values)
    if missing := [id_ for id_ in cells if id_ not in entries]:
        listed = ", ".join(missing[:20])
        text = Text(f"缺少以下条目的行：{listed}。", f"Rows are missing: {listed}.")
        faults.append(Fault("/cells", "rows_missing", text))
    if faults:
        raise FaultySheetError(faults)
    return entries, revision


def _rows(sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
    # One cell at the far end of a sheet makes a row of every number before it.
    if sheet.max_row > _MOST_ROWS:
        raise FaultySheetError([Fault("/cells", "too_many_rows", _TOO_MANY_ROWS)])
    yield from sheet.iter_rows(min_row=FIRST_ROW, max_col=len(LETTERS), values_only=True)


def _opened(content: bytes, most: int) -> Workbook:
    """The workbook, none of whose sheets unfolds to more than `most` bytes: reading takes time."""
    try:
        parts = ZipFile(BytesIO(content)).infolist()
        sheets = [part.file_size for part in parts if part.filename.startswith("xl/worksheets/")]
        book = None if max(sheets, default=0) > most else load_workbook(BytesIO(content))
    # A workbook from anyone breaks its reader in more ways than the reader names.
    except Exception as error:
        raise FaultySheetError([Fault("/file", "unreadable", _UNREADABLE)]) from error
    if book is None:
        raise FaultySheetError([Fault("/file", "too_large", _TOO_LARGE)])
    if RATINGS not in book.sheetnames or META not in book.sheetnames:
        raise FaultySheetError([Fault("/file", "not_a_rating_sheet", _NO_SHEET)])
    return book


def _demand_bound(book: Workbook, expected: Binding) -> int:
    told = [book[META].cell(row, 1).value for row in range(1, 5)]
    wanted = (expected.assessment, expected.rater, expected.model)
    codes = ("other_assessment", "other_rater", "other_model_version")
    faults = [
        Fault("/file", code, _OTHER[code])
        for code, said, known in zip(codes, told, wanted, strict=False)
        if said != known
    ]
    if not isinstance(told[3], int):
        faults.append(Fault("/file", "not_a_rating_sheet", _NO_SHEET))
    if faults:
        raise FaultySheetError(faults)
    return int(str(told[3]))


def _faults(row: int, values: Mapping[str, Any], scale: Scale) -> Iterator[Fault]:
    for name in ("rating", "reason", "comment", "confidence"):
        value = values.get(name)
        if isinstance(value, str) and value.startswith("=") and name != "comment":
            yield _fault(name, row, "formula", _FORMULA)
    for name, longest in _LONGEST.items():
        if len(_text(values.get(name))) > longest:
            text = Text(f"不得超过 {longest} 个字符。", f"At most {longest} characters.")
            yield _fault(name, row, "too_long", text)
    rating = values.get("rating")
    if _is_na(rating):
        if not _text(values.get("reason")):
            yield _fault("reason", row, "reason_missing", _REASON)
    elif rating is not None and _level(rating) not in scale.values:
        listed = ", ".join(map(str, list(scale.values)[:21]))
        text = Text(f"不在量表之内；可用 {listed}。", f"Not on the scale: use {listed}.")
        yield _fault("rating", row, "outside_scale", text)
    if rating is None and any(_text(values.get(n)) for n in ("reason", "comment", "confidence")):
        yield _fault("rating", row, "rating_missing", _UNRATED)
    confidence = _text(values.get("confidence"))
    if confidence and confidence not in _CONFIDENCE:
        yield _fault("confidence", row, "unknown_confidence", _NO_CONFIDENCE)


def _entry(values: Mapping[str, Any]) -> Entry:
    rating = values.get("rating")
    if rating is None:
        return Entry()
    comment = _text(values.get("comment")) or None
    confidence = _CONFIDENCE.get(_text(values.get("confidence")))
    if _is_na(rating):
        return Entry(None, _text(values.get("reason")), comment, confidence)
    return Entry(_level(rating), None, comment, confidence)


def _level(value: object) -> int | None:
    """Spreadsheets keep whole numbers as fractions, and some as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:9])
    if isinstance(value, int | float) and isfinite(value) and value == int(value):
        return int(value)
    return None


def _is_na(value: object) -> bool:
    return isinstance(value, str) and value.strip().casefold() in _NA


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _fault(column: str, row: int, code: str, text: Text) -> Fault:
    return Fault(f"/cells/{LETTERS[column]}{row}", code, text)


_UNREADABLE = Text("不是可读取的 XLSX 文件。", "Not an XLSX file that can be read.")
_TOO_LARGE = Text("工作表过大。", "A sheet of it is too large.")
_TOO_MANY_ROWS = Text(f"多于 {_MOST_ROWS} 行。", f"More than {_MOST_ROWS} rows.")
_NO_SHEET = Text("不是本系统给出的评分表。", "Not a rating sheet of this platform.")
_NOT_A_CELL = Text(
    "此评估中没有这个条目，或该条目重复。", "Nothing of this name is rated here, or it is repeated."
)
_FORMULA = Text("不接受公式。", "Formulas are not accepted.")
_REASON = Text("“不适用”必须说明原因。", "Not applicable needs a reason.")
_UNRATED = Text("填写了其他内容却没有评级。", "Something is said here without a rating.")
_NO_CONFIDENCE = Text("须为 低、中、高。", "Must be low, medium or high.")
_OTHER = {
    "other_assessment": Text("属于另一评估。", "It belongs to another assessment."),
    "other_rater": Text("属于另一评分人。", "It belongs to another rater."),
    "other_model_version": Text("基于另一模型版本。", "It was made for another model version."),
}
