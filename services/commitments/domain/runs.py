"""A node run and its legs on their way through the events of a case."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from .calendars import Calendars
from .clock import Clock
from .events import TicketEvent
from .history import ClockKey, ClockVersion
from .process import Node


class Track:
    """One clock, who holds it, and the versions that it leaves behind."""

    __slots__ = ("clock", "department", "key", "position", "versions")

    def __init__(
        self, key: ClockKey, clock: Clock, department: str | None, position: str | None
    ) -> None:
        self.key = key
        self.clock = clock
        self.department = department
        self.position = position
        self.versions: list[ClockVersion] = []

    def record(self, at: datetime) -> None:
        """Writes a version when anything has changed since the last one."""
        if self.versions:
            last = self.versions[-1]
            known = (last.clock, last.department, last.position)
            if known == (self.clock, self.department, self.position):
                return
            self.versions[-1] = replace(last, valid_until=at)
        self.versions.append(
            ClockVersion(self.key, at, None, self.department, self.position, self.clock)
        )


NewLegClock = Callable[[str, str | None, Clock, datetime], Clock]
"""The clock of a leg: the node, the department, the clock of the run, and when the leg starts."""


class Run:
    """One visit to a node. The run is always in one leg: the time of one department.

    A department that is not known has a leg of its own.
    """

    __slots__ = ("_calendars", "_leg_clock", "_settled", "legs", "node", "whole")

    def __init__(
        self,
        node: Node,
        key: ClockKey,
        clock: Clock,
        event: TicketEvent,
        calendars: Calendars,
        leg_clock: NewLegClock,
    ) -> None:
        department, position = _holder(node, event)
        self.node = node
        self.whole = Track(key, clock, department, position)
        first = leg_clock(node.code, department, clock, clock.started_at)
        self.legs = [Track(replace(key, leg=1), first, department, position)]
        self._calendars = calendars
        self._leg_clock = leg_clock
        self._settled = 0

    @property
    def clock(self) -> Clock:
        return self.whole.clock

    def reset(self, clock: Clock) -> None:
        """The run and its leg start again; legs that have ended stay as they were judged."""
        self.whole.clock = clock
        leg = self.legs[-1]
        leg.clock = self._leg_clock(self.node.code, leg.department, clock, clock.started_at)

    def pause(self, at: datetime) -> None:
        self._change(lambda clock: clock.paused(at, self._calendars))

    def resume(self, at: datetime) -> None:
        self._change(lambda clock: clock.resumed(at, self._calendars))

    def finish(self, at: datetime) -> None:
        self._change(lambda clock: clock.finished(at, self._calendars))

    def cancel(self, at: datetime) -> None:
        self._change(lambda clock: clock.cancelled(at, self._calendars))

    def hand_over(self, event: TicketEvent) -> None:
        """To whom the event gives the run; another department continues it in a new leg."""
        department, position = _holder(self.node, event)
        if department != self.legs[-1].department:
            self._next_leg(event.at, department, position)
        for track in (self.whole, self.legs[-1]):
            track.department, track.position = department, position

    def record(self, at: datetime) -> None:
        for track in (self.whole, *self.legs[self._settled :]):
            track.record(at)
        # Only the last leg can change from here on.
        self._settled = len(self.legs) - 1

    def _change(self, change: Callable[[Clock], Clock]) -> None:
        for track in (self.whole, self.legs[-1]):
            track.clock = change(track.clock)

    def _next_leg(self, at: datetime, department: str | None, position: str | None) -> None:
        leg = self.legs[-1]
        leg.clock = leg.clock.finished(at, self._calendars)
        begins = max(at, self.clock.started_at)
        clock = self._leg_clock(self.node.code, department, self.clock, begins)
        if self.clock.paused_at is not None:
            clock = clock.paused(at, self._calendars)
        key = replace(leg.key, leg=len(self.legs) + 1)
        self.legs.append(Track(key, clock, department, position))


def _holder(node: Node, event: TicketEvent) -> tuple[str | None, str | None]:
    return node.department or event.department, node.position or event.position
