"""Webhooks as they were received."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class Delivery(Row, table=True):
    """A webhook as it was received, kept with its raw body."""

    __tablename__ = "delivery"

    id: str = Field(primary_key=True)
    tenant: str
    integration_id: str
    key: str
    """The provider's own identity of the delivery: a second one with this key is a duplicate."""
    headers: dict[str, str] = json_column()
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: datetime = instant()
    status: str
    faults: list[dict[str, Any]] = json_column()
    processed_at: datetime | None = instant(nullable=True)


Index("delivery_key", Delivery.tenant, Delivery.integration_id, Delivery.key, unique=True)
Index("delivery_status", Delivery.tenant, Delivery.status, Delivery.id)
Index("delivery_pending", Delivery.id, postgresql_where=text("status = 'pending'"))
