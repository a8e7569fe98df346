"""Evidence of an assessment: attached to its cells, and what it proves."""

from typing import Annotated

from fastapi import Query

from services.assessment.operations import attachments as operations
from services.assessment.queries import assessments as assessment_queries
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, now
from services.assessment.routes.evidence import Bringer, today
from services.assessment.schemas import evidence as schemas
from shared.http import InTransaction, router
from shared.pages import Page

routes = router("evidence")


@routes.get(
    "/v1/assessments/{assessment_id}/evidence",
    summary="What is attached, as far as one may see, with checked claims",
    responses=MISSING,
    dependencies=READERS,
)
async def list_assessment_evidence(
    assessment_id: str,
    session: InTransaction,
    cell: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[schemas.AttachedEvidence]:
    items = await operations.assessment_evidence(session, assessment_id, cell, today())
    return Page(items=items)


@routes.get(
    "/v1/assessments/{assessment_id}/evidence-facts",
    summary="What unexpired evidence proves, by cell; it scores nothing",
    responses=MISSING,
    dependencies=READERS,
)
async def list_evidence_facts(
    assessment_id: str, session: InTransaction
) -> Page[schemas.CellFacts]:
    await assessment_queries.assessment(session, assessment_id)
    proven = await operations.proven_facts(session, assessment_id, today())
    items = [
        schemas.CellFacts.model_validate({"cell": cell, **counted})
        for cell, counted in proven.items()
    ]
    return Page(items=items)


@routes.post(
    "/v1/assessments/{assessment_id}/evidence/{evidence_id}",
    status_code=201,
    summary="Attach evidence to a cell",
    responses=CHANGING,
)
async def attach_evidence(
    assessment_id: str,
    evidence_id: str,
    body: schemas.NewAttachment,
    session: InTransaction,
    by: Bringer,
) -> schemas.Attachment:
    told = await operations.attach_evidence(session, assessment_id, evidence_id, body, by, now())
    return schemas.Attachment.model_validate(told)


@routes.delete(
    "/v1/assessments/{assessment_id}/evidence/{evidence_id}/{cell}",
    status_code=204,
    summary="Detach evidence from a cell",
    responses=CHANGING,
)
async def detach_evidence(
    assessment_id: str, evidence_id: str, cell: str, session: InTransaction, by: Bringer
) -> None:
    await operations.detach_evidence(session, assessment_id, cell, evidence_id, by, now())
