"""Rows of an imported file become deliveries, a batch at a time, behind the webhooks that come."""

from services.commitments import tables
from services.commitments.operations.storing import NewDelivery, store_deliveries
from services.commitments.queries import imports as queries
from shared.store import Store, enter

HEADERS = {"content-type": "application/json"}
"""Of every row."""


async def admit_imported(store: Store, limit: int) -> int:
    """Make deliveries of the first rows that wait; how many were taken."""
    async with store.queue() as session:
        waiting = await queries.staged(session, limit)
        if not waiting:
            return 0
        await enter(session, waiting[0].tenant)
        record = await queries.one(session, waiting[0].import_id, lock=True)
        brought = [_delivery(record, row) for row in waiting]
        kept = await store_deliveries(session, brought)
        # A webhook may have told the same while the row waited.
        record.duplicates += sum(kept[each.identity] != each.id for each in brought)
    return len(waiting)


def _delivery(record: tables.HistoryImport, row: tables.ImportRow) -> NewDelivery:
    return NewDelivery(
        tenant=record.tenant,
        integration_id=record.integration_id,
        key=row.key,
        headers=HEADERS,
        body=row.body,
        received_at=record.created_at,
        import_id=record.id,
        import_row=row.number,
    )
