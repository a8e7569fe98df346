"""A history is imported through the door that webhooks take: each row is a delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.commitments import tables
from services.commitments.domain.tabular import (
    Format,
    Row,
    UnreadableFileError,
    encoding_of,
    rows,
)
from services.commitments.operations.deliveries import NewDelivery, store_deliveries
from services.commitments.providers import PROVIDERS, Provider, delivery_key
from services.commitments.queries import deliveries as delivery_queries
from services.commitments.queries import imports as queries
from services.commitments.schemas import imports as schemas
from shared.ids import new_id
from shared.problems import FieldError, Text, invalid
from shared.store import Session

BATCH = 500
_HEADERS = {"content-type": "application/json"}

_SAID: dict[str, Text] = {
    "undecodable": {
        "zh": "文件不是 {place} 编码的文本。",
        "en": "The file is no text in {place}.",
    },
    "no_header": {"zh": "第一行须是列名。", "en": "The first line has the names of the columns."},
    "faulty_column": {
        "zh": "列名为空或重复：{place}。",
        "en": "A column has no name or the name of another: {place}.",
    },
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
    """A file that was sent, with what was told of it."""

    raw: bytes
    format: Format
    encoding: str | None = None


async def import_history(
    session: Session, integration_id: str, upload: Upload, by: str, at: datetime
) -> schemas.HistoryImport:
    """Store every row of the file as a delivery; raises a problem when it is no such file."""
    integration = await delivery_queries.integration(session, integration_id)
    record = tables.HistoryImport(
        id=new_id("imp"),
        tenant=session.info["tenant"],
        integration_id=integration.id,
        format=upload.format,
        encoding="",
        bytes=len(upload.raw),
        rows=0,
        duplicates=0,
        imported_by=by,
        created_at=at,
    )
    provider = PROVIDERS[integration.provider]
    try:
        record.encoding = encoding_of(upload.raw, upload.encoding)
        found = rows(upload.raw, upload.format, record.encoding)
        while batch := list(islice(found, BATCH)):
            await _store(session, record, _deliveries(record, provider, batch))
    except UnreadableFileError as error:
        raise _unreadable(error) from error
    if not record.rows:
        raise _unreadable(UnreadableFileError("no_rows"))
    session.add(record)
    await session.flush()
    return (await shown(session, [record]))[0]


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


async def _store(
    session: Session, record: tables.HistoryImport, batch: Sequence[NewDelivery]
) -> None:
    kept = await store_deliveries(session, batch)
    record.rows += len(batch)
    record.duplicates += sum(kept[each.identity] != each.id for each in batch)


def _deliveries(
    record: tables.HistoryImport, provider: Provider, batch: Sequence[Row]
) -> list[NewDelivery]:
    return [
        NewDelivery(
            tenant=record.tenant,
            integration_id=record.integration_id,
            key=delivery_key(provider, _HEADERS, row.body),
            headers=_HEADERS,
            body=row.body,
            received_at=record.created_at,
            import_id=record.id,
            import_row=row.number,
        )
        for row in batch
    ]


def _unreadable(error: UnreadableFileError) -> Exception:
    said = _SAID[error.code]
    place = error.place.encode("utf-8", "replace").decode()
    detail: Text = {"zh": said["zh"].format(place=place), "en": said["en"].format(place=place)}
    return invalid(FieldError(code=error.code, detail=detail, pointer="#"))
