"""The clock of a case as a whole, which the promise of the process is judged on."""

from collections.abc import Callable
from datetime import datetime

from .calendars import Calendars
from .clock import Clock
from .events import TicketEvent
from .history import ClockKey
from .process import Process
from .runs import Run, Track

NewClock = Callable[[str | None, datetime, TicketEvent], Clock]


class Whole:
    """Runs while any node run does, paused while all of them are, and ends with the last of them.

    When a node then starts that follows one that ended it, the case had only been between two
    nodes and the clock runs on as if it had not ended; any other start is the next visit.
    """

    __slots__ = (
        "_before_end",
        "_calendars",
        "_ended_in",
        "_key",
        "_new_clock",
        "_process",
        "tracks",
    )

    def __init__(
        self, case_key: str, process: Process, new_clock: NewClock, calendars: Calendars
    ) -> None:
        self._key = case_key
        self._process = process
        self._new_clock = new_clock
        self._calendars = calendars
        self._before_end: Clock | None = None
        self._ended_in: frozenset[str] = frozenset()
        self.tracks: list[Track] = []

    def advance(self, event: TicketEvent, started: list[Run], moving: list[Run]) -> None:
        """`moving` are the runs in progress during the event, `started` those that it began."""
        if started and not self._in_progress():
            self._open(event, started)
        if not moving or not self._in_progress():
            return
        track, at = self.tracks[-1], event.at
        running = [run.clock for run in moving if run.clock.in_progress]
        if running and all(clock.paused_at is not None for clock in running):
            track.clock = track.clock.paused(at, self._calendars)
        else:
            track.clock = track.clock.resumed(at, self._calendars)
        if not running:
            self._end(track, at, moving)

    def record(self, at: datetime) -> None:
        for track in self.tracks:
            track.record(at)

    def _in_progress(self) -> bool:
        return bool(self.tracks) and self.tracks[-1].clock.in_progress

    def _open(self, event: TicketEvent, started: list[Run]) -> None:
        codes = {run.node.code for run in started}
        moved_on = any(codes & self._process.later[code] for code in self._ended_in)
        if moved_on and self._before_end is not None:
            self.tracks[-1].clock = self._before_end
            return
        clock = self._new_clock(None, min(run.clock.started_at for run in started), event)
        key = ClockKey(self._key, None, len(self.tracks) + 1)
        self.tracks.append(Track(key, clock, None, None))

    def _end(self, track: Track, at: datetime, moving: list[Run]) -> None:
        finished = [run for run in moving if run.clock.finished_at is not None]
        self._before_end = track.clock
        self._ended_in = frozenset(run.node.code for run in finished)
        end = track.clock.finished if finished else track.clock.cancelled
        track.clock = end(at, self._calendars)
