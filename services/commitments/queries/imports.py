"""Imports and what has become of their rows."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select
from sqlmodel import col

from services.commitments.tables import Delivery, HistoryImport
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def one(session: Session, import_id: str) -> HistoryImport:
    """The import; raises a 404 problem."""
    query = select(HistoryImport).where(col(HistoryImport.id) == import_id)
    row = (await session.scalars(query)).one_or_none()
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
    return found
