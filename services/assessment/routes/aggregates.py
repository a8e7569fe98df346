"""Sealed aggregates of campaigns."""

from services.assessment.operations import aggregates as operations
from services.assessment.operations.benchmarks import GROUP_TOO_SMALL
from services.assessment.queries import aggregates as queries
from services.assessment.queries.campaigns import campaign
from services.assessment.routes.assessments import MISSING, READERS, Lead, now
from services.assessment.schemas import aggregates as schemas
from shared import problems
from shared.http import InTransaction, router
from shared.pages import Cursor, Limit, Page
from shared.problems import documented

routes = router("campaigns")


@routes.post(
    "/v1/campaigns/{campaign_id}/seals",
    status_code=201,
    summary="Seal how those came out who have been sealed since the last time",
    responses=documented(problems.NOT_FOUND, problems.CONFLICT, GROUP_TOO_SMALL),
)
async def seal_campaign(campaign_id: str, session: InTransaction, by: Lead) -> schemas.CampaignSeal:
    return await operations.seal_campaign(session, campaign_id, by, now())


@routes.get(
    "/v1/campaigns/{campaign_id}/seals",
    summary="Sealed aggregates of a campaign, the newest first",
    responses=MISSING,
    dependencies=READERS,
)
async def list_campaign_seals(
    campaign_id: str, session: InTransaction, limit: Limit = 50, cursor: Cursor = None
) -> Page[schemas.CampaignSeal]:
    await campaign(session, campaign_id)
    rows, following = await queries.aggregates(session, campaign_id, limit, cursor)
    items = [await operations.shown(session, row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/campaigns/{campaign_id}/seals/{seal_id}",
    summary="One sealed aggregate",
    responses=MISSING,
    dependencies=READERS,
)
async def get_campaign_seal(
    campaign_id: str, seal_id: str, session: InTransaction
) -> schemas.CampaignSeal:
    row = await queries.aggregate(session, campaign_id, seal_id)
    return await operations.shown(session, row)


@routes.post(
    "/v1/campaigns/{campaign_id}/seals/{seal_id}/verify",
    summary="Recompute a sealed aggregate, from the members that have not been erased",
    responses=MISSING,
    dependencies=READERS,
)
async def verify_campaign_seal(
    campaign_id: str, seal_id: str, session: InTransaction
) -> schemas.CampaignSealVerification:
    return await operations.verify_campaign_seal(session, campaign_id, seal_id)
