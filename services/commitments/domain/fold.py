"""The fold turns the events of a case, in whatever order they arrived, into its history."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from .calendars import Calendars
from .clock import Clock
from .events import CORRECTIONS, TicketEvent, in_order
from .history import CaseHistory, CaseVersion, ClockKey
from .process import Node, Process
from .promise import Promise, bind
from .runs import Run
from .whole import Whole


def fold(
    events: Iterable[TicketEvent],
    process: Process,
    promises: Iterable[Promise],
    calendars: Calendars,
) -> CaseHistory:
    """The history of one case; any permutation or duplication of the events gives the same.

    Conditions that hold in one event apply in the order start, reset, resume, pause, finish, and
    cancel to what is still in progress. Events of one source time make one version together.
    `calendars` has every calendar that the promises name. Raises ValueError without events or
    with those of several cases.
    """
    ordered = in_order(events)
    if len({event.case_key for event in ordered}) != 1:
        raise ValueError("a history is folded from the events of one case")
    case = _Case(ordered[0], process, promises, calendars)
    previous: TicketEvent | None = None
    for _, group in groupby(ordered, key=_source_time):
        for raw in group:
            event = raw.after(previous)
            case.apply(event, previous)
            previous = event
        case.record(event)
    return case.history(ordered[-1])


def _source_time(event: TicketEvent) -> datetime:
    return event.at


class _Signals(NamedTuple):
    """Which of a node's conditions hold in an event."""

    start: bool = False
    reset: bool = False
    resume: bool = False
    pause: bool = False
    finish: bool = False
    cancel: bool = False


_CORRECTED = {
    "void": _Signals(cancel=True),
    "pause": _Signals(pause=True),
    "resume": _Signals(resume=True),
    "reassign": _Signals(),
    "close": _Signals(finish=True),
}


def _signals(node: Node, event: TicketEvent, previous: TicketEvent | None) -> _Signals:
    # A correction is about the clocks themselves, so the node's own conditions are not asked.
    if event.kind in CORRECTIONS:
        return _CORRECTED[event.kind]
    asked = (node.start, node.reset, node.resume, node.pause, node.finish, node.cancel)
    return _Signals(
        *(
            f"{node.code}.{name}" in event.signals or (c is not None and c.holds(event, previous))
            for name, c in zip(_Signals._fields, asked, strict=True)
        )
    )


class _Case:
    """A case on its way through its events."""

    def __init__(
        self,
        first: TicketEvent,
        process: Process,
        promises: Iterable[Promise],
        calendars: Calendars,
    ) -> None:
        self._key = first.case_key
        self._process = process
        self._promises = [p for p in promises if p.process == process.code]
        self._calendars = calendars
        self._visits: Counter[str] = Counter()
        self._runs: list[Run] = []
        self._open: dict[str, Run] = {}
        self._changed: dict[ClockKey, Run] = {}
        self._whole = Whole(first.case_key, process, self._clock, calendars)
        self._opened_at = first.at
        self._versions: list[CaseVersion] = []

    def apply(self, event: TicketEvent, previous: TicketEvent | None) -> None:
        signals = {node.code: _signals(node, event, previous) for node in self._process.nodes}
        started = [
            self._start(node, event)
            for node in self._process.nodes
            if signals[node.code].start and node.code not in self._open
        ]
        self._open.update((run.node.code, run) for run in started)
        moving = list(self._open.values())
        arrived = {run.node.code for run in started}
        for run in moving:
            later = self._process.later[run.node.code]
            moved_on = run.node.finishes_when_later_starts and not later.isdisjoint(arrived)
            self._advance(run, event, signals[run.node.code], moved_on)
        self._open = {code: run for code, run in self._open.items() if run.clock.in_progress}
        self._changed.update((run.whole.key, run) for run in moving)
        self._whole.advance(event, started, moving)

    def record(self, event: TicketEvent) -> None:
        """Writes what the events of one source time, of which this is the last, have changed."""
        for run in self._changed.values():
            run.record(event.at)
        self._changed.clear()
        self._whole.record(event.at)
        version = CaseVersion(
            event.at, None, self._opened_at,
            event.state, event.priority, event.segment, event.department, event.position,
        )  # fmt: skip
        if self._versions:
            last = self._versions[-1]
            if replace(version, valid_from=last.valid_from) == last:
                return
            self._versions[-1] = replace(last, valid_until=event.at)
        self._versions.append(version)

    def history(self, last: TicketEvent) -> CaseHistory:
        tracks = [*self._whole.tracks]
        for run in self._runs:
            tracks += [run.whole, *run.legs]
        versions = (version for track in tracks for version in track.versions)
        return CaseHistory(
            self._key, last.event_id, last.at, tuple(self._versions), tuple(versions)
        )

    def _clock(self, node: str | None, at: datetime, event: TicketEvent) -> Clock:
        promise = bind(self._promises, node, event.segment, event.priority, at)
        return self._counted(promise, at, event.segment, event.priority)

    def _leg_clock(self, node: str, department: str | None, run: Clock, at: datetime) -> Clock:
        """By what the department has promised, or else by the promise that the run has bound."""
        own = department and bind(self._promises, node, run.segment, run.priority, at, department)
        if own:
            return self._counted(own, at, run.segment, run.priority)
        return Clock.started(at, run.segment, run.priority, run.promise, self._calendars)

    def _counted(
        self, promise: Promise | None, at: datetime, segment: str | None, priority: str | None
    ) -> Clock:
        # The calendars of a clock are the versions that are in force when it starts.
        counted = promise and promise.counted_in(self._calendars, at)
        return Clock.started(at, segment, priority, counted, self._calendars)

    def _start(self, node: Node, event: TicketEvent) -> Run:
        started_at = event.times.get(node.start_at, event.at) if node.start_at else event.at
        self._visits[node.code] += 1
        key = ClockKey(self._key, node.code, self._visits[node.code])
        clock = self._clock(node.code, started_at, event)
        run = Run(node, key, clock, event, self._calendars, self._leg_clock)
        self._runs.append(run)
        self._opened_at = min(self._opened_at, started_at)
        return run

    def _advance(self, run: Run, event: TicketEvent, signals: _Signals, moved_on: bool) -> None:
        finishes = signals.finish or moved_on
        if signals.reset:
            run.reset(self._clock(run.node.code, event.at, event))
        if signals.resume:
            run.resume(event.at)
        # Who ends a run is not who held it: the event that ends a run hands it to nobody.
        if not finishes and not signals.cancel:
            run.hand_over(event)
        if signals.pause:
            run.pause(event.at)
        if finishes:
            run.finish(event.at)
        elif signals.cancel:
            run.cancel(event.at)
