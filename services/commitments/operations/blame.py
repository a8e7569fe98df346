"""How much of a broken end-to-end promise each node, pause and gap contributed."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from services.commitments.domain.blame import Blame, Interval, Kind, Part, blame
from services.commitments.domain.calendar import ALWAYS, CalendarYearUnknown
from services.commitments.domain.calendars import Calendars
from services.commitments.queries import blame as queries
from services.commitments.queries import cases, definitions
from services.commitments.schemas import blame as schemas
from services.commitments.tables import ClockVersion, Promise
from shared.store import Session

BATCH = 500
"""Broken cases that are held at once while they are added up."""

MICROSECONDS = 1_000_000

Totals = dict[tuple[Kind, str | None], list[int]]
"""Microseconds of excess, and the cases in which there is any, by what bears it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A node run over all of its versions: a reset forgets none of the time that it took."""

    newest: ClockVersion
    part: Part


async def case_blame(session: Session, case_id: str, as_of: datetime) -> schemas.CaseBlame:
    """The split of every clock of a case that is promised end to end; raises a 404 problem."""
    case = await cases.one_case(session, case_id, as_of)
    clocks = await queries.clocks_of_case(session, case_id, as_of)
    promises = await queries.limits(session)
    calendars = await definitions.calendars(session)
    versions = (await queries.runs(session, [case_id], as_of)).get(case_id, [])
    split = [
        _shown(clock, promises, *found)
        for clock in clocks
        if (found := _split(clock, versions, promises, calendars, as_of)) is not None
    ]
    return schemas.CaseBlame(case_id=case_id, case_key=case.key, as_of=as_of, items=split)


async def total_blame(
    session: Session,
    process: str | None,
    period: Interval,
    as_of: datetime,
    group_by: str,
) -> schemas.TotalBlame:
    """The splits of every case that finished in the period beyond its promise, added up."""
    broken = await queries.broken(session, process, *period, as_of)
    promises = await queries.limits(session)
    calendars = await definitions.calendars(session)
    totals: Totals = {}
    for first in range(0, len(broken), BATCH):
        clocks = await queries.known(session, broken[first : first + BATCH], as_of)
        versions = await queries.runs(session, {clock.case_id for clock in clocks}, as_of)
        add = partial(_add, totals, clocks, versions, promises, calendars, as_of, group_by)
        await asyncio.to_thread(add)
        # What is added up is not kept.
        session.expunge_all()
    items = [
        schemas.BlameTotal(
            kind=kind, **{group_by: name}, excess_microseconds=n[0],
            excess_seconds=n[0] / MICROSECONDS, cases=n[1],
        )
        for (kind, name), n in sorted(totals.items(), key=lambda each: -each[1][0])
    ]  # fmt: skip
    whole = sum(item.excess_microseconds for item in items)
    return schemas.TotalBlame(
        cases=len(broken),
        excess_microseconds=whole,
        excess_seconds=whole / MICROSECONDS,
        items=items,
    )


def _add(
    totals: Totals,
    clocks: Iterable[ClockVersion],
    versions: Mapping[str, list[ClockVersion]],
    promises: Mapping[str, Promise],
    calendars: Calendars,
    as_of: datetime,
    group_by: str,
) -> None:
    for clock in clocks:
        found = _split(clock, versions.get(clock.case_id, []), promises, calendars, as_of)
        for key, excess in _by_group(found, group_by):
            total = totals.setdefault(key, [0, 0])
            total[0] += excess
            total[1] += 1


Found = tuple[Blame, Mapping[str, Run]]


def _by_group(found: Found | None, group_by: str) -> Iterable[tuple[tuple[Kind, str | None], int]]:
    """What each node or department bears of one case; a case counts once for each."""
    if found is None:
        return []
    split, runs = found
    totals: dict[tuple[Kind, str | None], int] = {}
    for share in split.shares:
        newest = runs[share.name].newest if share.name else None
        key = share.kind, getattr(newest, group_by) if newest else None
        totals[key] = totals.get(key, 0) + share.excess
    return [(key, excess) for key, excess in totals.items() if excess]


def _split(
    clock: ClockVersion,
    versions: Sequence[ClockVersion],
    promises: Mapping[str, Promise],
    calendars: Calendars,
    as_of: datetime,
) -> Found | None:
    """The split of one clock; None without a promise, or where its calendar cannot tell."""
    promise = promises.get(clock.promise_id or "")
    if promise is None:
        return None
    end = clock.finished_at or clock.cancelled_at or as_of
    ran, _ = _stretches(clock.started_at, end, clock.pauses)
    calendar = calendars[clock.commitment_calendar] if clock.commitment_calendar else ALWAYS
    try:
        counted = [each for since, until in ran for each in calendar.intervals(since, until)]
    except CalendarYearUnknown:
        return None
    runs = _runs(versions, promises, end)
    limit = timedelta(seconds=promise.commitment_seconds or 0)
    return blame(counted, limit, [run.part for run in runs.values()]), runs


def _runs(
    versions: Sequence[ClockVersion], promises: Mapping[str, Promise], end: datetime
) -> dict[str, Run]:
    by_id: dict[str, list[ClockVersion]] = {}
    for version in versions:
        by_id.setdefault(version.id, []).append(version)
    return {run_id: _run(run_id, its, promises, end) for run_id, its in by_id.items()}


def _run(
    run_id: str, versions: Sequence[ClockVersion], promises: Mapping[str, Promise], end: datetime
) -> Run:
    newest = versions[-1]
    pauses = {since: until for version in versions for since, until in version.pauses}
    stop = min(newest.finished_at or newest.cancelled_at or end, end)
    started = min(version.started_at for version in versions)
    ran, paused = _stretches(started, stop, sorted(pauses.items(), key=lambda p: p[0] or ""))
    promise = promises.get(newest.promise_id or "")
    seconds = promise.commitment_seconds if promise else None
    return Run(newest, Part(run_id, ran, paused, timedelta(seconds=seconds or 0)))


def _stretches(
    start: datetime, end: datetime, pauses: Iterable[Sequence[str | None]]
) -> tuple[list[Interval], list[Interval]]:
    """When a clock ran and when it was paused, between its start and its end."""
    ran: list[Interval] = []
    paused: list[Interval] = []
    since = start
    for opened, closed in pauses:
        begun = min(max(datetime.fromisoformat(opened or ""), since), end)
        over = min(max(datetime.fromisoformat(closed) if closed else end, begun), end)
        ran.append((since, begun))
        paused.append((begun, over))
        since = max(since, over)
    ran.append((since, max(end, since)))
    return [r for r in ran if r[0] < r[1]], [p for p in paused if p[0] < p[1]]


def _shown(
    clock: ClockVersion, promises: Mapping[str, Promise], split: Blame, runs: Mapping[str, Run]
) -> schemas.ClockBlame:
    promise = promises[clock.promise_id or ""]
    return schemas.ClockBlame(
        visit=clock.visit,
        promise=promise.code,
        promise_version=promise.version,
        limit_seconds=promise.commitment_seconds or 0,
        running_seconds=split.running / MICROSECONDS,
        excess_seconds=split.excess / MICROSECONDS,
        excess_microseconds=split.excess,
        pauses=[
            schemas.UncountedPause.model_validate({"since": p[0], "until": p[1]})
            for p in clock.pauses
        ],
        shares=[
            schemas.BlameShare(
                kind=share.kind,
                node=runs[share.name].newest.node if share.name else None,
                visit=runs[share.name].newest.visit if share.name else None,
                department=runs[share.name].newest.department if share.name else None,
                used_seconds=float(share.used / MICROSECONDS),
                allowed_seconds=share.allowance / MICROSECONDS,
                excess_seconds=share.excess / MICROSECONDS,
                excess_microseconds=share.excess,
            )
            for share in split.shares
        ],
    )
