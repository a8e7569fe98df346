"""Bodies of assessments and their raters."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.assessment.domain.workflow import Status
from services.assessment.schemas.scores import Target
from shared.schemas import NOT_BLANK, Code, Request, example

UnitKind = Literal["organisation_unit", "process", "functional_area", "person"]
Mode = Literal["evidence", "quick"]
Subject = Annotated[str, Field(min_length=1, max_length=200, pattern=NOT_BLANK, examples=["li.na"])]
Title = Annotated[
    str, Field(min_length=1, max_length=200, pattern=NOT_BLANK, examples=["Service desk 2026"])
]
Period = Annotated[
    str,
    Field(
        pattern=r"^\d{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12])?$",
        description="A year, half-year, quarter or month.",
        examples=["2026", "2026-Q2"],
    ),
]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=NOT_BLANK,
        examples=["The source of two figures was wrong."],
    ),
]
CoLeads = Annotated[list[Subject], Field(max_length=10, description="Lead beside the lead.")]
AssessmentId = Annotated[str, Field(examples=["asm_01j9zq3k5v8m2n4p6r7s8t9w0x"])]


class Unit(Request):
    """What is assessed: an organisation unit, a process, a functional area, or a person."""

    kind: UnitKind
    code: Annotated[str, Field(min_length=1, max_length=200, examples=["service-desk"])]


class ModelChoice(Request):
    """A version of a model; the newest when no version is named. It is pinned from then on."""

    code: Code = Field(examples=["see-cmm"])
    version: int | None = Field(default=None, ge=1, le=1_000_000)


class NewAssessment(Request):
    """An assessment to be drafted; the caller leads it unless another lead is named.

    Only its lead and co-leads lead it, whoever else has the role. None of them can review it.
    """

    model_config = example(
        {
            "title": "Service desk 2026",
            "unit": {"kind": "organisation_unit", "code": "service-desk"},
            "model": {"code": "see-cmm"},
            "period": "2026",
            "standard": "SEE-CMM-SM",
            "target": {"enablers": 3, "results": 2},
        }
    )

    title: Title
    unit: Unit
    model: ModelChoice
    period: Period
    mode: Mode = "evidence"
    standard: Code | None = Field(
        default=None, description="A standard of the model: its scope, and its target by default."
    )
    target: Target = None
    lead: Subject | None = None
    co_leads: CoLeads = Field(default_factory=list)
    reviewer: Subject | None = None
    line: list[Subject] = Field(
        default=[], max_length=20, description="Of a person: the superiors who may see this."
    )


class AssessmentChange(Request):
    """What can change of an assessment; members left out stay as they are.

    The target can change until review, leads and reviewer until the seal; unit, model and mode
    never. A new reviewer confirms anew.
    """

    model_config = example({"reviewer": "zhao.min"})

    title: Title | None = None
    period: Period | None = None
    target: Target = None
    lead: Subject | None = None
    co_leads: CoLeads | None = None
    reviewer: Subject | None = None
    line: list[Subject] | None = Field(default=None, max_length=20)


class PinnedModel(BaseModel):
    code: str = Field(examples=["see-cmm"])
    version: int
    hash: str


class Assessment(BaseModel):
    """An assessment; nothing in it depends on a rating before consensus opens."""

    id: AssessmentId
    title: str
    unit: Unit
    model: PinnedModel
    mode: Mode
    standard: str | None
    target: Target
    period: str
    status: Status
    lead: str
    co_leads: list[str]
    reviewer: str | None
    line: list[str]
    series: str = Field(description="Shared by a sealed assessment and what corrects it.")
    version: int = Field(description="Counts the versions of the series, from 1.")
    previous: AssessmentId | None = Field(description="The sealed version that this one corrects.")
    reason: str | None = Field(description="Why the previous version was unsealed.")
    created_at: datetime
    consensus_opened_at: datetime | None
    confirmed_by: str | None
    sealed_at: datetime | None
    erased_at: datetime | None
    revision: int


class NewRater(Request):
    model_config = example({"subject": "li.na"})

    subject: Subject


class Rater(BaseModel):
    """`submitted` is told to its leads only while rating is independent, and is null to others."""

    model_config = ConfigDict(from_attributes=True)

    subject: str
    added_at: datetime
    submitted: bool | None
