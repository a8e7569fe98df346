"""A measured series as a claim is checked against it."""

from sqlalchemy import select
from sqlmodel import col

from services.assessment.domain.claims import Measure
from services.assessment.tables import LiveEvidence
from shared.store import Session


async def measures(
    session: Session, source: str, series: str, first: str | None, last: str | None
) -> list[Measure]:
    """The newest value of every period from `first` to `last`, both included, oldest first."""
    query = select(LiveEvidence).where(
        col(LiveEvidence.source) == source, col(LiveEvidence.series) == series
    )
    if first is not None:
        query = query.where(col(LiveEvidence.period) >= first)
    if last is not None:
        query = query.where(col(LiveEvidence.period) <= last)
    rows = await session.scalars(query.order_by(col(LiveEvidence.period)))
    return [Measure(row.period, row.value) for row in rows]
