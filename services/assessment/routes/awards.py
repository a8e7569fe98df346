"""Awards, their examiners, and certificates."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Response

from services.assessment.domain.awards import AwardStatus
from services.assessment.operations import awards as operations
from services.assessment.operations import certificates
from services.assessment.queries import awards as queries
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, Lead, Reader, now
from services.assessment.schemas import awards as schemas
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

awards = router("awards")
certified = router("certificates")

Applicant = Annotated[Principal, Depends(require(Role.LEAD_ASSESSOR, Role.PROCESS_OWNER))]
Examiner = Annotated[Principal, Depends(require(Role.RATER, Role.LEAD_ASSESSOR))]


@awards.post(
    "/v1/awards",
    status_code=201,
    summary="Apply for an award with a sealed assessment",
    responses=documented(problems.CONFLICT),
)
async def apply_for_award(
    body: schemas.NewAward, session: InTransaction, by: Applicant, response: Response
) -> schemas.Award:
    return _answer(await operations.apply_for_award(session, body, by, now()), response)


@awards.get("/v1/awards", summary="Applications, the newest first")
async def list_awards(
    session: InTransaction,
    by: Reader,
    status: AwardStatus | None = None,
    assessment: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Award]:
    rows, following = await queries.awards(session, status, assessment, limit, cursor)
    items = [await operations.shown(session, row, by) for row in rows]
    return Page(items=items, next_cursor=following)


@awards.get("/v1/awards/{award_id}", summary="One application", responses=MISSING)
async def get_award(
    award_id: str, session: InTransaction, by: Reader, response: Response
) -> schemas.Award:
    row = await queries.award(session, award_id)
    return _answer(await operations.shown(session, row, by), response)


@awards.post(
    "/v1/awards/{award_id}/examiners",
    status_code=201,
    summary="Name an examiner",
    responses=CHANGING,
)
async def add_examiner(
    award_id: str,
    body: schemas.NewExaminer,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Award:
    told = await operations.add_examiner(session, award_id, body, by, now(), if_match)
    return _answer(told, response)


@awards.put(
    "/v1/awards/{award_id}/declaration",
    summary="Declare, as an examiner, whether one has a conflict of interest",
    responses=CHANGING,
)
async def declare_conflict(
    award_id: str,
    body: schemas.Declaration,
    session: InTransaction,
    by: Examiner,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Award:
    told = await operations.declare_conflict(session, award_id, body, by, now(), if_match)
    return _answer(told, response)


@awards.post(
    "/v1/awards/{award_id}/open-examination",
    summary="Let the examiners score",
    responses=CHANGING,
)
async def open_examination(
    award_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Award:
    told = await operations.open_examination(session, award_id, by, now(), if_match)
    return _answer(told, response)


@awards.put(
    "/v1/awards/{award_id}/score",
    summary="Score, as an examiner without a conflict of interest",
    responses=CHANGING,
)
async def score_award(
    award_id: str,
    body: schemas.ExaminerScore,
    session: InTransaction,
    by: Examiner,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Award:
    told = await operations.score_award(session, award_id, body, by, now(), if_match)
    return _answer(told, response)


@awards.post(
    "/v1/awards/{award_id}/decision",
    summary="Grant or refuse, once all have scored",
    responses=CHANGING,
)
async def decide_award(
    award_id: str,
    body: schemas.AwardDecision,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Award:
    told = await operations.decide_award(session, award_id, body, by, now(), if_match)
    return _answer(told, response)


@awards.post(
    "/v1/awards/{award_id}/certificate",
    status_code=201,
    summary="Certify a granted award",
    responses=CHANGING,
)
async def issue_certificate(
    award_id: str,
    body: schemas.NewCertificate,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Certificate:
    told = await certificates.issue_certificate(session, award_id, body, by, now(), if_match)
    response.headers["etag"] = etag(told.revision)
    return told


@certified.get(
    "/v1/certificates/{number}",
    summary="A certificate, checked anew down to the sealed assessment",
    responses=MISSING,
    dependencies=READERS,
)
async def get_certificate(
    number: str, session: InTransaction, response: Response
) -> schemas.Certificate:
    row = await queries.certificate(session, number)
    response.headers["etag"] = etag(row.revision)
    return await certificates.shown(session, row, now())


@certified.get(
    "/v1/certificates/{number}/page",
    summary="A certificate as a page to print",
    response_class=Response,
    responses={
        **MISSING,
        200: {
            "description": "Self-contained HTML of one A4 sheet",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
    },
    dependencies=READERS,
)
async def print_certificate(
    number: str, session: InTransaction, language: Literal["zh", "en"] = "zh"
) -> Response:
    content = await certificates.certificate_page(session, number, language, now())
    headers = {
        "cache-control": "private, no-store",
        "content-language": language,
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)


@certified.post(
    "/v1/certificates/{number}/withdraw",
    summary="Withdraw a certificate",
    responses=CHANGING,
)
async def withdraw_certificate(
    number: str,
    body: schemas.Withdrawal,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Certificate:
    told = await certificates.withdraw_certificate(
        session, number, body.reason, by, now(), if_match
    )
    response.headers["etag"] = etag(told.revision)
    return told


def _answer(award: schemas.Award, response: Response) -> schemas.Award:
    response.headers["etag"] = etag(award.revision)
    return award
