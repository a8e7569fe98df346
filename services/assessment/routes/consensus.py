"""Consensus, review, scores and seals of assessments."""

from typing import Annotated

from fastapi import Depends, Query, Response

from services.assessment.operations import assessment_scores, sealing, transitions
from services.assessment.operations import consensus as operations
from services.assessment.queries import assessments as assessment_queries
from services.assessment.queries import consensus as queries
from services.assessment.routes.assessments import (
    CHANGING,
    MISSING,
    READERS,
    Lead,
    Reader,
    answer,
    now,
)
from services.assessment.routes.ratings import Rater
from services.assessment.schemas import assessments as assessment_schemas
from services.assessment.schemas import consensus as schemas
from services.assessment.schemas.statistics import AgreementResponse
from shared import problems
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require
from shared.pages import Page
from shared.problems import documented

consensus = router("consensus")
seals = router("seals")

Assessor = Annotated[Principal, Depends(require(Role.RATER, Role.LEAD_ASSESSOR))]
BLIND = documented(problems.NOT_FOUND, problems.CONFLICT)


@consensus.get(
    "/v1/assessments/{assessment_id}/decisions",
    summary="Every cell in consensus: ratings, discussion, decision",
    responses=BLIND,
    dependencies=READERS,
)
async def list_decisions(assessment_id: str, session: InTransaction) -> Page[schemas.CellConsensus]:
    return Page(items=await operations.consensus(session, assessment_id))


@consensus.get(
    "/v1/assessments/{assessment_id}/decisions/{cell}",
    summary="One cell in consensus",
    responses=BLIND,
    dependencies=READERS,
)
async def get_decision(
    assessment_id: str, cell: str, session: InTransaction, response: Response
) -> schemas.CellConsensus:
    found = await operations.cell_consensus(session, assessment_id, cell)
    response.headers["etag"] = etag(found.revision)
    return found


@consensus.get(
    "/v1/assessments/{assessment_id}/agreement",
    summary="How far the raters agreed before consensus",
    responses=BLIND,
    dependencies=READERS,
)
async def get_rater_agreement(
    assessment_id: str,
    session: InTransaction,
    seed: Annotated[int, Query(ge=0, le=2**31, description="Of the bootstrap")] = 0,
) -> AgreementResponse:
    return await operations.agreement(session, assessment_id, seed)


@consensus.put(
    "/v1/assessments/{assessment_id}/decisions/{cell}",
    summary="Decide a cell",
    responses=CHANGING,
)
async def decide_cell(
    assessment_id: str,
    cell: str,
    body: schemas.NewDecision,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.CellConsensus:
    decided = await operations.decide_cell(session, assessment_id, cell, body, by, now(), if_match)
    response.headers["etag"] = etag(decided.revision)
    return decided


@consensus.post(
    "/v1/assessments/{assessment_id}/decisions/{cell}/notes",
    status_code=201,
    summary="Note what was said of a cell",
    responses=BLIND,
)
async def discuss_cell(
    assessment_id: str,
    cell: str,
    body: schemas.NewDiscussionNote,
    session: InTransaction,
    by: Rater,
) -> schemas.DiscussionNote:
    return await operations.discuss_cell(session, assessment_id, cell, body, by, now())


@consensus.post(
    "/v1/assessments/{assessment_id}/open-review",
    summary="Hand the assessment to its reviewer, once all is decided",
    responses=CHANGING,
)
async def open_review(
    assessment_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> assessment_schemas.Assessment:
    row = await transitions.open_review(session, assessment_id, by, now(), if_match)
    return answer(row, response)


@consensus.post(
    "/v1/assessments/{assessment_id}/confirm",
    summary="Confirm what was decided, as the reviewer",
    responses=CHANGING,
)
async def confirm_review(
    assessment_id: str,
    session: InTransaction,
    by: Assessor,
    response: Response,
    if_match: IfMatch = None,
) -> assessment_schemas.Assessment:
    row = await transitions.confirm_review(session, assessment_id, by, now(), if_match)
    return answer(row, response)


@consensus.post(
    "/v1/assessments/{assessment_id}/return",
    summary="Give the assessment back to consensus, as the reviewer",
    responses=CHANGING,
)
async def return_review(
    assessment_id: str,
    body: schemas.Return,
    session: InTransaction,
    by: Assessor,
    response: Response,
    if_match: IfMatch = None,
) -> assessment_schemas.Assessment:
    row = await transitions.return_review(session, assessment_id, body.reason, by, now(), if_match)
    return answer(row, response)


@seals.get(
    "/v1/assessments/{assessment_id}/score",
    summary="What the assessment comes to: own ratings while blind, then the decisions",
    responses=BLIND,
)
async def get_assessment_score(
    assessment_id: str, session: InTransaction, by: Reader
) -> schemas.AssessmentScore:
    return await assessment_scores.assessment_score(session, assessment_id, by, now().date())


@seals.post(
    "/v1/assessments/{assessment_id}/seal",
    summary="Seal a confirmed assessment for ever",
    responses=CHANGING,
)
async def seal_assessment(
    assessment_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> assessment_schemas.Assessment:
    row = await sealing.seal_assessment(session, assessment_id, by, now(), if_match)
    return answer(row, response)


@seals.get(
    "/v1/assessments/{assessment_id}/seal",
    summary="What a sealed assessment is bound to",
    responses=MISSING,
    dependencies=READERS,
)
async def get_seal(assessment_id: str, session: InTransaction) -> schemas.Seal:
    await assessment_queries.assessment(session, assessment_id)
    return schemas.Seal.model_validate(await queries.seal(session, assessment_id))


@seals.post(
    "/v1/assessments/{assessment_id}/seal/verify",
    summary="Recompute a seal from what is stored",
    responses=MISSING,
    dependencies=READERS,
)
async def verify_seal(assessment_id: str, session: InTransaction) -> schemas.SealVerification:
    return await sealing.verify_seal(session, assessment_id)
