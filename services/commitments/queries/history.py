"""What became of a governed thing, change by change."""

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import GovernanceChange
from shared import pages
from shared.store import Session


async def changes(
    session: Session, kind: str, key: str, limit: int, cursor: str | None
) -> tuple[list[GovernanceChange], str | None]:
    """One page of a thing's history, oldest first."""
    order = [col(GovernanceChange.at), col(GovernanceChange.id)]
    found = select(GovernanceChange).where(
        col(GovernanceChange.kind) == kind, col(GovernanceChange.key) == key
    )
    query = pages.seek(found, order, cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.at, row.id])
