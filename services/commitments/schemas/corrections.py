"""Bodies of corrections and erasures: what a person did to the history of a case, and why."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.schemas import Moment, Request, example

Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Holder = Annotated[str, Field(min_length=1, max_length=500)]
Kind = Literal["void", "pause", "resume", "reassign", "close"]


class NewCorrection(Request):
    """A correction by hand; `at` is when it took effect, now when left out.

    `void` cancels what is in progress, `close` finishes it, `pause` and `resume` stop its clocks
    and let them run again, `reassign` gives it to a department.
    """

    model_config = example(
        {
            "kind": "pause",
            "reason": "The customer was on leave, as agreed by telephone",
            "at": "2026-03-02T09:00:00+08:00",
        }
    )

    kind: Kind
    reason: Reason
    at: Moment | None = None
    department: Holder | None = None
    position: Holder | None = None


class Correction(BaseModel):
    """A correction with who made it and why; its event stands in the case's history."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    case_id: str
    event_id: str
    kind: Kind
    at: datetime
    department: str | None
    position: str | None
    reason: str
    corrected_by: str
    recorded_at: datetime


class NewErasure(Request):
    """Why the personal data in a case's payloads are erased."""

    model_config = example({"reason": "Request of the person concerned, 2026-17"})

    reason: Reason


class Erasure(BaseModel):
    """What was erased of a case, by whom and why; its clocks are as before."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    case_id: str
    reason: str
    erased_by: str
    erased_at: datetime
    payloads: int = Field(description="How many raw payloads were erased")
    attributes: list[str] = Field(description="Attributes of events that were erased")
