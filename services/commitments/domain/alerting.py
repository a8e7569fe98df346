"""An alert instant is when a clock in progress reaches a share of its commitment, or a limit."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendar import CalendarYearUnknown, NeverOpen
from .calendars import Calendars
from .clock import Clock
from .history import ClockKey, ClockVersion

COMMITMENT, TOLERANCE = "commitment", "tolerance"
WARNING = "warning_"
"""A pre-warning 预警 at 80 % of the commitment is the threshold `warning_80`."""

LONGEST_HOLD = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Instant:
    """When a clock reaches a threshold, and who holds the clock then.

    `ended_at` is when the clock stopped, paused or ended; while that is None the instant may lie
    ahead, and an event that comes before it can still move it.
    """

    threshold: str
    at: datetime
    version: ClockVersion
    ended_at: datetime | None

    @property
    def is_reached(self) -> bool:
        """Whether the clock was in progress at the instant, whatever the time is now."""
        return self.ended_at is not None

    @property
    def identity(self) -> tuple[ClockKey, str, str, int]:
        """An alert is raised once for each: clock and visit, threshold, promise version."""
        promise = self.version.clock.promise
        assert promise is not None  # noqa: S101 - without a promise there is no instant
        return self.version.key, self.threshold, promise.id, promise.version


def warning(percent: int) -> str:
    """The threshold at that share of the commitment."""
    return f"{WARNING}{percent}"


def percent_of(threshold: str) -> int | None:
    """The share of the commitment that a pre-warning names; None for the two limits."""
    return int(threshold.removeprefix(WARNING)) if threshold.startswith(WARNING) else None


def instants(
    versions: Sequence[ClockVersion], percents: Collection[int], calendars: Calendars
) -> list[Instant]:
    """The instants of one clock, from all of its versions, oldest first.

    A limit that the clock ends or pauses before, or exactly at, is left out. A clock that was
    reset reaches a threshold of the same promise version once: the first time counts.
    """
    last_of_start = {version.clock.started_at: version for version in versions}
    found: dict[tuple[ClockKey, str, str, int], Instant] = {}
    for version in last_of_start.values():
        ended_at = _stopped_at(version)
        for threshold, at in _thresholds(version.clock, percents, calendars):
            if ended_at is None or at < ended_at:
                instant = Instant(threshold, at, _holding(versions, at, version), ended_at)
                found.setdefault(instant.identity, instant)
    return list(found.values())


def warning_due(clock: Clock, percent: int, calendars: Calendars) -> datetime | None:
    """When the clock uses up that share of its commitment, pauses left out; exact.

    None where the clock ends before, and where the calendar does not know.
    """
    limit = clock.commitment
    if limit.length is None or limit.calendar is None:
        return None
    calendar, left = calendars[limit.calendar], limit.length * percent / 100
    try:
        for since, until in _stretches(clock):
            used = None if until is None else calendar.elapsed(since, until)
            if used is None or left <= used:
                return calendar.due(since, left)
            left -= used
    except (CalendarYearUnknown, NeverOpen):
        return None
    return None


def held_until(at: datetime, calendar: str | None, calendars: Calendars) -> datetime:
    """When people may be told: at once, or when the alert calendar 告警日历 opens next.

    A calendar that does not open within LONGEST_HOLD, or does not know, holds nothing back.
    """
    if calendar is None:
        return at
    try:
        version = calendars[calendars.in_force(calendar, at)]
        opened = version.intervals(at, at + LONGEST_HOLD)
    except (KeyError, CalendarYearUnknown):
        return at
    return opened[0][0] if opened else at


def _thresholds(
    clock: Clock, percents: Iterable[int], calendars: Calendars
) -> Iterator[tuple[str, datetime]]:
    if clock.promise is None:
        return
    for percent in percents:
        at = warning_due(clock, percent, calendars)
        if at is not None:
            yield warning(percent), at
    if clock.commitment_due_at is not None:
        yield COMMITMENT, clock.commitment_due_at
    if clock.tolerance_due_at is not None:
        yield TOLERANCE, clock.tolerance_due_at


def _stretches(clock: Clock) -> Iterator[tuple[datetime, datetime | None]]:
    """The stretches that the clock ran for; the one that still runs has no end."""
    since = clock.started_at
    for paused_at, resumed_at in clock.pauses:
        yield since, max(paused_at, since)
        if resumed_at is None:
            return
        since = max(resumed_at, since)
    yield since, clock.finished_at or clock.cancelled_at


def _stopped_at(version: ClockVersion) -> datetime | None:
    clock = version.clock
    return clock.finished_at or clock.cancelled_at or clock.paused_at or version.valid_until


def _holding(
    versions: Sequence[ClockVersion], at: datetime, otherwise: ClockVersion
) -> ClockVersion:
    return next((version for version in versions if version.alive(at)), otherwise)
