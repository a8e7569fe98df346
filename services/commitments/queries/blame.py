"""Cases that broke their end-to-end promise, and the runs that used their time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from services.commitments.domain.states import State
from services.commitments.queries.cases import known_at, state_expression
from services.commitments.tables import ClockVersion, Promise
from shared.store import Session


async def clocks_of_case(session: Session, case_id: str, as_of: datetime) -> Sequence[ClockVersion]:
    """The clocks of the whole case as they were known then, in the order of its visits."""
    clock = ClockVersion
    query = select(clock).where(
        col(clock.case_id) == case_id, col(clock.level) == "case", known_at(clock, as_of)
    )
    return (await session.scalars(query.order_by(col(clock.visit)))).all()


async def broken(
    session: Session, process: str | None, start: datetime, end: datetime, as_of: datetime
) -> Sequence[str]:
    """The ids of the clocks of whole cases that finished in the period beyond their commitment.

    As they were known at `as_of`.
    """
    clock = ClockVersion
    state = state_expression(col(clock.finished_at))
    query = select(col(clock.id)).where(
        col(clock.level) == "case",
        known_at(clock, as_of),
        col(clock.finished_at) >= start,
        col(clock.finished_at) < end,
        state.in_((State.COMPLETED_ACCEPTABLE, State.COMPLETED_WARNING)),
    )
    if process is not None:
        query = query.where(col(clock.process) == process)
    return (await session.scalars(query.order_by(col(clock.id)))).all()


async def known(session: Session, ids: Sequence[str], as_of: datetime) -> Sequence[ClockVersion]:
    """These clocks as they were known then."""
    clock = ClockVersion
    query = select(clock).where(col(clock.id).in_(ids), known_at(clock, as_of))
    return (await session.scalars(query.order_by(col(clock.id)))).all()


async def runs(
    session: Session, case_ids: Collection[str], as_of: datetime
) -> Mapping[str, list[ClockVersion]]:
    """Every version of the runs of these cases up to then, by case, oldest first."""
    clock = ClockVersion
    query = select(clock).where(
        col(clock.case_id).in_(case_ids), col(clock.level) == "run", col(clock.valid_from) <= as_of
    )
    found: dict[str, list[ClockVersion]] = {}
    for row in (await session.scalars(query.order_by(col(clock.valid_from)))).all():
        found.setdefault(row.case_id, []).append(row)
    return found


async def limits(session: Session) -> Mapping[str, Promise]:
    """Every published promise version by id."""
    query = select(Promise).where(col(Promise.status) == "published")
    return {row.id: row for row in (await session.scalars(query)).all()}
