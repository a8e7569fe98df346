"""One try to deliver a notification, and what is written of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import insert
from sqlmodel import col, select

from services.commitments.channels import EMAIL, WEBHOOK, Channels
from services.commitments.channels.outcome import Outcome
from services.commitments.domain.retries import delay
from services.commitments.operations.subscribing import disable
from services.commitments.queries import notifications as queries
from services.commitments.tables import (
    AlertChannel,
    Notification,
    NotificationAttempt,
    Subscription,
)
from shared import outbox
from shared.contracts.commitments import SubscriptionDisabled
from shared.store import Session, Store, core

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""Longer than any try: what is still taken then was taken by a worker that died."""

_GONE = "The target answered 410: it wants nothing more."
_FAILING = "Every try failed for three days, and nothing else was delivered since."


@dataclass(frozen=True, slots=True)
class Try:
    """When a try began, how long it took, and what came of it."""

    at: datetime
    took: timedelta
    outcome: Outcome


async def take(store: Store, at: datetime, room: queries.Room) -> Sequence[Any]:
    """What this worker may deliver now; it is others' again when the lease ends."""
    async with store.queue() as session:
        return await queries.take(session, at, room, LEASE)


async def deliver(store: Store, channels: Channels, taken: Any) -> None:
    """Try once to deliver what was taken, and write what came of it."""
    began = datetime.now(UTC)
    outcome = await _tried(store, channels, taken, began)
    made = Try(began, datetime.now(UTC) - began, outcome)
    async with store.transaction(taken.tenant) as session:
        await settle(session, taken.id, made)


async def _tried(store: Store, channels: Channels, taken: Any, at: datetime) -> Outcome:
    try:
        if taken.channel == EMAIL:
            return await channels.mail(taken)
        async with store.transaction(taken.tenant) as session:
            target = await _target(session, taken)
        if target is None:
            return Outcome("the target is not there any more", refused=True)
        if isinstance(target, AlertChannel):
            return await channels.say(taken, target.credential)
        return await channels.push(taken, target, at)
    except Exception as error:
        # Whatever a channel trips over is the failure of this try, and no other's.
        log.exception("notification_failed", notification=taken.id, channel=taken.channel)
        return Outcome(f"{type(error).__name__}"[:300])


async def _target(session: Session, taken: Any) -> Subscription | AlertChannel | None:
    if taken.channel == WEBHOOK:
        subscription = select(Subscription).where(col(Subscription.id) == taken.target)
        return (await session.scalars(subscription)).one_or_none()
    channel = select(AlertChannel).where(col(AlertChannel.code) == taken.target)
    return (await session.scalars(channel)).one_or_none()


async def settle(session: Session, notification_id: str, made: Try) -> None:
    """Write a try; what failed waits for the next one, or has failed for good."""
    query = select(Notification).where(col(Notification.id) == notification_id)
    row = (await session.scalars(query.with_for_update())).one_or_none()
    # Somebody unsubscribed meanwhile.
    if row is None:
        return
    row.attempts, row.tries = row.attempts + 1, row.tries + 1
    await session.execute(insert(core(NotificationAttempt)).values(_attempt(row, made)))
    if row.status != "pending":
        return
    outcome, ended_at = made.outcome, made.at + made.took
    wait = None if outcome.refused or outcome.gone else delay(row.tries, random.random())  # noqa: S311 - scatter
    if outcome.delivered:
        row.status, row.settled_at, row.next_attempt_at = "delivered", ended_at, None
    elif wait is None:
        row.status, row.settled_at, row.next_attempt_at = "failed", ended_at, None
    else:
        row.next_attempt_at = ended_at + wait
    if row.channel == WEBHOOK:
        await session.flush()
        await _judge(session, row, made)


def _attempt(row: Notification, made: Try) -> dict[str, Any]:
    return {
        "tenant": row.tenant,
        "notification_id": row.id,
        "number": row.attempts,
        "at": made.at,
        "milliseconds": int(made.took / timedelta(milliseconds=1)),
        "status": made.outcome.status,
        "error": made.outcome.error,
        "response": made.outcome.response,
    }


async def _judge(session: Session, row: Notification, made: Try) -> None:
    """Disable a subscription that is gone, or that has failed for as long as tries go on."""
    if made.outcome.delivered:
        await queries.note_delivered(session, row.target, made.at)
        return
    subscription = await queries.subscription(session, row.target)
    since = subscription.delivered_at
    failing = row.status == "failed" and (since is None or since < row.created_at)
    if not made.outcome.gone and not failing:
        return
    subscription = await queries.subscription(session, row.target, lock=True)
    reason = _GONE if made.outcome.gone else _FAILING
    if await disable(session, subscription, reason):
        fact = SubscriptionDisabled(
            subscription_id=subscription.id,
            reason="gone" if made.outcome.gone else "failing",
            at=made.at,
            revision=subscription.revision,
        )
        await outbox.record(session, fact)
