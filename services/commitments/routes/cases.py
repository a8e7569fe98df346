"""Cases, node runs and attainment, at any instant."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query

from services.commitments.domain.states import State
from services.commitments.operations import attainment as attainment_reports
from services.commitments.operations import reading
from services.commitments.queries import cases
from services.commitments.queries.attainment import GROUPS, AttainmentFilter
from services.commitments.schemas import cases as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import require
from shared.pages import Cursor, Limit, Page
from shared.problems import FieldError, documented, invalid
from shared.schemas import Moment

routes = router("commitments")

READERS = [Depends(require())]
MISSING = documented(problems.NOT_FOUND)


AsOf = Annotated[
    Moment | None,
    Query(description="Read what the events up to this instant tell; now when left out"),
]
Name = Annotated[str | None, Query(max_length=500)]


@routes.get("/v1/cases", summary="Cases", dependencies=READERS)
async def list_cases(
    session: InTransaction,
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
) -> Page[schemas.Case]:
    filters = {
        "process": process,
        "state": state,
        "priority": priority,
        "segment": segment,
        "department": department,
        "key": key,
    }
    wanted = cases.Requested(limit, cursor)
    rows, following = await cases.cases(session, as_of or _now(), filters, sort, wanted)
    return Page(items=[reading.case(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/cases/{case_id}",
    summary="One case with its runs and history",
    responses=MISSING,
    dependencies=READERS,
)
async def get_case(case_id: str, session: InTransaction, as_of: AsOf = None) -> schemas.CaseDetail:
    return await reading.case_detail(session, case_id, as_of or _now())


@routes.get("/v1/node-runs", summary="Node runs with their states", dependencies=READERS)
async def list_node_runs(
    session: InTransaction,
    as_of: AsOf = None,
    state: Annotated[State | None, Query()] = None,
    process: Name = None,
    node: Name = None,
    department: Name = None,
    priority: Name = None,
    segment: Name = None,
    case_id: Name = None,
    sort: Annotated[
        Literal["started_at", "-started_at", "due_at", "-due_at"],
        Query(description="`due_at` is when the commitment is due; `-` puts the latest first"),
    ] = "-started_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.NodeRun]:
    wanted = cases.ClockFilter(state, process, node, department, priority, segment, case_id)
    at = as_of or _now()
    page = cases.Requested(limit, cursor)
    rows, following = await cases.node_runs(session, wanted, at, sort, page)
    return Page(items=await reading.node_runs(session, rows, at), next_cursor=following)


@routes.get(
    "/v1/attainment",
    summary="Attainment by node, department, period and more",
    description="Counts of the seven states, the share of completed runs that kept their "
    "commitment, shares of all runs alive, and running times. Grouped or filtered by department "
    "or position it counts legs, so that nobody is judged on time that another used.",
    dependencies=READERS,
)
async def get_attainment(
    session: InTransaction,
    group_by: Annotated[
        str, Query(description=f"Comma-separated, of {', '.join(GROUPS)}")
    ] = "process,node",
    period_from: Annotated[Moment | None, Query(alias="from")] = None,
    period_to: Annotated[Moment | None, Query(alias="to")] = None,
    as_of: AsOf = None,
    process: Name = None,
    node: Name = None,
    department: Name = None,
    position: Name = None,
    segment: Name = None,
    priority: Name = None,
) -> schemas.AttainmentReport:
    groups = [name.strip() for name in group_by.split(",") if name.strip()]
    unknown = [name for name in groups if name not in GROUPS]
    if unknown or len(set(groups)) != len(groups):
        raise _unknown_group(unknown or groups)
    if period_from and period_to and period_from >= period_to:
        raise _backwards()
    wanted = AttainmentFilter(process, node, department, position, segment, priority)
    return await attainment_reports.report(
        session, groups, wanted, (period_from, period_to), as_of or _now()
    )


def _unknown_group(names: list[str]) -> Exception:
    said = ", ".join(names)[:200]
    zh = f"无法按此分组：{said}。可用：{', '.join(GROUPS)}，每项至多一次。"
    en = f"Cannot group by {said}. There are {', '.join(GROUPS)}, each at most once."
    return invalid(
        FieldError(code="unknown_group", detail={"zh": zh, "en": en}, parameter="group_by")
    )


def _backwards() -> Exception:
    return invalid(
        FieldError(
            code="backwards",
            detail={"zh": "“to”须晚于“from”。", "en": "`to` must be after `from`."},
            parameter="to",
        )
    )


def _now() -> datetime:
    return datetime.now(UTC)
