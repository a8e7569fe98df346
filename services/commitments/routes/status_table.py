"""The status table of a period."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Query

from services.commitments.operations import attainment
from services.commitments.operations import status_table as operations
from services.commitments.operations.restatements import AS_PROMISED
from services.commitments.queries.attainment import AttainmentFilter
from services.commitments.queries.cases import NEVER, Requested
from services.commitments.queries.status_table import Wanted
from services.commitments.routes.attainment import Basis, From, Level, Reader, To
from services.commitments.routes.cases import AsOf, Name, States
from services.commitments.routes.exports import SHEETS, AsSheet, bilingual, listed, plain
from services.commitments.schemas.status_table import StatusTable
from shared import problems
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import YEARS
from shared.store import Session

routes = router("attainment")

COLUMNS = [
    plain("case_key", "工单", "Case"),
    bilingual("process_name", "流程", "Process"),
    bilingual("node_name", "节点", "Node"),
    plain("visit", "第几次", "Visit"),
    bilingual("state_name", "状态", "State"),
    plain("department", "部门", "Department"),
    plain("position", "岗位", "Position"),
    plain("segment", "客户群", "Segment"),
    plain("priority", "优先级", "Priority"),
    plain("service", "服务", "Service"),
    plain("agreement", "协议", "Agreement"),
    plain("promise", "承诺", "Promise"),
    plain("promise_version", "承诺版本", "Promise version"),
    plain("started_at", "开始时间", "Started"),
    plain("finished_at", "完成时间", "Finished"),
    plain("cancelled_at", "取消时间", "Cancelled"),
    plain("running_seconds", "运行时限（秒）", "Running seconds"),
    plain("commitment_due_at", "承诺到期", "Commitment due"),
    plain("tolerance_due_at", "忍耐到期", "Tolerance due"),
]


@routes.get(
    "/v1/status-table",
    summary="Every run of a period with its state",
    description="Each run alive in the period with its state at the end of it, or at `as_of` if "
    "that is earlier, and how many rows stand in each of the seven states; as a page of JSON, or "
    "whole as CSV or XLSX.",
    response_model=StatusTable,
    responses={**SHEETS, **documented(problems.CONFLICT)},
)
async def get_status_table(
    session: InTransaction,
    reader: Reader,
    sheet: AsSheet,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    level: Level = "run",
    state: States = None,
    process: Name = None,
    node: Name = None,
    department: Name = None,
    position: Name = None,
    segment: Name = None,
    priority: Name = None,
    service: Name = None,
    agreement: Name = None,
    basis: Basis = AS_PROMISED,
    sort: Annotated[
        Literal[
            "started_at",
            "-started_at",
            "finished_at",
            "-finished_at",
            "due_at",
            "-due_at",
            "case_key",
            "-case_key",
        ],
        Query(description="`due_at` is when the commitment is due; `-` turns the order round"),
    ] = "-started_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    operations.require_forward(since, until)
    at = as_of or datetime.now(UTC)
    read = await attainment.basis_of(session, basis, process, reader.subject)
    names = (process, node, department, position, segment, priority, service, agreement)
    start = since or datetime(YEARS.start, 1, 1, tzinfo=UTC)
    wanted = Wanted(start, until or NEVER, at, level, AttainmentFilter(*names), state, read, sort)

    async def page(session: Session, limit: int, cursor: str | None) -> Any:
        return await operations.status_rows(session, wanted, Requested(limit, cursor))

    found = await listed(session, sheet.of("status-table", COLUMNS), page, (limit, cursor))
    if not isinstance(found, Page):
        return found
    counts = await operations.state_counts(session, wanted)
    return StatusTable(**vars(found), **vars(counts))
