"""Bodies of monthly self-checks and department summaries."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.commitments.schemas.penalties import Reason, Text
from services.commitments.schemas.people import Alias, PersonId, ProcessCode
from shared.schemas import Request, example

Month = Annotated[
    str, Field(pattern=r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])$", examples=["2026-03"])
]
Status = Literal["open", "submitted", "excused"]


class NewSelfCheck(Request):
    """A self-check opened by hand, for a month that is over."""

    model_config = example({"process": "incident", "month": "2026-03"})

    process: ProcessCode
    month: Month


class DesignFault(Request):
    """A flaw of the design: in the flow chart, a policy or a form."""

    kind: Literal["flow_chart", "policy", "form"]
    node: ProcessCode | None = None
    description: Text


class SelfCheckChange(Request):
    """What the supervisor fills in; null takes it out again, an empty list says there were none."""

    model_config = example(
        {
            "execution": "All cases were accepted with the form.",
            "violations": [],
            "design_faults": [{"kind": "form", "description": "No field for the segment"}],
        }
    )

    execution: Text | None = None
    violations: Annotated[list[Annotated[str, Field(max_length=64)]],
                          Field(max_length=500)] | None = None  # fmt: skip
    design_faults: Annotated[list[DesignFault], Field(max_length=200)] | None = None


class Figures(BaseModel):
    """What the platform counts itself: how often the process ran, and how its nodes kept time."""

    run_count: int = Field(description="Cases that were opened in the month")
    performance: list[dict[str, Any]] = Field(description="Attainment of every node in the month")
    counted_at: datetime


class SelfCheck(BaseModel):
    """A self-check; its figures follow the clocks until it is submitted, and then stay."""

    id: str
    process: str
    month: str
    department: str | None
    status: Status
    due_at: datetime
    figures: Figures
    execution: str | None
    violations: list[str] | None
    design_faults: list[DesignFault] | None
    incomplete: list[str] = Field(description="What was not filled in when it was submitted")
    submitted_at: datetime | None
    submitted_by: str | None
    reason: str | None
    revision: int


class SelfCheckLine(BaseModel):
    """A self-check as a list shows it."""

    id: str
    process: str
    month: str
    department: str | None
    status: Status
    due_at: datetime
    incomplete: list[str]
    submitted_at: datetime | None
    revision: int


class NewSummary(Request):
    """A department summary opened by hand, for a month that is over."""

    model_config = example({"department": "Group 56", "month": "2026-03"})

    department: Alias
    month: Month


class Measure(Request):
    """What is done about a process that performs badly, by whom, by when."""

    process: ProcessCode
    measure: Text
    owner: PersonId | None = None
    due_on: date | None = None


class SummaryChange(Request):
    """The department's analysis and measures, and the head who signs for them."""

    model_config = example(
        {
            "analysis": "Acceptance is slow at night.",
            "measures": [{"process": "incident", "measure": "A second shift"}],
            "signed_by": "per_01k8",
        }
    )

    analysis: Text | None = None
    measures: Annotated[list[Measure], Field(max_length=200)] | None = None
    signed_by: PersonId | None = None


class Summary(BaseModel):
    """A department's monthly summary of its processes."""

    id: str
    department: str
    month: str
    status: Status
    due_at: datetime
    analysis: str | None
    measures: list[Measure] | None
    signed_by: str | None
    submitted_at: datetime | None
    submitted_by: str | None
    reason: str | None
    revision: int


class Excuse(Request):
    """Why nothing has to be reported for the month."""

    model_config = example({"reason": "The process did not run in March."})

    reason: Reason
