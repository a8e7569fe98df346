"""Bodies of sealed results: beside each other, over periods, and within a distribution."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.assessment.schemas.assessments import AssessmentId, Mode, UnitKind
from services.assessment.schemas.scores import (
    BilingualText,
    ExactShare,
    Index,
    ItemId,
    LevelNumber,
    ModelReference,
    Points,
    Rational,
    Share,
)

SignedRational = Annotated[
    str, Field(pattern=r"^-?\d+(/\d+)?$", description="Exact rational.", examples=["-1/45"])
]
SignedShare = Annotated[float, Field(ge=-1, le=1, description="Rounded half to even.")]


class AssessedUnit(BaseModel):
    kind: UnitKind
    code: str


class ExactValue(BaseModel):
    exact: Rational
    value: Share
    index: Index | None
    points: Points | None


class ItemValue(ExactValue):
    item: ItemId
    attained: LevelNumber | None


class SealedResult(BaseModel):
    """What a sealed assessment came to; the total is null where a block is not applicable."""

    assessment: AssessmentId
    unit: AssessedUnit
    period: str
    sealed_at: datetime | None
    total: ExactValue | None
    attained: LevelNumber | None
    items: list[ItemValue] = Field(description="The branches of the model, parents first.")


class Difference(BaseModel):
    item: ItemId
    exact: SignedRational
    value: SignedShare


class ResultChange(BaseModel):
    """What is different in this result, of every branch that has a value in both."""

    assessment: AssessmentId
    period: str
    items: list[Difference]


class ResultComparison(BaseModel):
    """Sealed results on one model version and mode; differences are from the first."""

    model: ModelReference
    mode: Mode
    results: list[SealedResult]
    differences: list[ResultChange]


class LeftOut(BaseModel):
    """A sealed result that does not compare with the newest, and why."""

    assessment: AssessmentId
    code: str = Field(examples=["other_mode"])
    text: BilingualText


class ResultTrend(BaseModel):
    """A unit's results by period; the first is the baseline."""

    model: ModelReference
    mode: Mode
    results: list[SealedResult]
    changes: list[ResultChange] = Field(description="From each period to the next.")
    since_baseline: ResultChange
    left_out: list[LeftOut]


class OwnPosition(BaseModel):
    """Where one sealed assessment lies in the distribution."""

    assessment: AssessmentId
    total: ExactValue
    position: ExactShare = Field(
        description="Share of the totals below this one, those equal to it counted half."
    )
    quarter: int = Field(ge=1, le=4, description="1 is the lowest quarter.")


class Benchmark(BaseModel):
    """The distribution of a group of five units or more; nobody's own total is told."""

    model: ModelReference
    mode: Mode
    unit_kind: UnitKind | None
    units: int = Field(ge=5)
    lower_quartile: ExactValue
    median: ExactValue
    upper_quartile: ExactValue
    own: OwnPosition | None
