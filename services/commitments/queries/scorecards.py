"""Scorecards of suppliers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import Agreement, SupplierScorecard
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def contract(session: Session, code: str) -> Agreement | None:
    """The newest published version of an agreement."""
    query = select(Agreement).where(
        col(Agreement.code) == code, col(Agreement.status) == "published"
    )
    return (await session.scalars(query.order_by(col(Agreement.version).desc()).limit(1))).first()


async def one(session: Session, scorecard_id: str, *, lock: bool = False) -> SupplierScorecard:
    """The scorecard; raises a 404 problem."""
    query = select(SupplierScorecard).where(col(SupplierScorecard.id) == scorecard_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "供应商记分卡", "en": "supplier scorecard"}, scorecard_id)
    return row


async def listed(
    session: Session, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[SupplierScorecard], str | None]:
    """One page, the latest period first."""
    card = SupplierScorecard
    wanted = [col(getattr(card, name)) == v for name, v in filters.items() if v is not None]
    order = [col(card.period_to), col(card.id)]
    query = pages.seek(select(card).where(*wanted), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.period_to, row.id])
