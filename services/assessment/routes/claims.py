"""Claims checked against measured series."""

from fastapi import Depends

from services.assessment.operations import claims as operations
from services.assessment.schemas import claims as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.identity import require
from shared.problems import documented

routes = router("evidence")


@routes.post(
    "/v1/evidence/claims/check",
    summary="Check a claim against a printed or a live series; nothing is stored",
    dependencies=[Depends(require())],
    responses=documented(problems.NOT_FOUND),
)
async def check_claim(
    session: InTransaction, body: schemas.ClaimCheckRequest
) -> schemas.ClaimCheck:
    return await operations.check_claim(session, body)
