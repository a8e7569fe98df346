"""Attainment 达成率 as it is reported: counts, rates with their denominators, running times."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from services.commitments.domain.attainment import (
    RunningTimes,
    StateShares,
    attainment,
    running_times,
)
from services.commitments.domain.states import State
from services.commitments.queries import attainment as queries
from services.commitments.queries.attainment import AttainmentFilter, Period
from services.commitments.schemas import cases as schemas
from shared.problems import FieldError, invalid
from shared.store import Session

MAX_PERIODS = 240
SECOND = timedelta(seconds=1)


async def report(
    session: Session,
    group_by: Sequence[str],
    wanted: AttainmentFilter,
    between: tuple[datetime | None, datetime | None],
    as_of: datetime,
) -> schemas.AttainmentReport:
    """Attainment of every group; a month is a group of its own when grouped by period."""
    known = await queries.span(session, as_of)
    by_leg = wanted.by_leg or not {"department", "position"}.isdisjoint(group_by)
    empty = schemas.AttainmentReport(
        as_of=as_of,
        period_from=between[0],
        period_to=between[1],
        basis="as_promised",
        counted="legs" if by_leg else "runs",
        items=[],
    )
    if known is None:
        return empty
    # A period is half open: its end lies just behind the last thing that is known.
    last = max(min(known[1], as_of), known[0]) + timedelta(microseconds=1)
    start, end = between[0] or known[0], between[1] or max(as_of + timedelta(microseconds=1), last)
    if start >= end:
        return empty
    months = _months(start, min(end, last)) if "period" in group_by else []
    periods = months or [Period("", start, end)]
    rows = await queries.counted(session, periods, group_by, wanted, as_of)
    return empty.model_copy(update={"items": _groups(rows, group_by)})


def _groups(rows: Sequence[Any], group_by: Sequence[str]) -> list[schemas.AttainmentGroup]:
    found: dict[tuple[str | None, ...], list[Any]] = {}
    for row in rows:
        found.setdefault(tuple(getattr(row, name) for name in group_by), []).append(row)
    return [_group(dict(zip(group_by, key, strict=True)), its) for key, its in found.items()]


def _group(group: dict[str, str | None], rows: Sequence[Any]) -> schemas.AttainmentGroup:
    counts = {State(row.state): row.runs for row in rows if row.state is not None}
    figures = attainment(counts)
    times = running_times(t for row in rows for t in row.times or () if t is not None)
    rate = figures.attainment_rate
    return schemas.AttainmentGroup(
        group=group,
        counts=dict(figures.counts),
        completed=figures.completed,
        alive=figures.alive,
        unjudged=sum(row.runs for row in rows if row.state is None),
        attainment_rate=_shown(rate),
        attainment_rate_exact=None if rate is None else str(rate),
        state_shares=_state_shares(figures.state_shares),
        running_seconds=_running_seconds(times),
    )


def _state_shares(shares: StateShares | None) -> schemas.StateShares | None:
    if shares is None:
        return None
    names = ("normal", "acceptable", "warning")
    return schemas.StateShares(**{name: float(getattr(shares, name)) for name in names})


def _running_seconds(times: RunningTimes | None) -> schemas.RunningSeconds | None:
    if times is None:
        return None
    names = ("median", "p90", "p95")
    return schemas.RunningSeconds(**{name: getattr(times, name) / SECOND for name in names})


def _shown(rate: Fraction | None) -> float | None:
    return None if rate is None else float(rate)


def _months(start: datetime, end: datetime) -> list[Period]:
    """The months of a stretch of time in UTC, the first and the last cut to it."""
    periods: list[Period] = []
    month = start.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        following = (month + timedelta(days=32)).replace(day=1)
        periods.append(Period(month.strftime("%Y-%m"), max(month, start), min(following, end)))
        month = following
        if len(periods) > MAX_PERIODS:
            raise _too_many()
    return periods


def _too_many() -> Exception:
    zh, en = f"至多 {MAX_PERIODS} 个月。", f"At most {MAX_PERIODS} months."
    return invalid(FieldError(code="too_many", detail={"zh": zh, "en": en}, parameter="from"))
