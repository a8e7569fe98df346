"""An agreement's calendar schedules its reviews, and draws a supplier's scorecards, by itself."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from services.commitments import tables
from services.commitments.domain.agreement import midnight, review_dates, review_periods
from services.commitments.domain.periods import Period
from services.commitments.operations.governance import governance_settings
from services.commitments.operations.history import Act
from services.commitments.operations.late_days import PLATFORM
from services.commitments.operations.review_reminders import tell_of_scorecard
from services.commitments.operations.scorecards import draw
from services.commitments.operations.service_reviews import call_off, schedule
from services.commitments.operations.wake_ups import Waking
from services.commitments.queries import scorecards
from services.commitments.queries import service_quality as queries
from shared.store import Session

AHEAD = timedelta(days=60)
"""How long before its day a review is scheduled at the latest; the next one always is."""

_END_OF_TIME = datetime(2200, 1, 1, tzinfo=UTC)


async def keep_calendar(session: Session, agreement: str, now: Waking) -> datetime | None:
    """Bring reviews and scorecards to what the published versions ask for; when to look again."""
    versions = await queries.published_versions(session, agreement)
    if not versions:
        return None
    zone = (await governance_settings(session, now.at)).time_zone
    following = [await _keep_reviews(session, versions[-1], zone, now)]
    if versions[-1].kind == "uc":
        following.append(await _draw_scorecards(session, versions, zone, now))
    return min((each for each in following if each is not None), default=None)


async def _keep_reviews(
    session: Session, newest: tables.Agreement, zone: str, now: Waking
) -> datetime | None:
    """Schedule what comes within AHEAD, and the next one; call off what the calendar dropped."""
    act, today = Act(PLATFORM, now.at), now.at.astimezone(ZoneInfo(zone)).date()
    asked: list[date] = []
    later: date | None = None
    for day in _days(newest, zone):
        if day >= today and asked and day > today + AHEAD:
            later = day
            break
        if day >= today:
            asked.append(day)
    for day in asked:
        await schedule(session, newest, day, act)
    for row in await queries.scheduled_by_calendar(session, newest.code, today):
        known = takewhile(row.scheduled_on.__ge__, _days(newest, zone))
        if row.scheduled_on not in known:
            await call_off(session, row, act)
    return None if later is None else midnight(later, zone) - AHEAD


def _days(agreement: tables.Agreement, zone: str) -> Iterator[date]:
    """The days of review until the agreement ends."""
    ends = agreement.valid_until or _END_OF_TIME
    days = review_dates(agreement.first_review_on, agreement.review_months)
    return takewhile(lambda day: midnight(day, zone) < ends, days)


async def _draw_scorecards(
    session: Session, versions: Sequence[tables.Agreement], zone: str, now: Waking
) -> datetime | None:
    """Draw what has ended since the contract was first published; when the next period ends."""
    first, newest = versions[0], versions[-1]
    begins = await scorecards.last_period_end(session, newest.code) or first.valid_from
    ends = newest.valid_until or _END_OF_TIME
    calendar = newest.first_review_on, newest.review_months
    for since, until in review_periods(*calendar, begins, ends, zone):
        if until > now.at:
            return until
        if first.published_at is not None and until > first.published_at:
            version = next(v for v in reversed(versions) if v.valid_from < until)
            row = await draw(session, version, Period("", since, until), now.at, by_calendar=True)
            await tell_of_scorecard(session, version, row, now)
    return None
