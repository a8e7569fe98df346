"""Service reviews, improvement plans, their actions, and quality plans."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.operations import improvement, service_reviews
from services.commitments.queries import governance as governed
from services.commitments.queries import service_quality as queries
from services.commitments.routes.acting import Acting
from services.commitments.routes.people import MISSING, READERS, STALE, changes_of
from services.commitments.schemas import service_quality as schemas
from services.commitments.schemas.people import GovernanceChange
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("service quality")

SETTLED = {**STALE, **documented(problems.CONFLICT)}
PARENT = {**MISSING, **documented(problems.CONFLICT)}
Named = Annotated[str | None, Query(max_length=200)]


@routes.post(
    "/v1/service-reviews/schedule",
    status_code=201,
    summary="Schedule reviews by the agreements' calendars; what is scheduled stays",
)
async def schedule_service_reviews(
    body: schemas.ReviewSchedule, session: InTransaction, act: Acting
) -> Page[schemas.ServiceReview]:
    rows = await service_reviews.schedule_reviews(session, body, act)
    return Page(items=await service_reviews.shown_reviews(session, rows, act.at))


@routes.post("/v1/service-reviews", status_code=201, summary="Schedule a review out of turn")
async def add_service_review(
    body: schemas.NewServiceReview, session: InTransaction, act: Acting, response: Response
) -> schemas.ServiceReview:
    row = await service_reviews.add_review(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return await _review(session, row)


@routes.get("/v1/service-reviews", summary="Service reviews", dependencies=READERS)
async def list_service_reviews(
    session: InTransaction,
    agreement: Named = None,
    service: Named = None,
    status: Annotated[schemas.ReviewStatus | None, Query()] = None,
    overdue: Annotated[bool, Query(description="Only those whose day has passed unheld")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.ServiceReview]:
    now = datetime.now(UTC)
    wanted = {"agreement": agreement, "service": service, "status": status}
    if overdue:
        today = await service_reviews.local_today(session, now)
        found = await queries.overdue_reviews(session, wanted, today, limit, cursor)
    else:
        found = await governed.listed(session, tables.ServiceReview, wanted, limit, cursor)
    items = await service_reviews.shown_reviews(session, found[0], now)
    return Page(items=items, next_cursor=found[1])


@routes.get(
    "/v1/service-reviews/{review_id}",
    summary="One service review",
    responses=MISSING,
    dependencies=READERS,
)
async def get_service_review(
    review_id: str, session: InTransaction, response: Response
) -> schemas.ServiceReview:
    row = await governed.one(session, tables.ServiceReview, review_id)
    response.headers["etag"] = etag(row.revision)
    return await _review(session, row)


@routes.patch(
    "/v1/service-reviews/{review_id}",
    summary="Hold, minute, move or cancel a review",
    responses=SETTLED,
)
async def change_service_review(
    review_id: str,
    body: schemas.ServiceReviewChange,
    session: InTransaction,
    act: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.ServiceReview:
    row = await service_reviews.change_review(session, review_id, body, if_match, act)
    response.headers["etag"] = etag(row.revision)
    return await _review(session, row)


@routes.post(
    "/v1/service-reviews/{review_id}/actions",
    status_code=201,
    summary="Ask an action of somebody in a review",
    responses=PARENT,
)
async def add_review_action(
    review_id: str,
    body: schemas.NewAction,
    session: InTransaction,
    act: Acting,
    response: Response,
) -> schemas.Action:
    row = await improvement.add_action(session, "review", review_id, body, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.Action.model_validate(row)


@routes.post("/v1/improvement-plans", status_code=201, summary="Draw up an improvement plan")
async def add_improvement_plan(
    body: schemas.NewImprovementPlan, session: InTransaction, act: Acting, response: Response
) -> schemas.ImprovementPlan:
    row = await improvement.add_improvement_plan(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return await _plan(session, row)


@routes.get("/v1/improvement-plans", summary="Improvement plans", dependencies=READERS)
async def list_improvement_plans(
    session: InTransaction,
    service: Named = None,
    process: Named = None,
    owner: Named = None,
    status: Annotated[schemas.PlanStatus | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.ImprovementPlan]:
    wanted = {"service": service, "process": process, "owner": owner, "status": status}
    rows, following = await governed.listed(session, tables.ImprovementPlan, wanted, limit, cursor)
    return Page(items=await improvement.shown_plans(session, rows), next_cursor=following)


@routes.get(
    "/v1/improvement-plans/{plan_id}",
    summary="One improvement plan",
    responses=MISSING,
    dependencies=READERS,
)
async def get_improvement_plan(
    plan_id: str, session: InTransaction, response: Response
) -> schemas.ImprovementPlan:
    row = await governed.one(session, tables.ImprovementPlan, plan_id)
    response.headers["etag"] = etag(row.revision)
    return await _plan(session, row)


@routes.patch(
    "/v1/improvement-plans/{plan_id}",
    summary="Change, complete or cancel a plan",
    responses=SETTLED,
)
async def change_improvement_plan(
    plan_id: str,
    body: schemas.ImprovementPlanChange,
    session: InTransaction,
    act: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.ImprovementPlan:
    row = await improvement.change_improvement_plan(session, plan_id, body, if_match, act)
    response.headers["etag"] = etag(row.revision)
    return await _plan(session, row)


@routes.get(
    "/v1/improvement-plans/{plan_id}/history",
    summary="Every change of an improvement plan",
    responses=MISSING,
    dependencies=READERS,
)
async def list_improvement_plan_changes(
    plan_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await governed.one(session, tables.ImprovementPlan, plan_id)
    return await changes_of(session, "improvement_plan", row.id, limit, cursor)


@routes.post(
    "/v1/improvement-plans/{plan_id}/actions",
    status_code=201,
    summary="Ask an action of somebody in a plan",
    responses=PARENT,
)
async def add_plan_action(
    plan_id: str,
    body: schemas.NewAction,
    session: InTransaction,
    act: Acting,
    response: Response,
) -> schemas.Action:
    row = await improvement.add_action(session, "plan", plan_id, body, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.Action.model_validate(row)


@routes.get("/v1/improvement-actions", summary="Actions asked of people", dependencies=READERS)
async def list_improvement_actions(
    session: InTransaction,
    owner: Named = None,
    status: Annotated[schemas.ActionStatus | None, Query()] = None,
    due_before: Annotated[date | None, Query(description="Due before this day")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Action]:
    wanted = {"owner": owner, "status": status}
    rows, following = await queries.actions(session, wanted, due_before, limit, cursor)
    return Page(items=[schemas.Action.model_validate(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/improvement-actions/{action_id}",
    summary="One action",
    responses=MISSING,
    dependencies=READERS,
)
async def get_improvement_action(
    action_id: str, session: InTransaction, response: Response
) -> schemas.Action:
    row = await governed.one(session, tables.ImprovementAction, action_id)
    response.headers["etag"] = etag(row.revision)
    return schemas.Action.model_validate(row)


@routes.patch(
    "/v1/improvement-actions/{action_id}", summary="Change or end an action", responses=SETTLED
)
async def change_improvement_action(
    action_id: str,
    body: schemas.ActionChange,
    session: InTransaction,
    act: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Action:
    row = await improvement.change_action(session, action_id, body, if_match, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.Action.model_validate(row)


@routes.get("/v1/quality-plans", summary="Quality plans by service", dependencies=READERS)
async def list_quality_plans(
    session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.QualityPlan]:
    rows, following = await queries.quality_plans(session, limit, cursor)
    items = [schemas.QualityPlan.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/quality-plans/{service}",
    summary="The quality plan of a service",
    responses=MISSING,
    dependencies=READERS,
)
async def get_quality_plan(
    service: str, session: InTransaction, response: Response
) -> schemas.QualityPlan:
    row = await queries.quality_plan(session, service)
    response.headers["etag"] = etag(row.revision)
    return schemas.QualityPlan.model_validate(row)


@routes.put(
    "/v1/quality-plans/{service}",
    summary="Set the quality plan of a service",
    description='The first plan of a service needs no ETag; `"0"` says that it is the first.',
    responses=STALE,
)
async def put_quality_plan(
    service: str,
    body: schemas.NewQualityPlan,
    session: InTransaction,
    act: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.QualityPlan:
    row = await improvement.put_quality_plan(session, service, body, if_match, act)
    response.headers["etag"] = etag(row.revision)
    return schemas.QualityPlan.model_validate(row)


@routes.get(
    "/v1/quality-plans/{service}/history",
    summary="Every quality plan that a service had",
    responses=MISSING,
    dependencies=READERS,
)
async def list_quality_plan_changes(
    service: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.quality_plan(session, service)
    return await changes_of(session, "quality_plan", row.service, limit, cursor)


async def _review(session: Session, row: tables.ServiceReview) -> schemas.ServiceReview:
    (shown,) = await service_reviews.shown_reviews(session, [row], datetime.now(UTC))
    return shown


async def _plan(session: Session, row: tables.ImprovementPlan) -> schemas.ImprovementPlan:
    (shown,) = await improvement.shown_plans(session, [row])
    return shown
