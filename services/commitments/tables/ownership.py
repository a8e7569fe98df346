"""Owners of processes who no longer are what an owner has to be."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from services.commitments.tables.row import Row, instant


class OwnerConflict(Row, table=True):
    """That the owner of a process is no active senior manager outside of it, until resolved."""

    __tablename__ = "owner_conflict"

    id: str = Field(primary_key=True)
    tenant: str
    process: str
    owner: str
    kind: str
    of: str | None = None
    since: datetime = instant()
    until: datetime | None = instant(nullable=True)
    raised_at: datetime = instant()
    told_at: datetime | None = instant(nullable=True)
    """When the owner and the planning department were told by e-mail."""
    resolved_at: datetime | None = instant(nullable=True)


Index(
    "owner_conflict_open",
    *(OwnerConflict.tenant, OwnerConflict.process),
    postgresql_where=text("resolved_at IS NULL"),
)
