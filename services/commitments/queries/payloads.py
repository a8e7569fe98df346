"""Raw payloads by their age and by the case that they tell of."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from services.commitments.tables import Delivery, Integration, PayloadRetention, TicketEventRow
from shared.store import Session

_STILL_THERE = (col(Delivery.payload_removed_at).is_(None), col(Delivery.status) != "pending")


async def retentions(session: Session) -> Sequence[tuple[str, str, int | None]]:
    """Every integration with its tenant and how many days its payloads stay, its own or theirs."""
    days = func.coalesce(col(Integration.payload_days), col(PayloadRetention.days))
    of_tenant = col(PayloadRetention.tenant) == col(Integration.tenant)
    found = select(col(Integration.id), col(Integration.tenant), days.label("days"))
    query = found.outerjoin(PayloadRetention, of_tenant).order_by(col(Integration.id))
    return [(row.id, row.tenant, row.days) for row in (await session.execute(query)).all()]


async def retention(session: Session) -> PayloadRetention | None:
    """The tenant's own retention, None as long as it has never said any."""
    return (await session.scalars(select(PayloadRetention))).one_or_none()


async def held_retention(session: Session) -> PayloadRetention:
    """The tenant's own retention, held until the transaction ends."""
    return (await session.scalars(select(PayloadRetention).with_for_update())).one()


async def older(
    session: Session, integration_id: str, cutoff: datetime, limit: int
) -> Sequence[str]:
    """The oldest deliveries from before the cutoff that still have their payload."""
    query = (
        select(col(Delivery.id))
        .where(
            *_STILL_THERE,
            col(Delivery.integration_id) == integration_id,
            col(Delivery.received_at) < cutoff,
        )
        .order_by(col(Delivery.received_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(query)).all()


async def of_case(session: Session, case_id: str, case_key: str) -> Sequence[str]:
    """The deliveries that tell of a case and still have their payload.

    Those that its events came in, and whatever else the same integrations said under its number,
    though it was ignored or could not be read.
    """
    told = select(col(TicketEventRow.delivery_id)).where(col(TicketEventRow.case_id) == case_id)
    tools = select(col(Delivery.integration_id)).where(col(Delivery.id).in_(told))
    named = (col(Delivery.case_key) == case_key) & col(Delivery.integration_id).in_(tools)
    query = select(col(Delivery.id)).where(*_STILL_THERE, or_(col(Delivery.id).in_(told), named))
    return (await session.scalars(query.order_by(col(Delivery.id)).with_for_update())).all()


async def faults(
    session: Session, ids: Collection[str]
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The faults of those of these deliveries that have any."""
    query = select(col(Delivery.id), col(Delivery.faults)).where(col(Delivery.id).in_(list(ids)))
    return {row.id: row.faults for row in (await session.execute(query)).all() if row.faults}


async def event_rows(session: Session, case_id: str) -> Sequence[TicketEventRow]:
    """The events of a case, held until the transaction ends."""
    query = select(TicketEventRow).where(col(TicketEventRow.case_id) == case_id)
    return (await session.scalars(query.with_for_update())).all()
