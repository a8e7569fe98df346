"""Recorded alerts."""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import Alert
from shared import pages
from shared.store import Session


async def listed(
    session: Session, as_of: datetime, limit: int, cursor: str | None
) -> tuple[list[Alert], str | None]:
    """One page of those that had passed by then, newest first."""
    order = [col(Alert.passed_at), col(Alert.id)]
    known = select(Alert).where(col(Alert.passed_at) <= as_of)
    query = pages.seek(known, order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.passed_at, row.id])
