"""Assessments, their raters, and the steps from draft to consensus."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from services.assessment import tables
from services.assessment.domain.workflow import Status
from services.assessment.operations import assessments as operations
from services.assessment.operations import raters, transitions
from services.assessment.operations.leading import leads
from services.assessment.queries import assessments as queries
from services.assessment.queries import trails
from services.assessment.schemas import assessments as schemas
from services.assessment.schemas import trails as trail_schemas
from services.assessment.settings import Settings
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("assessments")

Reader = Annotated[Principal, Depends(require())]
Lead = Annotated[Principal, Depends(require(Role.LEAD_ASSESSOR))]
READERS = [Depends(require())]
Sort = Literal["created_at", "-created_at", "period", "-period", "unit", "-unit"]


def _retention(request: Request) -> timedelta:
    settings: Settings = request.app.state.settings
    return timedelta(days=settings.personal_retention_days)


PersonalRetention = Annotated[timedelta, Depends(_retention)]
MISSING = documented(problems.NOT_FOUND)
CHANGING = documented(
    problems.NOT_FOUND,
    problems.CONFLICT,
    problems.PRECONDITION_FAILED,
    problems.PRECONDITION_REQUIRED,
)


@routes.post(
    "/v1/assessments",
    status_code=201,
    summary="Draft an assessment",
    responses=documented(problems.CONFLICT),
)
async def draft_assessment(
    body: schemas.NewAssessment,
    session: InTransaction,
    by: Lead,
    kept: PersonalRetention,
    response: Response,
) -> schemas.Assessment:
    row = await operations.draft_assessment(session, body, by, now(), kept)
    return answer(row, response)


@routes.get(
    "/v1/assessments",
    summary="Assessments, the newest first unless sorted otherwise",
    dependencies=READERS,
)
async def list_assessments(
    session: InTransaction,
    status: Status | None = None,
    unit_kind: schemas.UnitKind | None = None,
    unit: Annotated[str | None, Query(max_length=200)] = None,
    model: Annotated[str | None, Query(max_length=64, description="A model's code")] = None,
    period: Annotated[str | None, Query(max_length=20)] = None,
    series: Annotated[str | None, Query(max_length=64, description="All its versions")] = None,
    rater: Annotated[str | None, Query(max_length=200, description="Who rates there")] = None,
    sort: Annotated[Sort, Query(description="`-` puts the last first")] = "-created_at",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Assessment]:
    named = {
        "status": status,
        "unit_kind": unit_kind,
        "unit": unit,
        "model_code": model,
        "period": period,
        "series": series,
    }
    rows, following = await queries.assessments(session, named, rater, sort, (limit, cursor))
    return Page(items=[operations.shown(row) for row in rows], next_cursor=following)


@routes.get(
    "/v1/assessments/{assessment_id}",
    summary="One assessment",
    responses=MISSING,
    dependencies=READERS,
)
async def get_assessment(
    assessment_id: str, session: InTransaction, response: Response
) -> schemas.Assessment:
    return answer(await queries.assessment(session, assessment_id), response)


@routes.patch("/v1/assessments/{assessment_id}", summary="Change an assessment", responses=CHANGING)
async def change_assessment(
    assessment_id: str,
    body: schemas.AssessmentChange,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Assessment:
    row = await operations.change_assessment(session, assessment_id, body, by, now(), if_match)
    return answer(row, response)


@routes.get(
    "/v1/assessments/{assessment_id}/raters", summary="Who rates, by subject", responses=MISSING
)
async def list_raters(
    assessment_id: str, session: InTransaction, by: Reader
) -> Page[schemas.Rater]:
    row = await queries.assessment(session, assessment_id)
    rows = await queries.raters(session, assessment_id)
    items = [schemas.Rater.model_validate(rater) for rater in rows]
    if row.consensus_opened_at is None and not leads(by, row):
        items = [each.model_copy(update={"submitted": None}) for each in items]
    return Page(items=items)


@routes.post(
    "/v1/assessments/{assessment_id}/raters",
    status_code=201,
    summary="Name someone to rate",
    responses=CHANGING,
)
async def add_rater(
    assessment_id: str,
    body: schemas.NewRater,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Assessment:
    row = await raters.add_rater(session, assessment_id, body, by, now(), if_match)
    return answer(row, response)


@routes.delete(
    "/v1/assessments/{assessment_id}/raters/{subject}",
    summary="Take a rater out, with all that they rated",
    responses=CHANGING,
)
async def remove_rater(
    assessment_id: str,
    subject: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Assessment:
    row = await raters.remove_rater(session, assessment_id, subject, by, now(), if_match)
    return answer(row, response)


@routes.get(
    "/v1/assessments/{assessment_id}/audit",
    summary="Every change that the caller may know of, the oldest first",
    responses=MISSING,
    dependencies=READERS,
)
async def list_assessment_audit(
    assessment_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[trail_schemas.AuditEntry]:
    await queries.assessment(session, assessment_id)
    rows, following = await trails.trail(session, assessment_id, limit, cursor)
    items = [trail_schemas.AuditEntry.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.post(
    "/v1/assessments/{assessment_id}/open-rating",
    summary="Let the raters rate, each on their own",
    responses=CHANGING,
)
async def open_rating(
    assessment_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Assessment:
    return answer(
        await transitions.open_rating(session, assessment_id, by, now(), if_match), response
    )


@routes.post(
    "/v1/assessments/{assessment_id}/open-consensus",
    summary="Lay the ratings open, once all are submitted",
    responses=CHANGING,
)
async def open_consensus(
    assessment_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Assessment:
    return answer(
        await transitions.open_consensus(session, assessment_id, by, now(), if_match), response
    )


def answer(row: tables.Assessment, response: Response) -> schemas.Assessment:
    """The assessment, with its ETag."""
    response.headers["etag"] = etag(row.revision)
    return operations.shown(row)


def now() -> datetime:
    return datetime.now(UTC)
