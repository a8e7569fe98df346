"""Raw payloads go when their time has come, or when the personal data in them must."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.vocabulary import attributes_asked
from services.commitments.queries import corrections as case_queries
from services.commitments.queries import definitions
from services.commitments.queries import payloads as queries
from services.commitments.schemas import corrections as schemas
from services.commitments.schemas import integrations as integration_schemas
from shared.http import require_match
from shared.ids import new_id
from shared.store import Session, Store, core, enter

BATCH = 500


async def remove_old_payloads(store: Store, now: datetime, days: int, batch: int = BATCH) -> bool:
    """Remove a batch of each integration's payloads that are past its retention; whether more are.

    `days` is the retention where neither integration nor tenant names one. Identity, status and
    events stay.
    """
    async with store.queue() as session:
        integrations = await queries.retentions(session)
    more = False
    for integration_id, tenant, own in integrations:
        cutoff = now - timedelta(days=own or days)
        async with store.queue() as session:
            await enter(session, tenant)
            old = await queries.older(session, integration_id, cutoff, batch)
            await _remove(session, old, now)
        more = more or len(old) == batch
    return more


async def change_retention(
    session: Session,
    change: integration_schemas.RetentionChange,
    if_match: str | None,
    by: str,
    now: datetime,
) -> tables.PayloadRetention:
    """Say how long the tenant's raw payloads stay; what is past it goes at the next turn."""
    blank = {
        "tenant": session.info["tenant"],
        "revision": 0,
        "changed_by": by,
        "changed_at": now,
    }
    # Of two who say it for the first time at once, one waits here and then finds the other's.
    fresh = insert(core(tables.PayloadRetention)).on_conflict_do_nothing()
    await session.execute(fresh, [blank])
    row = await queries.held_retention(session)
    require_match(if_match, row.revision)
    row.days, row.changed_by, row.changed_at = change.days, by, now
    row.revision += 1
    return row


async def erase_personal_data(
    session: Session, case_id: str, new: schemas.NewErasure, by: str, now: datetime
) -> tables.Erasure:
    """Erase a case's raw payloads, and what of its events no clock depends on.

    Identities and hashes stay, so that a repeated delivery brings nothing back; attributes that a
    condition of the process asks for stay, so that every clock is as before.
    """
    case = await case_queries.held_case(session, case_id)
    deliveries = await queries.of_case(session, case_id, case.key)
    await _remove(session, deliveries, now)
    process = await definitions.process(session, case.process)
    attributes = await _strip(session, case_id, attributes_asked(process))
    row = tables.Erasure(
        id=new_id("ers"),
        tenant=session.info["tenant"],
        case_id=case_id,
        reason=new.reason,
        erased_by=by,
        erased_at=now,
        payloads=len(deliveries),
        attributes=sorted(attributes),
    )
    session.add(row)
    return row


async def _remove(session: Session, ids: Sequence[str], now: datetime) -> None:
    if not ids:
        return
    faults = await queries.faults(session, ids)
    await session.execute(
        update(tables.Delivery)
        .where(col(tables.Delivery.id).in_(ids))
        .values(body=b"", headers={}, payload_removed_at=now)
    )
    # A fault tells the value that it found, which came from the payload.
    table = core(tables.Delivery)
    for delivery_id, found in faults.items():
        bare = [{**fault, "value": None} for fault in found]
        await session.execute(update(table).where(table.c.id == delivery_id).values(faults=bare))


async def _strip(session: Session, case_id: str, asked: frozenset[str]) -> set[str]:
    """Take the attributes that nobody asks for out of the case's events; which they were."""
    gone: set[str] = set()
    for event in await queries.event_rows(session, case_id):
        told: Mapping[str, Any] = event.body["attributes"]
        kept = {name: value for name, value in told.items() if name in asked}
        if kept != told:
            gone |= told.keys() - kept.keys()
            event.body = {**event.body, "attributes": kept}
    return gone
