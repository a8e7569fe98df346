"""What is heard of tenants: webhooks of a closed one are refused."""

from sqlalchemy.dialects.postgresql import insert

from services.commitments.tables import TenantStatus
from shared.contracts.event import Envelope
from shared.contracts.strategy import TenantChanged
from shared.store import Session, core


async def record_tenant(session: Session, event: TenantChanged, envelope: Envelope) -> None:
    """Keep the status, unless one at least as new is held."""
    table = core(TenantStatus)
    new = insert(table).values(tenant=envelope.tenant, status=event.status, revision=event.revision)
    told = {"status": new.excluded.status, "revision": new.excluded.revision}
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["tenant"],
            set_=told,
            where=table.c.revision < new.excluded.revision,
        )
    )
