"""Statistics of raters."""

import asyncio

from fastapi import Depends

from services.assessment.operations import statistics as operations
from services.assessment.schemas import statistics as schemas
from shared.http import stateless_router
from shared.identity import require

routes = stateless_router("statistics", [Depends(require())])


@routes.post(
    "/v1/statistics/agreement",
    summary="How far raters agree: Krippendorff's alpha and percent agreement; nothing is stored",
    openapi_extra={"x-transactional": False},
)
async def measure_agreement(body: schemas.AgreementRequest) -> schemas.AgreementResponse:
    return await asyncio.to_thread(operations.measure_agreement, body)
