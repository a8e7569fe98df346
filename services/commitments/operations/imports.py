"""A history is imported row by row while it arrives; its rows then take the path of webhooks."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.commitments import tables
from services.commitments.domain.tabular import (
    Fault,
    Format,
    Row,
    UnreadableFileError,
    encoding_of,
    rows,
)
from services.commitments.operations.admission import HEADERS
from services.commitments.operations.arriving import Arriving
from services.commitments.operations.turns import take_turns
from services.commitments.providers import PROVIDERS, Provider, delivery_key
from services.commitments.providers.mapping import EventMapping
from services.commitments.providers.paths import members
from services.commitments.queries import deliveries as delivery_queries
from services.commitments.queries import imports as queries
from services.commitments.schemas import imports as schemas
from shared.ids import new_id
from shared.problems import UNSUPPORTED_MEDIA_TYPE, FieldError, Problem, Text, invalid
from shared.store import Session

BATCH = 2_000
MAX_FAULTS = 100
"""As many are told of a file's columns, and of the rows that could not be read."""
_HEAD = 1024 * 1024
"""How much of a file is looked at to find its encoding."""
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11")
"""How archives and binary workbooks begin: none is unpacked here."""

_SAID: dict[str, Text] = {
    "undecodable": {
        "zh": "文件不是该编码的文本（编码，行）：{place}；可用 encoding 指明编码。",
        "en": "The file is no text in this encoding (from this line on): {place}. "
        "`encoding` names another.",
    },
    "no_header": {"zh": "第一行须是列名。", "en": "The first line has the names of the columns."},
    "faulty_column": {
        "zh": "列名为空或重复：{place}。",
        "en": "A column has no name or the name of another: {place}.",
    },
    "missing_column": {
        "zh": "缺少映射所需的列：{place}。",
        "en": "A column that the mapping needs is missing: {place}.",
    },
    "long_line": {"zh": "第 {place} 行过长。", "en": "Line {place} is too long."},
    "too_many_columns": {
        "zh": "不得超过 {place} 列。",
        "en": "There are more than {place} columns.",
    },
    "too_many_rows": {"zh": "不得超过 {place} 行。", "en": "There are more than {place} rows."},
    "malformed_csv": {"zh": "第 {place} 行无法解析。", "en": "Line {place} cannot be read."},
    "no_rows": {"zh": "文件没有任何数据行。", "en": "The file has no rows."},
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that arrives piece by piece, with what was told of it."""

    pieces: AsyncIterator[bytes]
    format: Format
    encoding: str | None = None


async def import_history(
    session: Session, integration_id: str, upload: Upload, by: str, at: datetime
) -> schemas.HistoryImport:
    """Keep every row of the file, or none: raises a problem when it is no such file.

    What arrives is read in a thread, and is never held as a whole.
    """
    integration = await delivery_queries.integration(session, integration_id)
    # Two that hold the same rows in different orders would wait for each other for ever.
    await take_turns(session, f"import {integration.id}")
    record = _record(session, integration, upload, by, at)
    reading = _Reading(integration, upload, Arriving(upload.pieces))
    try:
        record.encoding = await asyncio.to_thread(reading.begin)
        while batch := await asyncio.to_thread(reading.batch):
            fresh = await queries.stage(session, record, batch)
            record.rows += len(batch)
            record.duplicates += len(batch) - fresh
    except UnreadableFileError as error:
        raise _unreadable(*error.faults) from error
    if not record.rows:
        raise _unreadable(Fault("no_rows"))
    record.bytes = reading.size
    session.add(record)
    await session.flush()
    return (await shown(session, [record]))[0]


def not_tabular() -> Problem:
    """415: neither CSV nor NDJSON."""
    zh = "须为 CSV 或 NDJSON 文本；不接受压缩包和二进制表格。"
    en = "Must be CSV or NDJSON as text; archives and binary workbooks are not unpacked."
    error = FieldError(code="not_tabular", detail={"zh": zh, "en": en}, header="Content-Type")
    return Problem(UNSUPPORTED_MEDIA_TYPE, errors=[error])


class _Reading:
    """Reads a file on its way in; its methods wait for what has not come, and are for a thread."""

    def __init__(self, integration: tables.Integration, upload: Upload, arriving: Arriving) -> None:
        self._provider: Provider = PROVIDERS[integration.provider]
        self._mapping = EventMapping.model_validate(integration.mapping)
        self._upload = upload
        self._arriving = arriving
        self._rows: Iterator[Row] = iter(())

    @property
    def size(self) -> int:
        return self._arriving.size

    def begin(self) -> str:
        """Look at the beginning of the file; its encoding."""
        head = self._arriving.begin(_HEAD)
        if head.startswith(_PACKED):
            raise not_tabular()
        encoding = encoding_of(head, self._upload.encoding)
        file: io.BufferedReader = io.BufferedReader(self._arriving)
        self._rows = rows(file, self._upload.format, encoding, _needed(self._mapping))
        return encoding

    def batch(self) -> list[tuple[int, str, bytes]]:
        """Number, key and body of the next rows; none at the end."""
        return [
            (row.number, delivery_key(self._provider, HEADERS, row.body), row.body)
            for row in islice(self._rows, BATCH)
        ]


def _needed(mapping: EventMapping) -> list[list[frozenset[str]]]:
    """Which columns give case, time and state: one of the sets of each."""
    sources = (mapping.case_key, mapping.at, mapping.state)
    paths = ([source] if isinstance(source, str) else source for source in sources)
    return [[members(path) for path in each] for each in paths]


async def one_import(session: Session, import_id: str) -> schemas.HistoryImport:
    """An import with the faults of its first rows that could not be read."""
    (found,) = await shown(session, [await queries.one(session, import_id)])
    unread = await queries.quarantined(session, import_id, MAX_FAULTS)
    faults = [
        schemas.RowFault(row=row.import_row, **fault) for row in unread for fault in row.faults
    ]
    return found.model_copy(update={"faults": faults[:MAX_FAULTS]})


async def shown(
    session: Session, records: Sequence[tables.HistoryImport]
) -> list[schemas.HistoryImport]:
    """Imports with what has become of their rows so far."""
    counts = await queries.counts(session, [record.id for record in records])
    return [_shown(record, counts[record.id]) for record in records]


def _shown(record: tables.HistoryImport, found: Mapping[str, int]) -> schemas.HistoryImport:
    names = ("pending", "processed", "ignored", "quarantined")
    counts = {name: found.get(name, 0) for name in names}
    unread = counts["pending"]
    return schemas.HistoryImport.model_validate(
        {
            **record.model_dump(exclude={"tenant"}),
            "status": "processing" if unread else "finished",
            "counts": counts,
            "progress": (record.rows - unread) / record.rows,
        }
    )


def _record(
    session: Session, integration: tables.Integration, upload: Upload, by: str, at: datetime
) -> tables.HistoryImport:
    return tables.HistoryImport(
        id=new_id("imp"),
        tenant=session.info["tenant"],
        integration_id=integration.id,
        format=upload.format,
        encoding="",
        bytes=0,
        rows=0,
        duplicates=0,
        imported_by=by,
        created_at=at,
    )


def _unreadable(*faults: Fault) -> Problem:
    return invalid(*(_told(fault) for fault in faults[:MAX_FAULTS]))


def _told(fault: Fault) -> FieldError:
    said = _SAID[fault.code]
    place = fault.place.encode("utf-8", "replace").decode()
    detail: Text = {"zh": said["zh"].format(place=place), "en": said["en"].format(place=place)}
    return FieldError(code=fault.code, detail=detail, pointer="#")
