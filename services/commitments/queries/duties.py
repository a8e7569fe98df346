"""When each duty of the owner of a process was attended to, process by process."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Integer, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.commitments.domain.duties import Duty
from services.commitments.tables import DutyRecord, ProcessVersion
from shared import pages
from shared.store import Session

Done = Mapping[tuple[str, str], tuple[date, int]]
"""By process and duty: the last day on which something was done, and how often it was."""


async def processes(
    session: Session, idle_since: date | None, limit: int, cursor: str | None
) -> tuple[list[Any], str | None]:
    """One page of codes and names; with a day those of which a duty was not attended to since."""
    newest = (
        select(col(ProcessVersion.code), col(ProcessVersion.name))
        .ext(distinct_on(col(ProcessVersion.code)))
        .order_by(col(ProcessVersion.code), col(ProcessVersion.version).desc())
        .subquery()
    )
    query = select(newest)
    if idle_since is not None:
        attended = (
            select(func.count(col(DutyRecord.duty).distinct(), type_=Integer))
            .where(
                col(DutyRecord.process) == newest.c.code,
                col(DutyRecord.status) == "recorded",
                col(DutyRecord.done_on) >= idle_since,
            )
            .scalar_subquery()
        )
        query = query.where(attended < len(Duty))
    found = pages.seek(query, [newest.c.code], cursor, descending=False)
    rows = (await session.execute(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.code])


async def done(session: Session, codes: Sequence[str]) -> Done:
    """What was done for the duties of these processes; void records do not count."""
    key = [col(DutyRecord.process), col(DutyRecord.duty)]
    last, records = func.max(col(DutyRecord.done_on)).label("last"), func.count().label("records")
    query = select(*key, last, records).where(
        col(DutyRecord.process).in_(codes), col(DutyRecord.status) == "recorded"
    )
    rows = (await session.execute(query.group_by(*key))).all()
    return {(row.process, row.duty): (row.last, row.records) for row in rows}
