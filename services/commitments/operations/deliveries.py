"""Deliveries are stored as they came, then read in batches; what cannot be read is quarantined."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import structlog
from sqlalchemy import bindparam, update

from services.commitments import tables
from services.commitments.domain.events import TicketEvent
from services.commitments.operations.admission import admit_imported
from services.commitments.operations.folding import Arrived, fold_cases
from services.commitments.providers import PROVIDERS
from services.commitments.providers.mapping import EventMapping
from services.commitments.providers.paths import Delivered
from services.commitments.providers.reading import (
    NotATicketEvent,
    OfNoConcern,
    Unmapped,
    case_key_of,
    event,
    process_of,
)
from services.commitments.queries import deliveries as queries
from shared.problems import CONFLICT, Problem, Text
from shared.store import Session, Store, core, enter, is_unavailable

log = structlog.get_logger()

_GONE: Text = {
    "zh": "原始载荷已删除，无法重新读取。",
    "en": "The raw payload has been removed; it cannot be read again.",
}


async def fold_pending(store: Store, batch: int, at: datetime, alerts_since: datetime) -> int:
    """Read one batch of stored deliveries and fold their cases; how many there were.

    Where none is left, rows of an import are made deliveries, for the next call to read. A batch
    that fails is taken one by one; the one that fails alone is quarantined.
    """
    folded = await _fold(store, batch, at, alerts_since)
    return folded or await admit_imported(store, batch)


async def _fold(store: Store, batch: int, at: datetime, alerts_since: datetime) -> int:
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
        fault = not_foldable(error)
    async with store.queue() as session:
        for delivery in await queries.pending(session, 1):
            await enter(session, delivery.tenant)
            await _settle(session, {delivery.id: Read("quarantined", None, [fault])}, at)
    return 1


def not_foldable(error: Exception) -> Unmapped:
    """Why a delivery that reads well cannot become part of its case."""
    return Unmapped("", "not_foldable", repr(error)[:300])


@dataclass(frozen=True, slots=True)
class Read:
    """What a delivery turned out to be: an event of a process's case, or why it is none."""

    status: str
    case_key: str | None
    faults: Sequence[Unmapped] = ()
    process: str = ""
    event: TicketEvent | None = None


async def _fold_batch(store: Store, batch: int, at: datetime, alerts_since: datetime) -> int:
    async with store.queue() as session:
        deliveries = await queries.pending(session, batch)
        if not deliveries:
            return 0
        await enter(session, deliveries[0].tenant)
        found = await queries.integrations(session, {d.integration_id for d in deliveries})
        readers = {name: Reader(integration) for name, integration in found.items()}
        read = {d.id: readers[d.integration_id].read(d.headers, d.body, d.key) for d in deliveries}
        arrived: dict[str, list[Arrived]] = defaultdict(list)
        for delivery_id, each in read.items():
            if each.event:
                arrived[each.process].append((each.event, delivery_id))
        for process, events in sorted(arrived.items()):
            await fold_cases(session, process, events, alerts_since)
        await _settle(session, read, at)
    return len(deliveries)


class Reader:
    """Reads the deliveries of one integration."""

    def __init__(self, integration: tables.Integration) -> None:
        self._provider = PROVIDERS[integration.provider]
        self._mapping = EventMapping.model_validate(integration.mapping)
        self._process = integration.process

    def read(self, headers: Mapping[str, str], body: bytes, key: str) -> Read:
        """What this delivery is; never raises for what it says."""
        payload = self._provider.payload(headers, body)
        if payload == []:
            return Read("ignored", None, [Unmapped("", "empty_batch", None)])
        if not isinstance(payload, dict):
            return Read("quarantined", None, [Unmapped("", "not_a_json_object", None)])
        delivered = Delivered(payload, headers)
        case_key = case_key_of(self._mapping, delivered)
        try:
            told = event(self._mapping, delivered, key)
        except OfNoConcern as error:
            return Read("ignored", case_key, [error.reason])
        except NotATicketEvent as error:
            return Read("quarantined", case_key, error.faults)
        except ValueError as error:
            fault = Unmapped("", "not_an_event", str(error)[:300])
            return Read("quarantined", case_key, [fault])
        process = process_of(self._mapping, delivered, self._process)
        return Read("processed", told.case_key, (), process, told)


async def replay_delivery(session: Session, delivery_id: str) -> tables.Delivery:
    """Read a quarantined or ignored delivery again, with the mapping as it is now."""
    delivery = await queries.one(session, delivery_id, lock=True)
    if delivery.payload_removed_at is not None:
        raise Problem(CONFLICT, _GONE)
    if delivery.status in ("quarantined", "ignored"):
        delivery.status, delivery.faults, delivery.processed_at = "pending", [], None
    return delivery


async def _settle(session: Session, read: Mapping[str, Read], at: datetime) -> None:
    table = core(tables.Delivery)
    rows = [
        {
            "read_id": delivery_id,
            "status": each.status,
            "case_key": each.case_key,
            "faults": [asdict(fault) for fault in each.faults],
            "processed_at": at,
        }
        for delivery_id, each in read.items()
    ]
    connection = await session.connection()
    await connection.execute(update(table).where(table.c.id == bindparam("read_id")), rows)
