"""Bodies of processes and integrations."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    Field,
)

from shared.schemas import Bilingual, Code, Moment, Request, example

Label = Annotated[str, Field(min_length=1, max_length=200)]
Condition = Annotated[
    dict[str, Any],
    Field(examples=[{"state": {"in": ["Resolved", "Closed"]}}], description="A condition as data"),
]


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


class NewProcessVersion(Request):
    """The whole next version of a process, and when it begins: now when left out."""

    model_config = example(
        {
            "name": {"zh": "服务请求", "en": "Service request"},
            "nodes": [
                {
                    "code": "fulfil",
                    "name": {"zh": "办理", "en": "Fulfil"},
                    "start": {"first": True},
                    "finish": {"state": "Closed"},
                }
            ],
            "valid_from": "2027-01-01T00:00:00+08:00",
        }
    )

    name: Bilingual
    nodes: list[NodeDefinition] = Field(min_length=1, max_length=100)
    valid_from: Moment | None = None


class Process(BaseModel):
    """A version of a process; it holds for the cases that begin from `valid_from` on."""

    code: str
    version: int
    name: Bilingual
    nodes: list[NodeDefinition]
    valid_from: datetime
    created_at: datetime
