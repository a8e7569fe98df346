"""Subscriptions, and what is delivered or to be delivered to whom."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select, update
from sqlmodel import col

from services.commitments.tables import Notification, NotificationAttempt, Subscription
from shared import pages
from shared.problems import not_found
from shared.store import Session, core

UNPACED = ("webhook", "email")
"""The channels that take whatever is due; robots and other messengers have a pace of their own."""

WAITING_SEEN = 2000
"""How many waiting notifications one look considers: what one target has more of waits."""


async def subscription(
    session: Session, subscription_id: str, *, lock: bool = False
) -> Subscription:
    """One subscription; raises a 404 problem."""
    query = select(Subscription).where(col(Subscription.id) == subscription_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "订阅", "en": "subscription"}, subscription_id)
    return row


async def note_delivered(session: Session, subscription_id: str, at: datetime) -> None:
    """The target can be reached; written once a minute, so that deliveries do not queue for it."""
    known = col(Subscription.delivered_at)
    noted = update(Subscription).where(
        col(Subscription.id) == subscription_id,
        or_(known.is_(None), known < at - timedelta(minutes=1)),
    )
    await session.execute(noted.values(delivered_at=at))


async def subscriptions(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[Subscription], str | None]:
    """One page by id."""
    query = pages.seek(select(Subscription), [col(Subscription.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def active(session: Session) -> Sequence[Subscription]:
    """The tenant's subscriptions that are not disabled."""
    query = select(Subscription).where(col(Subscription.status) == "active")
    return (await session.scalars(query)).all()


async def of_target(
    session: Session, target: str, status: str | None, limit: int, cursor: str | None
) -> tuple[list[Notification], str | None]:
    """One page of what went or goes to this target, newest first."""
    filters = [col(Notification.target) == target]
    if status is not None:
        filters.append(col(Notification.status) == status)
    found = select(Notification).where(*filters)
    query = pages.seek(
        found, [col(Notification.created_at), col(Notification.id)], cursor, descending=True
    )
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.created_at, row.id])


async def notification(
    session: Session, target: str, notification_id: str, *, lock: bool = False
) -> Notification:
    """One notification to this target; raises a 404 problem."""
    query = select(Notification).where(
        col(Notification.id) == notification_id, col(Notification.target) == target
    )
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "投递", "en": "delivery"}, notification_id)
    return row


async def locked(session: Session, ids: Collection[str]) -> Sequence[Notification]:
    """Those of these notifications that are there, locked in one order."""
    query = select(Notification).where(col(Notification.id).in_(ids)).order_by(col(Notification.id))
    return (await session.scalars(query.with_for_update())).all()


async def settled_before(session: Session, cutoff: datetime, limit: int) -> Sequence[str]:
    """In the queue: the oldest that are settled since before the cutoff, locked."""
    since = func.coalesce(col(Notification.settled_at), col(Notification.created_at))
    query = select(col(Notification.id)).where(
        since < cutoff, col(Notification.status) != "pending"
    )
    oldest = query.order_by(since).limit(limit).with_for_update(skip_locked=True)
    return (await session.scalars(oldest)).all()


async def attempts(
    session: Session, notification_ids: Collection[str]
) -> Mapping[str, list[NotificationAttempt]]:
    """Every try of these notifications, in order."""
    query = select(NotificationAttempt).where(
        col(NotificationAttempt.notification_id).in_(notification_ids)
    )
    found: dict[str, list[NotificationAttempt]] = {key: [] for key in notification_ids}
    for row in (await session.scalars(query.order_by(col(NotificationAttempt.number)))).all():
        found[row.notification_id].append(row)
    return found


async def attempts_of_alert(session: Session, alert_id: str) -> Sequence[Any]:
    """Every try to tell of an alert, with the notification that it was part of."""
    query = (
        select(NotificationAttempt, Notification)
        .join(Notification, col(Notification.id) == col(NotificationAttempt.notification_id))
        .where(col(Notification.alert_id) == alert_id)
        .order_by(col(NotificationAttempt.at), col(NotificationAttempt.notification_id))
    )
    return (await session.execute(query)).all()


@dataclass(frozen=True, slots=True)
class Room:
    """How much a worker can take: in all, of one target, and of the targets named less."""

    limit: int
    per_target: int
    left: Mapping[str, int]


async def take(session: Session, at: datetime, room: Room, lease: timedelta) -> Sequence[Any]:
    """Take what is due for this worker until the lease ends.

    The oldest are considered; what another worker is taking is left to it.
    """
    waiting = core(Notification).c
    is_ours = waiting.channel.in_(UNPACED)
    is_due = and_(waiting.status == "pending", waiting.next_attempt_at <= at, is_ours)
    due = (
        select(waiting.id, waiting.tenant, waiting.target, waiting.next_attempt_at)
        .where(is_due, waiting.target.not_in([n for n, left in room.left.items() if left <= 0]))
        .order_by(waiting.next_attempt_at)
        .limit(WAITING_SEEN)
        .subquery()
    )
    place = func.row_number().over(
        partition_by=(due.c.tenant, due.c.target), order_by=due.c.next_attempt_at
    )
    ranked = select(due.c.id, due.c.target, place.label("place")).subquery()
    most: Any = room.per_target
    if room.left:
        most = case(dict(room.left), value=ranked.c.target, else_=room.per_target)
    first = select(ranked.c.id).where(ranked.c.place <= most)
    free = select(waiting.id).where(waiting.id.in_(first), is_due).limit(room.limit)
    taken = (
        update(core(Notification))
        .where(waiting.id.in_(free.with_for_update(skip_locked=True)))
        .values(next_attempt_at=at + lease)
        .returning(*waiting)
    )
    return (await session.execute(taken)).all()
