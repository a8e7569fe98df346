"""Tries to deliver notifications, and what is written of them, many in one transaction."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlmodel import col, select

from services.commitments.channels import EMAIL, WEBHOOK, Channels
from services.commitments.channels.outcome import Outcome
from services.commitments.domain.retries import delay
from services.commitments.operations.subscribing import disable
from services.commitments.queries import notifications as queries
from services.commitments.tables import Notification, NotificationAttempt, Subscription
from shared import outbox
from shared.contracts.commitments import SubscriptionDisabled
from shared.metrics import meter
from shared.store import Session, Store, enter

log = structlog.get_logger()

deliveries = meter.create_counter(
    "see.deliveries", description="Tries to deliver a message to the outside, by their outcome"
)

LEASE = timedelta(seconds=30)
"""Longer than any try: what is still taken then was taken by a worker that died."""

_GONE = "The target answered 410: it wants nothing more."
_FAILING = "Every try failed for three days, and nothing else was delivered since."


@dataclass(frozen=True, slots=True)
class Taken:
    """A webhook or e-mail that this worker may deliver, and who subscribed; None without one."""

    row: Any
    target: Subscription | None


@dataclass(frozen=True, slots=True)
class Try:
    """A try: of which notification, when it began, how long it took, and what came of it."""

    taken: Taken
    at: datetime
    took: timedelta
    outcome: Outcome

    @property
    def ended_at(self) -> datetime:
        return self.at + self.took


async def take(store: Store, at: datetime, room: queries.Room) -> Sequence[Taken]:
    """What this worker may deliver now; it is others' again when the lease ends."""
    taken: list[Taken] = []
    async with store.queue() as session:
        rows = await queries.take(session, at, room, LEASE)
        for tenant in sorted({row.tenant for row in rows}):
            await enter(session, tenant)
            mine = [row for row in rows if row.tenant == tenant]
            targets = await _targets(session, {row.target for row in mine})
            taken += [Taken(row, targets.get(row.target)) for row in mine]
    return taken


async def _targets(session: Session, names: set[str]) -> Mapping[str, Subscription]:
    subscriptions = select(Subscription).where(col(Subscription.id).in_(names))
    return {row.id: row for row in (await session.scalars(subscriptions)).all()}


async def deliver(channels: Channels, taken: Taken) -> Try:
    """Try once to deliver what was taken."""
    began = datetime.now(UTC)
    try:
        outcome = await _tried(channels, taken, began)
    except Exception as error:
        # Whatever a channel trips over is the failure of this try, and no other's.
        log.exception("notification_failed", notification=taken.row.id, channel=taken.row.channel)
        outcome = Outcome(f"{type(error).__name__}"[:300])
    return Try(taken, began, datetime.now(UTC) - began, outcome)


async def _tried(channels: Channels, taken: Taken, at: datetime) -> Outcome:
    if taken.row.channel == EMAIL:
        return await channels.mail(taken.row)
    if taken.target is not None:
        return await channels.push(taken.row, taken.target, at)
    return Outcome("the target is not there any more", refused=True)


async def settle_all(store: Store, made: Sequence[Try]) -> None:
    """Write these tries, a transaction a tenant; what failed waits for its next one, or for none.

    A worker that dies before this delivers again when the lease ends, under the same id.
    """
    for tenant in sorted({each.taken.row.tenant for each in made}):
        mine = {each.taken.row.id: each for each in made if each.taken.row.tenant == tenant}
        async with store.transaction(tenant) as session:
            # Whoever unsubscribed meanwhile has no rows any more.
            rows = await queries.locked(session, sorted(mine))
            for row in rows:
                _settle(row, mine[row.id])
            await session.flush()
            tries = [(row, mine[row.id]) for row in rows]
            session.add_all(attempt(row, made.at, made.took, made.outcome) for row, made in tries)
            await _judge(session, [each for each in tries if each[0].channel == WEBHOOK])


def count(channel: str, outcome: Outcome, times: int = 1) -> None:
    """Count tries: `delivered`, `refused` for good, or `failed` and perhaps tried again."""
    told = "delivered" if outcome.delivered else "refused" if outcome.refused else "failed"
    deliveries.add(times, {"channel": channel, "outcome": told})


def _settle(row: Notification, made: Try) -> None:
    count(row.channel, made.outcome)
    row.attempts, row.tries = row.attempts + 1, row.tries + 1
    if row.status != "pending":
        return
    outcome = made.outcome
    is_last = outcome.delivered or outcome.refused or outcome.gone
    wait = None if is_last else delay(row.tries, random.random())  # noqa: S311 - scatter
    if wait is not None:
        row.next_attempt_at = made.ended_at + wait
        return
    row.status = "delivered" if outcome.delivered else "failed"
    row.settled_at, row.next_attempt_at = made.ended_at, None


def attempt(
    row: Notification, at: datetime, took: timedelta, outcome: Outcome
) -> NotificationAttempt:
    """The try of a notification that was counted last, as it is kept."""
    return NotificationAttempt(
        tenant=row.tenant,
        notification_id=row.id,
        number=row.attempts,
        at=at,
        milliseconds=int(took / timedelta(milliseconds=1)),
        status=outcome.status,
        error=outcome.error,
        response=outcome.response,
    )


async def _judge(session: Session, settled: Sequence[tuple[Notification, Try]]) -> None:
    """Disable subscriptions that are gone, or that have failed for as long as tries go on."""
    reached = {row.target: made.at for row, made in settled if made.outcome.delivered}
    for target, at in sorted(reached.items()):
        await queries.note_delivered(session, target, at)
    for row, made in settled:
        if made.outcome.gone:
            await _disable(session, row, made, "gone")
        elif row.status == "failed" and row.target not in reached:
            await _disable(session, row, made, "failing")


async def _disable(session: Session, row: Notification, made: Try, reason: str) -> None:
    subscription = await queries.subscription(session, row.target, lock=True)
    since = subscription.delivered_at
    if reason == "failing" and since is not None and since >= row.created_at:
        return
    if await disable(session, subscription, _GONE if reason == "gone" else _FAILING):
        fact = SubscriptionDisabled.model_validate(
            {
                "subscription_id": subscription.id,
                "reason": reason,
                "at": made.at,
                "revision": subscription.revision,
            }
        )
        await outbox.record(session, fact)
