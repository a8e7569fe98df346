"""Stored webhooks and the integrations they came through."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlmodel import col

from services.commitments.tables import Delivery, Integration
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def pending(session: Session, limit: int) -> Sequence[Delivery]:
    """The oldest deliveries that no worker holds, of one tenant, taken by this transaction."""
    waiting = col(Delivery.status) == "pending"
    first = (select(Delivery).where(waiting).order_by(col(Delivery.id)).limit(1)).with_for_update(
        skip_locked=True
    )
    oldest = (await session.scalars(first)).one_or_none()
    if oldest is None:
        return []
    rest = (
        select(Delivery)
        .where(waiting, col(Delivery.tenant) == oldest.tenant, col(Delivery.id) > oldest.id)
        .order_by(col(Delivery.id))
        .limit(limit - 1)
        .with_for_update(skip_locked=True)
    )
    return [oldest, *(await session.scalars(rest)).all()]


async def ids(
    session: Session, identities: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """The id under which each of these keys of an integration is kept."""
    identity = tuple_(col(Delivery.integration_id), col(Delivery.key))
    query = select(col(Delivery.integration_id), col(Delivery.key), col(Delivery.id)).where(
        identity.in_(list(identities))
    )
    rows = (await session.execute(query)).all()
    return {(row.integration_id, row.key): row.id for row in rows}


async def is_known(session: Session, integration_id: str, key: str) -> bool:
    """Whether the integration has a delivery under this key."""
    query = select(col(Delivery.id)).where(
        col(Delivery.integration_id) == integration_id, col(Delivery.key) == key
    )
    return (await session.execute(query)).first() is not None


async def one(session: Session, delivery_id: str, *, lock: bool = False) -> Delivery:
    """The delivery; raises a 404 problem."""
    query = select(Delivery).where(col(Delivery.id) == delivery_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "投递", "en": "delivery"}, delivery_id)
    return row


async def listed(
    session: Session, asked: Mapping[str, str | None], limit: int, cursor: str | None
) -> tuple[list[Delivery], str | None]:
    """One page, newest first; a filter that is None lets everything through."""
    filters: list[Any] = [
        col(getattr(Delivery, name)) == value for name, value in asked.items() if value is not None
    ]
    query = pages.seek(
        select(Delivery).where(*filters), [col(Delivery.id)], cursor, descending=True
    )
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def integrations(session: Session, ids: Collection[str]) -> Mapping[str, Integration]:
    """These integrations by id."""
    query = select(Integration).where(col(Integration.id).in_(ids))
    return {row.id: row for row in (await session.scalars(query)).all()}


async def integration(session: Session, integration_id: str, *, lock: bool = False) -> Integration:
    """One integration; raises a 404 problem."""
    query = select(Integration).where(col(Integration.id) == integration_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "集成", "en": "integration"}, integration_id)
    return row


async def listed_integrations(
    session: Session, limit: int, cursor: str | None
) -> tuple[list[Integration], str | None]:
    """One page by id."""
    query = pages.seek(select(Integration), [col(Integration.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])
