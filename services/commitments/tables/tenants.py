"""Tenants as strategy last told of them."""

from sqlmodel import Field

from services.commitments.tables.row import Row


class TenantStatus(Row, table=True):
    """Whether a tenant is open; one that was never told of is."""

    __tablename__ = "tenant_status"

    tenant: str = Field(primary_key=True)
    status: str
    revision: int
