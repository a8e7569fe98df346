"""Reads of the audit trail; row security shows a caller what they may know of."""

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.assessment.tables import AuditEntry
from shared import pages
from shared.store import Session

_AT_ONCE = 500


async def trail(
    session: Session, about: str, limit: int, cursor: str | None
) -> tuple[list[AuditEntry], str | None]:
    """One page of the changes, the oldest first."""
    query = select(AuditEntry).where(col(AuditEntry.about) == about)
    found = pages.seek(query, [col(AuditEntry.id)], cursor, descending=False)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def whole_trail(session: Session, about: str) -> AsyncIterator[AuditEntry]:
    """Every change, each chain's by position, read while it is asked for."""
    query = select(AuditEntry).where(col(AuditEntry.about) == about)
    ordered = query.order_by(col(AuditEntry.chain), col(AuditEntry.position))
    rows = await session.stream_scalars(ordered.execution_options(yield_per=_AT_ONCE))
    async for row in rows:
        yield row


async def heads_of_raters(session: Session, assessment_id: str) -> list[str]:
    """The last hash of every rater's chain, sorted; of those that the caller may see."""
    query = (
        select(col(AuditEntry.hash))
        .where(col(AuditEntry.about) == assessment_id, col(AuditEntry.rater).is_not(None))
        .ext(distinct_on(col(AuditEntry.chain)))
        .order_by(col(AuditEntry.chain), col(AuditEntry.position).desc())
    )
    return sorted((await session.scalars(query)).all())
