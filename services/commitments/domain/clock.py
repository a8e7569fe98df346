"""A clock measures one run against two limits; every change gives a new clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from .calendar import ALWAYS, Calendar, CalendarYearUnknown, NeverOpen
from .calendars import Calendars
from .promise import Promise
from .states import State, state_at

Pause = tuple[datetime, datetime | None]

_NOTHING = timedelta(0)


class DueReason(StrEnum):
    """Why a due instant is empty."""

    NO_PROMISE = "no_promise"
    CALENDAR_YEAR_UNKNOWN = "calendar_year_unknown"
    CALENDAR_NEVER_OPEN = "calendar_never_open"


@dataclass(frozen=True, slots=True)
class Limit:
    """One of the two limits, with the working time used of it in its own calendar.

    `consumed` is what was used before the clock last began to run, None when its calendar could
    not tell. `due_at` is projected as if the clock ran on; while the clock is paused it stands
    as it was at the pause.
    """

    length: timedelta | None
    calendar: str | None
    consumed: timedelta | None = _NOTHING
    due_at: datetime | None = None
    reason: DueReason | None = None

    def running(self, since: datetime, calendars: Calendars) -> Self:
        if self.length is None:
            return replace(self, due_at=None, reason=DueReason.NO_PROMISE)
        try:
            if self.consumed is None:
                return replace(self, due_at=None, reason=DueReason.CALENDAR_YEAR_UNKNOWN)
            due_at = self._calendar(calendars).due(since, self.length - self.consumed)
        except CalendarYearUnknown:
            return replace(self, due_at=None, reason=DueReason.CALENDAR_YEAR_UNKNOWN)
        except NeverOpen:
            return replace(self, due_at=None, reason=DueReason.CALENDAR_NEVER_OPEN)
        return replace(self, due_at=due_at, reason=None)

    def stopped(self, since: datetime, at: datetime, calendars: Calendars) -> Self:
        return replace(self, consumed=self.used(since, at, calendars))

    def resumed(self, paused_at: datetime, since: datetime, calendars: Calendars) -> Self:
        """A limit that had passed before the pause stays passed."""
        if self.due_at is not None and self.due_at < paused_at:
            return self
        return self.running(since, calendars)

    def used(self, since: datetime, at: datetime, calendars: Calendars) -> timedelta | None:
        """What is used at `at` of a clock that has been running since `since`."""
        if self.consumed is None:
            return None
        try:
            return self.consumed + self._calendar(calendars).elapsed(since, at)
        except CalendarYearUnknown:
            return None

    def _calendar(self, calendars: Calendars) -> Calendar:
        return ALWAYS if self.calendar is None else calendars[self.calendar]


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a node run, of one of its legs, or of a whole case.

    Segment and priority are those at the start, which bound the promise. `running_since` is the
    start of the stretch that is being measured now, None while paused and after the end. Without
    a promise elapsed time is measured and there are no due instants.
    """

    segment: str | None
    priority: str | None
    promise: Promise | None
    started_at: datetime
    commitment: Limit
    tolerance: Limit
    running_since: datetime | None
    paused_at: datetime | None = None
    finished_at: datetime | None = None
    cancelled_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()

    @classmethod
    def started(
        cls,
        at: datetime,
        segment: str | None,
        priority: str | None,
        promise: Promise | None,
        calendars: Calendars,
    ) -> Self:
        if promise is None:
            commitment = tolerance = Limit(None, None)
        else:
            commitment = Limit(promise.commitment, promise.commitment_calendar)
            tolerance = Limit(promise.tolerance, promise.tolerance_calendar)
        return cls(
            segment=segment,
            priority=priority,
            promise=promise,
            started_at=at,
            commitment=commitment.running(at, calendars),
            tolerance=tolerance.running(at, calendars),
            running_since=at,
        )

    @property
    def in_progress(self) -> bool:
        return self.finished_at is None and self.cancelled_at is None

    @property
    def commitment_due_at(self) -> datetime | None:
        return self.commitment.due_at

    @property
    def tolerance_due_at(self) -> datetime | None:
        """Never before the commitment is due, and not known while that is not."""
        if self.commitment.due_at is None or self.tolerance.due_at is None:
            return None
        return max(self.commitment.due_at, self.tolerance.due_at)

    @property
    def due_reason(self) -> DueReason | None:
        return self.commitment.reason or self.tolerance.reason

    @property
    def running_time(self) -> timedelta | None:
        """Working time in the commitment's calendar, once finished or cancelled."""
        return None if self.in_progress else self.commitment.consumed

    def running_time_at(self, as_of: datetime, calendars: Calendars) -> timedelta | None:
        """Working time in the commitment's calendar up to `as_of`; None when it cannot tell."""
        if self.running_since is None:
            return self.commitment.consumed
        return self.commitment.used(self.running_since, as_of, calendars)

    def state(self, as_of: datetime) -> State | None:
        """The state at an instant of which this clock tells, see `state_at`."""
        return state_at(
            as_of,
            self.commitment_due_at,
            self.tolerance_due_at,
            finished_at=self.finished_at,
            cancelled=self.cancelled_at is not None,
            paused_at=self.paused_at,
        )

    @property
    def final_state(self) -> State | None:
        """The state once ended; None in progress, and where it cannot be told."""
        return None if self.in_progress else self.state(self.started_at)

    def paused(self, at: datetime, calendars: Calendars) -> Self:
        """Stops the clock until it is resumed; a paused clock stays as it is."""
        if self.running_since is None:
            return self
        return replace(
            self,
            commitment=self.commitment.stopped(self.running_since, at, calendars),
            tolerance=self.tolerance.stopped(self.running_since, at, calendars),
            running_since=None,
            paused_at=at,
            pauses=(*self.pauses, (at, None)),
        )

    def resumed(self, at: datetime, calendars: Calendars) -> Self:
        """Runs again with the time that is left; a running clock stays as it is."""
        if self.paused_at is None:
            return self
        since = max(at, self.started_at)
        pause = ((self.paused_at, at),) if at > self.paused_at else ()
        return replace(
            self,
            commitment=self.commitment.resumed(self.paused_at, since, calendars),
            tolerance=self.tolerance.resumed(self.paused_at, since, calendars),
            running_since=since,
            paused_at=None,
            pauses=(*self.pauses[:-1], *pause),
        )

    def finished(self, at: datetime, calendars: Calendars) -> Self:
        return replace(self._ended(at, calendars), finished_at=at)

    def cancelled(self, at: datetime, calendars: Calendars) -> Self:
        return replace(self._ended(at, calendars), cancelled_at=at)

    def _ended(self, at: datetime, calendars: Calendars) -> Self:
        # A pause that lasts to the end has moved the limits like any other.
        running = self.resumed(at, calendars)
        since = running.running_since or at
        return replace(
            running,
            commitment=running.commitment.stopped(since, at, calendars),
            tolerance=running.tolerance.stopped(since, at, calendars),
            running_since=None,
        )
