"""Road maps to a target, and the card that reports a result."""

from typing import Annotated

from fastapi import Depends, Response

from services.assessment.operations import report_cards
from services.assessment.operations import road_maps as operations
from services.assessment.routes.assessments import CHANGING, MISSING, READERS, Reader, now
from services.assessment.routes.consensus import BLIND
from services.assessment.schemas import road_maps as schemas
from shared.http import IfMatch, InTransaction, etag, router
from shared.identity import Principal, Role, require

routes = router("road-maps")

Planner = Annotated[Principal, Depends(require(Role.LEAD_ASSESSOR, Role.PROCESS_OWNER))]


@routes.post(
    "/v1/assessments/{assessment_id}/road-map",
    status_code=201,
    summary="Order the steps to a target by gain for effort",
    responses=CHANGING,
)
async def make_road_map(
    assessment_id: str,
    body: schemas.NewRoadMap,
    session: InTransaction,
    by: Planner,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.RoadMap:
    made = await operations.make_road_map(session, assessment_id, body, by, now(), if_match)
    response.headers["etag"] = etag(made.revision)
    return made


@routes.get(
    "/v1/assessments/{assessment_id}/road-map",
    summary="The steps to the target",
    responses=MISSING,
    dependencies=READERS,
)
async def get_road_map(
    assessment_id: str, session: InTransaction, response: Response
) -> schemas.RoadMap:
    made = await operations.show_road_map(session, assessment_id)
    response.headers["etag"] = etag(made.revision)
    return made


@routes.get(
    "/v1/assessments/{assessment_id}/road-map/steps/{step_id}",
    summary="One step",
    responses=MISSING,
    dependencies=READERS,
)
async def get_road_map_step(
    assessment_id: str, step_id: str, session: InTransaction, response: Response
) -> schemas.RoadMapStep:
    return _answer(await operations.show_step(session, assessment_id, step_id), response)


@routes.patch(
    "/v1/assessments/{assessment_id}/road-map/steps/{step_id}",
    summary="Give a step its action, owner, date or status",
    responses=CHANGING,
)
async def change_road_map_step(
    assessment_id: str,
    step_id: str,
    body: schemas.RoadMapStepChange,
    session: InTransaction,
    by: Reader,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.RoadMapStep:
    step = await operations.change_step(session, assessment_id, step_id, body, by, now(), if_match)
    return _answer(step, response)


@routes.get(
    "/v1/assessments/{assessment_id}/report-card",
    summary="Criteria by levels, index, attained level and gaps",
    responses=BLIND,
    dependencies=READERS,
)
async def get_report_card(assessment_id: str, session: InTransaction) -> schemas.ReportCard:
    return await report_cards.report_card(session, assessment_id)


def _answer(step: schemas.RoadMapStep, response: Response) -> schemas.RoadMapStep:
    response.headers["etag"] = etag(step.revision)
    return step
