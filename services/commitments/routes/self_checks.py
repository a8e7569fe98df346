"""Monthly self-checks of processes, and the summaries of their departments."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Query, Response

from services.commitments import tables
from services.commitments.operations import self_checks, summaries
from services.commitments.queries import governance as queries
from services.commitments.routes.acting import Acting, Changing
from services.commitments.routes.people import MISSING, READERS, STALE, changes_of
from services.commitments.schemas import self_checks as schemas
from services.commitments.schemas.people import GovernanceChange
from shared import problems
from shared.http import InTransaction, etag, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("governance")

SETTLED = {**STALE, **documented(problems.CONFLICT)}
Named = Annotated[str | None, Query(max_length=200)]
OfStatus = Annotated[schemas.Status | None, Query()]


@routes.post("/v1/self-checks", status_code=201, summary="Open the self-check of a past month")
async def open_self_check(
    body: schemas.NewSelfCheck, session: InTransaction, act: Acting, response: Response
) -> schemas.SelfCheck:
    row = await self_checks.open_self_check(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return await self_checks.shown_self_check(session, row, act.at)


@routes.get("/v1/self-checks", summary="Self-checks, newest first", dependencies=READERS)
async def list_self_checks(
    session: InTransaction,
    process: Named = None,
    month: Named = None,
    department: Named = None,
    status: OfStatus = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.SelfCheckLine]:
    wanted = {"process": process, "month": month, "department": department, "status": status}
    rows, following = await queries.listed(session, tables.SelfCheck, wanted, limit, cursor)
    items = [schemas.SelfCheckLine.model_validate(row.model_dump()) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/self-checks/{self_check_id}",
    summary="One self-check, with what the platform counts",
    responses=MISSING,
    dependencies=READERS,
)
async def get_self_check(
    self_check_id: str, session: InTransaction, response: Response
) -> schemas.SelfCheck:
    row = await queries.one(session, tables.SelfCheck, self_check_id)
    response.headers["etag"] = etag(row.revision)
    return await self_checks.shown_self_check(session, row, _now())


@routes.patch("/v1/self-checks/{self_check_id}", summary="Fill in a self-check", responses=SETTLED)
async def change_self_check(
    self_check_id: str,
    body: schemas.SelfCheckChange,
    session: InTransaction,
    change: Changing,
) -> schemas.SelfCheck:
    row = await self_checks.change_self_check(
        session, self_check_id, body, change.if_match, change.act
    )
    change.tag(row.revision)
    return await self_checks.shown_self_check(session, row, change.act.at)


@routes.post(
    "/v1/self-checks/{self_check_id}/submit",
    summary="Submit a self-check; its figures are frozen",
    responses=SETTLED,
)
async def submit_self_check(
    self_check_id: str,
    session: InTransaction,
    change: Changing,
) -> schemas.SelfCheck:
    row = await self_checks.submit_self_check(session, self_check_id, change.if_match, change.act)
    change.tag(row.revision)
    return await self_checks.shown_self_check(session, row, change.act.at)


@routes.post(
    "/v1/self-checks/{self_check_id}/excuse",
    summary="Say that nothing has to be reported",
    responses=SETTLED,
)
async def excuse_self_check(
    self_check_id: str,
    body: schemas.Excuse,
    session: InTransaction,
    change: Changing,
) -> schemas.SelfCheck:
    row = await self_checks.excuse_self_check(
        session, self_check_id, body, change.if_match, change.act
    )
    change.tag(row.revision)
    return await self_checks.shown_self_check(session, row, change.act.at)


@routes.get(
    "/v1/self-checks/{self_check_id}/history",
    summary="Every change of a self-check",
    responses=MISSING,
    dependencies=READERS,
)
async def list_self_check_changes(
    self_check_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, tables.SelfCheck, self_check_id)
    return await changes_of(session, "self_check", row.id, limit, cursor)


@routes.post(
    "/v1/department-summaries", status_code=201, summary="Open the summary of a past month"
)
async def open_summary(
    body: schemas.NewSummary, session: InTransaction, act: Acting, response: Response
) -> schemas.Summary:
    row = await summaries.open_summary(session, body, act)
    response.headers["etag"] = etag(row.revision)
    return _summary(row)


@routes.get(
    "/v1/department-summaries", summary="Department summaries, newest first", dependencies=READERS
)
async def list_summaries(
    session: InTransaction,
    department: Named = None,
    month: Named = None,
    status: OfStatus = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Summary]:
    wanted = {"department": department, "month": month, "status": status}
    table = tables.DepartmentSummary
    rows, following = await queries.listed(session, table, wanted, limit, cursor)
    return Page(items=[_summary(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/department-summaries/{summary_id}",
    summary="One department summary",
    responses=MISSING,
    dependencies=READERS,
)
async def get_summary(
    summary_id: str, session: InTransaction, response: Response
) -> schemas.Summary:
    row = await queries.one(session, tables.DepartmentSummary, summary_id)
    response.headers["etag"] = etag(row.revision)
    return _summary(row)


@routes.patch("/v1/department-summaries/{summary_id}", summary="Write a summary", responses=SETTLED)
async def change_summary(
    summary_id: str,
    body: schemas.SummaryChange,
    session: InTransaction,
    change: Changing,
) -> schemas.Summary:
    row = await summaries.change_summary(session, summary_id, body, change.if_match, change.act)
    change.tag(row.revision)
    return _summary(row)


@routes.post(
    "/v1/department-summaries/{summary_id}/submit",
    summary="Submit a summary that the head has signed",
    responses=SETTLED,
)
async def submit_summary(
    summary_id: str,
    session: InTransaction,
    change: Changing,
) -> schemas.Summary:
    row = await summaries.submit_summary(session, summary_id, change.if_match, change.act)
    change.tag(row.revision)
    return _summary(row)


@routes.post(
    "/v1/department-summaries/{summary_id}/excuse",
    summary="Say that nothing has to be summed up",
    responses=SETTLED,
)
async def excuse_summary(
    summary_id: str,
    body: schemas.Excuse,
    session: InTransaction,
    change: Changing,
) -> schemas.Summary:
    row = await summaries.excuse_summary(session, summary_id, body, change.if_match, change.act)
    change.tag(row.revision)
    return _summary(row)


@routes.get(
    "/v1/department-summaries/{summary_id}/history",
    summary="Every change of a department summary",
    responses=MISSING,
    dependencies=READERS,
)
async def list_summary_changes(
    summary_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[GovernanceChange]:
    row = await queries.one(session, tables.DepartmentSummary, summary_id)
    return await changes_of(session, "department_summary", row.id, limit, cursor)


def _summary(row: tables.DepartmentSummary) -> schemas.Summary:
    return schemas.Summary.model_validate(row.model_dump())


def _now() -> datetime:
    return datetime.now(UTC)
