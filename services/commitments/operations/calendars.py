"""Calendars are defined version by version, and asked what is due and what has elapsed."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from services.commitments import tables
from services.commitments.catalogue import PUBLISHED
from services.commitments.domain.calendar import Calendar, CalendarYearUnknown, NeverOpen
from services.commitments.domain.calendars import SINCE_EVER
from services.commitments.domain.faults import InvalidDefinitionError
from services.commitments.operations.alert_sweeps import sweep_for_calendar
from services.commitments.operations.calendar_gaps import recheck_calendar
from services.commitments.operations.critical_paths import CRITICAL_PATHS, tell_broken_paths
from services.commitments.operations.refusals import (
    field_error,
    insert_new,
    require_none,
)
from services.commitments.operations.takes_effect import takes_effect
from services.commitments.operations.turns import take_turns
from services.commitments.queries import definitions as queries
from services.commitments.queries import started
from services.commitments.schemas import calendars as schemas
from shared.http import require_match
from shared.problems import VALIDATION_FAILED, FieldError, Problem, Text, at_pointer, invalid
from shared.store import Session

T = TypeVar("T")

MAX_INTERVALS = 20_000
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)


async def define_calendar(
    session: Session, new: schemas.NewCalendar, at: datetime
) -> tables.CalendarVersion:
    """Define a working calendar; raises a problem with every faulty window, date and zone."""
    row = tables.CalendarVersion(
        tenant=session.info["tenant"],
        code=new.code,
        version=1,
        name=new.name.model_dump(),
        definition=_definition(new),
        valid_from=SINCE_EVER,
        created_at=at,
    )
    await insert_new(session, row, new.code)
    return row


async def add_calendar_version(
    session: Session,
    code: str,
    new: schemas.NewCalendarVersion,
    if_match: str | None,
    at: datetime,
) -> tables.CalendarVersion:
    """The next version, for the runs that start from its beginning on; older runs keep theirs.

    A promise made end to end that no longer holds then is told of, and listed as broken.
    """
    await take_turns(session, CRITICAL_PATHS)
    # Who mends a gap holds it and then asks for a process: in this order nobody waits in a ring.
    await recheck_calendar(session, code)
    await started.hold_processes(session)
    await recheck_calendar(session, code, skip_locked=True)
    last = (await queries.versions(session, tables.CalendarVersion, code))[-1]
    require_match(if_match, last.version)
    definition = _definition(new)
    asked = max(new.valid_from or at, last.valid_from)
    row = tables.CalendarVersion(
        tenant=last.tenant,
        code=code,
        version=last.version + 1,
        name=new.name.model_dump(),
        definition=definition,
        valid_from=takes_effect(asked, await started.last_start_in(session, code, at)),
        created_at=at,
    )
    before = await queries.calendars(session)
    session.add(row)
    await session.flush()
    await sweep_for_calendar(session, code)
    await tell_broken_paths(session, code, before, at)
    return row


async def due(session: Session, code: str, asked: schemas.DueQuestion) -> schemas.Due:
    """When the working time will have passed; 422 naming a year whose holidays are not known."""
    name, calendar = await _calendar(session, code, asked.version, asked.start)
    start = calendar.local(asked.start)
    working = int(asked.working_seconds * 1_000_000) * MICROSECOND
    ask = partial(calendar.due, start, working)
    instant = await asyncio.to_thread(_told, ask, start, "/working_seconds")
    return schemas.Due(due=calendar.local(instant), calendar=name)


async def elapsed(session: Session, code: str, asked: schemas.ElapsedQuestion) -> schemas.Elapsed:
    """The working time between two instants; 422 naming a year whose holidays are not known."""
    name, calendar = await _calendar(session, code, asked.version, asked.start)
    start, end = calendar.local(asked.start), calendar.local(asked.end)
    ask = partial(calendar.intervals, start, end)
    intervals = await asyncio.to_thread(_told, ask, start, "/end")
    if len(intervals) > MAX_INTERVALS:
        zh = f"该时段含有 {len(intervals)} 个开放时段，上限为 {MAX_INTERVALS} 个。"
        en = f"{len(intervals)} open stretches lie in between, and {MAX_INTERVALS} are the most."
        raise invalid(at_pointer("/end", "too_far", zh, en))
    worked = sum((closing - opening for opening, closing in intervals), timedelta(0))
    return schemas.Elapsed(
        working_seconds=worked / SECOND,
        intervals=[
            schemas.OpenInterval(start=calendar.local(a), end=calendar.local(b))
            for a, b in intervals
        ],
        calendar=name,
    )


def published_years(row: tables.CalendarVersion) -> list[int]:
    """The first and the last year whose holidays are published, none for a plain calendar."""
    published = PUBLISHED.get(row.definition.get("public_holidays") or "")
    return [min(published.years), max(published.years)] if published else []


def _definition(new: schemas.Hours) -> dict[str, Any]:
    overrides = [] if new.overrides is None else new.overrides
    plain = {"time_zone": new.time_zone, "weekly": new.weekly, "overrides": overrides}
    faults: list[FieldError] = []
    try:
        Calendar.of(plain)
    except InvalidDefinitionError as error:
        faults = [field_error(fault) for fault in error.faults]
    # The body's own check is skipped for this field, so that its fault is told with the others.
    if new.public_holidays not in (None, *PUBLISHED):
        known = ", ".join(PUBLISHED)
        zh, en = f"须为 {known} 或 null。", f"Must be {known} or null."
        faults.append(at_pointer("/public_holidays", "unknown_country", zh, en))
    require_none(faults)
    return {**plain, "public_holidays": new.public_holidays}


async def _calendar(
    session: Session, code: str, version: int | None, start: datetime
) -> tuple[str, Calendar]:
    calendars = await queries.calendar(session, code)
    if version is not None:
        name = f"{code}@{version}"
        if name not in calendars:
            zh, en = f"没有第 {version} 版。", f"There is no version {version}."
            raise invalid(at_pointer("/version", "unknown_reference", zh, en))
        return name, calendars[name]
    # Which version is in force at a wall-clock time is asked of the newest one's zone.
    newest = calendars[list(calendars)[-1]]
    name = calendars.in_force(code, newest.local(start))
    return name, calendars[name]


def _told(ask: Callable[[], T], start: datetime, reaches: str) -> T:
    """The calendar's answer; a problem where it has none."""
    try:
        return ask()
    except CalendarYearUnknown as error:
        year = error.year
        zh, en = f"{year} 年的节假日尚未公布。", f"The holidays of {year} are not published yet."
        fault = at_pointer(
            "/start" if year == start.year else reaches, "calendar_year_unknown", zh, en
        )
        told: Text = {"zh": zh, "en": en}
        known = {"year": year}
        raise Problem(VALIDATION_FAILED, told, [fault], extensions=known) from error
    except NeverOpen as error:
        zh, en = "该日历没有这么长的开放时间。", "The calendar is not open for that long."
        raise invalid(at_pointer(reaches, "calendar_never_open", zh, en)) from error
    except ValueError as error:
        zh, en = "时间须在 1970 年至 2199 年之间。", "A time lies from 1970 to 2199."
        raise invalid(at_pointer(reaches, "time_out_of_reach", zh, en)) from error
