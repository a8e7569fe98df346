"""Processes, version by version."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Response

from services.commitments import tables
from services.commitments.operations import definitions as operations
from services.commitments.queries import definitions as queries
from services.commitments.schemas import definitions as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("definitions")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="The newest when left out")]
TAKEN = documented(problems.CONFLICT)
MISSING = documented(problems.NOT_FOUND)


@routes.post(
    "/v1/processes",
    status_code=201,
    summary="Define a process with its nodes",
    responses=TAKEN,
    dependencies=OWNERS,
)
async def define_process(
    body: schemas.NewProcess, session: InTransaction, response: Response
) -> schemas.Process:
    return _shown(await operations.define_process(session, body, _now()), response)


@routes.get(
    "/v1/processes/{code}/versions",
    summary="Every version of a process",
    responses=MISSING,
    dependencies=READERS,
)
async def list_process_versions(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Process]:
    rows, following = await queries.listed_versions(
        session, tables.ProcessVersion, code, limit, cursor
    )
    return Page(items=[_process(row) for row in rows], next_cursor=following)


@routes.post(
    "/v1/processes/{code}/versions",
    status_code=201,
    summary="Change a process for the cases that begin from an instant on",
    description="A case stays on the version that was in force at its first event. The new one "
    "begins behind the last case that has begun.",
    responses=documented(
        problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
    ),
    dependencies=OWNERS,
)
async def add_process_version(
    code: str,
    body: schemas.NewProcessVersion,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Process:
    row = await operations.add_process_version(session, code, body, if_match, _now())
    return _shown(row, response)


@routes.get("/v1/processes", summary="Processes", dependencies=READERS)
async def list_processes(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Process]:
    rows, following = await queries.listed(session, tables.ProcessVersion, limit, cursor)
    return Page(items=[_process(row) for row in rows], next_cursor=following)


@routes.get("/v1/processes/{code}", summary="One process", responses=MISSING, dependencies=READERS)
async def get_process(
    code: str, session: InTransaction, response: Response, version: Version = None
) -> schemas.Process:
    row = await queries.one_version(session, tables.ProcessVersion, code, version)
    return _shown(row, response)


def _shown(row: tables.ProcessVersion, response: Response) -> schemas.Process:
    response.headers["etag"] = etag(row.version)
    return _process(row)


def _process(row: tables.ProcessVersion) -> schemas.Process:
    return schemas.Process.model_validate({**row.model_dump(), **row.definition})


def _now() -> datetime:
    return datetime.now(UTC)
