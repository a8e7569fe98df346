"""Corrections and erasures of a case, and the case that they are made to."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from services.commitments.tables import Case, Correction, Erasure, TicketEventRow
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def held_case(session: Session, case_id: str) -> Case:
    """The case, held until the transaction ends; raises a 404 problem."""
    query = select(Case).where(col(Case.id) == case_id).with_for_update()
    row = (await session.scalars(query)).one_or_none()
    if row is None:
        raise not_found({"zh": "工单", "en": "case"}, case_id)
    return row


async def first_event_at(session: Session, case_id: str) -> datetime | None:
    query = select(func.min(TicketEventRow.at)).where(col(TicketEventRow.case_id) == case_id)
    return (await session.execute(query)).scalar_one()


async def of_case(session: Session, case_id: str) -> Mapping[str, Correction]:
    """The corrections of a case by the ids of their events."""
    query = select(Correction).where(col(Correction.case_id) == case_id)
    return {row.event_id: row for row in (await session.scalars(query)).all()}


async def corrections(
    session: Session, case_id: str, limit: int, cursor: str | None
) -> tuple[list[Correction], str | None]:
    """One page, by when they took effect."""
    found = select(Correction).where(col(Correction.case_id) == case_id)
    order = [col(Correction.at), col(Correction.id)]
    query = pages.seek(found, order, cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.at, row.id])


async def erasures(
    session: Session, case_id: str, limit: int, cursor: str | None
) -> tuple[list[Erasure], str | None]:
    """One page by id."""
    found = select(Erasure).where(col(Erasure.case_id) == case_id)
    query = pages.seek(found, [col(Erasure.id)], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])
