"""Systems subscribe to events; what they asked for is queued with the event, in its transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, update
from sqlmodel import col

from services.commitments.channels.webhook import new_secret
from services.commitments.queries import notifications as queries
from services.commitments.schemas import subscriptions as schemas
from services.commitments.tables import Notification, Subscription
from shared.contracts.event import Event
from shared.http import require_match
from shared.ids import derived_id, new_id
from shared.outbox import Recorded
from shared.store import Session, core, database_now

ROTATION = timedelta(hours=24)
"""How long the secret before the newest still signs."""

EVERYTHING = "*"


async def subscribe(session: Session, new: schemas.NewSubscription, at: datetime) -> Subscription:
    """Push events to this address from now on; a secret is made where none is given."""
    given = new.secret.get_secret_value() if new.secret else new_secret()
    row = Subscription(
        **new.model_dump(exclude={"secret"}, mode="json"),
        id=new_id("sub"),
        tenant=session.info["tenant"],
        secrets=[given],
        status="active",
        revision=1,
        created_at=at,
    )
    session.add(row)
    return row


async def change_subscription(
    session: Session,
    subscription_id: str,
    change: schemas.SubscriptionChange,
    if_match: str | None,
) -> Subscription:
    """Change where and what is pushed, or enable it again."""
    row = await queries.subscription(session, subscription_id, lock=True)
    require_match(if_match, row.revision)
    for name, value in change.model_dump(exclude_unset=True, mode="json").items():
        if value is not None:
            setattr(row, name, value)
    if row.status == "active":
        row.disabled_reason = None
    row.revision += 1
    return row


async def rotate_secret(session: Session, subscription_id: str, at: datetime) -> Subscription:
    """A new secret signs; the one before it signs beside it for ROTATION."""
    row = await queries.subscription(session, subscription_id, lock=True)
    row.secrets = [new_secret(), row.secrets[0]]
    row.rotated_until = at + ROTATION
    row.revision += 1
    return row


async def unsubscribe(session: Session, subscription_id: str, if_match: str | None) -> None:
    """Push nothing more, and forget the log."""
    row = await queries.subscription(session, subscription_id, lock=True)
    require_match(if_match, row.revision)
    await session.execute(delete(Notification).where(col(Notification.target) == row.id))
    await session.delete(row)


async def replay_notification(
    session: Session, subscription_id: str, notification_id: str, at: datetime
) -> Notification:
    """Deliver a settled notification once more, under the same id; one that waits, at once."""
    await queries.subscription(session, subscription_id)
    row = await queries.notification(session, subscription_id, notification_id, lock=True)
    row.status, row.next_attempt_at, row.settled_at, row.tries = "pending", at, None, 0
    return row


async def notify_subscribers(session: Session, recorded: Sequence[Recorded]) -> None:
    """Queue these events for whoever has subscribed to them."""
    subscriptions = await queries.active(session)
    if not subscriptions:
        return
    now = await database_now(session)
    rows = [
        _notification(subscription, each, now)
        for subscription in subscriptions
        for each in recorded
        if wants(subscription, each.event)
    ]
    if rows:
        await session.execute(insert(core(Notification)), rows)


def wants(subscription: Subscription, event: Event) -> bool:
    """Whether the subscription names this fact, and its filter lets the event through."""
    asked = subscription.event_types
    if EVERYTHING not in asked and event.FACT not in asked and event.type() not in asked:
        return False
    return all(
        str(getattr(event, member, None)) in values
        for member, values in subscription.filter.items()
    )


def _notification(
    subscription: Subscription, recorded: Recorded, now: datetime
) -> Mapping[str, Any]:
    event = recorded.event
    return {
        "id": derived_id("ntf", subscription.id, recorded.event_id),
        "tenant": subscription.tenant,
        "target": subscription.id,
        "channel": "webhook",
        "recipient": subscription.name,
        "alert_id": getattr(event, "alert_id", None),
        "event_type": event.type(),
        "body": {
            "type": event.type(),
            "timestamp": now.isoformat(),
            "id": recorded.event_id,
            "data": event.model_dump(mode="json"),
        },
        "status": "pending",
        "attempts": 0,
        "tries": 0,
        "created_at": now,
        "next_attempt_at": now,
    }


async def disable(session: Session, row: Subscription, reason: str) -> bool:
    """Push nothing more until somebody enables it again; whether it had been active.

    What waits is not delivered, and can be replayed.
    """
    if row.status == "disabled":
        return False
    row.status, row.disabled_reason = "disabled", reason
    row.revision += 1
    waiting = update(Notification).where(
        col(Notification.target) == row.id, col(Notification.status) == "pending"
    )
    await session.execute(waiting.values(status="cancelled", next_attempt_at=None))
    return True
