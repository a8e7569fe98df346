"""Advice on promises, and what their owners decide."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from services.commitments import tables
from services.commitments.operations import advice as operations
from services.commitments.operations import advice_decisions as decisions
from services.commitments.operations import advice_settings as settings
from services.commitments.operations.status_table import require_forward
from services.commitments.queries import advice as queries
from services.commitments.routes.acting import Acting, Changing
from services.commitments.routes.attainment import From, To
from services.commitments.routes.cases import READERS, Name
from services.commitments.routes.people import changes_of
from services.commitments.routes.promises import Floor
from services.commitments.schemas import advice as schemas
from services.commitments.schemas.people import GovernanceChange
from shared import problems
from shared.http import InTransaction, etag, router
from shared.identity import Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("attainment")

DECIDED = documented(
    problems.NOT_FOUND,
    problems.CONFLICT,
    problems.PRECONDITION_FAILED,
    problems.PRECONDITION_REQUIRED,
)


@routes.get(
    "/v1/advice",
    summary="Proposals to tighten or to improve what is promised",
    description="Made of the runs that the months before completed (see /v1/advice-settings). At "
    "90 % attainment or more a tighter promise is proposed, below 10 % improvement; a tenant can "
    "set both thresholds. With a period: what its runs propose, computed and not kept; to decide "
    "on it, its owner makes it with POST.",
    dependencies=READERS,
)
async def list_advice(
    session: InTransaction,
    since: From = None,
    until: To = None,
    process: Name = None,
    node: Name = None,
    promise: Name = None,
    kind: Annotated[Literal["tighten", "improve"] | None, Query()] = None,
    status: Annotated[
        Literal["open", "accepted", "changed", "declined", "superseded"] | None, Query()
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Advice]:
    require_forward(since, until)
    filters = {
        "process": process,
        "node": node,
        "promise_code": promise,
        "kind": kind,
        "status": status,
        "period_from": since,
        "period_to": until,
    }
    if since is None and until is None:
        await operations.advise(session, process, (None, None), _now())
        await session.flush()
        rows, following = await queries.listed(session, filters, limit, cursor)
    else:
        made = await operations.computed(session, process, (since, until), _now())
        rows, following = await queries.with_computed(session, filters, made, limit, cursor)
    return Page(items=[_shown(row) for row in rows], next_cursor=following)


@routes.post(
    "/v1/advice",
    status_code=201,
    summary="Make the proposals of a period",
    description="For the owner of the process; open proposals of older periods are superseded.",
)
async def make_advice(
    body: schemas.NewAdvice, session: InTransaction, act: Acting
) -> Page[schemas.Advice]:
    rows = await operations.make_advice(session, body, act)
    return Page(items=[_shown(row) for row in rows])


@routes.get("/v1/advice-settings", summary="When advice is made", dependencies=READERS)
async def get_advice_settings(
    session: InTransaction, response: Response, process: Name = None
) -> schemas.AdviceSettings:
    return _settings(await settings.advice_settings(session, process, _now()), response)


@routes.patch(
    "/v1/advice-settings",
    summary="Set the thresholds of advice",
    description="For all processes, or with `process` for one: its owner sets those.",
    responses=documented(
        problems.NOT_FOUND, problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED
    ),
    dependencies=[Depends(require(Role.PROCESS_OWNER))],
)
async def change_advice_settings(
    body: schemas.AdviceSettingsChange,
    session: InTransaction,
    change: Changing,
    process: Name = None,
) -> schemas.AdviceSettings:
    row = await settings.change_advice_settings(session, process, body, change.if_match, change.act)
    return _settings(row, change.response)


@routes.get(
    "/v1/advice/{advice_id}",
    summary="One proposal",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def get_advice(advice_id: str, session: InTransaction, response: Response) -> schemas.Advice:
    return _answered(await queries.one(session, advice_id), response)


@routes.get(
    "/v1/advice/{advice_id}/history",
    summary="Who decided on a proposal, and in what capacity",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def list_advice_changes(
    advice_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, advice_id)
    return await changes_of(session, "advice", row.id, limit, cursor)


@routes.post(
    "/v1/advice/{advice_id}/accept",
    summary="Accept a proposal; a tighter promise is drafted, improvement is planned",
    responses=DECIDED,
)
async def accept_advice(
    advice_id: str,
    body: schemas.AcceptAdvice,
    session: InTransaction,
    change: Changing,
    floor: Floor,
) -> schemas.Advice:
    row = await decisions.accept_advice(
        session, advice_id, body, change.if_match, change.act, floor
    )
    return _answered(row, change.response)


@routes.post(
    "/v1/advice/{advice_id}/change",
    summary="Accept a proposal with other limits",
    responses=DECIDED,
)
async def change_advice(
    advice_id: str,
    body: schemas.ChangeAdvice,
    session: InTransaction,
    change: Changing,
    floor: Floor,
) -> schemas.Advice:
    row = await decisions.change_advice(
        session, advice_id, body, change.if_match, change.act, floor
    )
    return _answered(row, change.response)


@routes.post("/v1/advice/{advice_id}/decline", summary="Decline a proposal", responses=DECIDED)
async def decline_advice(
    advice_id: str, body: schemas.DeclineAdvice, session: InTransaction, change: Changing
) -> schemas.Advice:
    row = await decisions.decline_advice(session, advice_id, body, change.if_match, change.act)
    return _answered(row, change.response)


def _settings(row: tables.AdviceSettings, response: Response) -> schemas.AdviceSettings:
    response.headers["etag"] = etag(row.revision)
    return schemas.AdviceSettings.model_validate(
        row.model_dump() | {"process": row.process or None}
    )


def _answered(row: tables.Advice, response: Response) -> schemas.Advice:
    response.headers["etag"] = etag(row.revision)
    return _shown(row)


def _shown(row: tables.Advice) -> schemas.Advice:
    return schemas.Advice.model_validate(
        {
            **row.model_dump(),
            "promise": row.promise_code,
            "attainment_rate": row.completed_normal / row.completed,
            "attainment_rate_exact": f"{row.completed_normal}/{row.completed}",
            "proposed": _proposed(row),
        }
    )


def _proposed(row: tables.Advice) -> schemas.Proposed | None:
    limits = row.proposed_commitment_seconds, row.proposed_tolerance_seconds
    if limits[0] is None or limits[1] is None or row.expected_within is None:
        return None
    return schemas.Proposed(
        commitment_seconds=limits[0],
        tolerance_seconds=limits[1],
        expected_within=row.expected_within,
        expected_attainment=row.expected_within / row.completed,
        expected_attainment_exact=f"{row.expected_within}/{row.completed}",
    )


def _now() -> datetime:
    return datetime.now(UTC)
