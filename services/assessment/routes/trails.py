"""The audit trail of whatever changes, and whether it still holds."""

from services.assessment.operations import audit as operations
from services.assessment.queries import trails as queries
from services.assessment.routes.assessments import MISSING, READERS
from services.assessment.schemas import trails as schemas
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page

routes = router("audit-trails")


@routes.get(
    "/v1/audit-trails/{about}",
    summary="Every change of an assessment, campaign, evidence or model, the oldest first",
    dependencies=READERS,
)
async def list_trail(
    about: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.AuditEntry]:
    rows, following = await queries.trail(session, about, limit, cursor)
    items = [schemas.AuditEntry.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/audit-trails/{about}/verification",
    summary="Whether the chains of a trail hold that the caller may see",
    responses=MISSING,
    dependencies=READERS,
)
async def verify_trail(about: str, session: InTransaction) -> schemas.TrailVerification:
    return await operations.verify_trail(session, about)
