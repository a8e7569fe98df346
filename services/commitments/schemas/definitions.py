"""Bodies of calendars, processes, promises and integrations."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SkipValidation,
    ValidationInfo,
    field_validator,
)

from services.commitments.domain.hours import MAX_OVERRIDES, MAX_WINDOWS
from services.commitments.providers.mapping import EventMapping
from shared.schemas import Bilingual, Code, Moment, Request, example, fault

Window = Annotated[
    list[Annotated[str, Field(max_length=8)]],
    Field(min_length=2, max_length=2, examples=[["08:00", "18:00"]]),
]
Windows = Annotated[list[Window], Field(max_length=MAX_WINDOWS)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Condition = Annotated[
    dict[str, Any],
    Field(examples=[{"state": {"in": ["Resolved", "Closed"]}}], description="A condition as data"),
]


class CalendarOverride(Request):
    """The windows of one date, instead of its weekday's."""

    date: Annotated[str, Field(max_length=10, examples=["2026-02-14"])]
    windows: Windows


Overrides = Annotated[list[CalendarOverride], Field(max_length=MAX_OVERRIDES)]


class NewCalendar(Request):
    """Opening hours in one time zone; a window may end at 24:00 or cross midnight."""

    model_config = example(
        {
            "code": "office",
            "name": {"zh": "办公时间", "en": "Office hours"},
            "time_zone": "Asia/Shanghai",
            "weekly": {
                "mon": [["09:00", "12:00"], ["13:00", "18:00"]],
                "tue": [["09:00", "18:00"]],
            },
            "overrides": [{"date": "2026-02-14", "windows": [["09:00", "18:00"]]}],
        }
    )

    code: Code
    name: Bilingual
    # The domain reads the hours and lists all their faults in one answer.
    time_zone: SkipValidation[Annotated[str, Field(max_length=64, examples=["Asia/Shanghai"])]]
    weekly: SkipValidation[dict[Weekday, Windows]]
    overrides: SkipValidation[Overrides] = Field(default_factory=list)


class Calendar(BaseModel):
    """The newest version of a calendar."""

    code: str
    version: int
    name: Bilingual
    time_zone: str
    weekly: dict[str, list[list[str]]]
    overrides: list[CalendarOverride]
    created_at: datetime


class NodeDefinition(Request):
    """A node with its conditions; without `after` it follows the node before it."""

    code: Code
    name: Bilingual
    start: Condition
    start_at: Label | None = None
    finish: Condition | None = None
    cancel: Condition | None = None
    pause: Condition | None = None
    resume: Condition | None = None
    reset: Condition | None = None
    department: Label | None = None
    position: Label | None = None
    after: list[Code] | None = None
    finishes_when_later_starts: bool = True


class NewProcess(Request):
    """A process and its nodes in order."""

    model_config = example(
        {
            "code": "request",
            "name": {"zh": "服务请求", "en": "Service request"},
            "nodes": [
                {
                    "code": "accept",
                    "name": {"zh": "受理", "en": "Accept"},
                    "start": {"first": True},
                    "finish": {"state": {"not": "New"}},
                },
                {
                    "code": "fulfil",
                    "name": {"zh": "办理", "en": "Fulfil"},
                    "start": {"previous_state": "New", "state": {"not": "New"}},
                    "pause": {"state": {"starts_with": "Awaiting"}},
                    "resume": {"state": {"not": {"starts_with": "Awaiting"}}},
                    "finish": {"state": "Closed"},
                },
            ],
        }
    )

    code: Code
    name: Bilingual
    nodes: list[NodeDefinition] = Field(min_length=1, max_length=100)


class Process(BaseModel):
    """The newest version of a process."""

    code: str
    version: int
    name: Bilingual
    nodes: list[NodeDefinition]
    created_at: datetime


class NewPromise(Request):
    """A promise for a node, or without one for the whole process; limits are working seconds."""

    model_config = example(
        {
            "code": "accept-high",
            "process": "request",
            "node": "accept",
            "priority": "2 - High",
            "commitment_seconds": 1800,
            "tolerance_seconds": 3600,
            "calendar": "office",
            "valid_from": "2026-01-01T00:00:00Z",
        }
    )

    code: Code
    process: Code
    node: Code | None = None
    segment: Label | None = None
    priority: Label | None = None
    commitment_seconds: int = Field(ge=0, le=10 * 366 * 86400)
    tolerance_seconds: int = Field(ge=0, le=10 * 366 * 86400)
    calendar: Code
    tolerance_calendar: Code | None = None
    valid_from: Moment
    valid_until: Moment | None = None

    @field_validator("tolerance_seconds")
    @classmethod
    def _is_attainable(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("commitment_seconds", 0):
            raise fault("tolerance_below_commitment", "The tolerance is below the commitment.")
        return value

    @field_validator("valid_until")
    @classmethod
    def _is_later(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        start = info.data.get("valid_from")
        if value is not None and start is not None and value <= start:
            raise fault("validity_backwards", "The validity ends before it begins.")
        return value


class Promise(BaseModel):
    """A promise; calendars are named with the version that it counts in."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    code: str
    version: int
    status: Literal["draft", "published"]
    process: str
    node: str | None
    segment: str | None
    priority: str | None
    commitment_seconds: int
    tolerance_seconds: int
    calendar: str
    tolerance_calendar: str
    valid_from: datetime
    valid_until: datetime | None
    created_at: datetime
    published_at: datetime | None


Secrets = Annotated[
    list[Annotated[SecretStr, Field(min_length=8, max_length=256)]],
    Field(min_length=1, max_length=2, description="Two are valid at once, so that one can rotate"),
]


class NewIntegration(Request):
    """A ticketing tool that will push webhooks, and how its payloads are read."""

    model_config = example(
        {
            "name": "ServiceNow",
            "provider": "servicenow",
            "process": "request",
            "mapping": {
                "case_key": "number",
                "at": "sys_updated_on",
                "state": "state",
                "sequence": "sys_mod_count",
                "priority": "priority",
                "department": "assignment_group",
            },
            "secrets": ["at-least-sixteen-characters"],
        }
    )

    name: Label = "ServiceNow"
    provider: Literal["servicenow"]
    process: Code
    mapping: EventMapping
    secrets: Secrets


class IntegrationChange(Request):
    """What can change of an integration; members left out stay as they are."""

    model_config = example({"secrets": ["the-secret-in-use-now", "the-secret-that-comes-next"]})

    mapping: EventMapping | None = None
    secrets: Secrets | None = None


class Integration(BaseModel):
    """An integration; its secrets are never shown."""

    id: str
    name: str
    provider: str
    process: str
    mapping: EventMapping
    secret_count: int
    hook: str = Field(examples=["/v1/hooks/int_01k8"])
    revision: int
    created_at: datetime
