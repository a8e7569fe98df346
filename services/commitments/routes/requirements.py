"""Service level requirements, recorded before an agreement and traced to it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.operations import requirements as operations
from services.commitments.queries import agreements as queries
from services.commitments.routes.agreements import MISSING, OWNERS, PRECONDITIONS, READERS, Name
from services.commitments.schemas import requirements as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("agreements")


@routes.post(
    "/v1/service-level-requirements",
    status_code=201,
    summary="Record what a customer asks of a service",
    dependencies=OWNERS,
)
async def record_requirement(
    body: schemas.NewRequirement, session: InTransaction, response: Response
) -> schemas.Requirement:
    row = await operations.record_requirement(session, body, _now())
    return await _shown(session, row, response)


@routes.get(
    "/v1/service-level-requirements",
    summary="Service level requirements, and which promises keep them",
    dependencies=READERS,
)
async def list_requirements(
    session: InTransaction,
    service: Name = None,
    status: Annotated[Literal["open", "agreed", "declined"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Requirement]:
    filters = {"service": service, "status": status}
    table = tables.ServiceLevelRequirement
    rows, following = await queries.listed(session, table, filters, limit, cursor)
    items = await operations.shown_requirements(session, rows, _now())
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/service-level-requirements/{requirement_id}",
    summary="One requirement, and what answers it",
    responses=MISSING,
    dependencies=READERS,
)
async def get_requirement(
    requirement_id: str, session: InTransaction, response: Response
) -> schemas.Requirement:
    row = await queries.one(session, tables.ServiceLevelRequirement, requirement_id)
    return await _shown(session, row, response)


@routes.patch(
    "/v1/service-level-requirements/{requirement_id}",
    summary="Decline a requirement, or open it again",
    responses=MISSING | documented(problems.CONFLICT) | PRECONDITIONS,
    dependencies=OWNERS,
)
async def decide_requirement(
    requirement_id: str,
    body: schemas.RequirementDecision,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Requirement:
    row = await operations.decide_requirement(session, requirement_id, body, if_match)
    return await _shown(session, row, response)


async def _shown(
    session: Session, row: tables.ServiceLevelRequirement, response: Response
) -> schemas.Requirement:
    response.headers["etag"] = etag(row.revision)
    (shown,) = await operations.shown_requirements(session, [row], _now())
    return shown


def _now() -> datetime:
    return datetime.now(UTC)
