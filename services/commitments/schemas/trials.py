"""Bodies of a dry run: what a payload would do, without doing it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from services.commitments.domain.states import State
from services.commitments.schemas.cases import Case, CaseNodeRun
from services.commitments.schemas.deliveries import DeliveryFault
from shared.schemas import Request, example

Change = Literal[
    "started", "reset", "paused", "resumed", "reassigned", "finished", "cancelled", "withdrawn"
]


class Trial(Request):
    """A payload with the headers that come with it: as JSON, or as the text that the tool sends.

    With `body` the signature among the headers is checked too. An object without any of these
    members is itself the payload.
    """

    model_config = example(
        {
            "payload": {
                "number": "INC0000045",
                "state": "Resolved",
                "sys_updated_on": "2016-02-29T11:29:00Z",
            },
            "headers": {"content-type": "application/json"},
        }
    )

    payload: JsonValue = None
    body: Annotated[str, Field(max_length=1024 * 1024)] | None = None
    headers: dict[str, Annotated[str, Field(max_length=8192)]] = Field(
        default_factory=dict, max_length=100
    )

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, given: Any) -> Any:
        if isinstance(given, dict) and given and not given.keys() & cls.model_fields.keys():
            return {"payload": given}
        return given


class TrialEvent(BaseModel):
    """The ticket event that the payload is."""

    model_config = ConfigDict(from_attributes=True)

    case_key: str
    event_id: str
    at: datetime
    sequence: int
    kind: str
    state: str
    priority: str | None
    segment: str | None
    department: str | None
    position: str | None
    attributes: dict[str, str]
    times: dict[str, datetime]
    signals: list[str] = Field(description="Conditions of nodes that the mapping sees in it")


class Transition(BaseModel):
    """What would change of one run; `state_before` is null for a run that would start."""

    node: str
    visit: int
    changes: list[Change]
    state_before: State | None
    state_after: State | None


class DryRun(BaseModel):
    """What the payload would do; nothing of it is stored."""

    status: Literal["processed", "ignored", "quarantined"]
    faults: list[DeliveryFault]
    authentic: bool | None = Field(description="Null when no `body` was given to check")
    duplicate: bool = Field(description="A delivery with this identity is known already")
    process: str | None
    event: TrialEvent | None
    case: Case | None
    transitions: list[Transition]
    node_runs: list[CaseNodeRun]
