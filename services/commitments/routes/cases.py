"""Cases and node runs, at any instant."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Query

from services.commitments.domain.clock import DueReason
from services.commitments.domain.states import State
from services.commitments.operations import reading
from services.commitments.queries import cases
from services.commitments.routes import columns
from services.commitments.routes.exports import SHEETS, AsSheet, listed
from services.commitments.schemas import cases as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import Moment
from shared.store import Session

routes = router("commitments")

READERS = [Depends(require())]
MISSING = documented(problems.NOT_FOUND)


AsOf = Annotated[
    Moment | None,
    Query(description="Read what the events up to this instant tell; now when left out"),
]
Name = Annotated[str | None, Query(max_length=500)]
States = Annotated[
    list[State] | None, Query(max_length=len(State), description="Given again, any of them")
]


@routes.get(
    "/v1/cases",
    summary="Cases",
    response_model=Page[schemas.Case],
    responses=SHEETS,
    dependencies=READERS,
)
async def list_cases(
    session: InTransaction,
    sheet: AsSheet,
    as_of: AsOf = None,
    process: Name = None,
    state: Annotated[str | None, Query(max_length=500, description="The tool's own state")] = None,
    priority: Name = None,
    segment: Name = None,
    department: Name = None,
    key: Annotated[str | None, Query(max_length=500, description="The tool's own number")] = None,
    sort: Annotated[Literal["opened_at", "-opened_at"], Query()] = "-opened_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    filters = {
        "process": process,
        "state": state,
        "priority": priority,
        "segment": segment,
        "department": department,
        "key": key,
    }
    at = as_of or _now()

    async def page(session: Session, limit: int, cursor: str | None) -> Any:
        asked = cases.Requested(limit, cursor)
        rows, following = await cases.cases(session, at, filters, sort, asked)
        return [reading.case(row) for row in rows], following

    return await listed(session, sheet.of("cases", columns.CASES), page, (limit, cursor))


@routes.get(
    "/v1/cases/{case_id}",
    summary="One case with its runs and history",
    responses=MISSING,
    dependencies=READERS,
)
async def get_case(case_id: str, session: InTransaction, as_of: AsOf = None) -> schemas.CaseDetail:
    return await reading.case_detail(session, case_id, as_of or _now())


@routes.get(
    "/v1/node-runs",
    summary="Node runs with their states",
    response_model=Page[schemas.NodeRun],
    responses=SHEETS,
    dependencies=READERS,
)
async def list_node_runs(
    session: InTransaction,
    sheet: AsSheet,
    as_of: AsOf = None,
    state: States = None,
    process: Name = None,
    node: Name = None,
    department: Name = None,
    position: Name = None,
    priority: Name = None,
    segment: Name = None,
    case_id: Name = None,
    case_key: Name = None,
    due_reason: Annotated[
        DueReason | None, Query(description="Why a due instant is empty, or working time unknown")
    ] = None,
    sort: Annotated[
        Literal["started_at", "-started_at", "due_at", "-due_at"],
        Query(description="`due_at` is when the commitment is due; `-` puts the latest first"),
    ] = "-started_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    wanted = cases.ClockFilter(
        state, process, node, department, position, priority, segment, case_id, case_key, due_reason
    )
    at = as_of or _now()

    async def page(session: Session, limit: int, cursor: str | None) -> Any:
        asked = cases.Requested(limit, cursor)
        rows, following = await cases.node_runs(session, wanted, at, sort, asked)
        return await reading.node_runs(session, rows, at), following

    return await listed(session, sheet.of("node-runs", columns.NODE_RUNS), page, (limit, cursor))


def _now() -> datetime:
    return datetime.now(UTC)
