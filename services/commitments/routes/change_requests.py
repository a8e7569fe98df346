"""Change requests: demanded by a spot-check or filed freely, reviewed, changed, published."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query, Request, Response

from services.commitments import tables
from services.commitments.operations import change_requests as operations
from services.commitments.operations import violations
from services.commitments.operations.change_requests import Step
from services.commitments.queries import governance as queries
from services.commitments.routes.acting import Acting, Change, Changing
from services.commitments.routes.people import MISSING, READERS, STALE, changes_of
from services.commitments.schemas import change_requests as schemas
from services.commitments.schemas.people import GovernanceChange
from services.commitments.settings import Settings
from shared import problems
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import at_pointer, documented, invalid
from shared.store import Session

routes = router("governance")

SETTLED = {**STALE, **documented(problems.CONFLICT)}
Named = Annotated[str | None, Query(max_length=200)]


def _alerts_since(request: Request) -> datetime:
    settings: Settings = request.app.state.settings
    return datetime.now(UTC) - timedelta(seconds=settings.alert_max_age_seconds)


AlertsSince = Annotated[datetime, Depends(_alerts_since)]
"""A limit that passed before this instant when it is first seen alerts nobody."""


@routes.post(
    "/v1/spot-checks/{spot_check_id}/demand-change",
    status_code=201,
    summary="Ask a department for a change; filing it is due within a week",
    responses={**MISSING, **documented(problems.CONFLICT)},
)
async def demand_change(
    spot_check_id: str,
    body: schemas.DemandedChange,
    session: InTransaction,
    act: Acting,
    since: AlertsSince,
    response: Response,
) -> schemas.ChangeRequest:
    row = await violations.demand_by_check(session, spot_check_id, body, act, since)
    response.headers["etag"] = etag(row.revision)
    return await _shown(session, row)


@routes.post(
    "/v1/change-requests",
    status_code=201,
    summary="File a change of a process",
    responses={**MISSING, **documented(problems.CONFLICT)},
)
async def file_change_request(
    body: schemas.NewChangeRequest,
    session: InTransaction,
    act: Acting,
    since: AlertsSince,
    response: Response,
) -> schemas.ChangeRequest:
    row = await operations.file_change_request(session, body, act, since)
    response.headers["etag"] = etag(row.revision)
    return await _shown(session, row)


@routes.get("/v1/change-requests", summary="Change requests, newest first", dependencies=READERS)
async def list_change_requests(
    session: InTransaction,
    process: Named = None,
    department: Named = None,
    status: Annotated[schemas.Status | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.ChangeRequest]:
    wanted = {"process": process, "department": department, "status": status}
    rows, following = await queries.listed(session, tables.ChangeRequest, wanted, limit, cursor)
    items = await operations.shown_change_requests(session, rows, datetime.now(UTC))
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/change-requests/{request_id}",
    summary="One change request with its clocks",
    responses=MISSING,
    dependencies=READERS,
)
async def get_change_request(
    request_id: str, session: InTransaction, response: Response
) -> schemas.ChangeRequest:
    row = await queries.one(session, tables.ChangeRequest, request_id)
    response.headers["etag"] = etag(row.revision)
    return await _shown(session, row)


@routes.post(
    "/v1/change-requests/{request_id}/review",
    summary="Approve or reject a change",
    responses=SETTLED,
)
async def review_change_request(
    request_id: str,
    body: schemas.Review,
    session: InTransaction,
    since: AlertsSince,
    change: Changing,
) -> schemas.ChangeRequest:
    if body.decision == "rejected" and body.reason is None:
        zh, en = "否决须说明理由。", "Rejecting needs a reason."
        raise invalid(at_pointer("/reason", "missing", zh, en))
    step = Step(body.decision, body.reason, since)
    return await _stepped(session, request_id, step, change)


@routes.post(
    "/v1/change-requests/{request_id}/change",
    summary="Say that the process has been changed",
    responses=SETTLED,
)
async def change_by_request(
    request_id: str,
    body: schemas.StepTaken,
    session: InTransaction,
    since: AlertsSince,
    change: Changing,
) -> schemas.ChangeRequest:
    step = Step("changed", body.remark, since)
    return await _stepped(session, request_id, step, change)


@routes.post(
    "/v1/change-requests/{request_id}/publish",
    summary="Say that the change has been published",
    responses=SETTLED,
)
async def publish_change_request(
    request_id: str,
    body: schemas.StepTaken,
    session: InTransaction,
    since: AlertsSince,
    change: Changing,
) -> schemas.ChangeRequest:
    step = Step("published", body.remark, since)
    return await _stepped(session, request_id, step, change)


@routes.post(
    "/v1/change-requests/{request_id}/withdraw",
    summary="Give up a change",
    responses=SETTLED,
)
async def withdraw_change_request(
    request_id: str,
    body: schemas.Withdrawal,
    session: InTransaction,
    since: AlertsSince,
    change: Changing,
) -> schemas.ChangeRequest:
    step = Step("withdrawn", body.reason, since)
    return await _stepped(session, request_id, step, change)


@routes.get(
    "/v1/change-requests/{request_id}/history",
    summary="Every change of a change request",
    responses=MISSING,
    dependencies=READERS,
)
async def list_change_request_changes(
    request_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, tables.ChangeRequest, request_id)
    return await changes_of(session, "change_request", row.id, limit, cursor)


async def _stepped(
    session: Session,
    request_id: str,
    step: Step,
    change: Change,
) -> schemas.ChangeRequest:
    row = await operations.step_change_request(
        session, request_id, step, change.if_match, change.act
    )
    change.tag(row.revision)
    return await _shown(session, row)


async def _shown(session: Session, row: tables.ChangeRequest) -> schemas.ChangeRequest:
    (shown,) = await operations.shown_change_requests(session, [row], datetime.now(UTC))
    return shown
