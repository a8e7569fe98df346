"""The ledger of compensation."""

from typing import Annotated, Any

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.operations import compensations as operations
from services.commitments.queries import compensations as queries
from services.commitments.routes import columns
from services.commitments.routes.acting import Changing
from services.commitments.routes.cases import READERS, Name
from services.commitments.routes.exports import SHEETS, AsSheet, listed
from services.commitments.schemas import compensations as schemas
from shared import problems
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented
from shared.store import Session

routes = router("attainment")

DECIDED = documented(
    problems.NOT_FOUND,
    problems.CONFLICT,
    problems.PRECONDITION_FAILED,
    problems.PRECONDITION_REQUIRED,
)


@routes.get(
    "/v1/compensations",
    summary="What is owed for runs that broke their promise",
    response_model=Page[schemas.Compensation],
    responses=SHEETS,
    dependencies=READERS,
)
async def list_compensations(
    session: InTransaction,
    sheet: AsSheet,
    status: Annotated[schemas.Status | None, Query()] = None,
    process: Name = None,
    node: Name = None,
    promise: Name = None,
    case_id: Name = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    filters = {
        "status": status,
        "process": process,
        "node": node,
        "promise_code": promise,
        "case_id": case_id,
    }

    async def read(session: Session, limit: int, cursor: str | None) -> Any:
        rows, following = await queries.listed(session, filters, limit, cursor)
        return [_shown(row) for row in rows], following

    asked = (limit, cursor)
    return await listed(session, sheet.of("compensations", columns.COMPENSATIONS), read, asked)


@routes.get(
    "/v1/compensations/{compensation_id}",
    summary="What is owed for one run, with its entries",
    responses=documented(problems.NOT_FOUND),
    dependencies=READERS,
)
async def get_compensation(
    compensation_id: str, session: InTransaction, response: Response
) -> schemas.CompensationDetail:
    row = await queries.one(session, compensation_id)
    response.headers["etag"] = etag(row.revision)
    entries = await queries.entries(session, compensation_id)
    said = [schemas.CompensationEntry.model_validate(entry) for entry in entries]
    return schemas.CompensationDetail(**_shown(row).model_dump(), entries=said)


@routes.post(
    "/v1/compensations/{compensation_id}/confirm",
    summary="Say that the amount is right",
    responses=DECIDED,
)
async def confirm_compensation(
    compensation_id: str,
    session: InTransaction,
    change: Changing,
) -> schemas.Compensation:
    row = await operations.confirm_compensation(
        session, compensation_id, change.if_match, change.act
    )
    return _answered(row, change.response)


@routes.post(
    "/v1/compensations/{compensation_id}/waive", summary="Leave it unpaid", responses=DECIDED
)
async def waive_compensation(
    compensation_id: str,
    body: schemas.WaiveCompensation,
    session: InTransaction,
    change: Changing,
) -> schemas.Compensation:
    row = await operations.waive_compensation(
        session, compensation_id, body.reason, change.if_match, change.act
    )
    return _answered(row, change.response)


@routes.post(
    "/v1/compensations/{compensation_id}/pay",
    summary="Pay what was confirmed",
    responses=DECIDED,
)
async def pay_compensation(
    compensation_id: str,
    body: schemas.PayCompensation,
    session: InTransaction,
    change: Changing,
) -> schemas.Compensation:
    row = await operations.pay_compensation(
        session, compensation_id, body.reference, change.if_match, change.act
    )
    return _answered(row, change.response)


def _answered(row: tables.Compensation, response: Response) -> schemas.Compensation:
    response.headers["etag"] = etag(row.revision)
    return _shown(row)


def _shown(row: tables.Compensation) -> schemas.Compensation:
    return schemas.Compensation(
        **row.model_dump(exclude={"tenant", "promise_id", "promise_code"}),
        promise=row.promise_code,
        owed=operations.owed(row),
    )
