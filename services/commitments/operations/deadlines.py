"""Deadlines of governance: noted when something falls due, settled when it is done."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments import tables
from services.commitments.domain.reporting_month import following, month_of, start_of
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.governance_events import tell_of_lateness
from services.commitments.operations.history import Act
from services.commitments.operations.penalties import Cause, charge_late_days
from services.commitments.tables import GovernanceDeadline
from shared.store import Session, core

MONTH = "month"
"""The rule of the deadline at which a month ends and its self-checks are opened."""


async def note_deadline(
    session: Session, rule: str, cause: Cause, due_at: datetime | None, next_at: datetime
) -> None:
    """Note when something falls due; a deadline that is noted already stays as it is."""
    row = GovernanceDeadline(
        tenant=session.info["tenant"],
        rule=rule,
        cause_id=cause.id,
        cause=cause.kind,
        process=cause.process,
        department=cause.department,
        due_at=due_at,
        next_at=next_at,
    )
    table = core(GovernanceDeadline)
    await session.execute(insert(table).values(row.model_dump()).on_conflict_do_nothing())


async def note_month_end(session: Session, at: datetime) -> None:
    """From now on the self-checks of every month that ends are opened."""
    settings = await governance_settings(session, at)
    month = month_of(at, settings.time_zone)
    end = start_of(following(month), settings.time_zone)
    await note_deadline(session, MONTH, Cause(MONTH, MONTH, None, None, end), end, end)


async def settle_deadline(
    session: Session, rule: str, cause_id: str, due_at: datetime | None, act: Act
) -> None:
    """What was due is done: the late days until now are charged, and no further ones begin."""
    query = select(GovernanceDeadline).where(
        col(GovernanceDeadline.rule) == rule, col(GovernanceDeadline.cause_id) == cause_id
    )
    row = (await session.scalars(query.with_for_update())).one_or_none()
    if row is None:
        return
    if due_at is not None:
        if is_first_late(row, due_at, act.at):
            await tell_of_lateness(session, row, due_at, act.at)
        await charge_late_days(session, rule, cause_of(row, due_at), due_at, act.at, act)
    await drop_deadline(session, rule, cause_id)


def is_first_late(row: GovernanceDeadline, due_at: datetime, at: datetime) -> bool:
    """Whether the deadline has passed and nobody has noticed before: then a late day was noted."""
    noticed = row.due_at is not None and row.next_at > row.due_at
    return at > due_at and not noticed


async def drop_deadline(session: Session, rule: str, cause_id: str) -> None:
    """Nothing is due any more, and nothing is charged for it."""
    mine = delete(GovernanceDeadline).where(
        col(GovernanceDeadline.rule) == rule, col(GovernanceDeadline.cause_id) == cause_id
    )
    await session.execute(mine)


def cause_of(row: tables.GovernanceDeadline, due_at: datetime) -> Cause:
    return Cause(row.cause, row.cause_id, row.process, row.department, due_at)
