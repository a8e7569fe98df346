"""What advice is made of, and the proposals that were made."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, and_, func, or_, select, text
from sqlmodel import col

from services.commitments.domain.states import COMPLETED, State
from services.commitments.queries.cases import state_expression
from services.commitments.tables import Advice, ClockVersion, Promise
from shared import pages
from shared.problems import not_found
from shared.store import Session

WORST = 5
"""How many nodes or departments a proposal names."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The runs that a period completed; `end` is exclusive."""

    start: datetime
    end: datetime

    def completed(self) -> list[Any]:
        """Clocks that ended complete in it, as far as is known now."""
        clock = ClockVersion
        return [
            col(clock.valid_until).is_(None),
            col(clock.finished_at) >= self.start,
            col(clock.finished_at) < self.end,
        ]


async def one(session: Session, advice_id: str, *, lock: bool = False) -> Advice:
    """The proposal; raises a 404 problem."""
    query = select(Advice).where(col(Advice.id) == advice_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "建议", "en": "advice"}, advice_id)
    return row


async def listed(
    session: Session, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[Advice], str | None]:
    """One page, the latest period first."""
    wanted = [col(getattr(Advice, name)) == v for name, v in filters.items() if v is not None]
    order = [col(Advice.period_to), col(Advice.id)]
    query = pages.seek(select(Advice).where(*wanted), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.period_to, row.id])


async def kept(session: Session, ids: Collection[str]) -> Sequence[Advice]:
    """Those of these proposals that were kept."""
    query = select(Advice).where(col(Advice.id).in_(ids)).order_by(col(Advice.id).desc())
    return (await session.scalars(query)).all()


async def with_computed(
    session: Session,
    filters: Mapping[str, Any],
    computed: Collection[Advice],
    limit: int,
    cursor: str | None,
) -> tuple[list[Advice], str | None]:
    """One page of what was kept and, where nothing was, of what was only computed."""
    known = {row.id for row in await kept(session, [row.id for row in computed])}
    given = {name: value for name, value in filters.items() if value is not None}
    fresh = [
        row
        for row in computed
        if row.id not in known and all(getattr(row, n) == v for n, v in given.items())
    ]
    order = [col(Advice.period_to), col(Advice.id)]
    behind = pages.behind(cursor, order)
    fresh = [row for row in fresh if behind is None or (row.period_to, row.id) < behind]
    rows, _ = await listed(session, filters, pages.MAX_LIMIT, cursor)
    both = sorted([*rows, *fresh], key=lambda row: (row.period_to, row.id), reverse=True)
    return pages.page(both[: limit + 1], limit, lambda row: [row.period_to, row.id])


async def last_completion(session: Session, process: str, before: datetime) -> datetime | None:
    """When the last run or case of the process was completed before that instant."""
    finished = col(ClockVersion.finished_at)
    query = select(func.max(finished)).where(
        col(ClockVersion.process) == process,
        col(ClockVersion.valid_until).is_(None),
        finished < before,
    )
    return (await session.execute(query)).scalar_one()


async def counts(
    session: Session, sample: Sample, process: str
) -> Sequence[tuple[Promise, int, int]]:
    """Each promise's newest published version that judged anything: kept, and completed.

    A promise for a department judges legs; a leg that is judged by its node's promise is no more
    than a part of the run.
    """
    clock = ClockVersion
    newest = (
        select(col(Promise.code), func.max(col(Promise.version)).label("version"))
        .where(col(Promise.status) == "published")
        .group_by(col(Promise.code))
        .subquery()
    )
    kept = func.count().filter(_state() == State.COMPLETED_NORMAL)
    judged = func.count().filter(_state().in_(COMPLETED))
    query = (
        select(Promise, kept, judged)
        .join(newest, and_(col(Promise.code) == newest.c.code,
                           col(Promise.version) == newest.c.version))
        .join(clock, and_(col(clock.tenant) == col(Promise.tenant),
                          col(clock.promise_id) == col(Promise.id)))
        .where(*sample.completed(), col(Promise.process) == process)
        .where(or_(col(clock.level) != "leg", col(Promise.department).is_not(None)))
        .group_by(col(Promise.id))
        .order_by(col(Promise.id))
    )  # fmt: skip
    return [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]


def _level(promise: Promise) -> str:
    """Of the clocks that this promise judges."""
    if promise.department is not None:
        return "leg"
    return "run" if promise.node else "case"


def _state() -> Any:
    return state_expression(col(ClockVersion.finished_at))


async def running_times(session: Session, promise: Promise, sample: Sample) -> list[timedelta]:
    """Of the judged runs that this promise version was bound by."""
    clock = ClockVersion
    query = select(col(clock.consumed)).where(
        *sample.completed(),
        col(clock.level) == _level(promise),
        col(clock.promise_id) == promise.id,
        _state().in_(COMPLETED),
    )
    return [time for time in (await session.scalars(query)).all() if time is not None]


async def worst(
    session: Session, promise: Promise, sample: Sample, by: str
) -> Sequence[RowMapping]:
    """The departments (by their legs), or the nodes of the process, that keep least."""
    clock = ClockVersion
    name = col(getattr(clock, by))
    kept = func.count().filter(_state() == State.COMPLETED_NORMAL)
    completed = func.count().filter(_state().in_(COMPLETED))
    median = func.percentile_cont(0.5).within_group(col(clock.consumed))
    of_promise = (
        col(clock.promise_id) == promise.id
        if by == "department" and promise.node
        else col(clock.process) == promise.process
    )
    query = (
        select(
            name.label("name"),
            completed.label("completed"),
            kept.label("kept"),
            median.label("median"),
        )
        .where(*sample.completed(), of_promise)
        .where(col(clock.level) == ("leg" if by == "department" else "run"))
        .group_by(name)
        .having(completed > 0)
        .order_by(kept * 1.0 / completed, completed.desc(), name)
    )
    return (await session.execute(query.limit(WORST))).mappings().all()


_PAUSES = text("""
    SELECT count(DISTINCT c.id) AS runs, count(*) AS pauses, coalesce(extract(epoch FROM
           sum((p ->> 1)::timestamptz - (p ->> 0)::timestamptz)), 0)::float8 AS seconds
    FROM clock_version c CROSS JOIN jsonb_array_elements(c.pauses) AS p
    WHERE c.promise_id = :promise AND c.level = :level AND c.valid_until IS NULL
      AND c.finished_at >= :start AND c.finished_at < :end AND p ->> 1 IS NOT NULL
""")


async def pauses(session: Session, promise: Promise, sample: Sample) -> RowMapping:
    """How often, and for how long, the completed runs of this promise were paused."""
    values = {
        "promise": promise.id,
        "level": _level(promise),
        "start": sample.start,
        "end": sample.end,
    }
    return (await session.execute(_PAUSES, values)).mappings().one()


async def open_about(session: Session, code: str) -> Sequence[Advice]:
    """The open proposals about a promise, held until the transaction ends."""
    query = select(Advice).where(col(Advice.promise_code) == code, col(Advice.status) == "open")
    return (await session.scalars(query.with_for_update())).all()
