"""Attainment of any period and grouping, counted from the clocks."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column as SqlColumn
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, values
from sqlalchemy import Text as SqlText
from sqlmodel import col

from services.commitments.domain.periods import Period
from services.commitments.domain.states import State
from services.commitments.queries.cases import state_expression
from services.commitments.tables import (
    AttainmentMark,
    AttainmentMeasure,
    ClockVersion,
    Promise,
    RestatedClock,
)
from shared.store import Instant, Session

GROUPS = (
    *("process", "node", "department", "position", "segment", "priority", "service", "agreement"),
    "period",
)

BY_LEG = frozenset({"department", "position"})
"""Groups that are judged on their legs, so that nobody answers for time that another used."""


@dataclass(frozen=True, slots=True)
class AttainmentFilter:
    """Which clocks are counted; a filter that is None lets everything through.

    Service and agreement are those of the promise that the clock is judged by.
    """

    process: str | None = None
    node: str | None = None
    department: str | None = None
    position: str | None = None
    segment: str | None = None
    priority: str | None = None
    service: str | None = None
    agreement: str | None = None

    @property
    def by_leg(self) -> bool:
        return self.department is not None or self.position is not None


@dataclass(frozen=True, slots=True)
class Basis:
    """The clocks that are read: as promised, or of these restatements."""

    restatements: Sequence[str] = ()
    restated: bool = False

    @property
    def clock(self) -> Any:
        return RestatedClock if self.restated else ClockVersion

    def filters(self) -> list[ColumnElement[bool]]:
        if not self.restated:
            return []
        return [col(RestatedClock.restatement_id).in_(self.restatements)]


@dataclass(frozen=True, slots=True)
class Counting:
    """What is counted: clocks of one level, by these groups, as known at an instant."""

    group_by: Sequence[str]
    wanted: AttainmentFilter
    level: str
    as_of: datetime
    basis: Basis


async def span(session: Session, as_of: datetime) -> tuple[datetime, datetime] | None:
    """From the first start to the last start or end that is known, None when there is nothing."""
    clock = ClockVersion
    ended = func.greatest(col(clock.started_at), col(clock.finished_at), col(clock.cancelled_at))
    query = select(func.min(col(clock.started_at)), func.max(ended))
    row = (await session.execute(query.where(col(clock.valid_from) <= as_of))).one()
    return None if row[0] is None else (row[0], row[1])


async def counted(session: Session, periods: Sequence[Period], counting: Counting) -> Sequence[Any]:
    """A row a group: its values, a count a state, `unjudged`, and `median`, `p90` and `p95`.

    Running times are those of the completed clocks, interpolated between ranks.
    """
    labelled = _labelled(periods, counting).subquery()
    groups = [labelled.c[name] for name in counting.group_by]
    counts = [func.count().filter(labelled.c.state == state).label(state.value) for state in State]
    times = [
        func.percentile_cont(share)
        .within_group(labelled.c.consumed)
        .filter(labelled.c.finished_at.is_not(None))
        .label(name)
        for name, share in (("median", 0.5), ("p90", 0.9), ("p95", 0.95))
    ]
    unjudged = func.count().filter(labelled.c.state.is_(None)).label("unjudged")
    query = select(*groups, *counts, unjudged, *times).group_by(*groups).order_by(*groups)
    # Without groups a count over nothing is still a row.
    return [
        row
        for row in (await session.execute(query)).all()
        if row.unjudged or any(getattr(row, state.value) for state in State)
    ]


def _labelled(periods: Sequence[Period], counting: Counting) -> Select[Any]:
    """A row for every clock that is alive in a period, with its groups and its state there.

    A clock is alive in a period when it started before the period's end, or had even ended by
    then, and had not ended before its start; its state is the one at the period's end, or at
    `as_of` if that is earlier.
    """
    clock = counting.basis.clock
    span = values(
        SqlColumn("label", SqlText), SqlColumn("start", Instant), SqlColumn("end", Instant),
        name="span",
    ).data([(p.label, p.start, p.end) for p in periods])  # fmt: skip
    alive = alive_in(clock, span.c.start, span.c.end, counting.as_of)
    groups = [
        span.c.label.label(name) if name == "period" else attribute(clock, name).label(name)
        for name in counting.group_by
    ]
    state = state_expression(func.least(literal(counting.as_of), span.c.end), clock)
    named = {*counting.group_by, *(n for n, v in asdict(counting.wanted).items() if v is not None)}
    found = (
        select(*groups, state.label("state"), col(clock.consumed), col(clock.finished_at))
        .select_from(span)
        .join(clock, alive)
        .where(*counting.basis.filters(), _of_level(clock, counting.level, named))
        .where(*asked(clock, counting.wanted))
    )
    return found if named.isdisjoint(OF_PROMISE) else found.outerjoin(Promise, judged_by(clock))


def _of_level(clock: Any, level: str, named: Collection[str]) -> ColumnElement[bool]:
    """Clocks of this level; by agreement, beside runs the legs that it judges by themselves.

    What an agreement promises for a department is kept or broken on legs, never on runs.
    """
    is_of_level = col(clock.level) == level
    if level != "run" or "agreement" not in named:
        return is_of_level
    for_departments = and_(
        col(Promise.department).is_not(None), col(Promise.agreement).is_not(None)
    )
    return or_(is_of_level, and_(col(clock.level) == "leg", for_departments))


OF_PROMISE = ("service", "agreement")


def attribute(clock: Any, name: str) -> Any:
    """The column of a clock that has this name, or of the promise that it is judged by."""
    return col(getattr(Promise if name in OF_PROMISE else clock, name))


def judged_by(clock: Any) -> ColumnElement[bool]:
    return and_(col(Promise.tenant) == col(clock.tenant), col(Promise.id) == col(clock.promise_id))


def asked(clock: Any, wanted: AttainmentFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter."""
    named = {name: value for name, value in asdict(wanted).items() if value is not None}
    return [attribute(clock, name) == value for name, value in named.items()]


def alive_in(clock: Any, start: Any, end: Any, as_of: datetime) -> ColumnElement[bool]:
    """The versions that tell of clocks alive between two instants, as known at the end of it.

    `end` is exclusive. A clock whose start is told to lie after its end counts where it ended.
    """
    ended = func.coalesce(col(clock.finished_at), col(clock.cancelled_at))
    until = col(clock.valid_until)
    return and_(
        col(clock.valid_from) < end,
        col(clock.valid_from) <= as_of,
        or_(until.is_(None), until >= end, until > as_of),
        or_(col(clock.started_at) < end, ended.is_not(None)),
        or_(ended.is_(None), ended >= start),
    )


async def marked(session: Session, limit: int) -> Sequence[AttainmentMark]:
    """Marks of one tenant that no worker holds, taken by this transaction."""
    first = (
        select(AttainmentMark)
        .order_by(col(AttainmentMark.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    oldest = (await session.scalars(first)).one_or_none()
    if oldest is None:
        return []
    rest = (
        select(AttainmentMark)
        .where(col(AttainmentMark.tenant) == oldest.tenant)
        .where(col(AttainmentMark.id) > oldest.id)
        .order_by(col(AttainmentMark.id))
        .limit(limit - 1)
        .with_for_update(skip_locked=True)
    )
    return [oldest, *(await session.scalars(rest)).all()]


async def locked_measures(
    session: Session, groups: Sequence[tuple[str, ...]]
) -> Sequence[AttainmentMeasure]:
    """The measures of these groups, held until the transaction ends, in one order everywhere."""
    keys = _keys(AttainmentMeasure)
    query = select(AttainmentMeasure).where(func.row(*keys).in_([func.row(*g) for g in groups]))
    return (await session.scalars(query.order_by(*keys).with_for_update())).all()


async def ended_counts(
    session: Session, groups: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], dict[str, int]]:
    """How many clocks of each group ended in its month, by state."""
    clock = ClockVersion
    ended = func.coalesce(col(clock.finished_at), col(clock.cancelled_at))
    by_leg = col(clock.level) == "leg"
    department = case((by_leg, func.coalesce(col(clock.department), "")), else_="")
    month = func.to_char(func.timezone("UTC", ended), "YYYY-MM")
    key = [col(clock.process), col(clock.node), col(clock.level), department, month]
    state = state_expression(ended)
    labelled = select(*(k.label(f"k{n}") for n, k in enumerate(key)), state.label("state")).where(
        col(clock.valid_until).is_(None),
        col(clock.level).in_({group[2] for group in groups}),
        col(clock.process).in_({group[0] for group in groups}),
        col(clock.node).in_({group[1] for group in groups}),
        ended.is_not(None),
        # The months bound the index scan; the row comparison below picks the groups.
        ended >= _start_of(min(group[4] for group in groups)),
        ended < _start_of(max(group[4] for group in groups), following=True),
        func.row(*key).in_([func.row(*g) for g in groups]),
    ).subquery()  # fmt: skip
    columns = [labelled.c[f"k{n}"] for n in range(len(key))]
    query = select(*columns, labelled.c.state, func.count()).group_by(*columns, labelled.c.state)
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for *group, kind, count in (await session.execute(query)).all():
        if kind is not None:
            found.setdefault(tuple(group), {})[kind] = count
    return found


def _start_of(month: str, *, following: bool = False) -> datetime:
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (start + timedelta(days=31)).replace(day=1) if following else start


def _keys(table: type[AttainmentMeasure]) -> list[Any]:
    names = ("process", "node", "level", "department", "month")
    return [col(getattr(table, name)) for name in names]
