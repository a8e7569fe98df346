"""A mapping says declaratively which fields of a payload are the parts of a ticket event."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.commitments.domain.events import TicketEvent

MAX_LENGTH = 500

Path = Field(min_length=1, max_length=200, examples=["assignment_group"])

Constant = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]
Part = Literal["priority", "segment", "department", "position"]


class EventMapping(BaseModel):
    """Dotted paths into the payload, by the part of the event that they give.

    `constants` holds for every event whose payload does not tell that part itself.
    `unknown` lists the values that mean "not known". Times are RFC 3339, or in `time_format`
    (strptime) and read in `time_zone` when they carry no offset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_key: str = Path
    at: str = Path
    state: str = Path
    sequence: str | None = None
    priority: str | None = None
    segment: str | None = None
    department: str | None = None
    position: str | None = None
    constants: dict[Part, Constant] = Field(
        default_factory=dict, examples=[{"segment": "internal"}]
    )
    times: dict[str, str] = Field(default_factory=dict, max_length=20)
    attributes: dict[str, str] = Field(default_factory=dict, max_length=50)
    unknown: list[str] = Field(default_factory=lambda: [""], max_length=20)
    time_format: str | None = Field(default=None, max_length=50)
    time_zone: str = "UTC"

    @field_validator("constants")
    @classmethod
    def _are_storable(cls, value: dict[Part, str]) -> dict[Part, str]:
        if not all(map(_is_storable, value.values())):
            raise ValueError("a constant cannot hold U+0000")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone") from error
        return value


@dataclass(frozen=True, slots=True)
class Unmapped:
    """One reason why a payload is not a ticket event: the field, a code, and the value found."""

    field: str
    code: str
    value: str | None


_OPTIONAL: tuple[Part, ...] = get_args(Part)


class NotATicketEvent(Exception):  # noqa: N818 - a finding about a payload
    """The payload is authentic, and this mapping cannot read it; every reason is listed."""

    def __init__(self, faults: list[Unmapped]) -> None:
        super().__init__(", ".join(f"{fault.field}: {fault.code}" for fault in faults))
        self.faults = faults


def event(mapping: EventMapping, payload: Any, delivery_key: str) -> TicketEvent:
    """The ticket event that this payload is; raises NotATicketEvent with every fault."""
    reader = _Reader(mapping, payload)
    case_key = reader.required(mapping.case_key)
    at = reader.instant(mapping.at, required=True)
    state = reader.required(mapping.state)
    sequence = reader.integer(mapping.sequence)
    times = {name: reader.instant(path) for name, path in mapping.times.items()}
    optional: dict[str, Any] = {
        name: reader.optional(getattr(mapping, name)) or mapping.constants.get(name)
        for name in _OPTIONAL
    }
    attributes = dict(reader.attributes())
    if reader.faults or at is None:
        raise NotATicketEvent(reader.faults)
    return TicketEvent(
        case_key=case_key,
        event_id=hashlib.sha256(delivery_key.encode()).hexdigest()[:32],
        at=at,
        sequence=sequence,
        state=state,
        attributes=attributes,
        times={name: instant for name, instant in times.items() if instant},
        **optional,
    )


def _is_storable(said: str) -> bool:
    """Neither U+0000, which PostgreSQL has no room for, nor half of a surrogate pair."""
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in said)


class _Reader:
    """Reads values out of one payload and collects the faults."""

    def __init__(self, mapping: EventMapping, payload: Any) -> None:
        self._mapping = mapping
        self._payload = payload
        self.faults: list[Unmapped] = []

    def optional(self, path: str | None) -> str | None:
        value = self._value(path) if path else None
        if isinstance(value, dict) and "display_value" in value:
            value = value["display_value"]
        if value is None or isinstance(value, (dict, list)):
            return None
        said = str(value)
        if said in self._mapping.unknown:
            return None
        if len(said) > MAX_LENGTH or not _is_storable(said):
            self.faults.append(Unmapped(path or "", "unstorable_text", None))
            return None
        return said

    def required(self, path: str) -> str:
        value = self.optional(path)
        if value is None:
            self.faults.append(Unmapped(path, "missing", None))
        return value or ""

    def integer(self, path: str | None) -> int:
        value = self.optional(path)
        if value is None:
            return 0
        if not value.lstrip("-").isdecimal() or len(value) > 18:
            self.faults.append(Unmapped(path or "", "not_an_integer", value[:100]))
            return 0
        return int(value)

    def instant(self, path: str, *, required: bool = False) -> datetime | None:
        value = self.required(path) if required else self.optional(path)
        if not value:
            return None
        try:
            return self._instant(value)
        except (ValueError, OverflowError):
            self.faults.append(Unmapped(path, "not_a_time", value[:100]))
            return None

    def attributes(self) -> Iterator[tuple[str, str]]:
        for name, path in self._mapping.attributes.items():
            value = self.optional(path)
            if value is not None:
                yield name, value

    def _instant(self, value: str) -> datetime:
        form = self._mapping.time_format
        # A time without an offset gets the mapping's zone below.
        parsed = datetime.strptime(value, form) if form else datetime.fromisoformat(value)  # noqa: DTZ007
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=ZoneInfo(self._mapping.time_zone))
        return parsed.astimezone(UTC)

    def _value(self, path: str) -> Any:
        value = self._payload
        for step in path.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(step)
        return value
