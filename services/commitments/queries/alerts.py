"""Recorded alerts."""

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import Alert
from shared import pages
from shared.store import Session


async def listed(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[Alert], str | None]:
    """One page, newest first."""
    order = [col(Alert.passed_at), col(Alert.id)]
    query = pages.seek(select(Alert), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.passed_at, row.id])
