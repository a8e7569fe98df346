"""A sheet is a list as CSV or XLSX, written row by row; no cell of it can start a formula."""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO

from openpyxl import Workbook

Cell = str | int | float | Decimal | datetime | None
Rows = AsyncIterator[Sequence[Sequence[Cell]]]
"""Batches of rows."""

SHEET_ROWS = 1_048_576
"""What a sheet of the format holds; more rows go on in the next sheet."""

_CHUNK = 64 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class Format(StrEnum):
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.JSON: "application/json",
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def text(cell: Cell) -> str | int | float | Decimal | None:
    """A cell as a sheet may hold it: instants as RFC 3339, text that a sheet takes as text.

    An apostrophe before what would start a formula is what spreadsheets themselves write.
    """
    if isinstance(cell, datetime):
        return cell.isoformat()
    if not isinstance(cell, str):
        return cell
    kept = "".join(c for c in cell if c >= " " or c in "\t\r\n")
    return f"'{kept}" if kept.startswith(_FORMULA) else kept


async def csv_sheet(header: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """UTF-8 with a byte order mark, without which Excel reads Chinese as something else."""
    yield "\ufeff".encode() + _lines([header])
    async for batch in rows:
        yield _lines(batch)


def _lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerows([text(cell) for cell in row] for row in rows)
    return written.getvalue().encode()


async def xlsx_sheet(header: Sequence[str], rows: Rows) -> AsyncIterator[bytes]:
    """A workbook, written to a temporary file first: the format has its index at the end."""
    book = Workbook(write_only=True)
    sheet, used = book.create_sheet(), SHEET_ROWS
    book.remove(sheet)
    async for batch in rows:
        for row in batch:
            if used == SHEET_ROWS:
                sheet, used = book.create_sheet(), 1
                sheet.append([text(name) for name in header])
            sheet.append([text(cell) for cell in row])
            used += 1
        await asyncio.sleep(0)
    if used == SHEET_ROWS and not book.worksheets:
        book.create_sheet().append([text(name) for name in header])
    with tempfile.TemporaryFile() as file:
        await asyncio.to_thread(_save, book, file)
        while chunk := file.read(_CHUNK):
            yield chunk


def _save(book: Workbook, file: IO[bytes]) -> None:
    book.save(file)
    file.seek(0)
