"""Sweeps of a changed alert rule, and the cases that they have yet to reach."""

from sqlalchemy import exists, select
from sqlmodel import col

from services.commitments.tables import AlertSweep, ClockVersion
from shared.store import Session


async def take_one(session: Session) -> AlertSweep | None:
    """In the queue: the oldest sweep of any tenant that no other worker holds."""
    query = select(AlertSweep).order_by(col(AlertSweep.id)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True))).one_or_none()


async def has_later(session: Session, sweep: AlertSweep) -> bool:
    """Whether another sweep of the same process has begun since, which does all of it."""
    later = exists().where(
        col(AlertSweep.process) == sweep.process, col(AlertSweep.id) > (sweep.id or 0)
    )
    return bool(await session.scalar(select(later)))


async def open_cases(session: Session, sweep: AlertSweep, limit: int) -> list[str]:
    """The next cases, by id, with a clock that has not ended."""
    clock = ClockVersion
    query = (
        select(col(clock.case_id))
        .where(
            col(clock.process) == sweep.process,
            col(clock.case_id) > sweep.checked_up_to,
            col(clock.valid_until).is_(None),
            col(clock.finished_at).is_(None),
            col(clock.cancelled_at).is_(None),
        )
        .distinct()
        .order_by(col(clock.case_id))
        .limit(limit)
    )
    return list((await session.scalars(query)).all())
