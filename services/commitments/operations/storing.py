"""What is received is stored once, under its tool's own identity."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from services.commitments import tables
from services.commitments.queries import deliveries as queries
from shared.ids import new_id
from shared.store import Session, core

Identity = tuple[str, str]
"""The integration, and its tool's own identity of a delivery."""


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An authentic webhook, or a row of an import, that is to be stored."""

    tenant: str
    integration_id: str
    key: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    import_id: str | None = None
    import_row: int | None = None
    id: str = field(default_factory=lambda: new_id("dlv"))

    @property
    def identity(self) -> Identity:
        return self.integration_id, self.key


async def store_deliveries(
    session: Session, deliveries: Sequence[NewDelivery]
) -> Mapping[Identity, str]:
    """Store what is new; the id under which each delivery is kept, new or known."""
    rows = [{**asdict(each), "status": "pending", "faults": []} for each in deliveries]
    # In one order everywhere, so that two batches with the same keys wait instead of deadlocking.
    rows.sort(key=lambda row: (row["integration_id"], row["key"]))
    table = core(tables.Delivery)
    fresh = insert(table).on_conflict_do_nothing()
    returned = fresh.returning(table.c.integration_id, table.c.key, table.c.id)
    written = await session.execute(returned, rows)
    kept = {(row.integration_id, row.key): row.id for row in written.all()}
    known = {each.identity for each in deliveries} - kept.keys()
    if known:
        kept |= await queries.ids(session, known)
    return kept
