"""What has started already, and keeps the versions that it has bound."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from services.commitments import tables
from services.commitments.queries.promises import covered
from services.commitments.tables import CaseVersion, ClockVersion
from shared.store import Session


async def hold_processes(session: Session, codes: Iterable[str] | None = None) -> Sequence[str]:
    """Keep folds of these processes, of all when None, out until the transaction ends.

    The codes of those that are defined.
    """
    return (await session.scalars(_first_versions(codes).with_for_update())).all()


async def share_process(session: Session, code: str) -> None:
    """Fold beside other folds of the process, while nobody changes what it is folded with."""
    await session.execute(_first_versions([code]).with_for_update(read=True))


async def last_start_in(session: Session, calendar: str, now: datetime) -> datetime | None:
    """The last start until now of a clock that counts in any version of the calendar."""
    clock = ClockVersion
    counted = or_(
        *(
            func.split_part(col(named), "@", 1) == calendar
            for named in (clock.commitment_calendar, clock.tolerance_calendar)
        )
    )
    query = select(func.max(col(clock.started_at)))
    until_now = query.where(counted, col(clock.started_at) <= now)
    last: datetime | None = await session.scalar(until_now)
    return last


async def last_case_begun(session: Session, process: str, now: datetime) -> datetime | None:
    """The last first event until now of a case of the process."""
    case = CaseVersion
    first = func.min(col(case.valid_from)).label("first")
    query = select(first).where(col(case.process) == process).group_by(col(case.case_id))
    begun = query.subquery()
    until_now = select(func.max(begun.c.first)).where(begun.c.first <= now)
    last: datetime | None = await session.scalar(until_now)
    return last


async def bound_starts(
    session: Session, row: tables.Promise, now: datetime
) -> Sequence[tuple[str | None, datetime]]:
    """Promises bound by clocks that this promise covers, each with the last of those starts.

    The promise's version is named by its id, None where nothing was promised.
    """
    clock = ClockVersion
    started = col(clock.started_at) >= row.valid_from, col(clock.started_at) <= now
    last_start = select(col(clock.promise_id), func.max(col(clock.started_at)))
    query = last_start.where(*covered(row), *started)
    found = await session.execute(query.group_by(col(clock.promise_id)))
    return [(promise_id, started_at) for promise_id, started_at in found.all()]


async def last_bound(session: Session, promise_id: str) -> datetime | None:
    """The last start of a clock that has bound this version of a promise."""
    query = select(func.max(col(ClockVersion.started_at)))
    last: datetime | None = await session.scalar(
        query.where(col(ClockVersion.promise_id) == promise_id)
    )
    return last


def _first_versions(codes: Iterable[str] | None) -> Any:
    process = tables.ProcessVersion
    query = select(col(process.code)).where(col(process.version) == 1)
    if codes is not None:
        query = query.where(col(process.code).in_(list(codes)))
    return query.order_by(col(process.code))
