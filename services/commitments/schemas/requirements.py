"""Bodies of service level requirements."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.commitments.schemas.definitions import Label
from services.commitments.schemas.promises import Reason, Seconds
from shared.schemas import Bilingual, Code, Request, example


class NewRequirement(Request):
    """What a customer asks of a service; times are working seconds in the calendar it names.

    Without a node they are asked of the whole process.
    """

    model_config = example(
        {
            "service": "request-handling",
            "segment": "retail",
            "statement": {"zh": "两小时内答复", "en": "An answer within two hours"},
            "asked_by": "Retail customers' council",
            "process": "request",
            "node": "accept",
            "wanted_seconds": 7200,
            "bearable_seconds": 14400,
            "calendar": "office",
        }
    )

    service: Code
    segment: Label
    priority: Label | None = None
    statement: Bilingual
    asked_by: Label
    process: Code | None = None
    node: Code | None = None
    wanted_seconds: Seconds | None = None
    bearable_seconds: Seconds | None = None
    calendar: Code | None = None


class RequirementDecision(Request):
    """Declining needs a reason; a requirement becomes agreed by an agreement that answers it."""

    model_config = example({"status": "declined", "reason": "No staff at night"})

    status: Literal["open", "declined"]
    reason: Reason | None = None


class RequirementAnswer(BaseModel):
    """A promise that cases of the requirement bind; null where no such limit is asked."""

    promise: str
    promise_version: int
    commitment_kept: bool | None = Field(description="Never due later than what is wanted")
    tolerance_kept: bool | None = Field(description="Never due later than what can be borne")


class Requirement(BaseModel):
    """A service level requirement, traced to the agreements that answer it."""

    id: str
    service: str
    segment: str
    priority: str | None
    statement: Bilingual
    asked_by: str
    process: str | None
    node: str | None
    wanted_seconds: int | None
    bearable_seconds: int | None
    calendar: str | None
    status: Literal["open", "agreed", "declined"]
    reason: str | None
    agreements: list[str] = Field(description="`code@version` of what answers it")
    is_met: bool | None = Field(description="By every promise below; null without limits")
    answers: list[RequirementAnswer]
    revision: int
    recorded_at: datetime
