"""Calendars, processes and integrations as they were defined."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class CalendarVersion(Row, table=True):
    """A version of a working calendar; in force from `valid_from` until the next one begins."""

    __tablename__ = "calendar_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = json_column()
    definition: dict[str, Any] = json_column()
    valid_from: datetime = instant()
    created_at: datetime = instant()


class ProcessVersion(Row, table=True):
    """A version of a process 流程 with its nodes 节点; in force until the next one begins."""

    __tablename__ = "process_version"

    tenant: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    name: dict[str, str] = json_column()
    definition: dict[str, Any] = json_column()
    valid_from: datetime = instant()
    created_at: datetime = instant()


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
    payload_days: int | None = None
    """How long raw payloads stay; None is as long as the service's setting says."""
    revision: int
    created_at: datetime = instant()
