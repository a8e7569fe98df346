"""Imports and what has become of their rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlmodel import col

from services.commitments.tables import Delivery, HistoryImport, ImportRow
from shared import pages
from shared.problems import not_found
from shared.store import Session

_STAGE = text(
    """INSERT INTO import_row (tenant, integration_id, import_id, number, key, body)
       SELECT :tenant, :integration_id, :import_id, number, key, body
       FROM unnest(CAST(:numbers AS integer[]), CAST(:keys AS text[]), CAST(:bodies AS bytea[]))
            AS came (number, key, body)
       WHERE NOT EXISTS (SELECT FROM delivery WHERE delivery.tenant = :tenant
                         AND integration_id = :integration_id AND delivery.key = came.key)
       ON CONFLICT DO NOTHING"""
)


async def stage(
    session: Session, record: HistoryImport, rows: Sequence[tuple[int, str, bytes]]
) -> int:
    """Keep those of these rows (number, key, body) that are not known; how many there were."""
    numbers, keys, bodies = (list(column) for column in zip(*rows, strict=True))
    told = {"tenant": record.tenant, "import_id": record.id, "keys": keys, "bodies": bodies}
    came = {**told, "numbers": numbers, "integration_id": record.integration_id}
    written: Any = await session.execute(_STAGE, came)
    return int(written.rowcount)


async def staged(session: Session, limit: int) -> Sequence[ImportRow]:
    """The first waiting rows of the oldest import that no worker holds, taken by this transaction.

    They are out of the table when it commits.
    """
    order = (col(ImportRow.import_id), col(ImportRow.number))
    first = select(ImportRow).order_by(*order).limit(1).with_for_update(skip_locked=True)
    oldest = (await session.scalars(first)).one_or_none()
    if oldest is None:
        return []
    rest = (
        select(ImportRow)
        .where(col(ImportRow.import_id) == oldest.import_id, col(ImportRow.number) > oldest.number)
        .order_by(*order)
        .limit(limit - 1)
        .with_for_update(skip_locked=True)
    )
    taken = [oldest, *(await session.scalars(rest)).all()]
    of_import = (col(ImportRow.tenant), col(ImportRow.integration_id), col(ImportRow.import_id))
    named = (oldest.tenant, oldest.integration_id, oldest.import_id)
    await session.execute(
        delete(ImportRow)
        .where(*(column == name for column, name in zip(of_import, named, strict=True)))
        .where(col(ImportRow.key).in_([row.key for row in taken]))
        .execution_options(synchronize_session=False)
    )
    return taken


async def one(session: Session, import_id: str, *, lock: bool = False) -> HistoryImport:
    """The import; raises a 404 problem."""
    query = select(HistoryImport).where(col(HistoryImport.id) == import_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "导入", "en": "import"}, import_id)
    return row


async def listed(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[HistoryImport], str | None]:
    """One page, newest first."""
    query = pages.seek(select(HistoryImport), [col(HistoryImport.id)], cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def counts(session: Session, import_ids: Collection[str]) -> Mapping[str, Mapping[str, int]]:
    """How many rows of each import stand in which status."""
    found: dict[str, dict[str, int]] = {import_id: {} for import_id in import_ids}
    query = (
        select(col(Delivery.import_id), col(Delivery.status), func.count())
        .where(col(Delivery.import_id).in_(list(import_ids)))
        .group_by(col(Delivery.import_id), col(Delivery.status))
    )
    for import_id, status, count in (await session.execute(query)).all():
        found[str(import_id)][status] = count
    waiting = (
        select(col(ImportRow.import_id), func.count())
        .where(col(ImportRow.import_id).in_(list(import_ids)))
        .group_by(col(ImportRow.import_id))
    )
    for import_id, count in (await session.execute(waiting)).all():
        found[import_id]["pending"] = found[import_id].get("pending", 0) + count
    return found


async def quarantined(session: Session, import_id: str, limit: int) -> Sequence[Any]:
    """Line and faults of the first rows that could not be read, in the order of the file."""
    query = (
        select(col(Delivery.import_row), col(Delivery.faults))
        .where(col(Delivery.import_id) == import_id, col(Delivery.status) == "quarantined")
        .order_by(col(Delivery.import_row))
        .limit(limit)
    )
    return (await session.execute(query)).all()
