"""Measured series: filters and pages."""

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import LiveEvidence
from shared import pages
from shared.store import Session

_ORDER = (LiveEvidence.source, LiveEvidence.series, LiveEvidence.period)


async def live_evidence(
    session: Session, source: str | None, series: str | None, limit: int, cursor: str | None
) -> tuple[list[LiveEvidence], str | None]:
    """One page by series and period, of that source and series if they are named."""
    query = select(LiveEvidence)
    if source is not None:
        query = query.where(col(LiveEvidence.source) == source)
    if series is not None:
        query = query.where(col(LiveEvidence.series) == series)
    found = pages.seek(query, [col(column) for column in _ORDER], cursor, descending=False)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.source, row.series, row.period])
