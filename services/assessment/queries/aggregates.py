"""Reads of sealed aggregates, and of what they are made of."""

from collections.abc import Sequence

from sqlalchemy import exists, select, text
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.assessment.queries.sealed import newest_sealed
from services.assessment.tables import (
    Assessment,
    CampaignSeal,
    CampaignSealMember,
    CampaignUnit,
    Seal,
)
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def aggregating(session: Session, on: bool) -> None:
    """Let this transaction read assessments that the caller may not see, until it is off again."""
    begun = text("SELECT set_config('see.aggregating', :on, true)")
    await session.execute(begun, {"on": "on" if on else ""})


async def members_to_be(session: Session, campaign: str) -> list[tuple[Assessment, str | None]]:
    """The newest sealed version of every place that no aggregate has yet, with its group."""
    first, counted = aliased(Assessment), aliased(Assessment)
    already = exists().where(
        col(CampaignSealMember.assessment) == col(counted.id),
        col(counted.series) == col(Assessment.series),
    )
    query = (
        newest_sealed()
        .add_columns(col(CampaignUnit.group_code))
        .join(first, (col(first.series) == col(Assessment.series)))
        .join(CampaignUnit, col(CampaignUnit.assessment) == col(first.id))
        .where(col(CampaignUnit.campaign) == campaign, ~already)
    )
    rows = await session.execute(query.order_by(col(Assessment.sealed_at), col(Assessment.id)))
    return [(row, group) for row, group in rows]


async def seals_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The hashes of the seals of these assessments."""
    query = select(Seal).where(col(Seal.assessment).in_(ids))
    return {row.assessment: row.hash for row in await session.scalars(query)}


async def aggregates(
    session: Session, campaign: str, limit: int, cursor: str | None
) -> tuple[list[CampaignSeal], str | None]:
    """One page of a campaign's sealed aggregates, the newest first."""
    query = select(CampaignSeal).where(col(CampaignSeal.campaign) == campaign)
    found = pages.seek(query, [col(CampaignSeal.id)], cursor, descending=True)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def aggregate(session: Session, campaign: str, id_: str) -> CampaignSeal:
    """One sealed aggregate of the campaign; raises a 404 problem."""
    query = select(CampaignSeal).where(
        col(CampaignSeal.campaign) == campaign, col(CampaignSeal.id) == id_
    )
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise not_found({"zh": "活动封印", "en": "seal of the campaign"}, id_)
    return found


async def members(session: Session, seal: str) -> Sequence[CampaignSealMember]:
    """Those who have not been erased."""
    query = select(CampaignSealMember).where(col(CampaignSealMember.seal) == seal)
    return (await session.scalars(query.order_by(col(CampaignSealMember.assessment)))).all()
