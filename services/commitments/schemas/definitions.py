"""Bodies of calendars, processes and integrations."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    Field,
    SkipValidation,
)

from services.commitments.domain.hours import MAX_OVERRIDES, MAX_WINDOWS
from shared.schemas import Bilingual, Code, Request, example

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
