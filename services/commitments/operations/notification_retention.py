"""Messages and pushes that were settled long ago are forgotten, with every try to deliver them."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col

from services.commitments.queries import notifications as queries
from services.commitments.tables import Notification
from shared.store import Store

BATCH = 500


async def forget_old_notifications(store: Store, at: datetime, days: int) -> int:
    """Forget one batch of what was settled more than so many days ago, of any tenant; how many.

    What still waits stays, however old, and so do the alerts.
    """
    async with store.queue() as session:
        ids = await queries.settled_before(session, at - timedelta(days=days), BATCH)
        if ids:
            await session.execute(delete(Notification).where(col(Notification.id).in_(ids)))
    return len(ids)
