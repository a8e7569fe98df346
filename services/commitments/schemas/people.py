"""Bodies of people, positions, departments and the offices of a process."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.commitments.domain.deputies import time_zones
from shared.schemas import Bilingual, Moment, Request, example, fault

UnitCode = Annotated[
    str,
    Field(
        pattern=r"^[^\s/\x00-\x1f\x7f]([^/\x00-\x1f\x7f]*[^\s/\x00-\x1f\x7f])?$",
        max_length=200,
        examples=["Group 56"],
    ),
]
"""A department's or position's own name in the ticketing tools; spaces are welcome, `/` is not."""

Alias = Annotated[str, Field(min_length=1, max_length=200, examples=["assignment-group-56"])]
Aliases = Annotated[list[Alias], Field(max_length=50)]
PersonId = Annotated[str, Field(max_length=64, examples=["per_01k8"])]
PersonName = Annotated[str, Field(min_length=1, max_length=200, examples=["李娜"])]
Subject = Annotated[str, Field(min_length=1, max_length=200, examples=["li.na"])]
ProcessCode = Annotated[str, Field(max_length=64, examples=["incident"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["CNY"])]
Language = Literal["zh", "en"]


def _known_zone(value: str) -> str:
    if value not in time_zones():
        raise fault("unknown_time_zone", "Not an IANA time zone.")
    return value


TimeZone = Annotated[
    str,
    Field(max_length=64, examples=["Asia/Shanghai"]),
    AfterValidator(_known_zone),
]


class Address(Request):
    """Where a person is reached over one channel: a mailbox, a robot's user id, a number."""

    channel: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$", examples=["email"])
    address: str = Field(min_length=1, max_length=500, examples=["li.na@example.com"])


class Absence(Request):
    """Whole days away, both included, in the person's time zone."""

    first_day: date = Field(examples=["2026-02-16"])
    last_day: date = Field(examples=["2026-02-20"])
    note: str | None = Field(default=None, max_length=500)

    @model_validator(mode="after")
    def _is_forwards(self) -> Self:
        if self.last_day < self.first_day:
            raise fault("absence_backwards", "The absence ends before it begins.", "last_day")
        return self


Addresses = Annotated[list[Address], Field(max_length=20)]
Absences = Annotated[list[Absence], Field(max_length=200)]


class NewPerson(Request):
    """A person who holds positions, by the addresses at which alerts reach them."""

    model_config = example(
        {
            "name": "李娜",
            "addresses": [
                {"channel": "email", "address": "li.na@example.com"},
                {"channel": "wecom", "address": "lina"},
            ],
            "language": "zh",
            "absences": [{"first_day": "2026-02-16", "last_day": "2026-02-20"}],
        }
    )

    name: PersonName
    subject: Subject | None = Field(default=None, description="Subject of the person's tokens")
    language: Language = "zh"
    time_zone: TimeZone = "Asia/Shanghai"
    is_senior_manager: bool = False
    addresses: Addresses = Field(default_factory=list)
    deputy: PersonId | None = None
    absences: Absences = Field(default_factory=list)


class PersonChange(Request):
    """What can change of a person; members left out stay, a null deputy or subject is removed."""

    model_config = example({"deputy": None, "is_senior_manager": True})

    name: PersonName | None = None
    subject: Subject | None = None
    language: Language | None = None
    time_zone: TimeZone | None = None
    is_senior_manager: bool | None = None
    active: bool | None = Field(default=None, description="False once the person has left")
    addresses: Addresses | None = None
    deputy: PersonId | None = None
    absences: Absences | None = None


class Person(BaseModel):
    """A person with the addresses at which they are reached."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    subject: str | None
    language: Language
    time_zone: str
    is_senior_manager: bool
    active: bool
    addresses: list[Address]
    deputy: str | None
    absences: list[Absence]
    erased_at: datetime | None = Field(
        default=None, description="When the person was erased; their id stands for them"
    )
    revision: int
    created_at: datetime


class NamedPerson(BaseModel):
    """A person by name."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str


class Holding(BaseModel):
    """Who was appointed, and who acts: the same, a deputy, or nobody while all are away."""

    person: NamedPerson
    acting: NamedPerson | None
    since: datetime
    until: datetime | None


class HoldingAt(BaseModel):
    """Who holds an office at an instant; empty when nobody does."""

    of: str
    at: datetime
    holders: list[Holding]


class NewDepartment(Request):
    """A department; a ticketing tool's names for it are its code or its aliases."""

    model_config = example(
        {
            "code": "Group 56",
            "name": {"zh": "网络组", "en": "Network group"},
            "aliases": ["Netzwerk", "grp-56"],
            "head_position": "network-lead",
        }
    )

    code: UnitCode
    name: Bilingual
    aliases: Aliases = Field(default_factory=list)
    head_person: PersonId | None = None
    head_position: UnitCode | None = None
    administrator: PersonId | None = Field(
        default=None, description="The part-time process administrator 兼职流程管理员"
    )
    since: Moment | None = Field(default=None, description="Since when they serve; now if left out")


class DepartmentChange(Request):
    """What can change of a department; a head or administrator named here serves from now on."""

    model_config = example({"administrator": "per_01k8"})

    name: Bilingual | None = None
    aliases: Aliases | None = None
    head_person: PersonId | None = None
    head_position: UnitCode | None = None
    administrator: PersonId | None = None
    since: Moment | None = Field(default=None, description="From when they serve; now if left out")


class Department(BaseModel):
    """A department with who heads it now."""

    code: str
    name: Bilingual
    aliases: list[str]
    head_person: str | None
    head_position: str | None
    administrator: str | None
    revision: int
    created_at: datetime


class NewPosition(Request):
    """A position of a department."""

    model_config = example(
        {
            "code": "network-lead",
            "name": {"zh": "网络组长", "en": "Network lead"},
            "department": "Group 56",
        }
    )

    code: UnitCode
    name: Bilingual
    department: Alias
    aliases: Aliases = Field(default_factory=list)


class PositionChange(Request):
    """What can change of a position; members left out stay as they are."""

    model_config = example({"aliases": ["NOC lead"]})

    name: Bilingual | None = None
    department: Alias | None = None
    aliases: Aliases | None = None


class Position(BaseModel):
    """A position of a department."""

    code: str
    name: Bilingual
    department: str
    aliases: list[str]
    revision: int
    created_at: datetime


class NewHolder(Request):
    """A person who takes a position, from now when `since` is left out."""

    model_config = example({"person": "per_01k8", "since": "2026-01-01T00:00:00+08:00"})

    person: PersonId
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _is_forwards(self) -> Self:
        if self.since and self.until and self.until <= self.since:
            raise fault("validity_backwards", "The validity ends before it begins.", "until")
        return self


class HolderEnd(Request):
    """When a holder leaves the position; now when left out."""

    model_config = example({"until": "2026-06-30T18:00:00+08:00"})

    until: Moment | None = None


class Appointment(BaseModel):
    """Who was in an office, from when until when, and who appointed them."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    office: Literal["holder", "head", "administrator", "owner", "supervisor"]
    of: str
    person: str | None
    position: str | None
    since: datetime
    until: datetime | None
    appointed_by: str


class NewProcessRoles(Request):
    """Owner and supervisor of a process from `since`, which is now when left out."""

    model_config = example({"owner": "per_01k8", "supervisor": "per_01k9"})

    owner: PersonId = Field(
        description="流程owner: exactly one, a senior manager outside the process, answering for "
        "roll-out, training and improvement"
    )
    supervisor: PersonId | None = Field(
        default=None, description="流程主管: runs the process and checks it every month"
    )
    since: Moment | None = None


class ProcessRoles(BaseModel):
    """Who owns and who supervises a process at an instant, and who administers the whole."""

    process: str
    at: datetime
    owner: Holding | None
    supervisor: Holding | None
    planning_department: str | None
    revision: int


class GovernanceSettingsChange(Request):
    """What a tenant sets for the governance of its processes; members left out stay."""

    model_config = example({"planning_department": "planning"})

    planning_department: Alias | None = Field(
        default=None, description="企划部: administers all processes"
    )
    administrator: PersonId | None = Field(
        default=None, description="Told of alerts that nobody else could be told of"
    )
    time_zone: TimeZone | None = None
    currency: Currency | None = None


class GovernanceSettings(BaseModel):
    """How this tenant governs its processes."""

    model_config = ConfigDict(from_attributes=True)

    planning_department: str | None
    administrator: str | None
    time_zone: str
    currency: str
    revision: int


class HeldOffice(BaseModel):
    """An office of a process or a department; the planning department is of the whole."""

    office: str = Field(examples=["supervisor"])
    of: str | None = Field(default=None, examples=["incident"])


class Capacity(HeldOffice):
    """In which office somebody acted: their own, another's, or in place of its holder.

    `deputises` is who was away; `in_place_of` are the offices for which an administrator of the
    platform acted, who held none of them.
    """

    person: str | None = None
    deputises: str | None = None
    in_place_of: list[HeldOffice] | None = None


class GovernanceChange(BaseModel):
    """One change: who made it, as what, when, by which operation, and the thing afterwards."""

    revision: int
    operation: str
    by: str
    at: datetime
    capacity: Capacity | None = Field(
        description="In which office; null where being an administrator is all that it takes"
    )
    before: dict[str, Any] | None = Field(description="The thing before; null of what is new")
    body: dict[str, Any] = Field(description="The thing afterwards")


class TrailedChange(GovernanceChange):
    """A change of any governed thing: of which kind, and under which key it is known."""

    kind: str = Field(examples=["self_check"])
    key: str
