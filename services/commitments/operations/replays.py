"""Many deliveries are read again at once, a bounded number at a time."""

from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import col

from services.commitments.queries import deliveries as queries
from services.commitments.schemas import replays as schemas
from services.commitments.tables import Delivery
from shared.store import Session


async def replay_deliveries(session: Session, asked: schemas.ReplayRequest) -> schemas.Replay:
    """Read the next of these deliveries again, with the mapping as it is now, oldest first.

    Those that are being read, and those whose payload has been removed, are passed over. Raises a
    404 problem for an unknown integration.
    """
    await queries.integration(session, asked.integration_id)
    filters: list[Any] = [
        col(Delivery.integration_id) == asked.integration_id,
        col(Delivery.status) == asked.status,
        col(Delivery.payload_removed_at).is_(None),
    ]
    if asked.import_id is not None:
        filters.append(col(Delivery.import_id) == asked.import_id)
    if asked.after is not None:
        filters.append(col(Delivery.id) > asked.after)
    query = select(col(Delivery.id)).where(*filters).order_by(col(Delivery.id)).limit(asked.limit)
    ids = list((await session.scalars(query.with_for_update(skip_locked=True))).all())
    again: dict[str, Any] = {"status": "pending", "faults": [], "processed_at": None}
    change = update(Delivery).where(col(Delivery.id).in_(ids)).values(**again)
    await session.execute(change.execution_options(synchronize_session=False))
    if not ids:
        return schemas.Replay(replayed=0, remaining=0, next_after=None)
    left = select(func.count()).where(*filters, col(Delivery.id) > ids[-1])
    remaining = (await session.execute(left)).scalar_one()
    return schemas.Replay(
        replayed=len(ids), remaining=remaining, next_after=ids[-1] if remaining else None
    )
