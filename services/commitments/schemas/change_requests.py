"""Bodies of change requests."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.commitments.domain.states import State
from services.commitments.schemas.penalties import Reason, Text
from services.commitments.schemas.people import Alias, ProcessCode
from shared.schemas import Request, example

Status = Literal["found", "filed", "approved", "rejected", "changed", "published", "withdrawn"]
Departments = Annotated[list[Alias], Field(min_length=1, max_length=50)]
Id = Annotated[str, Field(max_length=64)]


class DemandedChange(Request):
    """What a spot-check asks a department to change; a request is due within a week."""

    model_config = example(
        {"department": "Group 56", "demand": "The acceptance form has no field for the segment"}
    )

    department: Alias
    demand: Text


class NewChangeRequest(Request):
    """A request to change a process: one that a spot-check demanded, or a free one.

    The first of the departments files it; with more than one it goes across departments.
    """

    model_config = example(
        {
            "process": "incident",
            "departments": ["Group 56"],
            "title": "A field for the segment",
            "proposal": "Add the segment to the acceptance form and to its instruction.",
        }
    )

    process: ProcessCode
    departments: Departments
    title: Annotated[str, Field(min_length=1, max_length=200)]
    proposal: Text
    demanded: Id | None = Field(
        default=None, description="The request that a spot-check demanded and that this one files"
    )


class Review(Request):
    """Whether the change is made; rejecting needs a reason."""

    model_config = example({"decision": "approved"})

    decision: Literal["approved", "rejected"]
    reason: Reason | None = None


class StepTaken(Request):
    """A remark on the step that is taken."""

    model_config = example({"remark": "Version 2 of the process is in force from Monday."})

    remark: Reason | None = None


class Withdrawal(Request):
    """Why the change is not wanted any more."""

    model_config = example({"reason": "Covered by another change."})

    reason: Reason


class Step(BaseModel):
    """A step of a change request: what it became, when, by whom."""

    status: Status
    at: datetime
    by: str
    remark: str | None


class Deadline(BaseModel):
    """A clock of the request: `state` is one of the seven."""

    node: str
    state: State | None
    started_at: datetime
    due_at: datetime | None
    due_reason: str | None
    finished_at: datetime | None


class ChangeRequest(BaseModel):
    """A change request with its clocks; `case_id` is the case that they belong to."""

    id: str
    process: str
    department: str
    departments: list[str]
    spot_check: str | None
    violation: str | None
    demand: str | None
    follows: str | None = Field(
        description="The request for the same demand that was rejected or withdrawn before"
    )
    title: str | None
    proposal: str | None
    status: Status
    segment: Literal["within_department", "across_departments"] | None
    steps: list[Step]
    case_id: str
    deadlines: list[Deadline]
    revision: int
    created_at: datetime
