"""Bodies of restatements."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from shared.schemas import Code, Moment, Request, example


class NewRestatement(Request):
    """Judge a process's history by the promises in force at an instant, or by named versions."""

    model_config = example({"process": "request", "promise_versions": {"accept-high": 2}})

    process: Code
    at: Moment | None = Field(
        default=None,
        description="By the promises in force then; now when no versions are named either",
    )
    promise_versions: dict[Code, int] = Field(
        default_factory=dict,
        max_length=500,
        description="By these versions; without `at` other promises stay as they were bound",
    )


class Restatement(BaseModel):
    """A restatement and how far it is; it keeps up with new events until it is forgotten."""

    id: str
    process: str
    status: Literal["running", "complete"]
    in_force_at: datetime | None
    promise_versions: dict[str, int]
    cases: int = Field(description="Cases that there were when it was asked for")
    cases_left: int = Field(description="Cases to be judged, or judged again after an event")
    requested_by: str
    requested_at: datetime
    completed_at: datetime | None = Field(description="When every case had been judged once")
