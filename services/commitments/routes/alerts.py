"""Alerts: listed, read, acknowledged and handled."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Response

from services.commitments.operations import alert_answers as operations
from services.commitments.queries import alerts as queries
from services.commitments.queries import notifications
from services.commitments.routes import columns
from services.commitments.routes.cases import AsOf, Name
from services.commitments.routes.exports import SHEETS, AsSheet, listed
from services.commitments.schemas import alerts as schemas
from services.commitments.tables import Alert
from shared import problems
from shared.http import InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("alerts")

READERS = [Depends(require())]
Answering = Annotated[Principal, Depends(require(Role.PROCESS_OWNER, Role.INTEGRATION))]
ANSWERED = documented(problems.NOT_FOUND, problems.CONFLICT)
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As the caller holds it"}}
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag that the caller holds")
]


@routes.get(
    "/v1/alerts",
    summary="Thresholds that were reached in progress",
    response_model=Page[schemas.Alert],
    responses={**SHEETS, **UNCHANGED},
    dependencies=READERS,
)
async def list_alerts(
    session: InTransaction,
    response: Response,
    sheet: AsSheet,
    as_of: AsOf = None,
    state: Annotated[schemas.State | None, Query()] = None,
    threshold: Annotated[schemas.Threshold | None, Query()] = None,
    level: Annotated[Literal["run", "case"] | None, Query()] = None,
    process: Name = None,
    node: Name = None,
    department: Name = None,
    position: Name = None,
    case: Annotated[str | None, Query(max_length=500, description="A case's id or key")] = None,
    historic: Annotated[bool | None, Query(description="Those that nobody was told of")] = None,
    sort: Annotated[
        Literal["passed_at", "-passed_at", "due_at", "-due_at"], Query()
    ] = "-passed_at",
    limit: Limit = 50,
    cursor: Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Any:
    wanted = {
        "state": state,
        "threshold": threshold,
        "level": level,
        "process": process,
        "node": node,
        "department": department,
        "position": position,
        "case": case,
        "historic": historic,
    }
    at = as_of or _now()

    async def read(session: Session, limit: int, cursor: str | None) -> Any:
        rows, following = await queries.listed(session, wanted, at, sort, limit, cursor)
        return [_shown(row) for row in rows], following

    page = await listed(session, sheet.of("alerts", columns.ALERTS), read, (limit, cursor))
    if isinstance(page, Response):
        return page
    tag = f'"{hashlib.sha256(page.model_dump_json().encode()).hexdigest()[:32]}"'
    response.headers["etag"] = tag
    return Response(status_code=304, headers={"etag": tag}) if if_none_match == tag else page


@routes.get(
    "/v1/alerts/{alert_id}",
    summary="One alert with the steps of its escalation and the tries to tell of it",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def get_alert(
    alert_id: str, session: InTransaction, response: Response
) -> schemas.AlertDetail:
    row = await queries.alert(session, alert_id)
    response.headers["etag"] = etag(row.revision)
    tries = [
        schemas.DeliveryAttempt(
            at=attempt.at,
            channel=notification.channel,
            recipient=notification.recipient,
            attempt=attempt.number,
            error=attempt.error,
        )
        for attempt, notification in await notifications.attempts_of_alert(session, alert_id)
    ]
    taken = [
        schemas.StepTaken.model_validate(step) for step in await queries.tellings(session, alert_id)
    ]
    shown = _shown(row).model_dump()
    return schemas.AlertDetail(**shown, steps_taken=taken, delivery_attempts=tries)


@routes.post(
    "/v1/alerts/{alert_id}/acknowledge",
    summary="Take note of an alert",
    description="Ends the escalation. Repeating it changes nothing.",
    responses=ANSWERED,
)
async def acknowledge_alert(
    alert_id: str, session: InTransaction, response: Response, by: Answering
) -> schemas.Alert:
    row = await operations.acknowledge_alert(session, alert_id, by, _now())
    response.headers["etag"] = etag(row.revision)
    return _shown(row)


@routes.post(
    "/v1/alerts/{alert_id}/handle",
    summary="Answer an alert with a handling record",
    description="Ends the escalation. Repeating the same record changes nothing.",
    responses=ANSWERED,
)
async def handle_alert(
    alert_id: str,
    body: schemas.Handling,
    session: InTransaction,
    response: Response,
    by: Answering,
) -> schemas.Alert:
    row = await operations.handle_alert(session, alert_id, body, by, _now())
    response.headers["etag"] = etag(row.revision)
    return _shown(row)


def _shown(row: Alert) -> schemas.Alert:
    promise = {"code": row.promise_code or row.promise_id, "version": row.promise_version}
    plain = row.model_dump(exclude={"tenant"})
    return schemas.Alert.model_validate({**plain, "node": row.node or None, "promise": promise})


def _now() -> datetime:
    return datetime.now(UTC)
