"""A mapping says declaratively which fields of a payload are the parts of a ticket event."""

from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, field_validator

from services.commitments.providers.paths import MAX_PATH, check_path
from shared.schemas import Code, fault

MAX_LENGTH = 500
Label = Annotated[str, Field(min_length=1, max_length=200)]

Part = Literal["priority", "segment", "department", "position"]
PARTS: tuple[Part, ...] = get_args(Part)
ConditionName = Literal["start", "reset", "resume", "pause", "finish", "cancel"]

Path = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PATH, examples=["assignment_group"]),
    AfterValidator(check_path),
]
Source = Annotated[
    Path | Annotated[list[Path], Field(min_length=1, max_length=8)],
    Field(description="A path into the payload, or several, of which the first known one counts"),
]


def _storable(value: str) -> str:
    if not is_storable(value):
        raise fault("nul_character", "A text cannot hold U+0000.")
    return value


def is_storable(said: str) -> bool:
    """Neither U+0000, which PostgreSQL has no room for, nor half of a surrogate pair."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in said)


Value = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH), AfterValidator(_storable)]
Test = Annotated[
    dict[Path, Annotated[list[Value | None], Field(min_length=1, max_length=50)]],
    Field(
        min_length=1,
        max_length=10,
        description="Holds when at every path stands one of its values; `resolved*` is a "
        "beginning, `*` any value, null none",
        examples=[{"action": ["deleted"]}],
    ),
]
Tests = Annotated[
    list[Test], Field(max_length=10, description="Holds when one of these tests does")
]


class ProcessChoice(BaseModel):
    """The process by a value of the payload; any other value is of the integration's own."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: Source = Field(alias="from")
    values: dict[Value, Code] = Field(min_length=1, max_length=50)


class _Parts(BaseModel):
    """What a mapping says beside case, time and state."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sequence: Source | None = None
    priority: Source | None = None
    segment: Source | None = None
    department: Source | None = None
    position: Source | None = None
    constants: dict[Part, Value] = Field(default_factory=dict, examples=[{"segment": "internal"}])
    states: dict[Value, Value] = Field(
        default_factory=dict,
        max_length=200,
        description="The process's state for a state of the tool; others keep their name",
        examples=[{"opened": "New", "closed": "Closed"}],
    )
    times: dict[Value, Source] = Field(default_factory=dict, max_length=20)
    attributes: dict[Value, Source] = Field(default_factory=dict, max_length=50)
    only: Tests = Field(
        default_factory=list, description="A delivery that fails all of these tests is ignored"
    )
    never: Tests = Field(
        default_factory=list, description="A delivery that meets one of these tests is ignored"
    )
    deleted: Tests = Field(
        default_factory=list, description="The ticket is gone: what is in progress is cancelled"
    )
    nodes: dict[Code, dict[ConditionName, Tests]] = Field(
        default_factory=dict,
        max_length=100,
        description="Conditions of nodes that hold by the payload, beside the process's own",
        examples=[{"accept": {"finish": [{"action": ["assigned"]}]}}],
    )
    processes: ProcessChoice | None = None
    unknown: list[str] = Field(
        default_factory=lambda: [""],
        max_length=20,
        description="Values that mean: not known",
    )
    time_format: str | None = Field(
        default=None,
        max_length=50,
        description="RFC 3339 when left out; `unix`, `unix_ms`, or a strptime format",
    )
    time_zone: str = Field(default="UTC", description="Of times that carry no offset")

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone") from error
        return value


class EventMapping(_Parts):
    """Paths into the payload, by the part of the event that they give.

    A path is dotted (`issue.fields.status.name`, `teams.0.name`), a JSON pointer (`/a.b/c`), the
    name of a header (`header:X-GitHub-Event`), or a text around such paths
    (`{repository.full_name}#{issue.number}`). `constants` holds where the payload tells nothing.
    A number that stands for a time is Unix time, in milliseconds from 10^11 on.
    """

    case_key: Source
    at: Source
    state: Source


class GivenMapping(_Parts):
    """A mapping as an administrator writes it: what is left out is as the tool usually sends it.

    Process and name of the integration may stand here too.
    """

    case_key: Source | None = None
    at: Source | None = None
    state: Source | None = None
    process: Code | None = None
    name: Label | None = None


Plain = dict[str, JsonValue]
"""A mapping as plain data."""
