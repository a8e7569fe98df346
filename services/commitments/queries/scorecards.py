"""Scorecards of suppliers."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
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


async def last_period_end(session: Session, agreement: str) -> datetime | None:
    """Until when scorecards of a contract were drawn by its calendar."""
    card = SupplierScorecard
    query = select(func.max(col(card.period_to))).where(
        col(card.agreement) == agreement, col(card.by_calendar)
    )
    return (await session.execute(query)).scalar_one()


async def one(session: Session, scorecard_id: str, *, lock: bool = False) -> SupplierScorecard:
    """The scorecard; raises a 404 problem."""
    query = select(SupplierScorecard).where(col(SupplierScorecard.id) == scorecard_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "供应商记分卡", "en": "supplier scorecard"}, scorecard_id)
    return row


async def listed(
    session: Session,
    filters: Mapping[str, Any],
    due_before: date | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[SupplierScorecard], str | None]:
    """One page, the latest period first; with `due_before` what was due and is not reviewed."""
    card = SupplierScorecard
    wanted = [col(getattr(card, name)) == v for name, v in filters.items() if v is not None]
    if due_before is not None:
        wanted += [col(card.status) == "due", col(card.due_on) < due_before]
    order = [col(card.period_to), col(card.id)]
    query = pages.seek(select(card).where(*wanted), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.period_to, row.id])
