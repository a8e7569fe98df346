"""Who owns processes, what else they hold, and what of the organisation a process takes in."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from services.commitments.domain.ownership import Held, Inside
from services.commitments.queries import definitions, people
from services.commitments.tables import (
    Appointment,
    Department,
    OwnerConflict,
    Position,
    ProcessVersion,
)
from shared import pages
from shared.store import Session


async def owners(session: Session, at: datetime) -> Sequence[Appointment]:
    """Whoever owns a process now or is to own it later."""
    until = col(Appointment.until)
    query = select(Appointment).where(
        col(Appointment.office) == "owner", or_(until.is_(None), until > at)
    )
    order = (col(Appointment.of), col(Appointment.since))
    return (await session.scalars(query.order_by(*order))).all()


async def held_by(session: Session, person: str, at: datetime) -> list[Held]:
    """What a person holds now or is to hold later."""
    rows = await people.held_offices(session, person, at)
    return [Held(row.office, row.of, max(row.since, at), row.until) for row in rows]


async def inside(session: Session, process: str) -> Inside:
    """What the newest version of a process takes in; raises a 404 problem."""
    defined = await definitions.process(session, process)
    positions: set[str] = set()
    departments: set[str] = set()
    for node in defined.nodes:
        if node.position and (code := await people.find_code(session, Position, node.position)):
            positions.add(code)
        if node.department and (
            code := await people.find_code(session, Department, node.department)
        ):
            departments.add(code)
    of_positions = select(col(Position.department)).where(col(Position.code).in_(positions))
    departments |= set((await session.scalars(of_positions)).all())
    leading = select(col(Appointment.position)).where(
        col(Appointment.office) == "head", col(Appointment.of).in_(departments)
    )
    heads = {position for position in (await session.scalars(leading)).all() if position}
    within = select(col(Position.code)).where(col(Position.department).in_(departments))
    codes = frozenset((await session.scalars(within)).all()) - heads
    return Inside(process, frozenset(positions), codes, frozenset(departments))


async def is_defined(session: Session, process: str) -> bool:
    return await definitions.find_newest(session, ProcessVersion, process) is not None


async def open_conflicts(session: Session) -> Mapping[tuple[Any, ...], OwnerConflict]:
    """The conflicts that are not resolved, by process, owner, kind and what it is of."""
    query = select(OwnerConflict).where(col(OwnerConflict.resolved_at).is_(None))
    rows = (await session.scalars(query)).all()
    return {(row.process, row.owner, row.kind, row.of): row for row in rows}


async def listed(
    session: Session,
    filters: Mapping[str, str | None],
    open_at: datetime | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[OwnerConflict], str | None]:
    """One page, what was raised last first; with `open_at` those that stand at that instant."""
    wanted = [col(getattr(OwnerConflict, k)) == v for k, v in filters.items() if v is not None]
    if open_at is not None:
        until = col(OwnerConflict.until)
        wanted += [col(OwnerConflict.resolved_at).is_(None), or_(until.is_(None), until > open_at)]
    query = pages.seek(
        select(OwnerConflict).where(*wanted), [col(OwnerConflict.id)], cursor, descending=True
    )
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.id])


async def untold(session: Session, limit: int) -> Sequence[OwnerConflict]:
    """Conflicts of all tenants that nobody has been told of, taken for this transaction."""
    query = select(OwnerConflict).where(
        col(OwnerConflict.told_at).is_(None), col(OwnerConflict.resolved_at).is_(None)
    )
    taken = query.order_by(col(OwnerConflict.id)).limit(limit).with_for_update(skip_locked=True)
    return (await session.scalars(taken)).all()
