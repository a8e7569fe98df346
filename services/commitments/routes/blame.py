"""Who contributed how much to the excess of a broken end-to-end promise."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Query

from services.commitments.operations import blame as operations
from services.commitments.operations.status_table import require_forward
from services.commitments.queries.cases import NEVER
from services.commitments.routes.attainment import From, To
from services.commitments.routes.cases import READERS, AsOf, Name
from services.commitments.schemas import blame as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.problems import documented
from shared.schemas import YEARS

routes = router("attainment")


@routes.get(
    "/v1/cases/{case_id}/blame",
    summary="How much each node, pause and gap contributed to a case's excess",
    description="Every counted instant belongs to the runs that were running, in equal parts, to "
    "a pause, or to a gap. The excess falls on what went beyond its own commitment.",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def get_case_blame(
    case_id: str, session: InTransaction, as_of: AsOf = None
) -> schemas.CaseBlame:
    return await operations.case_blame(session, case_id, as_of or datetime.now(UTC))


@routes.get(
    "/v1/blame",
    summary="The excess of a period's broken cases, by node or department",
    dependencies=READERS,
)
async def get_blame(
    session: InTransaction,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    process: Name = None,
    group_by: Annotated[Literal["node", "department"], Query()] = "node",
) -> schemas.TotalBlame:
    require_forward(since, until)
    period = since or datetime(YEARS.start, 1, 1, tzinfo=UTC), until or NEVER
    at = as_of or datetime.now(UTC)
    return await operations.total_blame(session, process, period, at, group_by)
