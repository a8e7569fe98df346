"""Bodies of road maps, and of the card that reports a result."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, WrapValidator

from services.assessment.schemas.assessments import AssessmentId, Mode, Subject
from services.assessment.schemas.evidence import Day
from services.assessment.schemas.results import AssessedUnit, ExactValue
from services.assessment.schemas.scores import (
    BilingualText,
    ExactShare,
    Index,
    ItemId,
    LevelNumber,
    ModelReference,
    Points,
    Rational,
    ScoreGap,
    Share,
    Target,
)
from shared.schemas import Request, example

Effort = Annotated[
    Decimal,
    Field(gt=0, le=1_000_000, allow_inf_nan=False, max_digits=12, decimal_places=4),
]
_ONE_EFFORT, _BY_LEVEL = TypeAdapter(Effort), TypeAdapter(dict[int, Effort])


def _effort(raw: object, _read_as_union: object) -> object:
    # Read as a union, a fault would be told of either member, under names that no body has.
    return (_BY_LEVEL if isinstance(raw, dict) else _ONE_EFFORT).validate_python(raw)


Efforts = Annotated[Effort | dict[int, Effort], WrapValidator(_effort)]
StepStatus = Literal["open", "done", "dropped"]


class NewRoadMap(Request):
    """What a road map is made from. A step without a stated effort takes 1 for every notch of the
    scale that it climbs; on a scale of levels that is 1 for a step.
    """

    model_config = example(
        {
            "target": {"enablers": 3, "results": 2},
            "efforts": {"leadership": "3", "business_impact.trend": {"3": "2", "4": "8.5"}},
        }
    )

    target: Target = Field(default=None, description="That of the assessment unless given.")
    efforts: dict[str, Efforts] = Field(
        default_factory=dict,
        max_length=2_000,
        description="By item id: one effort for each step below it, or one by level reached. "
        "The most specific entry wins.",
    )


class RoadMapStepChange(Request):
    """What can change of a step; members left out stay as they are."""

    model_config = example(
        {"action": "Publish the procedure", "owner": "li.na", "due_on": "2026-09-30"}
    )

    action: Annotated[str, Field(max_length=4000)] | None = None
    owner: Subject | None = None
    due_on: Day | None = None
    status: StepStatus | None = None


class RoadMapStep(BaseModel):
    """One cell raised from one rating to a higher one: an action with owner and date."""

    id: str = Field(examples=["rms_01j9zq3k5v8m2n4p6r7s8t9w0x"])
    position: int
    item: ItemId
    title: BilingualText
    rating: LevelNumber
    reached: LevelNumber
    gain: ExactShare = Field(description="Added value times the cell's effective weight.")
    points: Points | None
    effort: Rational
    gain_per_effort: Rational
    gain_so_far: ExactShare = Field(description="Of this step and all before it.")
    effort_so_far: Rational
    action: str | None
    owner: str | None
    due_on: date | None
    status: StepStatus
    revision: int


class RoadMap(BaseModel):
    """The steps to the target, each as early as it pays."""

    assessment: AssessmentId
    target: Target
    percent_to_target: ExactShare | None = Field(
        description="Before the first step; null where there was no total."
    )
    gap: ExactShare = Field(description="What all steps gain together.")
    made_by: str
    made_at: datetime
    steps: list[RoadMapStep]
    revision: int


class CardLevel(BaseModel):
    """A column of the matrix."""

    number: LevelNumber
    title: BilingualText


class CardCell(BaseModel):
    """An attribute, ticked at its level; null where it is not applicable or undecided."""

    item: ItemId
    title: BilingualText
    rating: LevelNumber | None
    target: LevelNumber | None


class CardRow(BaseModel):
    """A criterion: which of its attributes stand at which level."""

    item: ItemId
    title: BilingualText
    exact: Rational | None
    value: Share | None
    index: Index | None
    attained: LevelNumber | None
    cells: list[CardCell]
    by_level: dict[LevelNumber, list[ItemId]]


class ReportCard(BaseModel):
    """The maturity report card: a matrix of criteria by levels, index, attained level and gaps."""

    assessment: AssessmentId
    unit: AssessedUnit
    title: str
    period: str
    mode: Mode
    status: str
    model: ModelReference
    total: ExactValue | None
    attained: LevelNumber | None
    percent_to_target: ExactShare | None
    levels: list[CardLevel]
    rows: list[CardRow]
    gaps: list[ScoreGap]
