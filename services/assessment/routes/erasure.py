"""Erasing what concerns a person."""

from typing import Annotated

from fastapi import Depends

from services.assessment.operations import erasure as operations
from services.assessment.routes.assessments import CHANGING, Reader, now
from services.assessment.schemas import erasure as schemas
from shared.http import IfMatch, InTransaction, router
from shared.identity import Principal, Role, require

routes = router("erasure")

Administrator = Annotated[Principal, Depends(require(Role.ADMINISTRATOR))]


@routes.post(
    "/v1/assessments/{assessment_id}/erase",
    status_code=204,
    summary="Erase what is personal, as the person or the lead; the seal stays",
    responses=CHANGING,
)
async def erase_assessment(
    assessment_id: str,
    body: schemas.Erasure,
    session: InTransaction,
    by: Reader,
    if_match: IfMatch = None,
) -> None:
    await operations.erase_assessment(session, assessment_id, body.reason, by, now(), if_match)


@routes.post(
    "/v1/erasures",
    status_code=204,
    summary="Erase a person: their assessments, and their traces everywhere; never says if any",
)
async def erase_person(
    body: schemas.PersonErasure, session: InTransaction, by: Administrator
) -> None:
    await operations.erase_person(session, body, by, now())
