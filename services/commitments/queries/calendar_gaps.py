"""Calendar gaps, and the clocks that wait for the year to become known."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from services.commitments.domain.clock import DueReason
from services.commitments.tables import CalendarGap, CalendarVersion, ClockVersion
from shared import pages
from shared.store import Session

_WAITS = or_(
    col(ClockVersion.due_reason) == DueReason.CALENDAR_YEAR_UNKNOWN.value,
    col(ClockVersion.consumed).is_(None),
)
"""A clock that no calendar could tell the limits of, or the working time."""


async def gaps_of(session: Session, calendars: Collection[str]) -> Sequence[CalendarGap]:
    """Every gap of these calendars, closed ones too."""
    query = select(CalendarGap).where(col(CalendarGap.calendar).in_(list(calendars)))
    return (await session.scalars(query)).all()


async def countries(session: Session, calendars: Collection[str]) -> dict[str, str]:
    """The country whose holidays each of these calendars follows, by its newest such version."""
    row, country = CalendarVersion, col(CalendarVersion.definition)["public_holidays"].astext
    query = select(col(row.code), country).where(
        col(row.code).in_(list(calendars)), country.is_not(None)
    )
    found = await session.execute(query.order_by(col(row.version)))
    return {row[0]: row[1] for row in found.all()}


async def gap_to_recheck(session: Session) -> CalendarGap | None:
    """A gap whose clocks are to be computed again and that no other worker holds."""
    query = select(CalendarGap).where(col(CalendarGap.recheck))
    query = query.order_by(col(CalendarGap.tenant), col(CalendarGap.year)).limit(1)
    return (await session.scalars(query.with_for_update(skip_locked=True))).one_or_none()


async def waiting_cases(session: Session, gap: CalendarGap, limit: int) -> Sequence[Any]:
    """Process and id of the next cases, by id, with a clock that waits on the gap's calendar."""
    clock = ClockVersion
    query = (
        select(col(clock.process), col(clock.case_id))
        .where(_WAITS, _counts_in(gap.calendar), col(clock.case_id) > gap.checked_up_to)
        .distinct()
        .order_by(col(clock.case_id))
        .limit(limit)
    )
    return (await session.execute(query)).all()


async def any_waiting(session: Session, gap: CalendarGap) -> bool:
    query = select(col(ClockVersion.id)).where(_WAITS, _counts_in(gap.calendar)).limit(1)
    return await session.scalar(query) is not None


async def listed(
    session: Session, status: str | None, limit: int, cursor: str | None
) -> tuple[list[CalendarGap], str | None]:
    """One page by calendar and year."""
    wanted = [] if status is None else [col(CalendarGap.status) == status]
    # The year as text, because a cursor holds texts; all have four digits.
    year = func.to_char(col(CalendarGap.year), "FM0000")
    found = select(CalendarGap).where(*wanted)
    query = pages.seek(found, [col(CalendarGap.calendar), year], cursor, descending=False)
    rows = (await session.scalars(query.limit(limit + 1))).all()
    return pages.page(rows, limit, lambda row: [row.calendar, f"{row.year:04}"])


async def waiting_runs(session: Session, calendars: Collection[str]) -> dict[str, int]:
    """How many runs wait on each of these calendars now."""
    clock = ClockVersion
    found: dict[str, int] = {}
    for calendar in calendars:
        query = select(func.count()).where(
            _WAITS,
            _counts_in(calendar),
            and_(col(clock.valid_until).is_(None), col(clock.level) == "run"),
        )
        found[calendar] = (await session.execute(query)).scalar_one()
    return found


def _counts_in(calendar: str) -> Any:
    names = (ClockVersion.commitment_calendar, ClockVersion.tolerance_calendar)
    return or_(*(func.split_part(col(name), "@", 1) == calendar for name in names))
