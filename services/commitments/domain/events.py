"""A ticket event is what a ticketing tool or a person said about a case at one instant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from .calendar import in_utc

CORRECTIONS = frozenset({"void", "pause", "resume", "reassign", "close"})
"""Kinds of the events by which a person corrects a case, or a tool takes one back."""

LAST = 2**62
"""The sequence of what is said about a case after everything else at its instant."""


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """One normalised event; the attributes show the case after it, None is unknown.

    `at` is the source time, `sequence` the source's own count, `event_id` the key under which
    the source delivers this event once, `times` further instants that it tells (`opened_at`),
    `signals` conditions of nodes that hold by what the source says (`accept.finish`).
    Raises ValueError for an instant that a calendar does not take.
    """

    case_key: str
    event_id: str
    at: datetime
    sequence: int
    state: str
    priority: str | None = None
    segment: str | None = None
    department: str | None = None
    position: str | None = None
    kind: str = "ticket"
    attributes: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    signals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        times = {name: in_utc(at) for name, at in self.times.items()}
        object.__setattr__(self, "at", in_utc(self.at))
        object.__setattr__(self, "times", times)

    @property
    def order(self) -> tuple[datetime, int, str]:
        return self.at, self.sequence, self.event_id

    def after(self, previous: Self | None) -> Self:
        """A correction tells only what it corrects: the rest is as the event before it left it."""
        if previous is None or self.kind not in CORRECTIONS:
            return self
        kept = replace(
            self, state=previous.state, priority=previous.priority, segment=previous.segment
        )
        if self.kind == "reassign":
            return kept
        return replace(kept, department=previous.department, position=previous.position)


def in_order(events: Iterable[TicketEvent]) -> list[TicketEvent]:
    """Every event once, by source time, sequence and event id; arrival does not matter."""
    return sorted({event.event_id: event for event in events}.values(), key=_order)


def _order(event: TicketEvent) -> tuple[datetime, int, str]:
    return event.order
