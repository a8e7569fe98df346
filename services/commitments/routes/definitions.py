"""Calendars, processes and integrations."""

from datetime import UTC, datetime

from fastapi import Depends, Response

from services.commitments import tables
from services.commitments.operations import definitions as operations
from services.commitments.queries import definitions as queries
from services.commitments.queries import deliveries as delivery_queries
from services.commitments.schemas import definitions as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("definitions")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
ADMINISTRATORS = [Depends(require(Role.ADMINISTRATOR))]
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


@routes.post(
    "/v1/integrations",
    status_code=201,
    summary="Accept a ticketing tool's webhooks",
    dependencies=ADMINISTRATORS,
)
async def add_integration(
    body: schemas.NewIntegration, session: InTransaction
) -> schemas.Integration:
    return _integration(await operations.add_integration(session, body, _now()))


@routes.get("/v1/integrations", summary="Integrations", dependencies=ADMINISTRATORS)
async def list_integrations(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Integration]:
    rows, following = await delivery_queries.listed_integrations(session, limit, cursor)
    return Page(items=[_integration(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/integrations/{integration_id}",
    summary="One integration",
    responses=MISSING,
    dependencies=ADMINISTRATORS,
)
async def get_integration(
    integration_id: str, session: InTransaction, response: Response
) -> schemas.Integration:
    row = await delivery_queries.integration(session, integration_id)
    response.headers["etag"] = etag(row.revision)
    return _integration(row)


@routes.patch(
    "/v1/integrations/{integration_id}",
    summary="Rotate secrets or mend the mapping",
    responses=documented(
        problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
    ),
    dependencies=ADMINISTRATORS,
)
async def change_integration(
    integration_id: str,
    body: schemas.IntegrationChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Integration:
    row = await operations.change_integration(session, integration_id, body, if_match)
    response.headers["etag"] = etag(row.revision)
    return _integration(row)


def _calendar(row: tables.CalendarVersion) -> schemas.Calendar:
    return schemas.Calendar.model_validate({**row.model_dump(), **row.definition})


def _process(row: tables.ProcessVersion) -> schemas.Process:
    return schemas.Process.model_validate({**row.model_dump(), **row.definition})


def _integration(row: tables.Integration) -> schemas.Integration:
    plain = row.model_dump(exclude={"secrets", "tenant"})
    hook = f"/v1/hooks/{row.id}"
    return schemas.Integration(**plain, secret_count=len(row.secrets), hook=hook)


def _now() -> datetime:
    return datetime.now(UTC)
