"""Restatements: history judged by other promises than those that were bound."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends

from services.commitments import tables
from services.commitments.operations import restatements as operations
from services.commitments.queries import restatements as queries
from services.commitments.routes.cases import READERS, Name
from services.commitments.schemas import restatements as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("attainment")

MISSING = documented(problems.NOT_FOUND)
Owner = Annotated[Principal, Depends(require(Role.PROCESS_OWNER))]


@routes.post(
    "/v1/restatements",
    status_code=201,
    summary="Restate a process's history under other promises",
    description="The worker judges the cases in batches while everything can be read; the "
    "results are then the `basis` of attainment and the status table.",
)
async def request_restatement(
    body: schemas.NewRestatement, session: InTransaction, owner: Owner
) -> schemas.Restatement:
    row = await operations.request_restatement(session, body, owner.subject, datetime.now(UTC))
    return (await _shown(session, [row]))[0]


@routes.get("/v1/restatements", summary="Restatements", dependencies=READERS)
async def list_restatements(
    session: InTransaction, process: Name = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.Restatement]:
    rows, following = await queries.listed(session, process, limit, cursor)
    return Page(items=await _shown(session, rows), next_cursor=following)


@routes.get(
    "/v1/restatements/{restatement_id}",
    summary="One restatement and how far it is",
    responses=MISSING,
    dependencies=READERS,
)
async def get_restatement(restatement_id: str, session: InTransaction) -> schemas.Restatement:
    return (await _shown(session, [await queries.one(session, restatement_id)]))[0]


@routes.delete(
    "/v1/restatements/{restatement_id}",
    status_code=204,
    summary="Forget a restatement and its results",
    responses=MISSING,
    dependencies=[Depends(require(Role.PROCESS_OWNER))],
)
async def forget_restatement(restatement_id: str, session: InTransaction) -> None:
    await operations.forget_restatement(session, restatement_id)


async def _shown(session: Session, rows: list[tables.Restatement]) -> list[schemas.Restatement]:
    left = await queries.cases_left(session, [row.id for row in rows])
    return [
        schemas.Restatement(
            **row.model_dump(exclude={"tenant", "terms"}),
            status="running" if row.completed_at is None else "complete",
            cases_left=left.get(row.id, 0),
        )
        for row in rows
    ]
