"""Calendars, version by version, and what is due and elapsed in them."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from services.commitments import tables
from services.commitments.domain.hours import WEEKDAYS
from services.commitments.operations import calendars as operations
from services.commitments.queries import calendar_gaps as gaps
from services.commitments.queries import definitions as queries
from services.commitments.schemas import calendars as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("calendars")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest when left out")]
MISSING = documented(problems.NOT_FOUND)


@routes.post(
    "/v1/calendars",
    status_code=201,
    summary="Define a working calendar",
    responses=documented(problems.CONFLICT),
    dependencies=OWNERS,
)
async def define_calendar(
    body: schemas.NewCalendar, session: InTransaction, response: Response
) -> schemas.Calendar:
    return _shown(await operations.define_calendar(session, body, _now()), response)


@routes.get("/v1/calendars", summary="Working calendars", dependencies=READERS)
async def list_calendars(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Calendar]:
    rows, following = await queries.listed(session, tables.CalendarVersion, limit, cursor)
    return Page(items=[_calendar(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/calendar-gaps",
    summary="Years that clocks run into and whose holidays are not published",
    dependencies=READERS,
)
async def list_calendar_gaps(
    session: InTransaction,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.CalendarGap]:
    rows, following = await gaps.listed(session, status, limit, cursor)
    waiting = await gaps.waiting_runs(session, {row.calendar for row in rows})
    items = [
        schemas.CalendarGap(**row.model_dump(), waiting_runs=waiting[row.calendar]) for row in rows
    ]
    return Page(items=items, next_cursor=following)


@routes.get("/v1/calendars/{code}", summary="One calendar", responses=MISSING, dependencies=READERS)
async def get_calendar(
    code: str,
    session: InTransaction,
    response: Response,
    version: Version = None,
) -> schemas.Calendar:
    row = await queries.one_version(session, tables.CalendarVersion, code, version)
    return _shown(row, response)


@routes.get(
    "/v1/calendars/{code}/versions",
    summary="Every version of a calendar",
    responses=MISSING,
    dependencies=READERS,
)
async def list_calendar_versions(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Calendar]:
    rows, following = await queries.listed_versions(
        session, tables.CalendarVersion, code, limit, cursor
    )
    return Page(items=[_calendar(row) for row in rows], next_cursor=following)


@routes.post(
    "/v1/calendars/{code}/versions",
    status_code=201,
    summary="Change a calendar from an instant on",
    description="Runs that have started keep the version that they count in: the new one begins "
    "behind the last of them. What it says of dates in years without published holidays is "
    "knowledge, and holds for runs of every version.",
    responses=documented(
        problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
    ),
    dependencies=OWNERS,
)
async def add_calendar_version(
    code: str,
    body: schemas.NewCalendarVersion,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Calendar:
    row = await operations.add_calendar_version(session, code, body, if_match, _now())
    return _shown(row, response)


@routes.post(
    "/v1/calendars/{code}/due",
    summary="When so much working time will have passed",
    responses=MISSING,
    dependencies=READERS,
)
async def calculate_due(
    code: str, body: schemas.DueQuestion, session: InTransaction
) -> schemas.Due:
    return await operations.due(session, code, body)


@routes.post(
    "/v1/calendars/{code}/elapsed",
    summary="How much working time lies between two instants",
    responses=MISSING,
    dependencies=READERS,
)
async def calculate_elapsed(
    code: str, body: schemas.ElapsedQuestion, session: InTransaction
) -> schemas.Elapsed:
    return await operations.elapsed(session, code, body)


def _shown(row: tables.CalendarVersion, response: Response) -> schemas.Calendar:
    response.headers["etag"] = etag(row.version)
    return _calendar(row)


def _calendar(row: tables.CalendarVersion) -> schemas.Calendar:
    years = operations.published_years(row)
    # JSON in the database keeps no order.
    stored = row.definition["weekly"]
    weekly = {day: stored[day] for day in WEEKDAYS if day in stored}
    plain = {**row.model_dump(), **row.definition, "weekly": weekly, "published_years": years}
    return schemas.Calendar.model_validate(plain)


def _now() -> datetime:
    return datetime.now(UTC)
