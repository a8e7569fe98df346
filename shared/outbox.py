"""The outbox holds events in the transaction that caused them; a relay publishes them.

The outbox, not the stream, is the truth: rows stay for days past the acknowledgement, with the
place the stream gave them, so that what a damaged stream lost is published again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    Row,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.bus import Bus, Published, StreamState
from shared.contracts.event import Event
from shared.ids import new_id
from shared.store import PLUMBING, Instant, Session, Store, database_now
from shared.telemetry import trace_headers

log = structlog.get_logger()

BATCH = 200

outbox = Table(
    "outbox",
    PLUMBING,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("event_id", Text, nullable=False, unique=True),
    Column("subject", Text, nullable=False),
    Column("aggregate", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("published_at", Instant),
    Column("stream_incarnation", Text),
    Column("stream_sequence", BigInteger),
)
Index("outbox_unpublished", outbox.c.id, postgresql_where=outbox.c.published_at.is_(None))
Index("outbox_published", outbox.c.published_at)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and the id under which it is published."""

    event_id: str
    event: Event


async def record(session: Session, *events: Event) -> None:
    """Publish these events if, and only if, the transaction of this session commits.

    The followers of the store are told of them within the same transaction.
    """
    if not events:
        return
    tenant = session.info["tenant"]
    carried = trace_headers()
    rows = [
        {
            "tenant": tenant,
            "event_id": new_id("evt"),
            "subject": event.subject(tenant),
            "aggregate": event.aggregate(),
            "revision": event.revision,
            "headers": {**carried, "ce-source": f"/{event.SERVICE}", "ce-type": event.type()},
            "body": event.model_dump_json(),
        }
        for event in events
    ]
    await session.execute(insert(outbox), rows)
    recorded = [Recorded(row["event_id"], event) for row, event in zip(rows, events, strict=True)]
    for follow in session.info["followers"]:
        await follow(session, recorded)


async def publish_pending(store: Store, bus: Bus) -> int:
    """Publish one batch in the order it was recorded; how many the stream acknowledged.

    A row that is locked is in another relay's hands. What fails stays and is tried again: the
    stream drops the second copy by the event's id, and so does every inbox.
    """
    async with store.queue() as session:
        rows = (await session.execute(_PENDING)).all()
        if not rows:
            return 0
        results = await asyncio.gather(
            *(_publish(bus, row) for row in rows), return_exceptions=True
        )
        done = [
            {"row": row.id, "incarnation": ack.incarnation, "sequence": ack.sequence}
            for row, ack in zip(rows, results, strict=True)
            if isinstance(ack, Published)
        ]
        if done:
            await (await session.connection()).execute(_ACKNOWLEDGE, done)
    failed = [ack for ack in results if isinstance(ack, BaseException)]
    if failed:
        log.warning("outbox_publish_failed", failed=len(failed), error=repr(failed[0]))
    return len(done)


async def reconcile(store: Store, look: Callable[[], Awaitable[StreamState]]) -> int:
    """Mark for publishing again what the stream once acknowledged and no longer holds; how many.

    Events that are published while `look` looks at the stream are left for the next time.
    """
    async with store.queue() as session:
        before = await database_now(session)
    stream = await look()
    lost = or_(
        outbox.c.stream_incarnation != stream.incarnation,
        outbox.c.stream_sequence > stream.last_sequence,
        outbox.c.stream_sequence < stream.first_sequence,
        outbox.c.stream_sequence.in_(stream.deleted),
    )
    again = update(outbox).where(outbox.c.published_at < before, lost).values(published_at=None)
    async with store.queue() as session:
        count = len((await session.execute(again.returning(outbox.c.id))).all())
    if count:
        log.warning("outbox_republishing", events=count, incarnation=stream.incarnation)
    return count


async def forget(session: Session, kept: timedelta, now: datetime) -> None:
    """Delete what was published longer ago than that."""
    await session.execute(delete(outbox).where(outbox.c.published_at < now - kept))


async def _publish(bus: Bus, row: Row[Any]) -> Published:
    headers: Mapping[str, str] = {
        **row.headers,
        "ce-specversion": "1.0",
        "ce-id": row.event_id,
        "ce-time": row.recorded_at.isoformat(),
        "ce-subject": row.aggregate,
        "ce-sequence": str(row.revision),
        "content-type": "application/json",
    }
    return await bus.publish(row.subject, row.body.encode(), row.event_id, headers)


_PENDING = (
    select(outbox)
    .where(outbox.c.published_at.is_(None))
    .order_by(outbox.c.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_ACKNOWLEDGE = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(
        published_at=func.clock_timestamp(),
        stream_incarnation=bindparam("incarnation"),
        stream_sequence=bindparam("sequence"),
    )
)
