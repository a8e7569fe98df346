"""What became of governed things, change by change, with what each was before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.commitments.tables import GovernanceChange
from shared import pages
from shared.store import Session


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, and the body that the thing had before it; None of what is new."""

    change: GovernanceChange
    before: dict[str, Any] | None


async def changes(
    session: Session, kind: str, key: str, limit: int, cursor: str | None
) -> tuple[list[Changed], str | None]:
    """One page of a thing's history, oldest first."""
    wanted = [col(GovernanceChange.kind) == kind, col(GovernanceChange.key) == key]
    return await _page(session, wanted, limit, cursor, descending=False)


async def trail(
    session: Session,
    filters: Mapping[str, str | None],
    between: tuple[datetime | None, datetime | None],
    limit: int,
    cursor: str | None,
) -> tuple[list[Changed], str | None]:
    """One page of all that was changed in a half-open stretch of time, newest first."""
    wanted = [col(getattr(GovernanceChange, k)) == v for k, v in filters.items() if v is not None]
    if between[0] is not None:
        wanted.append(col(GovernanceChange.at) >= between[0])
    if between[1] is not None:
        wanted.append(col(GovernanceChange.at) < between[1])
    return await _page(session, wanted, limit, cursor, descending=True)


async def _page(
    session: Session, wanted: list[Any], limit: int, cursor: str | None, *, descending: bool
) -> tuple[list[Changed], str | None]:
    earlier = aliased(GovernanceChange)
    before = (
        select(col(earlier.body))
        .where(
            col(earlier.kind) == col(GovernanceChange.kind),
            col(earlier.key) == col(GovernanceChange.key),
            col(earlier.revision) < col(GovernanceChange.revision),
        )
        .order_by(col(earlier.revision).desc())
        .limit(1)
        .scalar_subquery()
    )
    order = [col(GovernanceChange.at), col(GovernanceChange.id)]
    found = select(GovernanceChange, before).where(*wanted)
    query = pages.seek(found, order, cursor, descending=descending)
    rows = [Changed(*row) for row in (await session.execute(query.limit(limit + 1))).all()]
    return pages.page(rows, limit, lambda row: [row.change.at, row.change.id])
