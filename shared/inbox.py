"""The inbox gives every event exactly one effect: both are written in one transaction.

An event that fails on its last attempt becomes a dead letter, which can be listed and replayed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Column, Index, Integer, Table, Text, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from shared import bus
from shared.contracts.event import Envelope, Event
from shared.ids import new_id
from shared.store import PLUMBING, Instant, Session, Store, is_unavailable
from shared.telemetry import continued

log = structlog.get_logger()

Handler = Callable[[Session, Any, Envelope], Awaitable[None]]

inbox = Table(
    "inbox",
    PLUMBING,
    Column("tenant", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("received_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)

dead_letter = Table(
    "dead_letter",
    PLUMBING,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("stored_at", Instant, nullable=False, server_default=func.clock_timestamp()),
)
Index("dead_letter_event", dead_letter.c.tenant, dead_letter.c.event_id, unique=True)
Index("dead_letter_waiting", dead_letter.c.id, postgresql_where=dead_letter.c.status == "replay")


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the stream delivered it, or as a dead letter kept it."""

    subject: str
    body: bytes
    headers: Mapping[str, str]
    attempt: int

    @property
    def tenant(self) -> str:
        return self.subject.split(".")[1]

    @property
    def event_id(self) -> str:
        return self.headers["ce-id"]

    def envelope(self) -> Envelope:
        return Envelope(
            event_id=self.event_id,
            tenant=self.tenant,
            subject=self.subject,
            recorded_at=datetime.fromisoformat(self.headers["ce-time"]),
            attempt=self.attempt,
        )


class Inbox:
    """Applies each event once, by the one handler that its contract has."""

    def __init__(self, store: Store, handlers: Mapping[type[Event], Handler]) -> None:
        self._store = store
        self._handlers = {contract.type(): (contract, fn) for contract, fn in handlers.items()}
        self.subjects: Sequence[str] = [contract.subject("*") for contract in handlers]

    async def take_all(self, messages: Sequence[bus.Message]) -> None:
        """Apply a batch, a transaction a tenant; one by one where a batch does not go through."""
        by_tenant: dict[str, list[bus.Message]] = {}
        for message in messages:
            by_tenant.setdefault(_received(message).tenant, []).append(message)
        for tenant, batch in by_tenant.items():
            try:
                async with self._store.transaction(tenant) as session:
                    for message in batch:
                        await self._apply_in(session, _received(message))
            except Exception:  # noqa: BLE001 - which of them failed, and how, comes out one by one
                for message in batch:
                    await self.take(message)
            else:
                await asyncio.gather(*(message.ack_sync(timeout=5) for message in batch))

    async def take(self, message: bus.Message) -> None:
        """Apply a message and settle it with the stream."""
        received = _received(message)
        try:
            await self.apply(received)
        except Exception as error:  # noqa: BLE001 - whatever the handler raises, the event is kept
            await self._failed(message, received, error)
        else:
            await message.ack_sync(timeout=5)

    async def apply(self, received: Received) -> None:
        """Write the inbox row and the effect, or neither; a known event has no second effect."""
        async with self._store.transaction(received.tenant) as session:
            await self._apply_in(session, received)

    async def replay_one(self) -> bool:
        """Apply one dead letter that was marked for replay; whether there was one."""
        async with self._store.queue() as session:
            row = (await session.execute(_NEXT_REPLAY)).one_or_none()
        if row is None:
            return False
        received = Received(row.subject, row.body.encode(), row.headers, row.attempts + 1)
        status, error = "replayed", row.error
        try:
            await self.apply(received)
        except Exception as failure:  # noqa: BLE001 - the dead letter stays, with the new reason
            status, error = "dead", repr(failure)
        changed = update(dead_letter).where(dead_letter.c.id == row.id)
        async with self._store.transaction(row.tenant) as session:
            await session.execute(
                changed.values(status=status, error=error, attempts=received.attempt)
            )
        return True

    async def _apply_in(self, session: Session, received: Received) -> None:
        contract, handler = self._handlers[received.headers["ce-type"]]
        event = contract.model_validate_json(received.body)
        with continued(f"consume {contract.FACT}", received.headers):
            if await _is_new(session, received):
                await handler(session, event, received.envelope())

    async def _failed(self, message: bus.Message, received: Received, error: Exception) -> None:
        log.warning(
            "event_failed",
            subject=received.subject,
            event_id=received.headers.get("ce-id"),
            attempt=received.attempt,
            error=repr(error),
        )
        # An absent database says nothing about the event: it must not use up the attempts.
        if received.attempt < bus.MAX_ATTEMPTS or is_unavailable(error):
            await message.nak(delay=bus.delay_seconds(received.attempt))
            return
        async with self._store.transaction(received.tenant) as session:
            await session.execute(_dead(received, error))
        await message.term()


def _received(message: bus.Message) -> Received:
    return Received(message.subject, message.data, message.headers or {}, bus.attempt(message))


async def _is_new(session: Session, received: Received) -> bool:
    row = insert(inbox).values(tenant=received.tenant, event_id=received.event_id)
    kept = await session.execute(row.on_conflict_do_nothing().returning(inbox.c.event_id))
    return kept.first() is not None


def _dead(received: Received, error: Exception) -> Any:
    row = insert(dead_letter).values(
        id=new_id("dlq"),
        tenant=received.tenant,
        event_id=received.headers.get("ce-id") or new_id("evt"),
        subject=received.subject,
        headers=dict(received.headers),
        # PostgreSQL has no room for U+0000 in a text.
        body=received.body.decode(errors="replace").replace("\0", "\ufffd"),
        error=repr(error)[:2000].replace("\0", "\ufffd"),
        attempts=received.attempt,
        status="dead",
    )
    return row.on_conflict_do_nothing()


_NEXT_REPLAY = select(dead_letter).where(dead_letter.c.status == "replay").limit(1)
