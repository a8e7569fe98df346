"""Calendars and processes, as they are shown and as a fold takes them."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.commitments.catalogue import PUBLISHED, PublishedDays
from services.commitments.domain.calendar import Calendar
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.calendars import CalendarVersion as Version
from services.commitments.domain.process import Process
from services.commitments.domain.versions import Versions
from services.commitments.tables import CalendarVersion, ProcessVersion
from shared import pages
from shared.problems import Text, not_found
from shared.store import Session

V = TypeVar("V", CalendarVersion, ProcessVersion)

_KINDS: Mapping[type, Text] = {
    CalendarVersion: {"zh": "日历", "en": "calendar"},
    ProcessVersion: {"zh": "流程", "en": "process"},
}


async def newest(session: Session, table: type[V], code: str) -> V:
    """The newest version of a calendar or a process; raises a 404 problem."""
    row = await find_newest(session, table, code)
    if row is None:
        raise not_found(_KINDS[table], code)
    return row


async def find_newest(session: Session, table: type[V], code: str) -> V | None:
    """The newest version of a calendar or a process, or None."""
    query = select(table).where(col(table.code) == code)
    return (await session.scalars(query.order_by(col(table.version).desc()).limit(1))).first()


async def versions(session: Session, table: type[V], code: str) -> Sequence[V]:
    """Every version, oldest first, held until the transaction ends; raises a 404 problem."""
    query = select(table).where(col(table.code) == code).order_by(col(table.version))
    rows = (await session.scalars(query.with_for_update())).all()
    if not rows:
        raise not_found(_KINDS[table], code)
    return rows


async def one_version(session: Session, table: type[V], code: str, version: int | None) -> V:
    """That version, the newest without a number; raises a 404 problem."""
    if version is None:
        return await newest(session, table, code)
    query = select(table).where(col(table.code) == code, col(table.version) == version)
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found(_KINDS[table], f"{code}@{version}")
    return row


async def listed(
    session: Session, table: type[V], limit: int, cursor: str | None
) -> tuple[list[V], str | None]:
    """One page of the newest versions by code."""
    newest_versions = (
        select(table)
        .ext(distinct_on(col(table.code)))
        .order_by(col(table.code), col(table.version).desc())
        .subquery()
    )
    query = pages.seek(select(newest_versions), [newest_versions.c.code], cursor, descending=False)
    found = (await session.execute(query.limit(limit + 1))).mappings().all()
    return pages.page([table(**row) for row in found], limit, lambda row: [row.code])


async def listed_versions(
    session: Session, table: type[V], code: str, limit: int, cursor: str | None
) -> tuple[list[V], str | None]:
    """One page of the versions of a calendar or a process, oldest first; raises a 404 problem."""
    await newest(session, table, code)
    # The number as text that sorts like it, because a cursor holds texts.
    number = func.to_char(col(table.version), "FM0000000000")
    found = select(table).where(col(table.code) == code)
    query = pages.seek(found, [number], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [f"{row.version:010}"])


async def process(session: Session, code: str) -> Process:
    """The newest version of a process, as the fold takes it; raises a 404 problem."""
    return as_process(await newest(session, ProcessVersion, code))


async def process_codes(session: Session) -> Sequence[str]:
    """The code of every process."""
    code = col(ProcessVersion.code)
    return (await session.scalars(select(code).distinct().order_by(code))).all()


async def processes(session: Session, code: str) -> Versions[Process]:
    """Every version of a process, as the fold takes them; raises a 404 problem."""
    query = select(ProcessVersion).where(col(ProcessVersion.code) == code)
    rows = (await session.scalars(query.order_by(col(ProcessVersion.version)))).all()
    if not rows:
        raise not_found(_KINDS[ProcessVersion], code)
    return Versions((row.valid_from, as_process(row)) for row in rows)


async def calendars(session: Session) -> Calendars:
    """Every version of every calendar."""
    return _calendars((await session.scalars(select(CalendarVersion))).all())


async def calendar(session: Session, code: str) -> Calendars:
    """Every version of one calendar; raises a 404 problem."""
    query = select(CalendarVersion).where(col(CalendarVersion.code) == code)
    rows = (await session.scalars(query)).all()
    if not rows:
        raise not_found(_KINDS[CalendarVersion], code)
    return _calendars(rows)


def _calendars(rows: Sequence[CalendarVersion]) -> Calendars:
    newest = {row.code: row for row in sorted(rows, key=lambda row: row.version)}
    return Calendars(
        Version(row.code, row.version, row.valid_from, _as_calendar(row, newest[row.code]))
        for row in rows
    )


def _as_calendar(row: CalendarVersion, newest: CalendarVersion) -> Calendar:
    published = PUBLISHED.get(row.definition.get("public_holidays") or "")
    own, last = (json.dumps(each.definition, sort_keys=True) for each in (row, newest))
    return _calendar(own, last, published)


def as_process(row: ProcessVersion) -> Process:
    """Built once for each definition."""
    named = {"code": row.code, "version": row.version, "name": row.name}
    return _process(json.dumps({**named, **row.definition}, sort_keys=True))


@lru_cache(maxsize=128)
def _calendar(definition: str, newest: str, published: PublishedDays | None) -> Calendar:
    """Built once for each definition: a calendar keeps the years that it has computed."""
    hours = _hours(definition)
    if published is None:
        return hours
    following = hours.following(published.years, published.holidays, published.make_up_days)
    return following.knowing(_hours(newest))


def _hours(definition: str) -> Calendar:
    plain = json.loads(definition)
    return Calendar.of({name: plain[name] for name in ("time_zone", "weekly", "overrides")})


@lru_cache(maxsize=128)
def _process(definition: str) -> Process:
    return Process.of(json.loads(definition))
