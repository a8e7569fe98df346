"""Bodies of sealed aggregates."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.assessment.schemas.assessments import Mode
from services.assessment.schemas.campaigns import CampaignId
from services.assessment.schemas.consensus import Hash
from services.assessment.schemas.results import ExactValue
from services.assessment.schemas.scores import ItemId, ModelReference

CampaignSealId = Annotated[str, Field(examples=["csl_01j9zq3k5v8m2n4p6r7s8t9w0x"])]


class ItemMean(ExactValue):
    item: ItemId


class AggregateFigures(BaseModel):
    """How five units or more came out: exact means, and quartiles of their totals."""

    units: int = Field(ge=5)
    mean: ExactValue
    lower_quartile: ExactValue
    median: ExactValue
    upper_quartile: ExactValue
    items: list[ItemMean] = Field(
        description="Means of the branches that every one of the units has a value for."
    )


class GroupFigures(AggregateFigures):
    group: str = Field(examples=["service-desk"])


class CampaignSeal(BaseModel):
    """How the members of a campaign came out together, bound to the seals of each.

    It goes on to verify when members are erased: their commitments stay, and lead to nothing.
    """

    id: CampaignSealId
    campaign: CampaignId
    model: ModelReference
    mode: Mode
    period: str
    units: int = Field(ge=5)
    erased: int = Field(description="How many of the members have been erased since.")
    figures: AggregateFigures | None = Field(
        description="Null for who could work out fewer than five members that they do not see, "
        "by taking away those that they do."
    )
    groups: list[GroupFigures] = Field(
        description="Empty unless every group, and what is in none, isolates nobody either."
    )
    commitments: list[Hash] = Field(description="Salted hashes of the seals of the members.")
    hash: Hash
    sealed_by: str
    sealed_at: datetime


class CampaignSealVerification(BaseModel):
    """Whether the aggregate is what was sealed."""

    valid: bool
    hash: Hash
    recomputed: Hash = Field(
        description="From the members' scores and seals while all are there, else from what is "
        "kept of the figures and the commitments."
    )
    members: int
    erased: int
