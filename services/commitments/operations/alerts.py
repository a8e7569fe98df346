"""A limit that passes while its run is in progress is recorded and published, exactly once."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.queries.cases import known_at
from services.commitments.tables import ClockVersion, DueInstant
from shared import outbox
from shared.contracts.commitments import LimitPassed
from shared.ids import derived_id
from shared.store import Session, Store, enter

BATCH = 200


async def alert_passed_limits(store: Store, at: datetime) -> int:
    """Record one alert for every limit that has passed; how many instants were due."""
    async with store.queue() as session:
        query = select(DueInstant).where(col(DueInstant.due_at) < at)
        query = query.order_by(col(DueInstant.due_at)).limit(BATCH)
        due = (await session.scalars(query.with_for_update(skip_locked=True))).all()
        for tenant in sorted({instant.tenant for instant in due}):
            await enter(session, tenant)
            for instant in due:
                if instant.tenant == tenant:
                    await _alert(session, instant, at)
    return len(due)


async def seconds_to_next(store: Store, at: datetime, longest: float) -> float:
    """How long until the next limit passes, at most `longest`."""
    async with store.queue() as session:
        query = select(col(DueInstant.due_at)).order_by(col(DueInstant.due_at)).limit(1)
        following = (await session.scalars(query)).one_or_none()
    if following is None:
        return longest
    return min(max((following - at) / timedelta(seconds=1), 0.001), longest)


async def _alert(session: Session, instant: DueInstant, at: datetime) -> None:
    mine = delete(DueInstant).where(
        col(DueInstant.run_id) == instant.run_id, col(DueInstant.threshold) == instant.threshold
    )
    await session.execute(mine)
    query = select(ClockVersion).where(
        col(ClockVersion.id) == instant.run_id, known_at(ClockVersion, at)
    )
    clock = (await session.scalars(query)).one_or_none()
    if clock is None or clock.running_since is None or clock.promise_id is None:
        return
    row = _row(clock, instant, at)
    kept = insert(tables.Alert).values(row.model_dump()).on_conflict_do_nothing()
    if (await session.execute(kept.returning(col(tables.Alert.id)))).first() is not None:
        facts = row.model_dump(exclude={"tenant", "id", "run_id", "promise_id", "promise_version"})
        await outbox.record(session, LimitPassed(alert_id=row.id, revision=1, **facts))


def _row(clock: ClockVersion, instant: DueInstant, at: datetime) -> tables.Alert:
    shared = {"case_id", "case_key", "process", "node", "visit", "department", "position", "tenant"}
    promise = {"promise_id", "promise_version"}
    identity = (clock.id, instant.threshold, clock.promise_id, clock.promise_version)
    return tables.Alert(
        id=derived_id("alr", *identity),
        run_id=clock.id,
        threshold=instant.threshold,
        due_at=instant.due_at,
        passed_at=at,
        **clock.model_dump(include=shared | promise),
    )
