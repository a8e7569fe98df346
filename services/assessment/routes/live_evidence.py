"""Measured series of attainment and KPIs."""

from typing import Annotated

from fastapi import Depends, Query

from services.assessment.queries import live_evidence as queries
from services.assessment.schemas import live_evidence as schemas
from shared.http import InTransaction, router
from shared.identity import require
from shared.pages import Cursor, Limit, Page

routes = router("live-evidence")

READERS = [Depends(require())]


@routes.get(
    "/v1/live-evidence",
    summary="Measured series of attainment and KPIs",
    dependencies=READERS,
)
async def list_live_evidence(
    session: InTransaction,
    source: schemas.EvidenceSource | None = None,
    series: Annotated[str | None, Query(max_length=400, description="One whole series")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.LiveEvidence]:
    rows, following = await queries.live_evidence(session, source, series, limit, cursor)
    items = [schemas.LiveEvidence.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)
