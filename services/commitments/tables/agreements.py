"""Services, the agreements about them, and the requirements that came before."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class Service(Row, table=True):
    """An entry of the service catalogue 服务目录: what is offered, to whom and by whom."""

    __tablename__ = "service"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    name: dict[str, str] = json_column()
    description: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB))
    segments: list[str] = json_column()
    provider: str
    owner: str | None = None
    status: str
    revision: int
    created_at: datetime = instant()


class Agreement(Row, table=True):
    """A version of an SLA, OLA or UC 服务级别协议、运营级别协议、支持合同.

    Draft until it is published, then only its end can move; `code` names the agreement for good.
    """

    __tablename__ = "agreement"

    id: str = Field(primary_key=True)
    tenant: str
    code: str
    version: int
    status: str
    kind: str
    name: dict[str, str] = json_column()
    party: dict[str, Any] = json_column()
    service: str
    owner: str
    terms: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB))
    first_review_on: date
    review_months: int
    review_participants: list[str] = json_column()
    review_reminder_days: int
    revision: int
    valid_from: datetime = instant()
    valid_until: datetime | None = instant(nullable=True)
    end_reason: str | None = None
    """Why it ends earlier than it was published to end."""
    created_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)


Index("agreement_code", Agreement.tenant, Agreement.code, Agreement.version, unique=True)  # type: ignore[arg-type]
Index("agreement_service", Agreement.tenant, Agreement.service)


class ServiceLevelRequirement(Row, table=True):
    """What a customer asks of a service 服务级别需求, recorded before an agreement answers it."""

    __tablename__ = "service_level_requirement"

    id: str = Field(primary_key=True)
    tenant: str
    service: str
    segment: str
    priority: str | None = None
    statement: dict[str, str] = json_column()
    asked_by: str
    process: str | None = None
    node: str | None = None
    wanted_seconds: int | None = Field(default=None, sa_type=BigInteger)
    bearable_seconds: int | None = Field(default=None, sa_type=BigInteger)
    calendar: str | None = None
    status: str
    reason: str | None = None
    revision: int
    recorded_at: datetime = instant()


Index(
    "service_level_requirement_service",
    *(ServiceLevelRequirement.tenant, ServiceLevelRequirement.service),
)


class AgreementRequirement(Row, table=True):
    """That this version of an agreement answers that requirement."""

    __tablename__ = "agreement_requirement"

    tenant: str = Field(primary_key=True)
    agreement_id: str = Field(primary_key=True)
    requirement_id: str = Field(primary_key=True)


Index(
    "agreement_requirement_requirement",
    *(AgreementRequirement.tenant, AgreementRequirement.requirement_id),
)
