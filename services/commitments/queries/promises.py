"""Promises as they are listed, as a fold takes them, and the runs that tell what to expect."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.expectation import FinishedRun
from services.commitments.domain.promise import Promise
from services.commitments.tables import ClockVersion
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def promise(session: Session, promise_id: str, *, lock: bool = False) -> tables.Promise:
    """One version of a promise; raises a 404 problem."""
    query = select(tables.Promise).where(col(tables.Promise.id) == promise_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "承诺", "en": "promise"}, promise_id)
    return row


async def by_id(session: Session, ids: Collection[str | None]) -> Mapping[str, tables.Promise]:
    """These versions of promises."""
    query = select(tables.Promise).where(col(tables.Promise.id).in_([i for i in ids if i]))
    return {row.id: row for row in (await session.scalars(query)).all()}


async def versions(session: Session, code: str) -> Sequence[tables.Promise]:
    """Every version of a promise, oldest first, held until the transaction ends."""
    query = select(tables.Promise).where(col(tables.Promise.code) == code)
    query = query.order_by(col(tables.Promise.version)).with_for_update()
    return (await session.scalars(query)).all()


async def listed_promises(
    session: Session, filters: dict[str, str | None], limit: int, cursor: str | None
) -> tuple[list[tables.Promise], str | None]:
    """One page by id."""
    wanted = [col(getattr(tables.Promise, k)) == v for k, v in filters.items() if v is not None]
    found = select(tables.Promise).where(*wanted)
    query = pages.seek(found, [col(tables.Promise.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def published_rows(session: Session, process_code: str) -> Sequence[tables.Promise]:
    """Every published version of the promises of a process."""
    query = select(tables.Promise).where(
        col(tables.Promise.process) == process_code, col(tables.Promise.status) == "published"
    )
    return (await session.scalars(query)).all()


async def published_promises(session: Session, process_code: str) -> Sequence[Promise]:
    """The same as the fold takes them."""
    return [as_promise(row) for row in await published_rows(session, process_code)]


async def promises_end_to_end(session: Session, agreement: str) -> Sequence[Promise]:
    """The newest published version of every promise for a whole process that names it."""
    row = tables.Promise
    query = select(row).where(
        col(row.agreement) == agreement, col(row.node).is_(None), col(row.status) == "published"
    )
    rows = (await session.scalars(query.order_by(col(row.code), col(row.version)))).all()
    return [as_promise(row) for row in {row.code: row for row in rows}.values()]


async def lasting_promises_of(
    session: Session, agreement: str, until: datetime
) -> Sequence[tables.Promise]:
    """The published promises that name the agreement and end later, held until the commit."""
    row = tables.Promise
    lasts = or_(col(row.valid_until).is_(None), col(row.valid_until) > until)
    named = col(row.agreement) == agreement, col(row.status) == "published"
    query = select(row).where(*named, lasts).order_by(col(row.id))
    return (await session.scalars(query.with_for_update())).all()


async def processes_promised(
    session: Session, *, agreement: str | None = None, service: str | None = None
) -> Sequence[str]:
    """The processes of the published promises, of those that name the agreement or the service."""
    row = tables.Promise
    query = select(col(row.process)).where(col(row.status) == "published").distinct()
    if agreement is not None:
        query = query.where(col(row.agreement) == agreement)
    if service is not None:
        query = query.where(col(row.service) == service)
    return (await session.scalars(query.order_by(col(row.process)))).all()


async def ends_to_end_after(session: Session, process: str, at: datetime) -> Sequence[Promise]:
    """The promises for a whole process that are in force at some time after `at`."""
    query = _ends_to_end(at).where(col(tables.Promise.process) == process)
    rows = await session.scalars(query.order_by(col(tables.Promise.id)))
    return [as_promise(row) for row in rows.all()]


async def listed_ends_to_end(
    session: Session, process: str | None, at: datetime, limit: int, cursor: str | None
) -> tuple[list[Promise], str | None]:
    """One page by id of the promises for a whole process that are in force after `at`."""
    found = _ends_to_end(at)
    if process is not None:
        found = found.where(col(tables.Promise.process) == process)
    query = pages.seek(found, [col(tables.Promise.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    page, following = pages.page(rows, limit, lambda row: [row.id])
    return [as_promise(row) for row in page], following


def _ends_to_end(after: datetime) -> Any:
    row = tables.Promise
    ends = col(row.valid_until)
    return select(row).where(
        col(row.node).is_(None),
        col(row.status) == "published",
        or_(ends.is_(None), and_(ends > after, ends > col(row.valid_from))),
    )


async def of_services(session: Session, services: Collection[str]) -> Sequence[tables.Promise]:
    """The published promises that these services make."""
    row = tables.Promise
    query = select(row).where(col(row.service).in_(services), col(row.status) == "published")
    return (await session.scalars(query.order_by(col(row.code), col(row.version)))).all()


def covered(row: tables.Promise) -> list[Any]:
    """The conditions of the clocks that a promise is about: cases, runs, or a department's legs."""
    clock = ClockVersion
    level = "leg" if row.department else "run" if row.node else "case"
    named = ("segment", "priority", "department")
    return [
        col(clock.process) == row.process,
        col(clock.node) == (row.node or ""),
        col(clock.level) == level,
        *(col(getattr(clock, n)) == v for n in named if (v := getattr(row, n)) is not None),
    ]


async def recent_runs(session: Session, row: tables.Promise, at_most: int) -> Sequence[FinishedRun]:
    """The runs completed last of those that the promise would cover."""
    clock = ClockVersion
    ended = col(clock.valid_until).is_(None), col(clock.finished_at).is_not(None)
    query = (
        select(clock)
        .where(*covered(row), *ended)
        .order_by(col(clock.finished_at).desc(), col(clock.id))
    )
    rows = (await session.scalars(query.limit(at_most))).all()
    return [_finished(row) for row in rows]


def as_promise(row: tables.Promise) -> Promise:
    """A published promise, which has both limits and a beginning."""
    return Promise(
        id=row.id,
        code=row.code,
        version=row.version,
        process=row.process,
        node=row.node,
        segment=row.segment,
        priority=row.priority,
        department=row.department,
        commitment=timedelta(seconds=row.commitment_seconds or 0),
        tolerance=timedelta(seconds=row.tolerance_seconds or 0),
        commitment_calendar=row.calendar,
        tolerance_calendar=row.tolerance_calendar,
        valid_from=row.binds_from or row.valid_from or row.created_at,
        valid_until=row.valid_until,
    )


def _finished(row: ClockVersion) -> FinishedRun:
    parse = datetime.fromisoformat
    pauses = tuple((parse(p[0]), parse(p[1]) if p[1] else None) for p in row.pauses if p[0])
    return FinishedRun(row.started_at, row.finished_at or row.started_at, pauses)
