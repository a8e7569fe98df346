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
    Field(
        examples=[
            {"state": {"in": ["Resolved", "Closed"]}},
            {"first": True},
            {"any": [{"attributes.action": "escalated"}, {"previous_state": "New"}]},
        ],
        description="A question about an event of the case, as data. `state`, `previous_state`, "
        "`priority`, `segment`, `department`, `previous_department`, `kind` and "
        "`attributes.<name>` are each asked a test: a text or null that they equal, or an object "
        "of `in`, `not_in` (lists of those), `starts_with` and `not` (a test). `first` tells "
        "whether it is the case's first event. Members of one object must all hold; `any` and "
        "`all` have a list of conditions, `not` has one.",
    ),
]


class NodeDefinition(Request):
    """A node with its conditions; without `after` it follows the node before it.

    Conditions that hold in one event apply in the order start, reset, resume, pause, finish,
    cancel. A department or position that is not fixed here is the event's.
    """

    code: Code
    name: Bilingual
    start: Condition
    start_at: Annotated[
        Label | None,
        Field(description="The mapping's name of the time that starts the clock, not the event's"),
    ] = None
    finish: Condition | None = None
    cancel: Condition | None = None
    pause: Condition | None = None
    resume: Condition | None = None
    reset: Condition | None = None
    department: Label | None = None
    position: Label | None = None
    after: Annotated[list[Code] | None, Field(description="The nodes just before this one")] = None
    finishes_when_later_starts: Annotated[
        bool, Field(description="It also finishes when the case has moved on to a later node")
    ] = True
    resolves: Annotated[
        bool,
        Field(
            description="A case that has finished it is resolved, and re-opened when it comes "
            "back to it or to a node before it. The last nodes resolve where none says so."
        ),
    ] = False


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
