"""The process map, its 80/20 view, and how the tenant governs processes."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated

from fastapi import Query, Response

from services.commitments.operations import process_map as operations
from services.commitments.routes.acting import Changing
from services.commitments.routes.people import MISSING, OWNERS, READERS, STALE, At, changes_of
from services.commitments.schemas import people as people_schemas
from services.commitments.schemas import process_map as schemas
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page

routes = router("governance")


@routes.get(
    "/v1/processes/{code}/governance",
    summary="A process's place in the map, its department and rating",
    responses=MISSING,
    dependencies=READERS,
)
async def get_process_governance(
    code: str, session: InTransaction, response: Response
) -> schemas.ProcessGovernance:
    shown = await operations.process_governance(session, code)
    response.headers["etag"] = etag(shown.revision)
    return shown


@routes.patch(
    "/v1/processes/{code}/governance",
    summary="Place a process in the map, name its department, rate it",
    responses=STALE,
)
async def change_process_governance(
    code: str,
    body: schemas.ProcessGovernanceChange,
    session: InTransaction,
    change: Changing,
) -> schemas.ProcessGovernance:
    shown = await operations.change_process_governance(
        session, code, body, change.if_match, change.act
    )
    change.tag(shown.revision)
    return shown


@routes.get(
    "/v1/processes/{code}/governance/history",
    summary="Every change of a process's place and rating",
    dependencies=OWNERS,
)
async def list_process_governance_changes(
    code: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[people_schemas.GovernanceChange]:
    return await changes_of(session, "process_governance", code, limit, cursor)


@routes.get(
    "/v1/process-map", summary="All processes in their places, core ones marked",
    dependencies=READERS,
)  # fmt: skip
async def get_process_map(session: InTransaction, at: At = None) -> schemas.ProcessMap:
    return await operations.process_map(session, at or datetime.now(UTC))


@routes.get(
    "/v1/process-map/pareto",
    summary="Which few processes of a level matter (80/20)",
    dependencies=READERS,
)
async def get_process_pareto(
    session: InTransaction,
    level: Annotated[int, Query(ge=1, le=3)] = 1,
    share: Annotated[
        float, Query(gt=0, le=1, description="Share of all weight that the vital few reach")
    ] = 0.8,
) -> schemas.ParetoView:
    # As it is written: 0.8 is four fifths, and not the binary number nearest to it.
    return await operations.process_pareto(session, level, Fraction(str(share)))
