"""A year without published holidays is raised where clocks run into it, and mended once known."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from services.commitments.catalogue import PUBLISHED
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.clock import DueReason
from services.commitments.queries import calendar_gaps as queries
from services.commitments.tables import CalendarGap
from shared import outbox
from shared.contracts.commitments import CalendarYearUnknown
from shared.store import Session, core, database_now

Gap = tuple[str, int]
"""A calendar's code, and the first year that a clock runs into and that it does not know."""


async def raise_gaps(
    session: Session,
    clocks: Iterable[Mapping[str, Any]],
    calendars: Calendars,
) -> None:
    """Raise every year that one of these clocks waits for, unless it is raised already."""
    found = {gap for clock in clocks if _waits(clock) for gap in _gaps(clock, calendars)}
    if not found:
        return
    known = {(g.calendar, g.year): g for g in await queries.gaps_of(session, _codes(found))}
    at = await database_now(session)
    again = [known[gap] for gap in found if gap in known and known[gap].status == "closed"]
    for gap in again:
        gap.status, gap.raised_at, gap.closed_at = "open", at, None
        gap.revision += 1
    new = await _inserted(session, found - known.keys(), at)
    await outbox.record(session, *(_event(gap) for gap in [*again, *new]))


async def _inserted(session: Session, gaps: Collection[Gap], at: datetime) -> Sequence[CalendarGap]:
    """Rows of those gaps that no other worker has raised at the same time."""
    if not gaps:
        return []
    countries = await queries.countries(session, _codes(gaps))
    told = {"tenant": session.info["tenant"], "status": "open", "raised_at": at}
    told |= {"recheck": False, "checked_up_to": "", "revision": 1}
    rows = [
        {**told, "calendar": code, "year": year, "country": countries[code]}
        for code, year in sorted(gaps)
    ]
    table = core(CalendarGap)
    fresh = insert(table).on_conflict_do_nothing().returning(table.c.calendar, table.c.year)
    new = {tuple(row) for row in (await session.execute(fresh, rows)).all()}
    return [CalendarGap(**row) for row in rows if (row["calendar"], row["year"]) in new]


async def recheck_calendar(session: Session, calendar: str, *, skip_locked: bool = False) -> None:
    """Have the clocks computed again that wait for a year of this calendar."""
    gap = CalendarGap
    waiting = select(col(gap.calendar), col(gap.year)).where(
        col(gap.calendar) == calendar, col(gap.status) == "open"
    )
    held = (await session.execute(waiting.with_for_update(skip_locked=skip_locked))).all()
    if held:
        keys = tuple_(col(gap.calendar), col(gap.year)).in_([tuple(row) for row in held])
        await session.execute(update(gap).where(keys).values(recheck=True, checked_up_to=""))


async def recheck_published(session: Session) -> None:
    """In the queue: have those gaps rechecked whose year has been published since."""
    gap = CalendarGap
    for country, published in PUBLISHED.items():
        arrived = and_(col(gap.country) == country, col(gap.year).in_(published.years))
        await session.execute(
            update(gap)
            .where(arrived, col(gap.status) == "open", ~col(gap.recheck))
            .values(recheck=True, checked_up_to="")
        )


async def settle_gap(session: Session, gap: CalendarGap, at: datetime) -> None:
    """All clocks are computed again: the gap closes when its year is known or nothing waits."""
    gap.recheck = False
    published = PUBLISHED.get(gap.country)
    if (published and gap.year in published.years) or not await queries.any_waiting(session, gap):
        gap.status, gap.closed_at = "closed", at
        gap.revision += 1
        await outbox.record(session, _event(gap))


def _waits(clock: Mapping[str, Any]) -> bool:
    unknown = clock["due_reason"] == DueReason.CALENDAR_YEAR_UNKNOWN or clock["consumed"] is None
    return clock["valid_until"] is None and unknown


def _gaps(clock: Mapping[str, Any], calendars: Calendars) -> Iterable[Gap]:
    for name in {clock["commitment_calendar"], clock["tolerance_calendar"]} - {None}:
        year = calendars[name].first_unknown_year(clock["started_at"])
        if year is not None:
            yield name.partition("@")[0], year


def _codes(gaps: Collection[Gap]) -> set[str]:
    return {code for code, _ in gaps}


def _event(gap: CalendarGap) -> CalendarYearUnknown:
    return CalendarYearUnknown(
        calendar=gap.calendar,
        year=gap.year,
        country=gap.country,
        known=gap.status == "closed",
        raised_at=gap.raised_at,
        revision=gap.revision,
    )
