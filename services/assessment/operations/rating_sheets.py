"""Rating off line: a sheet goes out, and comes back through the same operation as any rating."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import filetype

from services.assessment import tables
from services.assessment.domain.faults import Fault
from services.assessment.domain.file_inspection import inspect
from services.assessment.domain.file_types import RefusedFileError
from services.assessment.operations.pinned import Pinned, pinned
from services.assessment.operations.rating import rate_cells, sheet
from services.assessment.queries import assessments as queries
from services.assessment.queries import ratings as rating_queries
from services.assessment.rendering.layout import Binding, Entry, Language
from services.assessment.rendering.rating_sheet import written
from services.assessment.rendering.sheet_reading import FaultySheetError, read
from services.assessment.schemas import ratings as schemas
from shared.http import etag
from shared.identity import Principal
from shared.problems import FieldError, at_pointer, invalid
from shared.store import Session


async def rating_sheet(session: Session, id_: str, by: Principal, language: Language) -> bytes:
    """The caller's own sheet as a workbook; a 403 problem if they do not rate here."""
    row = await queries.assessment(session, id_)
    own = await sheet(session, id_, by)
    used = await pinned(session, row)
    rated = await rating_queries.sheet(session, id_, by.subject)
    entries = {each.cell: _entry(each) for each in rated}
    binding = _binding(row, by, own.revision)
    return await asyncio.to_thread(written, binding, used.model, used.cells, entries, language)


async def upload_rating_sheet(
    session: Session,
    id_: str,
    content: bytes,
    name: str,
    by: Principal,
    at: datetime,
    if_match: str | None,
) -> schemas.Sheet:
    """Rate what the sheet says; a 422 problem names every faulty cell, and nothing is kept.

    Without If-Match the sheet is based on the revision that it was written at: 412 once the
    rater's ratings have changed since.
    """
    row = await queries.assessment(session, id_)
    own = await sheet(session, id_, by)
    used = await pinned(session, row)
    entries, revision = await asyncio.to_thread(
        _read, content, name, _binding(row, by, own.revision), used
    )
    known = {each.cell for each in own.ratings}
    change = schemas.SheetChange(ratings=_ratings(entries, known))
    return await rate_cells(session, id_, change, by, at, if_match or etag(revision))


def _read(
    content: bytes, name: str, binding: Binding, used: Pinned
) -> tuple[dict[str, Entry], int]:
    try:
        inspect(content, name, None, filetype.guess_mime)
        return read(content, binding, used.cells)
    except (RefusedFileError, FaultySheetError) as error:
        raise invalid(*map(_at, error.faults)) from error


def _ratings(entries: Mapping[str, Entry], known: set[str]) -> dict[str, schemas.CellRating | None]:
    """An empty row takes back what was rated, and says nothing where nothing was."""
    return {
        cell: _given(entry) for cell, entry in entries.items() if entry != Entry() or cell in known
    }


def _given(entry: Entry) -> schemas.CellRating | None:
    if entry == Entry():
        return None
    rating = {"na": entry.na} if entry.na is not None else entry.rating
    return schemas.CellRating.model_validate(
        {"rating": rating, "comment": entry.comment, "confidence": entry.confidence}
    )


def _entry(row: tables.Rating) -> Entry:
    return Entry(row.value, row.na_reason, row.comment, row.confidence)


def _binding(row: tables.Assessment, by: Principal, revision: int) -> Binding:
    return Binding(row.id, by.subject, row.model_hash, revision)


def _at(fault: Fault) -> FieldError:
    return at_pointer(fault.pointer, fault.code, fault.text.zh, fault.text.en)
