"""Group robots say what waits for them at their own pace, several alerts in one message."""

import hashlib
import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from services.commitments.channels import Channels
from services.commitments.channels.outcome import Outcome
from services.commitments.domain import digests
from services.commitments.domain.alert_texts import ZH, Message
from services.commitments.domain.digests import Waiting, digest
from services.commitments.domain.retries import ATTEMPTS, DELAYS, delay
from services.commitments.operations.delivering import attempt, count
from services.commitments.queries import notifications
from services.commitments.queries import robots as queries
from services.commitments.tables import AlertChannel, Notification, RobotPace
from shared.store import Session, Store, enter

log = structlog.get_logger()

LEASE = timedelta(seconds=40)
"""Longer than any try: what is still taken then was taken by a worker that died."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One message that a robot is to say, and the notifications that it says, in their order."""

    tenant: str
    target: str
    robot: str
    channel: AlertChannel | None
    rows: Sequence[Notification]
    message: Message

    @property
    def kind(self) -> str:
        return self.channel.kind if self.channel else self.rows[0].channel


@dataclass(frozen=True, slots=True)
class Saying:
    """A try to have a robot say a digest: when it began and ended, and what came of it."""

    digest: Digest
    at: datetime
    ended_at: datetime
    outcome: Outcome


async def take_digests(
    store: Store, at: datetime, limit: int, busy: Collection[tuple[str, str]]
) -> Sequence[Digest]:
    """What robots may say now; each is held by this worker until its lease ends."""
    taken: list[Digest] = []
    async with store.queue() as session:
        waited_for = [each for each in await queries.waited_for(session) if each not in busy]
        tenants: dict[str, list[str]] = {}
        for tenant, target in waited_for:
            tenants.setdefault(tenant, []).append(target)
        for tenant, targets in tenants.items():
            if len(taken) < limit:
                await enter(session, tenant)
                taken += await _of_tenant(session, targets, at)
    return taken


async def _of_tenant(session: Session, targets: Sequence[str], at: datetime) -> list[Digest]:
    channels = await queries.channels(session, targets)
    found: list[Digest] = []
    for target in targets:
        rows = await queries.due(session, target, at, digests.MOST)
        if not rows:
            continue
        channel = channels.get(target)
        robot = robot_of(channel.kind, channel.credential) if channel else target
        alone = await queries.begin(session, robot, at, LEASE)
        if alone is None:
            continue
        found.append(_digest(robot, channel, rows[:1] if alone else rows, at))
    return found


def robot_of(kind: str, credential: Mapping[str, str]) -> str:
    """A name for the robot behind a credential, the same for all channels that lead to it."""
    leads_to = next(credential[name] for name in ("key", "token", "url") if name in credential)
    return hashlib.sha256(f"{kind} {leads_to}".encode()).hexdigest()


def _digest(
    robot: str, channel: AlertChannel | None, rows: Sequence[Notification], at: datetime
) -> Digest:
    waiting = [Waiting(row.body["title"], row.body["text"], row.recipient) for row in rows]
    language = channel.language if channel else ZH
    count, message = digest(waiting, channel.kind if channel else rows[0].channel, language)
    said = rows[:count]
    for row in said:
        row.next_attempt_at = at + LEASE
    return Digest(rows[0].tenant, rows[0].target, robot, channel, said, message)


async def say(channels: Channels, each: Digest) -> Saying:
    """Try once to have the robot say it."""
    began = datetime.now(UTC)
    if each.channel is None:
        gone = Outcome("the target is not there any more", refused=True)
        return Saying(each, began, began, gone)
    try:
        outcome = await channels.say(each.kind, each.channel.credential, each.message)
    except Exception as error:
        # Whatever a channel trips over is the failure of this try, and no other's.
        log.exception("digest_failed", channel=each.kind, alerts=len(each.rows))
        outcome = Outcome(f"{type(error).__name__}"[:300])
    return Saying(each, began, datetime.now(UTC), outcome)


async def settle_digest(store: Store, said: Saying) -> None:
    """Write what came of it for every notification that it said, and when the robot is free.

    A worker that dies before this leaves the lease, after which all of it is said again under the
    same ids.
    """
    async with store.transaction(said.digest.tenant) as session:
        pace = await queries.pace(session, said.digest.robot)
        _slow_down(pace, said)
        rows = await notifications.locked(session, sorted(row.id for row in said.digest.rows))
        count(said.digest.kind, said.outcome, len(rows))
        for row in rows:
            _settle(row, said, pace)
            session.add(attempt(row, said.at, said.ended_at - said.at, _shared(said)))


def _slow_down(pace: RobotPace, said: Saying) -> None:
    """When the robot may speak next: after its gap, and later the longer it cannot be reached."""
    kind, outcome = said.digest.kind, said.outcome
    rest = digests.gap(kind)
    if outcome.throttled:
        rest = digests.muted(kind)
    elif not outcome.delivered and not outcome.answered_no:
        pace.failures += 1
        wait = delay(pace.failures, random.random()) or DELAYS[-1]  # noqa: S311 - scatter
        rest = max(rest, min(wait, digests.LONGEST_BACKOFF))
    if outcome.delivered:
        pace.failures, pace.alone = 0, False
    elif outcome.answered_no and not outcome.throttled:
        pace.alone = True
    pace.next_at = said.ended_at + rest


def _settle(row: Notification, said: Saying, pace: RobotPace) -> None:
    row.attempts, row.tries = row.attempts + 1, row.tries + 1
    if row.status != "pending":
        return
    outcome, is_over = said.outcome, said.outcome.delivered or said.outcome.refused
    row.next_attempt_at = pace.next_at
    if outcome.answered_no and not outcome.throttled and len(said.digest.rows) == 1:
        # The robot takes others, but not this: it waits by itself, and the others go on.
        wait = delay(row.tries, random.random())  # noqa: S311 - scatter
        row.next_attempt_at = said.ended_at + wait if wait else None
        is_over = is_over or row.tries >= ATTEMPTS
    if is_over or said.ended_at - row.created_at > digests.GIVE_UP:
        row.status = "delivered" if outcome.delivered else "failed"
        row.settled_at, row.next_attempt_at = said.ended_at, None


def _shared(said: Saying) -> Outcome:
    """What came of each notification of a digest: whatever the robot answered is of all."""
    number = len(said.digest.rows)
    if number == 1:
        return said.outcome
    return replace(said.outcome, response=f"one of {number} alerts in a digest")
