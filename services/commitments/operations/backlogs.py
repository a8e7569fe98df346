"""What waits in the queues of this service, for its metrics."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlmodel import col

from services.commitments.tables import Delivery, DueInstant, Notification
from shared.metrics import age
from shared.store import Session, database_now


async def backlogs(session: Session) -> Mapping[str, float]:
    """In the queue: webhooks not yet folded, alert instants and messages not yet dealt with."""
    now = await database_now(session)
    arrived = select(func.min(col(Delivery.received_at)), func.count())
    # Rows of an import bear the time of the import, and wait behind the webhooks.
    live = (col(Delivery.status) == "pending", col(Delivery.import_id).is_(None))
    pending = await session.execute(arrived.where(*live))
    oldest, backlog = pending.one()
    due_at, next_at = col(DueInstant.due_at), col(Notification.next_attempt_at)
    overdue = (await session.execute(select(func.min(due_at)).where(due_at < now))).scalar_one()
    unsent = select(func.min(next_at), func.count()).where(col(Notification.status) == "pending")
    waits_since, waiting = (await session.execute(unsent)).one()
    return {
        "see.intake.backlog": backlog,
        "see.intake.age": age(oldest, now),
        "see.alert.overdue": age(overdue, now),
        "see.notification.waiting": waiting,
        "see.notification.overdue": age(waits_since, now),
    }
