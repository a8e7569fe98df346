"""Sealed aggregates of campaigns, and who is in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field

from services.assessment.tables.row import Row, instant, json_column


class CampaignSeal(Row, table=True):
    """How the members came out together; `commitments` bind their seals, and nothing changes."""

    __tablename__ = "campaign_seal"

    id: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    campaign: str
    content: dict[str, Any] = json_column()
    commitments: list[str] = json_column()
    hash: str
    sealed_by: str
    sealed_at: datetime = instant()


class CampaignSealMember(Row, table=True):
    """A sealed assessment in an aggregate; the row goes when the assessment is erased."""

    __tablename__ = "campaign_seal_member"

    tenant: str = Field(primary_key=True)
    assessment: str = Field(primary_key=True)
    seal: str
    group_code: str | None = None
    salt: str
    commitment: str


Index("campaign_seal_of", CampaignSeal.tenant, CampaignSeal.campaign, CampaignSeal.id)
Index("campaign_seal_member_of", CampaignSealMember.tenant, CampaignSealMember.seal)
