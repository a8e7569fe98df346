"""The ledger of compensation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from services.commitments.tables import Compensation, CompensationEntry, Promise
from shared import pages
from shared.problems import not_found
from shared.store import Session


async def promises_with_rules(session: Session, process: str) -> Mapping[str, Promise]:
    """The published promises of a process that carry a compensation, by id."""
    query = select(Promise).where(
        col(Promise.process) == process,
        col(Promise.status) == "published",
        col(Promise.compensation).is_not(None),
    )
    return {row.id: row for row in (await session.scalars(query)).all() if row.compensation}


async def of_cases(session: Session, case_ids: Collection[str]) -> Mapping[str, Compensation]:
    """What was ever owed for runs of these cases, by run, held until the transaction ends."""
    query = select(Compensation).where(col(Compensation.case_id).in_(case_ids))
    rows = await session.scalars(query.order_by(col(Compensation.id)).with_for_update())
    return {row.run_id: row for row in rows.all()}


async def one(session: Session, compensation_id: str, *, lock: bool = False) -> Compensation:
    """The ledger's account of one run; raises a 404 problem."""
    query = select(Compensation).where(col(Compensation.id) == compensation_id)
    row = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise not_found({"zh": "赔付", "en": "compensation"}, compensation_id)
    return row


async def listed(
    session: Session, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> tuple[list[Compensation], str | None]:
    """One page, the run that broke its promise last first."""
    wanted = [col(getattr(Compensation, n)) == v for n, v in filters.items() if v is not None]
    order = [col(Compensation.broken_at), col(Compensation.id)]
    query = pages.seek(select(Compensation).where(*wanted), order, cursor, descending=True)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.broken_at, row.id])


async def entries(session: Session, compensation_id: str) -> Sequence[CompensationEntry]:
    """The entries of an account, oldest first."""
    entry = CompensationEntry
    query = select(entry).where(col(entry.compensation_id) == compensation_id)
    return (await session.scalars(query.order_by(col(entry.number)))).all()
