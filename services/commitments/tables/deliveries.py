"""Webhooks and imported rows as they were received."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field

from services.commitments.tables.row import Row, instant, json_column


class Delivery(Row, table=True):
    """A webhook, or a row of an import, as it was received, kept with its raw body.

    `status` is `pending` until it is read, then `processed`, `ignored` when it is of no concern to
    any case, or `quarantined` when it could not be read; `faults` says why.
    """

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
    case_key: str | None = None
    """The case that it tells of, as far as that could be read."""
    import_id: str | None = None
    import_row: int | None = None
    payload_removed_at: datetime | None = instant(nullable=True)
    """Since when headers and body are gone; identity and what was read of it stay."""


Index("delivery_key", Delivery.tenant, Delivery.integration_id, Delivery.key, unique=True)
Index("delivery_status", Delivery.tenant, Delivery.status, Delivery.id)
Index(
    "delivery_import",
    *(Delivery.tenant, Delivery.import_id, Delivery.status),  # type: ignore[arg-type]
    postgresql_where=text("import_id IS NOT NULL"),
)
Index(
    "delivery_case",
    *(Delivery.tenant, Delivery.case_key),  # type: ignore[arg-type]
    postgresql_where=text("case_key IS NOT NULL"),
)
Index(
    "delivery_payload",
    *(Delivery.integration_id, Delivery.received_at),  # type: ignore[arg-type]
    postgresql_where=text("payload_removed_at IS NULL AND status <> 'pending'"),
)
Index("delivery_pending", Delivery.id, postgresql_where=text("status = 'pending'"))


class HistoryImport(Row, table=True):
    """A file of events that was imported: each row is a delivery of the integration."""

    __tablename__ = "history_import"

    id: str = Field(primary_key=True)
    tenant: str
    integration_id: str
    format: str
    encoding: str
    bytes: int = Field(sa_type=BigInteger)
    rows: int
    duplicates: int
    imported_by: str
    created_at: datetime = instant()


class ImportRow(Row, table=True):
    """A row of an imported file that waits to become a delivery; live webhooks go first."""

    __tablename__ = "import_row"

    tenant: str = Field(primary_key=True)
    integration_id: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    """The provider's own identity of the row: a second one waits for nothing."""
    import_id: str
    number: int
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


Index("import_row_order", ImportRow.import_id, ImportRow.number)  # type: ignore[arg-type]


class PayloadRetention(Row, table=True):
    """How long a tenant keeps raw payloads; without days, as long as the service's setting says."""

    __tablename__ = "payload_retention"

    tenant: str = Field(primary_key=True)
    days: int | None = None
    revision: int
    changed_by: str
    changed_at: datetime = instant()
