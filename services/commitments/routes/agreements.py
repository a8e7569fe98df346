"""The service catalogue, and the agreements about its services."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from services.commitments import tables
from services.commitments.domain.agreement import next_review
from services.commitments.operations import agreements as operations
from services.commitments.operations.history import Act
from services.commitments.queries import agreements as queries
from services.commitments.schemas import agreements as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("agreements")

READERS = [Depends(require())]
OWNERS = [Depends(require(Role.PROCESS_OWNER))]
Owner = Annotated[Principal, Depends(require(Role.PROCESS_OWNER))]
TAKEN = documented(problems.CONFLICT)
MISSING = documented(problems.NOT_FOUND)
PRECONDITIONS = documented(problems.PRECONDITION_FAILED, problems.PRECONDITION_REQUIRED)
Name = Annotated[str | None, Query(max_length=500)]


@routes.post(
    "/v1/services",
    status_code=201,
    summary="Enter a service in the catalogue",
    responses=TAKEN,
    dependencies=OWNERS,
)
async def add_service(
    body: schemas.NewService, session: InTransaction, response: Response
) -> schemas.Service:
    return _service(await operations.add_service(session, body, _now()), response)


@routes.get("/v1/services", summary="The service catalogue", dependencies=READERS)
async def list_services(
    session: InTransaction,
    status: Annotated[Literal["offered", "withdrawn"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Service]:
    rows, following = await queries.listed(
        session, tables.Service, {"status": status}, limit, cursor
    )
    return Page(items=[schemas.Service.model_validate(r) for r in rows], next_cursor=following)


@routes.get("/v1/services/{code}", summary="One service", responses=MISSING, dependencies=READERS)
async def get_service(code: str, session: InTransaction, response: Response) -> schemas.Service:
    return _service(await queries.one(session, tables.Service, code), response)


@routes.patch(
    "/v1/services/{code}",
    summary="Change or withdraw a service",
    responses=MISSING | PRECONDITIONS,
    dependencies=OWNERS,
)
async def change_service(
    code: str,
    body: schemas.ServiceChange,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Service:
    return _service(await operations.change_service(session, code, body, if_match), response)


@routes.post(
    "/v1/agreements",
    status_code=201,
    summary="Draft an agreement, or the next version of a published one",
    responses=TAKEN,
    dependencies=OWNERS,
)
async def draft_agreement(
    body: schemas.NewAgreement, session: InTransaction, response: Response
) -> schemas.Agreement:
    row = await operations.draft_agreement(session, body, _now())
    return await _agreement(session, row, response)


@routes.put(
    "/v1/agreements/{agreement_id}",
    summary="Change a draft of an agreement",
    responses=MISSING | TAKEN | PRECONDITIONS,
    dependencies=OWNERS,
)
async def change_agreement(
    agreement_id: str,
    body: schemas.NewAgreement,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Agreement:
    row = await operations.change_agreement(session, agreement_id, body, if_match)
    return await _agreement(session, row, response)


@routes.post(
    "/v1/agreements/{agreement_id}/publish",
    summary="Put an agreement in force",
    description="Refused with every fault: an SLA is traced to a requirement recorded before it, "
    "and the node promises fit into those that it makes end to end.",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=OWNERS,
)
async def publish_agreement(
    agreement_id: str, session: InTransaction, response: Response
) -> schemas.Agreement:
    row = await operations.publish_agreement(session, agreement_id, _now())
    return await _agreement(session, row, response)


@routes.post(
    "/v1/agreements/{agreement_id}/end",
    summary="End an agreement early",
    description="The promises that name it end with it, behind the runs that have bound them: "
    "those keep what was promised, and no later one is bound.",
    responses=MISSING | TAKEN | PRECONDITIONS,
)
async def end_agreement(
    agreement_id: str,
    body: schemas.AgreementEnd,
    session: InTransaction,
    response: Response,
    owner: Owner,
    if_match: IfMatch = None,
) -> schemas.Agreement:
    act = Act(owner.subject, _now())
    row = await operations.end_agreement(session, agreement_id, body, if_match, act)
    return await _agreement(session, row, response)


@routes.post(
    "/v1/agreements/{agreement_id}/withdraw",
    summary="Give up a draft of an agreement",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT),
    dependencies=OWNERS,
)
async def withdraw_agreement(
    agreement_id: str, session: InTransaction, response: Response
) -> schemas.Agreement:
    row = await operations.withdraw_agreement(session, agreement_id)
    return await _agreement(session, row, response)


@routes.get("/v1/agreements", summary="Agreements, every version", dependencies=READERS)
async def list_agreements(
    session: InTransaction,
    kind: Annotated[schemas.Kind | None, Query()] = None,
    service: Name = None,
    code: Name = None,
    status: Annotated[Literal["draft", "published", "withdrawn"] | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Agreement]:
    filters = {"kind": kind, "service": service, "code": code, "status": status}
    rows, following = await queries.listed(session, tables.Agreement, filters, limit, cursor)
    return Page(items=await _agreements(session, rows), next_cursor=following)


@routes.get(
    "/v1/agreements/{agreement_id}",
    summary="One version of an agreement",
    responses=MISSING,
    dependencies=READERS,
)
async def get_agreement(
    agreement_id: str, session: InTransaction, response: Response
) -> schemas.Agreement:
    row = await queries.one(session, tables.Agreement, agreement_id)
    return await _agreement(session, row, response)


def _service(row: tables.Service, response: Response) -> schemas.Service:
    response.headers["etag"] = etag(row.revision)
    return schemas.Service.model_validate(row)


async def _agreement(
    session: Session, row: tables.Agreement, response: Response
) -> schemas.Agreement:
    response.headers["etag"] = etag(row.revision)
    return (await _agreements(session, [row]))[0]


async def _agreements(
    session: Session, rows: Sequence[tables.Agreement]
) -> list[schemas.Agreement]:
    answered = await queries.requirements_of(session, [row.id for row in rows])
    promised = await queries.promises_of(session, [row.code for row in rows])
    gaps = await queries.gaps_before(session, [row.code for row in rows])
    today = _now().date()
    return [
        schemas.Agreement.model_validate(
            {
                **row.model_dump(),
                "review": {
                    "first_on": row.first_review_on,
                    "every_months": row.review_months,
                    "participants": row.review_participants,
                    "remind_days_before": row.review_reminder_days,
                },
                "next_review_on": next_review(row.first_review_on, row.review_months, today),
                "gap_since": gaps.get(row.id),
                "requirements": answered.get(row.id, []),
                "promises": promised.get(row.code, []),
            }
        )
        for row in rows
    ]


def _now() -> datetime:
    return datetime.now(UTC)
