"""Calendars and processes."""

from datetime import UTC, datetime

from fastapi import Depends

from services.commitments import tables
from services.commitments.operations import definitions as operations
from services.commitments.queries import definitions as queries
from services.commitments.schemas import definitions as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("definitions")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
TAKEN = documented(problems.CONFLICT)
MISSING = documented(problems.NOT_FOUND)


@routes.post(
    "/v1/calendars",
    status_code=201,
    summary="Define a working calendar",
    responses=TAKEN,
    dependencies=OWNERS,
)
async def define_calendar(body: schemas.NewCalendar, session: InTransaction) -> schemas.Calendar:
    return _calendar(await operations.define_calendar(session, body, _now()))


@routes.get("/v1/calendars", summary="Working calendars", dependencies=READERS)
async def list_calendars(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Calendar]:
    rows, following = await queries.listed(session, tables.CalendarVersion, limit, cursor)
    return Page(items=[_calendar(row) for row in rows], next_cursor=following)


@routes.get("/v1/calendars/{code}", summary="One calendar", responses=MISSING, dependencies=READERS)
async def get_calendar(code: str, session: InTransaction) -> schemas.Calendar:
    return _calendar(await queries.newest(session, tables.CalendarVersion, code))


@routes.post(
    "/v1/processes",
    status_code=201,
    summary="Define a process with its nodes",
    responses=TAKEN,
    dependencies=OWNERS,
)
async def define_process(body: schemas.NewProcess, session: InTransaction) -> schemas.Process:
    return _process(await operations.define_process(session, body, _now()))


@routes.get("/v1/processes", summary="Processes", dependencies=READERS)
async def list_processes(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Process]:
    rows, following = await queries.listed(session, tables.ProcessVersion, limit, cursor)
    return Page(items=[_process(row) for row in rows], next_cursor=following)


@routes.get("/v1/processes/{code}", summary="One process", responses=MISSING, dependencies=READERS)
async def get_process(code: str, session: InTransaction) -> schemas.Process:
    return _process(await queries.newest(session, tables.ProcessVersion, code))


def _calendar(row: tables.CalendarVersion) -> schemas.Calendar:
    return schemas.Calendar.model_validate({**row.model_dump(), **row.definition})


def _process(row: tables.ProcessVersion) -> schemas.Process:
    return schemas.Process.model_validate({**row.model_dump(), **row.definition})


def _now() -> datetime:
    return datetime.now(UTC)
