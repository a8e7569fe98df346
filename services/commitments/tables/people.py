"""People, positions, departments, and who was appointed to what and when."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class Person(Row, table=True):
    """A person who holds positions: where they are reached, and who stands in for them."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    tenant: str
    name: str
    subject: str | None = None
    """The subject of the person's tokens, when they use the platform themselves."""
    language: str
    time_zone: str
    is_senior_manager: bool
    active: bool
    addresses: list[dict[str, str]] = json_column()
    deputy: str | None = None
    absences: list[dict[str, str]] = json_column()
    erased_at: datetime | None = instant(nullable=True)
    revision: int
    created_at: datetime = instant()


Index("person_subject", Person.tenant, Person.subject, unique=True)  # type: ignore[arg-type]


class Department(Row, table=True):
    """A department 部门, under the name that the ticketing tools use, or with it as an alias."""

    __tablename__ = "department"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = json_column()
    revision: int
    created_at: datetime = instant()


class Position(Row, table=True):
    """A position 岗位 of a department; people come and go."""

    __tablename__ = "position"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = json_column()
    department: str
    revision: int
    created_at: datetime = instant()


class UnitName(Row, table=True):
    """Every name under which a department or a position is known: its code and its aliases."""

    __tablename__ = "unit_name"

    tenant: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    code: str


Index("unit_name_code", UnitName.tenant, UnitName.kind, UnitName.code)


class Appointment(Row, table=True):
    """A person, or whoever holds a position, in an office 职务 for a stretch of time.

    `office` is `holder` of a position, `head` or `administrator` of a department, `owner` or
    `supervisor` of a process; `of` is the code of that position, department or process.
    """

    __tablename__ = "appointment"

    id: str = Field(primary_key=True)
    tenant: str
    office: str
    of: str
    person: str | None = None
    position: str | None = None
    since: datetime = instant()
    until: datetime | None = instant(nullable=True)
    appointed_by: str
    created_at: datetime = instant()


Index("appointment_office", Appointment.tenant, Appointment.office, Appointment.of)
Index("appointment_person", Appointment.tenant, Appointment.person)  # type: ignore[arg-type]
Index(
    "appointment_once",
    *(Appointment.tenant, Appointment.office, Appointment.of),
    unique=True,
    postgresql_where=text("until IS NULL AND office <> 'holder'"),
)


class ProcessGovernance(Row, table=True):
    """What governance says of a process: its place in the process map 流程地图 and its ratings."""

    __tablename__ = "process_governance"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    level: int | None = None
    parent: str | None = None
    department: str | None = None
    rating: dict[str, Any] = json_column()
    revision: int
    roles_revision: int
    created_at: datetime = instant()


class GovernanceSettings(Row, table=True):
    """How a tenant governs its processes: who administers the whole, which days and money."""

    __tablename__ = "governance_settings"

    tenant: str = Field(primary_key=True)
    planning_department: str | None = None
    administrator: str | None = None
    """The person who is told of what nobody else could be told of."""
    time_zone: str
    currency: str
    revision: int
    created_at: datetime = instant()


class GovernanceChange(Row, table=True):
    """One change of a governed thing: who, when, and what it was afterwards; never rewritten."""

    __tablename__ = "governance_change"

    id: str = Field(primary_key=True)
    tenant: str
    kind: str
    key: str
    revision: int
    operation: str
    by: str
    at: datetime = instant()
    capacity: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True))
    )
    """In which office it was done; null where administering the platform is all that it takes."""
    body: dict[str, Any] = json_column()


Index(
    "governance_change_of",
    *(GovernanceChange.tenant, GovernanceChange.kind, GovernanceChange.key),
    GovernanceChange.revision,  # type: ignore[arg-type]
    unique=True,
)
Index(
    "governance_change_at",
    *(GovernanceChange.tenant, GovernanceChange.at, GovernanceChange.id),  # type: ignore[arg-type]
)
