"""Attainment 达成率 as it is reported: counts, rates with their denominators, running times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.commitments.domain.attainment import StateShares, attainment
from services.commitments.domain.periods import Length, Period, periods
from services.commitments.domain.states import State
from services.commitments.operations.restatements import AS_PROMISED, readable
from services.commitments.operations.status_table import require_forward
from services.commitments.queries import attainment as queries
from services.commitments.queries.attainment import BY_LEG, AttainmentFilter, Basis, Counting
from services.commitments.schemas import attainment as schemas
from shared.problems import FieldError, invalid
from shared.store import Session

MAX_PERIODS = 400
SECOND = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)
_UTC = ZoneInfo("UTC")

Level = Literal["run", "case"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a caller wants to know of attainment; an open end of the period is all that is known."""

    group_by: Sequence[str]
    wanted: AttainmentFilter
    level: Level
    since: datetime | None
    until: datetime | None
    as_of: datetime
    basis: str
    by: str
    period_length: Length = Length.MONTH
    zone: ZoneInfo = _UTC
    ranked: int = 5

    @property
    def by_leg(self) -> bool:
        return self.wanted.by_leg or not BY_LEG.isdisjoint(self.group_by)


async def report(session: Session, asked: Question) -> schemas.AttainmentReport:
    """Attainment of every group, and which groups stand best and worst."""
    _check(asked)
    level = "leg" if asked.by_leg else asked.level
    basis = await basis_of(session, asked.basis, asked.wanted.process, asked.by)
    counting = Counting(asked.group_by, asked.wanted, level, asked.as_of, basis)
    within = await _periods(session, asked)
    rows = await queries.counted(session, within, counting) if within else []
    items = [_group(asked.group_by, row) for row in rows]
    best, worst = _ranked(items, asked.ranked)
    return schemas.AttainmentReport(
        as_of=asked.as_of,
        period_from=asked.since,
        period_to=asked.until,
        basis=asked.basis,
        level=asked.level,
        counted="legs" if level == "leg" else "cases" if level == "case" else "runs",
        items=items,
        best=best,
        worst=worst,
    )


async def basis_of(session: Session, name: str, process: str | None, by: str) -> Basis:
    """The clocks to read; `by` asks for what has to be restated first."""
    ids = await readable(session, name, process, by, datetime.now(UTC))
    return Basis(ids, restated=name != AS_PROMISED)


async def _periods(session: Session, asked: Question) -> list[Period]:
    """The periods that the question is about; none when nothing is known."""
    known = await queries.span(session, asked.as_of)
    if known is None:
        return []
    # A period is half open: its end lies just behind the last thing that is known.
    last = max(min(known[1], asked.as_of), known[0]) + INSTANT
    start = asked.since or known[0]
    end = asked.until or max(asked.as_of + INSTANT, last)
    if start >= end:
        return []
    if "period" not in asked.group_by:
        return [Period("", start, end)]
    cut = periods(start, min(end, last), asked.period_length, asked.zone)
    within = list(islice(cut, MAX_PERIODS + 1))
    if len(within) > MAX_PERIODS:
        raise _too_many()
    return within


def _group(group_by: Sequence[str], row: Any) -> schemas.AttainmentGroup:
    figures = attainment({state: getattr(row, state.value) for state in State})
    rate = figures.attainment_rate
    return schemas.AttainmentGroup(
        group={name: getattr(row, name) for name in group_by},
        counts=dict(figures.counts),
        completed=figures.completed,
        alive=figures.alive,
        unjudged=row.unjudged,
        attainment_rate=None if rate is None else float(rate),
        attainment_rate_exact=None if rate is None else str(rate),
        state_shares=_state_shares(figures.state_shares),
        running_seconds=_running_seconds(row),
    )


def _state_shares(shares: StateShares | None) -> schemas.StateShares | None:
    if shares is None:
        return None
    names = ("normal", "acceptable", "warning")
    return schemas.StateShares(**{name: float(getattr(shares, name)) for name in names})


def _running_seconds(row: Any) -> schemas.RunningSeconds | None:
    if row.median is None:
        return None
    names = ("median", "p90", "p95")
    return schemas.RunningSeconds(**{name: getattr(row, name) / SECOND for name in names})


def _ranked(
    items: Sequence[schemas.AttainmentGroup], count: int
) -> tuple[list[schemas.RankedGroup], list[schemas.RankedGroup]]:
    """The best and the worst groups of those that completed anything."""
    judged = [
        schemas.RankedGroup(
            group=item.group, attainment_rate=item.attainment_rate, completed=item.completed
        )
        for item in items
        if item.attainment_rate is not None
    ]
    best = sorted(judged, key=lambda g: (-g.attainment_rate, -g.completed))
    worst = sorted(judged, key=lambda g: (g.attainment_rate, -g.completed))
    return best[:count], worst[:count]


def _check(asked: Question) -> None:
    if asked.level == "case" and (asked.by_leg or "node" in asked.group_by or asked.wanted.node):
        zh = "整张工单不属于单一节点、部门或岗位，不能据此分组或筛选。"
        en = "A whole case has no one node, department or position to group or filter it by."
        raise invalid(
            FieldError(code="not_of_cases", detail={"zh": zh, "en": en}, parameter="level")
        )
    require_forward(asked.since, asked.until)


def _too_many() -> Exception:
    zh, en = f"至多 {MAX_PERIODS} 个统计期。", f"At most {MAX_PERIODS} periods."
    return invalid(FieldError(code="too_many", detail={"zh": zh, "en": en}, parameter="from"))
