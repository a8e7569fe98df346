"""The rows of the strategy service; every table has a tenant and stands under row security."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, MetaData, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.store import Instant


class Row(SQLModel, registry=registry(metadata=MetaData())):
    """A row of this service's own metadata."""


def _instant() -> Any:
    return Field(sa_type=Instant, nullable=False)


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


def _decimal(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_type=Numeric, nullable=nullable)


class Tenant(Row, table=True):
    """An organisation with a place on the platform; the rows belong to the operator's tenant."""

    __tablename__ = "tenant"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = _json()
    status: str
    revision: int
    created_at: datetime = _instant()


class User(Row, table=True):
    """A person or an integration, by the subject of their tokens, and their roles."""

    __tablename__ = "platform_user"

    tenant: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    name: str
    language: str
    roles: list[str] = _json()
    revision: int
    created_at: datetime = _instant()


class OrganisationUnit(Row, table=True):
    """A unit of the organisation tree: company, business unit, branch, department or position."""

    __tablename__ = "organisation_unit"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    kind: str
    name: dict[str, str] = _json()
    parent: str | None = None
    revision: int
    created_at: datetime = _instant()


class Kpi(Row, table=True):
    """A key performance indicator: what it measures, where its values come from, its anchors."""

    __tablename__ = "kpi"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = _json()
    unit: str
    organisation_unit: str | None = None
    red_flag: Decimal = _decimal()
    target: Decimal = _decimal()
    challenge: Decimal | None = _decimal(nullable=True)
    binding: dict[str, Any] = _json()
    revision: int
    created_at: datetime = _instant()


class KpiReading(Row, table=True):
    """A KPI's value in a period; a correction is a further revision, never a change."""

    __tablename__ = "kpi_reading"

    tenant: str = Field(primary_key=True)
    kpi: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    numerator: int
    denominator: int
    source: str
    recorded_at: datetime = _instant()


class AttainmentCopy(Row, table=True):
    """What the commitments service last measured of a group, kept from its events."""

    __tablename__ = "attainment_copy"

    tenant: str = Field(primary_key=True)
    process: str = Field(primary_key=True)
    node: str = Field(primary_key=True)
    level: str = Field(primary_key=True)
    department: str = Field(primary_key=True)
    month: str = Field(primary_key=True)
    revision: int
    completed_normal: int
    completed: int
    event_id: str
