"""Webhooks are stored as they came, then read in batches; what cannot be read is quarantined."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.events import TicketEvent
from services.commitments.operations.folding import fold_cases
from services.commitments.providers.mapping import EventMapping, NotATicketEvent, Unmapped, event
from services.commitments.queries import deliveries as queries
from shared.ids import new_id
from shared.store import Session, Store, core, enter, is_unavailable

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An authentic webhook that is to be stored."""

    tenant: str
    integration_id: str
    key: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    id: str = field(default_factory=lambda: new_id("dlv"))


async def store_deliveries(
    session: Session, deliveries: Sequence[NewDelivery]
) -> Mapping[str, str]:
    """Store what is new; the id under which each key is kept, new or known."""
    rows = [{**asdict(each), "status": "pending", "faults": []} for each in deliveries]
    # In one order everywhere, so that two batches with the same keys wait instead of deadlocking.
    rows.sort(key=lambda row: (row["integration_id"], row["key"]))
    table = core(tables.Delivery)
    fresh = insert(table).on_conflict_do_nothing().returning(table.c.key, table.c.id)
    written = await session.execute(fresh, rows)
    kept = {row.key: row.id for row in written.all()}
    known = {each.key for each in deliveries} - kept.keys()
    if known:
        kept |= await queries.ids(session, known)
    return kept


async def fold_pending(store: Store, batch: int, at: datetime, alerts_since: datetime) -> int:
    """Read one batch of stored deliveries and fold their cases; how many there were.

    A batch that fails is taken one by one; the one that fails alone is quarantined.
    """
    try:
        return await _fold_batch(store, batch, at, alerts_since)
    except Exception as error:
        if is_unavailable(error):
            raise
        log.warning("batch_failed", error=repr(error))
    return await _fold_single(store, at, alerts_since)


async def _fold_single(store: Store, at: datetime, alerts_since: datetime) -> int:
    try:
        return await _fold_batch(store, 1, at, alerts_since)
    except Exception as error:
        if is_unavailable(error):
            raise
        log.exception("delivery_failed")
        fault = Unmapped("", "not_foldable", repr(error)[:300])
    async with store.queue() as session:
        for delivery in await queries.pending(session, 1):
            await enter(session, delivery.tenant)
            await _settle(session, [delivery.id], "quarantined", at, [fault])
    return 1


async def _fold_batch(store: Store, batch: int, at: datetime, alerts_since: datetime) -> int:
    async with store.queue() as session:
        deliveries = await queries.pending(session, batch)
        if not deliveries:
            return 0
        await enter(session, deliveries[0].tenant)
        integrations = await queries.integrations(session, {d.integration_id for d in deliveries})
        events: dict[str, list[tuple[TicketEvent, str]]] = {}
        done: list[str] = []
        for delivery in deliveries:
            integration = integrations[delivery.integration_id]
            try:
                read = read_event(integration, delivery.body, delivery.key)
            except NotATicketEvent as error:
                await _settle(session, [delivery.id], "quarantined", at, error.faults)
            else:
                events.setdefault(integration.process, []).append((read, delivery.id))
                done.append(delivery.id)
        for process, arrived in sorted(events.items()):
            await fold_cases(session, process, arrived, alerts_since)
        await _settle(session, done, "processed", at, [])
    return len(deliveries)


def read_event(integration: tables.Integration, body: bytes, key: str) -> TicketEvent:
    """The ticket event in a payload; raises NotATicketEvent with every fault."""
    payload = parsed(body)
    if not isinstance(payload, dict):
        raise NotATicketEvent([Unmapped("", "not_a_json_object", None)])
    try:
        return event(EventMapping.model_validate(integration.mapping), payload, key)
    except ValueError as error:
        raise NotATicketEvent([Unmapped("", "not_an_event", str(error)[:300])]) from error


def parsed(body: bytes) -> Any:
    """The JSON in these bytes, None when there is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


async def replay_delivery(session: Session, delivery_id: str) -> tables.Delivery:
    """Read a quarantined delivery again, with the mapping as it is now."""
    delivery = await queries.one(session, delivery_id, lock=True)
    if delivery.status == "quarantined":
        delivery.status, delivery.faults, delivery.processed_at = "pending", [], None
    return delivery


async def _settle(
    session: Session, ids: Sequence[str], status: str, at: datetime, faults: Sequence[Unmapped]
) -> None:
    if not ids:
        return
    await session.execute(
        update(tables.Delivery)
        .where(col(tables.Delivery.id).in_(ids))
        .values(status=status, processed_at=at, faults=[asdict(fault) for fault in faults])
    )
