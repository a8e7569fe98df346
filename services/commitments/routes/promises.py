"""Promises, version by version."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from services.commitments import tables
from services.commitments.operations import promises as operations
from services.commitments.queries import promises as queries
from services.commitments.schemas import promises as schemas
from services.commitments.settings import Settings
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("promises")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
MISSING = documented(problems.NOT_FOUND)
CHANGED = documented(
    problems.NOT_FOUND,
    problems.CONFLICT,
    problems.PRECONDITION_FAILED,
    problems.PRECONDITION_REQUIRED,
)


async def _floor(request: Request) -> float:
    settings: Settings = request.app.state.settings
    return settings.attainment_floor


Floor = Annotated[float, Depends(_floor)]
Name = Annotated[str | None, Query(max_length=64)]


@routes.post(
    "/v1/promises",
    status_code=201,
    summary="Draft a promise, or the next version of a published one",
    responses=documented(problems.CONFLICT),
    dependencies=OWNERS,
)
async def draft_promise(
    body: schemas.NewPromise, session: InTransaction, response: Response, floor: Floor
) -> schemas.Promise:
    return _shown(await operations.draft_promise(session, body, _now(), floor), response)


@routes.put(
    "/v1/promises/{promise_id}",
    summary="Change a draft",
    responses=CHANGED,
    dependencies=OWNERS,
)
async def change_promise(
    promise_id: str,
    body: schemas.NewPromise,
    session: InTransaction,
    response: Response,
    floor: Floor,
    if_match: IfMatch = None,
) -> schemas.Promise:
    row = await operations.change_promise(session, promise_id, body, if_match, _now(), floor)
    return _shown(row, response)


@routes.post(
    "/v1/promises/{promise_id}/publish",
    summary="Put a promise in force",
    description="Refused with every letter of SMART that fails. The version before this one ends "
    "where this one begins; runs that have started keep the version that they bound.",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=OWNERS,
)
async def publish_promise(
    promise_id: str, session: InTransaction, response: Response, floor: Floor
) -> schemas.Promise:
    row = await operations.publish_promise(session, promise_id, _now(), floor)
    return _shown(row, response)


@routes.post(
    "/v1/promises/{promise_id}/withdraw",
    summary="Give up a draft of a promise",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=OWNERS,
)
async def withdraw_promise(
    promise_id: str, session: InTransaction, response: Response
) -> schemas.Promise:
    return _shown(await operations.withdraw_promise(session, promise_id), response)


@routes.get("/v1/promises", summary="Promises, every version", dependencies=READERS)
async def list_promises(
    session: InTransaction,
    process: Name = None,
    code: Name = None,
    agreement: Name = None,
    status: Annotated[Literal["draft", "published", "withdrawn"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Promise]:
    filters = {"process": process, "code": code, "agreement": agreement, "status": status}
    rows, following = await queries.listed_promises(session, filters, limit, cursor)
    return Page(items=[schemas.Promise.model_validate(r) for r in rows], next_cursor=following)


@routes.get(
    "/v1/promises/{promise_id}",
    summary="One version of a promise",
    responses=MISSING,
    dependencies=READERS,
)
async def get_promise(
    promise_id: str, session: InTransaction, response: Response
) -> schemas.Promise:
    return _shown(await queries.promise(session, promise_id), response)


def _shown(row: tables.Promise, response: Response) -> schemas.Promise:
    response.headers["etag"] = etag(row.revision)
    return schemas.Promise.model_validate(row)


def _now() -> datetime:
    return datetime.now(UTC)
