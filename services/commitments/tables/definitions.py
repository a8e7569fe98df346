"""Calendars, processes, promises and integrations as they were defined."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class CalendarVersion(Row, table=True):
    """A working calendar as it was defined; a change is a new version."""

    __tablename__ = "calendar_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = json_column()
    definition: dict[str, Any] = json_column()
    created_at: datetime = instant()


class ProcessVersion(Row, table=True):
    """A process 流程 with its nodes 节点 as it was defined; a change is a new version."""

    __tablename__ = "process_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = json_column()
    definition: dict[str, Any] = json_column()
    created_at: datetime = instant()


class Promise(Row, table=True):
    """A promise 服务承诺: draft until it is published, then never changed."""

    __tablename__ = "promise"

    id: str = Field(primary_key=True)
    tenant: str
    code: str
    version: int
    status: str
    process: str
    node: str | None = None
    segment: str | None = None
    priority: str | None = None
    commitment_seconds: int = Field(sa_type=BigInteger)
    tolerance_seconds: int = Field(sa_type=BigInteger)
    calendar: str
    tolerance_calendar: str
    valid_from: datetime = instant()
    valid_until: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    published_at: datetime | None = instant(nullable=True)


Index("promise_code", Promise.tenant, Promise.code, Promise.version, unique=True)  # type: ignore[arg-type]


class Integration(Row, table=True):
    """A ticketing tool that pushes webhooks: its secrets and how its payloads are read."""

    __tablename__ = "integration"

    id: str = Field(primary_key=True)
    tenant: str
    name: str
    provider: str
    process: str
    mapping: dict[str, Any] = json_column()
    secrets: list[str] = json_column()
    revision: int
    created_at: datetime = instant()
