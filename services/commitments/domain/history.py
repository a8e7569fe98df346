"""A history is every version of a case and its clocks, each with the source times it was true."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendars import Calendars
from .clock import Clock
from .states import State


@dataclass(frozen=True, slots=True)
class ClockKey:
    """Names a clock for good: of a whole case (no node), of a node run, or of a leg of a run."""

    case_key: str
    node: str | None
    visit: int
    leg: int | None = None


@dataclass(frozen=True, slots=True)
class ClockVersion:
    """A clock as it was known from `valid_from` until before `valid_until`, by source time.

    Every read of an instant in between needs this version alone. Department and position are
    those that hold the run, at its end those that held it last; a clock of a whole case has none.
    """

    key: ClockKey
    valid_from: datetime
    valid_until: datetime | None
    department: str | None
    position: str | None
    clock: Clock

    def alive(self, as_of: datetime) -> bool:
        return self.valid_from <= as_of and (self.valid_until is None or as_of < self.valid_until)

    def state(self, as_of: datetime) -> State | None:
        return self.clock.state(as_of)

    def running_time(self, as_of: datetime, calendars: Calendars) -> timedelta | None:
        return self.clock.running_time_at(as_of, calendars)


@dataclass(frozen=True, slots=True)
class CaseVersion:
    """What was known of a case itself from `valid_from` until before `valid_until`.

    `opened_at` is the first event, or the earliest start of a run when that lies before it.
    """

    valid_from: datetime
    valid_until: datetime | None
    opened_at: datetime
    state: str
    priority: str | None
    segment: str | None
    department: str | None
    position: str | None

    def alive(self, as_of: datetime) -> bool:
        return self.valid_from <= as_of and (self.valid_until is None or as_of < self.valid_until)


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """Every version, oldest first.

    Clocks of the whole case stand first, then the runs as they started, each before its legs.
    """

    case_key: str
    last_event_id: str
    last_event_at: datetime
    case: tuple[CaseVersion, ...]
    clocks: tuple[ClockVersion, ...]

    def case_at(self, as_of: datetime) -> CaseVersion | None:
        return next((version for version in self.case if version.alive(as_of)), None)

    def clocks_at(self, as_of: datetime) -> tuple[ClockVersion, ...]:
        return tuple(version for version in self.clocks if version.alive(as_of))

    @property
    def current(self) -> tuple[ClockVersion, ...]:
        """The version of every clock that no later event has replaced."""
        return tuple(version for version in self.clocks if version.valid_until is None)
