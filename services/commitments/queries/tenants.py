"""Whether a tenant is open."""

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import TenantStatus
from shared.store import Session


async def is_closed(session: Session, tenant: str) -> bool:
    """Whether the tenant was closed, as far as has been heard."""
    query = select(col(TenantStatus.status)).where(col(TenantStatus.tenant) == tenant)
    return (await session.execute(query)).scalar_one_or_none() == "closed"
