"""Calendars and processes, as they are shown and as a fold takes them."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from services.commitments.domain.calendar import Calendar
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.calendars import CalendarVersion as Version
from services.commitments.domain.process import Process
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


async def process(session: Session, code: str) -> Process:
    """The newest version of a process, as the fold takes it; raises a 404 problem."""
    return as_process(await newest(session, ProcessVersion, code))


async def calendars(session: Session) -> Calendars:
    """Every version of every calendar."""
    rows = (await session.scalars(select(CalendarVersion))).all()
    return Calendars(
        Version(row.code, row.version, row.valid_from, as_calendar(row)) for row in rows
    )


def as_calendar(row: CalendarVersion) -> Calendar:
    """Built once for each definition: a calendar keeps the years that it has computed."""
    return _calendar(json.dumps(row.definition, sort_keys=True))


def as_process(row: ProcessVersion) -> Process:
    """Built once for each definition."""
    named = {"code": row.code, "version": row.version, "name": row.name}
    return _process(json.dumps({**named, **row.definition}, sort_keys=True))


@lru_cache(maxsize=128)
def _calendar(definition: str) -> Calendar:
    return Calendar.of(json.loads(definition))


@lru_cache(maxsize=128)
def _process(definition: str) -> Process:
    return Process.of(json.loads(definition))
