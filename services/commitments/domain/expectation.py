"""How recent runs would have fared against limits that are not promised yet."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Self

from .calendar import Calendar, CalendarYearUnknown
from .clock import Pause

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class FinishedRun:
    started_at: datetime
    finished_at: datetime
    pauses: tuple[Pause, ...] = ()

    def running_time(self, calendar: Calendar) -> timedelta:
        """Working time in any calendar, less the pauses; raises CalendarYearUnknown."""
        worked, since = _NOTHING, self.started_at
        for paused_at, resumed_at in self.pauses:
            worked += calendar.elapsed(since, paused_at)
            since = max(since, resumed_at or self.finished_at)
        return worked + calendar.elapsed(since, self.finished_at)


@dataclass(frozen=True, slots=True)
class Limits:
    """Both limits, each with the calendar that it counts in."""

    commitment: timedelta
    commitment_calendar: Calendar
    tolerance: timedelta
    tolerance_calendar: Calendar


@dataclass(frozen=True, slots=True)
class Expectation:
    """Counts of recent completed runs; those that the calendars cannot measure are left out."""

    runs: int
    within_commitment: int
    within_tolerance: int
    finished_from: datetime | None
    finished_until: datetime | None

    @classmethod
    def of(cls, runs: Iterable[FinishedRun], limits: Limits) -> Self:
        judged: list[tuple[datetime, bool, bool]] = []
        for run in runs:
            try:
                kept = run.running_time(limits.commitment_calendar) <= limits.commitment
                borne = kept or run.running_time(limits.tolerance_calendar) <= limits.tolerance
            except CalendarYearUnknown:
                continue
            judged.append((run.finished_at, kept, borne))
        return cls(
            runs=len(judged),
            within_commitment=sum(kept for _, kept, _ in judged),
            within_tolerance=sum(borne for _, _, borne in judged),
            finished_from=min((at for at, _, _ in judged), default=None),
            finished_until=max((at for at, _, _ in judged), default=None),
        )

    @property
    def attainment_rate(self) -> Fraction | None:
        """The share within the commitment, None without runs."""
        return Fraction(self.within_commitment, self.runs) if self.runs else None
