"""Service metrics, unit costs and supplier scorecards."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from services.commitments.operations import scorecards
from services.commitments.operations import service_metrics as operations
from services.commitments.operations.service_reviews import local_today
from services.commitments.operations.status_table import require_forward
from services.commitments.queries import scorecards as scorecard_queries
from services.commitments.queries.cases import NEVER
from services.commitments.queries.service_metrics import Window
from services.commitments.routes.attainment import From, To
from services.commitments.routes.cases import READERS, AsOf, Name
from services.commitments.schemas import service_metrics as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.schemas import YEARS

routes = router("attainment")

OWNERS = [Depends(require(Role.PROCESS_OWNER))]
Owner = Annotated[Principal, Depends(require(Role.PROCESS_OWNER))]
STALE = documented(problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED)
MISSING = documented(problems.NOT_FOUND)


@routes.get(
    "/v1/service-metrics",
    summary="First-contact resolution, hand-offs, re-opens, backlog and cost of cases",
    description="Of the cases that were completed in the period; the backlog is that at its end.",
    dependencies=READERS,
)
async def get_service_metrics(
    session: InTransaction,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    process: Name = None,
) -> schemas.ServiceMetrics:
    require_forward(since, until)
    start = since or datetime(YEARS.start, 1, 1, tzinfo=UTC)
    window = Window(process, start, until or NEVER, as_of or datetime.now(UTC))
    return await operations.service_metrics(session, window, (since, until))


@routes.get(
    "/v1/unit-costs", summary="Unit costs of a process", responses=MISSING, dependencies=READERS
)
async def get_unit_costs(
    session: InTransaction,
    response: Response,
    process: Annotated[str, Query(max_length=64)],
) -> schemas.UnitCosts:
    row = await operations.unit_costs(session, process)
    response.headers["etag"] = etag(row.revision)
    return schemas.UnitCosts.model_validate(row)


@routes.put(
    "/v1/unit-costs",
    summary="Set what nodes and channels of a process cost",
    description="The first time needs no If-Match.",
    responses=STALE,
    dependencies=OWNERS,
)
async def set_unit_costs(
    body: schemas.NewUnitCosts,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.UnitCosts:
    row = await operations.set_unit_costs(session, body, if_match, datetime.now(UTC))
    response.headers["etag"] = etag(row.revision)
    return schemas.UnitCosts.model_validate(row)


@routes.post(
    "/v1/supplier-scorecards",
    status_code=201,
    summary="Draw a supplier's scorecard from the attainment of its contract",
    dependencies=OWNERS,
)
async def draw_scorecard(
    body: schemas.NewScorecard, session: InTransaction, response: Response
) -> schemas.SupplierScorecard:
    row = await scorecards.draw_scorecard(session, body, datetime.now(UTC))
    response.headers["etag"] = etag(row.revision)
    return schemas.SupplierScorecard.model_validate(row)


@routes.get(
    "/v1/supplier-scorecards",
    summary="Scorecards of suppliers, due and reviewed",
    dependencies=READERS,
)
async def list_scorecards(
    session: InTransaction,
    agreement: Name = None,
    supplier: Name = None,
    status: Annotated[Literal["due", "reviewed"] | None, Query()] = None,
    overdue: Annotated[bool, Query(description="Only those whose day of review passed")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.SupplierScorecard]:
    filters = {"agreement": agreement, "supplier": supplier, "status": status}
    today = await local_today(session, datetime.now(UTC)) if overdue else None
    rows, following = await scorecard_queries.listed(session, filters, today, limit, cursor)
    items = [schemas.SupplierScorecard.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/supplier-scorecards/{scorecard_id}",
    summary="One scorecard of a supplier",
    responses=MISSING,
    dependencies=READERS,
)
async def get_scorecard(
    scorecard_id: str, session: InTransaction, response: Response
) -> schemas.SupplierScorecard:
    row = await scorecard_queries.one(session, scorecard_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.SupplierScorecard.model_validate(row)


@routes.post(
    "/v1/supplier-scorecards/{scorecard_id}/review",
    summary="Record the review of a scorecard",
    responses={**STALE, **documented(problems.NOT_FOUND, problems.CONFLICT)},
)
async def review_scorecard(
    scorecard_id: str,
    body: schemas.ReviewScorecard,
    session: InTransaction,
    response: Response,
    owner: Owner,
    if_match: IfMatch = None,
) -> schemas.SupplierScorecard:
    by = (owner.subject, datetime.now(UTC))
    row = await scorecards.review_scorecard(session, scorecard_id, body, if_match, by)
    response.headers["etag"] = etag(row.revision)
    return schemas.SupplierScorecard.model_validate(row)
