"""What self-checks are made of: cases that were opened, processes that somebody supervises."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlmodel import col

from services.commitments.queries.cases import known_at
from services.commitments.tables import Appointment, CaseVersion
from shared.store import Session


async def cases_opened(
    session: Session, process: str, between: tuple[datetime, datetime], as_of: datetime
) -> int:
    """How many cases of a process were opened from one instant until before another."""
    opened = col(CaseVersion.opened_at)
    query = select(func.count()).select_from(CaseVersion).where(
        col(CaseVersion.process) == process,
        known_at(CaseVersion, as_of),
        opened >= between[0],
        opened < between[1],
    )  # fmt: skip
    return int((await session.execute(query)).scalar_one())


async def supervised_processes(session: Session, until: datetime) -> Sequence[str]:
    """The processes that somebody supervised when the month that ended then did."""
    last = until - timedelta(microseconds=1)
    query = select(col(Appointment.of)).where(
        col(Appointment.office) == "supervisor",
        col(Appointment.since) <= last,
        or_(col(Appointment.until).is_(None), col(Appointment.until) > last),
    )
    return (await session.scalars(query.distinct().order_by(col(Appointment.of)))).all()
