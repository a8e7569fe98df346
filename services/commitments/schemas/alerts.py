"""Bodies of alerts and of what answers them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.commitments.domain.alert_rules import Why
from shared.schemas import Moment, Request, example

State = Literal["open", "acknowledged", "handled", "withdrawn"]
Threshold = Annotated[
    str,
    Field(
        pattern=r"^(commitment|tolerance|warning_[1-9][0-9]?)$",
        examples=["warning_80"],
        description="`commitment`, `tolerance`, or `warning_80` for 80 % of the commitment",
    ),
]
Answer = Annotated[str, Field(min_length=1, max_length=2000)]


class Handling(Request):
    """The handling record 处理记录 of an alert: cause, correction, who, by when."""

    model_config = example(
        {
            "cause": "The spare part was not in stock.",
            "correction": "Part ordered by courier; minimum stock raised to three.",
            "who": "Li Wei",
            "by_when": "2026-03-02T18:00:00+08:00",
        }
    )

    cause: Answer
    correction: Answer
    who: Annotated[str, Field(min_length=1, max_length=200)]
    by_when: Moment


class AlertPromise(BaseModel):
    """The promise version whose threshold was reached."""

    code: str
    version: int


class HandlingRecord(BaseModel):
    """A handling record as it was given."""

    cause: str
    correction: str
    who: str
    by_when: datetime


class DeliveryAttempt(BaseModel):
    """One try to tell somebody of the alert; `error` is null when it succeeded."""

    at: datetime
    channel: str
    recipient: str
    attempt: int
    error: str | None


class Alert(BaseModel):
    """A threshold that a clock in progress reached; `node` is null for a whole case.

    Nobody is told of a `historic` one: it lay too far back when it was first seen. A `withdrawn`
    one turned out not to have been reached, by an event that came late.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    state: State
    historic: bool
    level: Literal["run", "case"]
    run_id: str
    case_id: str
    case_key: str
    process: str
    node: str | None
    visit: int
    department: str | None
    position: str | None
    segment: str | None
    priority: str | None
    threshold: str
    promise: AlertPromise
    due_at: datetime
    passed_at: datetime = Field(description="When the alert was recorded")
    withdrawn_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    handled_at: datetime | None
    handled_by: str | None
    handling: HandlingRecord | None
    revision: int


class OfficeFound(BaseModel):
    """An office that a step names: who holds it, who is told, and why they or nobody."""

    office: str
    of: str | None = Field(description="The position, department, process or person")
    holder: str | None
    told: str | None
    why: Why


class StepTaken(BaseModel):
    """A step of the escalation that was taken, and whom it found.

    `round` counts how often the run had been handed over to others after somebody was told.
    """

    model_config = ConfigDict(from_attributes=True)

    step: int
    round: int
    at: datetime
    found: list[OfficeFound]


class AlertDetail(Alert):
    """An alert with every step that was taken, and every try to tell somebody of it."""

    steps_taken: list[StepTaken]
    delivery_attempts: list[DeliveryAttempt]
