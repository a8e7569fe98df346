"""Bodies of campaigns: the grid of units, how far they are, and what they came to."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.assessment.domain.workflow import Status
from services.assessment.schemas.assessments import (
    AssessmentId,
    CoLeads,
    Mode,
    ModelChoice,
    Period,
    Subject,
    Title,
    UnitKind,
)
from services.assessment.schemas.results import LeftOut, ResultChange, SealedResult
from services.assessment.schemas.scores import Target
from shared.schemas import Code, Moment, Request, example, fault

CampaignId = Annotated[str, Field(examples=["cmp_01j9zq3k5v8m2n4p6r7s8t9w0x"])]
RemindDays = Annotated[
    list[Annotated[int, Field(ge=1, le=365)]],
    Field(max_length=10, description="Days before the deadline; the deadline itself is told too."),
]


class GridUnit(Request):
    """One place in the grid: a unit, and who is invited to rate it besides the campaign's own.

    Where it names a lead, that lead and its co-leads lead its assessment alone. A person does not
    rate themselves, and is seen by `line` and the assessors only.
    """

    kind: UnitKind
    code: Annotated[str, Field(min_length=1, max_length=200, examples=["service-desk"])]
    raters: list[Subject] = Field(default_factory=list, max_length=50)
    lead: Subject | None = None
    co_leads: CoLeads = Field(default_factory=list)
    reviewer: Subject | None = None
    line: list[Subject] = Field(
        default=[], max_length=20, description="Of a person: the superiors who may see this."
    )
    group: Code | None = Field(default=None, description="What it is told with in aggregates.")


class NewCampaign(Request):
    """A campaign; each unit gets an assessment, opened for rating where raters are invited.

    The caller leads it unless another lead is named; who leads it leads each of its assessments
    that names no lead of its own.
    """

    model_config = example(
        {
            "title": "Service maturity 2026",
            "model": {"code": "see-cmm"},
            "period": "2026",
            "deadline": "2026-06-30T18:00:00+08:00",
            "remind_days": [7, 1],
            "raters": ["li.na"],
            "units": [
                {"kind": "organisation_unit", "code": "service-desk", "raters": ["wang.wei"]},
                {"kind": "process", "code": "incident"},
            ],
        }
    )

    title: Title
    model: ModelChoice
    period: Period
    mode: Mode = "evidence"
    standard: Code | None = None
    target: Target = None
    deadline: Moment
    remind_days: RemindDays = Field(default_factory=lambda: [7, 1])
    raters: list[Subject] = Field(default_factory=list, max_length=50)
    lead: Subject | None = None
    co_leads: CoLeads = Field(default_factory=list)
    reviewer: Subject | None = None
    units: list[GridUnit] = Field(min_length=1, max_length=1_000)

    @model_validator(mode="after")
    def _places_differ(self) -> Self:
        seen: set[tuple[str, str]] = set()
        for position, unit in enumerate(self.units):
            if (unit.kind, unit.code) in seen:
                raise fault("unit_twice", "A unit is in the grid twice.", "units", position)
            seen.add((unit.kind, unit.code))
        return self


class CampaignChange(Request):
    """What can change of an open campaign; members left out stay as they are.

    New leads lead the campaign; the leads of its assessments are changed there.
    """

    model_config = example({"deadline": "2026-07-15T18:00:00+08:00"})

    title: Title | None = None
    deadline: Moment | None = None
    remind_days: RemindDays | None = None
    lead: Subject | None = None
    co_leads: CoLeads | None = None


class Campaign(BaseModel):
    """Many units assessed on one model version by one deadline."""

    model_config = ConfigDict(from_attributes=True)

    id: CampaignId
    title: str
    model_code: str
    model_version: int
    mode: Mode
    period: str
    deadline: datetime
    remind_days: list[int]
    status: Literal["open", "closed"]
    lead: str
    co_leads: list[str]
    created_by: str
    created_at: datetime
    revision: int


class InvitedRater(BaseModel):
    """`submitted` is told to leads of the campaign or unit only while rating is independent."""

    subject: str
    submitted: bool | None


class UnitProgress(BaseModel):
    """How far one unit is; nothing of any rating."""

    kind: UnitKind
    code: str
    assessment: AssessmentId
    status: Status
    raters: list[InvitedRater]


class NewDelegation(Request):
    model_config = example({"to": "zhao.min"})

    to: Subject


class CampaignResults(BaseModel):
    """What the sealed units came to, beside each other and against an earlier campaign."""

    results: list[SealedResult] = Field(description="The highest total first.")
    pending: int = Field(description="Units that are not sealed yet.")
    changes: list[ResultChange] = Field(description="Of units that the baseline has as well.")
    left_out: list[LeftOut] = Field(description="What the baseline holds that does not compare.")
