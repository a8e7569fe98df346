"""Campaigns over a grid of units."""

from typing import Annotated, Literal

from fastapi import Query, Response

from services.assessment import tables
from services.assessment.operations import campaigns as operations
from services.assessment.operations import raters
from services.assessment.queries import campaigns as queries
from services.assessment.routes.assessments import (
    CHANGING,
    MISSING,
    READERS,
    Lead,
    PersonalRetention,
    Reader,
    now,
)
from services.assessment.routes.evidence import Bringer
from services.assessment.schemas import campaigns as schemas
from shared.http import IfMatch, InTransaction, etag, router
from shared.pages import Cursor, Limit, Page

routes = router("campaigns")


@routes.post("/v1/campaigns", status_code=201, summary="Assess many units at once")
async def create_campaign(
    body: schemas.NewCampaign,
    session: InTransaction,
    by: Lead,
    kept: PersonalRetention,
    response: Response,
) -> schemas.Campaign:
    return _answer(await operations.create_campaign(session, body, by, now(), kept), response)


@routes.get("/v1/campaigns", summary="Campaigns, the newest first", dependencies=READERS)
async def list_campaigns(
    session: InTransaction,
    status: Literal["open", "closed"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[schemas.Campaign]:
    rows, following = await queries.campaigns(session, status, limit, cursor)
    items = [schemas.Campaign.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=following)


@routes.get(
    "/v1/campaigns/{campaign_id}",
    summary="One campaign",
    responses=MISSING,
    dependencies=READERS,
)
async def get_campaign(
    campaign_id: str, session: InTransaction, response: Response
) -> schemas.Campaign:
    return _answer(await queries.campaign(session, campaign_id), response)


@routes.patch(
    "/v1/campaigns/{campaign_id}",
    summary="Move the deadline or the reminders, or change title or leads",
    responses=CHANGING,
)
async def change_campaign(
    campaign_id: str,
    body: schemas.CampaignChange,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Campaign:
    row = await operations.change_campaign(session, campaign_id, body, by, now(), if_match)
    return _answer(row, response)


@routes.post(
    "/v1/campaigns/{campaign_id}/close",
    summary="End a campaign; its assessments go their own way",
    responses=CHANGING,
)
async def close_campaign(
    campaign_id: str,
    session: InTransaction,
    by: Lead,
    response: Response,
    if_match: IfMatch = None,
) -> schemas.Campaign:
    row = await operations.close_campaign(session, campaign_id, by, now(), if_match)
    return _answer(row, response)


@routes.get(
    "/v1/campaigns/{campaign_id}/progress",
    summary="How far every unit is; nothing of any rating",
    responses=MISSING,
)
async def get_campaign_progress(
    campaign_id: str, session: InTransaction, by: Reader
) -> Page[schemas.UnitProgress]:
    return Page(items=await operations.campaign_progress(session, campaign_id, by))


@routes.get(
    "/v1/campaigns/{campaign_id}/results",
    summary="What the sealed units came to, and what changed since another campaign",
    responses=MISSING,
    dependencies=READERS,
)
async def get_campaign_results(
    campaign_id: str,
    session: InTransaction,
    baseline: Annotated[
        str | None, Query(max_length=64, description="The campaign to set it off against")
    ] = None,
) -> schemas.CampaignResults:
    return await operations.campaign_results(session, campaign_id, baseline)


@routes.post(
    "/v1/campaigns/{campaign_id}/assessments/{assessment_id}/raters/{subject}/delegate",
    status_code=204,
    summary="Pass an invitation to rate on, under the ETag of the assessment",
    responses=CHANGING,
)
async def delegate_rating(
    campaign_id: str,
    assessment_id: str,
    subject: str,
    body: schemas.NewDelegation,
    session: InTransaction,
    by: Bringer,
    if_match: IfMatch = None,
) -> None:
    invitation = raters.Invitation(campaign_id, assessment_id, subject)
    await raters.delegate_rating(session, invitation, body.to, by, now(), if_match)


def _answer(row: tables.Campaign, response: Response) -> schemas.Campaign:
    response.headers["etag"] = etag(row.revision)
    return schemas.Campaign.model_validate(row)
