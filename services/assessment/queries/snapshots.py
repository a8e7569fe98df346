"""Reads of snapshots."""

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import Snapshot
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def snapshots(
    session: Session, assessment_id: str, limit: int, cursor: str | None
) -> tuple[list[Snapshot], str | None]:
    """One page of an assessment's snapshots, the oldest first."""
    query = select(Snapshot).where(col(Snapshot.assessment) == assessment_id)
    found = pages.seek(query, [col(Snapshot.id)], cursor, descending=False)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def snapshot(session: Session, assessment_id: str, id_: str) -> Snapshot:
    """The snapshot; raises a 404 problem."""
    query = select(Snapshot).where(
        col(Snapshot.assessment) == assessment_id, col(Snapshot.id) == id_
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found({"zh": "快照", "en": "snapshot"}, id_)
    return found
