"""Raters' own sheets, and the ratings that a caller may see."""

from typing import Annotated

from fastapi import Depends, Query, Response

from services.assessment.operations import rating as operations
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import ratings as queries
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, Lead, now
from services.assessment.schemas import ratings as schemas
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page

routes = router("ratings")

Rater = Annotated[Principal, Depends(require(Role.RATER, Role.LEAD_ASSESSOR))]


@routes.get(
    "/v1/assessments/{assessment_id}/ratings",
    summary="Ratings by cell and rater: one's own while rating is independent",
    responses=MISSING,
    dependencies=READERS,
)
async def list_ratings(
    assessment_id: str,
    session: InTransaction,
    cell: Annotated[str | None, Query(max_length=200)] = None,
    rater: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Rating]:
    await assessment_queries.assessment(session, assessment_id)
    rows, following = await queries.ratings(session, assessment_id, cell, rater, limit, cursor)
    return Page(items=[operations.shown_rating(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/assessments/{assessment_id}/ratings/{rater}/{cell}",
    summary="One rating: one's own while rating is independent",
    responses=MISSING,
    dependencies=READERS,
)
async def get_rating(
    assessment_id: str, rater: str, cell: str, session: InTransaction, response: Response
) -> schemas.Rating:
    await assessment_queries.assessment(session, assessment_id)
    row = await queries.rating(session, assessment_id, rater, cell)
    response.headers["etag"] = etag(row.revision)
    return operations.shown_rating(row)


@routes.get("/v1/assessments/{assessment_id}/sheet", summary="One's own sheet", responses=MISSING)
async def get_sheet(
    assessment_id: str, session: InTransaction, by: Rater, response: Response
) -> schemas.Sheet:
    return _answer(await operations.sheet(session, assessment_id, by), response)


@routes.patch(
    "/v1/assessments/{assessment_id}/sheet",
    summary="Rate cells on one's own sheet",
    responses=CHANGING,
)
async def rate_cells(
    assessment_id: str,
    body: schemas.SheetChange,
    session: InTransaction,
    by: Rater,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Sheet:
    sheet = await operations.rate_cells(session, assessment_id, body, by, now(), if_match)
    return _answer(sheet, response)


@routes.post(
    "/v1/assessments/{assessment_id}/sheet/submit",
    summary="Declare one's own sheet complete",
    responses=CHANGING,
)
async def submit_sheet(
    assessment_id: str,
    session: InTransaction,
    by: Rater,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Sheet:
    return _answer(
        await operations.submit_sheet(session, assessment_id, by, now(), if_match), response
    )


@routes.post(
    "/v1/assessments/{assessment_id}/ratings/{rater}/{cell}/ruling",
    summary="Approve or refuse that a cell is not applicable",
    responses=CHANGING,
)
async def rule_on_rating(
    assessment_id: str,
    rater: str,
    cell: str,
    body: schemas.Ruling,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Rating:
    entry = operations.Entry(assessment_id, rater, cell)
    ruled = await operations.rule_on_rating(session, entry, body, by, now(), if_match)
    response.headers["etag"] = etag(ruled.revision)
    return ruled


def _answer(sheet: schemas.Sheet, response: Response) -> schemas.Sheet:
    response.headers["etag"] = etag(sheet.revision)
    return sheet
