"""Reads of campaigns."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from services.assessment.tables import (
    Assessment,
    AssessmentRater,
    Campaign,
    CampaignReminder,
    CampaignUnit,
)
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def campaign(session: Session, id_: str, *, lock: bool = False) -> Campaign:
    """The campaign; raises a 404 problem."""
    query = select(Campaign).where(col(Campaign.id) == id_)
    found = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if found is None:
        raise not_found({"zh": "评估活动", "en": "campaign"}, id_)
    return found


async def campaigns(
    session: Session, status: str | None, limit: int, cursor: str | None
) -> tuple[list[Campaign], str | None]:
    """One page, the newest first."""
    query = select(Campaign)
    if status is not None:
        query = query.where(col(Campaign.status) == status)
    found = pages.seek(query, [col(Campaign.id)], cursor, descending=True)
    rows = (await session.scalars(found.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def units(session: Session, id_: str) -> list[Assessment]:
    """The assessments of a campaign, by kind and unit."""
    query = (
        select(Assessment)
        .join(
            CampaignUnit,
            (col(CampaignUnit.tenant) == col(Assessment.tenant))
            & (col(CampaignUnit.assessment) == col(Assessment.id)),
        )
        .where(col(CampaignUnit.campaign) == id_)
        .order_by(col(CampaignUnit.unit_kind), col(CampaignUnit.unit))
    )
    return list(await session.scalars(query))


async def raters_of(session: Session, ids: Iterable[str]) -> dict[str, list[AssessmentRater]]:
    """Who rates in these assessments, by assessment."""
    found: defaultdict[str, list[AssessmentRater]] = defaultdict(list)
    query = select(AssessmentRater).where(col(AssessmentRater.assessment).in_(list(ids)))
    for row in await session.scalars(query.order_by(col(AssessmentRater.subject))):
        found[row.assessment].append(row)
    return found


async def due_reminder(session: Session, at: datetime) -> CampaignReminder | None:
    """The reminder that has been due longest, locked; those that others hold are passed over."""
    query = select(CampaignReminder).where(col(CampaignReminder.due_at) <= at)
    query = query.order_by(col(CampaignReminder.due_at)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True))).one_or_none()


async def reminders(session: Session, id_: str) -> Sequence[CampaignReminder]:
    query = select(CampaignReminder).where(col(CampaignReminder.campaign) == id_)
    return (await session.scalars(query)).all()
