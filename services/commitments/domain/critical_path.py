"""The critical path of a process is the slowest way through its nodes, as their promises go."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import TypeVar

from .calendar import Calendar, CalendarYearUnknown, NeverOpen
from .calendars import Calendars
from .process import Node, Process
from .promise import Promise, bind
from .versions import Versions

T = TypeVar("T", int, timedelta, datetime)

SAMPLED_DAYS = 28
"""How long starts are tried for, where limits count in different calendars: at every opening and
closing, and in the first week at every hour."""

_HOURS = 8 * 24
_HOUR = timedelta(hours=1)


def slowest_path(
    nodes: Iterable[Node], start: T, finish: Callable[[str, T], T]
) -> tuple[T, tuple[str, ...]]:
    """When the last node is done at the latest, and the nodes on the way there, in order.

    A node begins when the last of those that it comes after is done; `finish` says when a node
    that begins then is done, and never earlier for a later beginning. The order has no ring.
    """
    waiting = {node.code: node for node in nodes}
    done: dict[str, T] = {}
    before: dict[str, str | None] = {}
    while waiting:
        ready = [n for n in waiting.values() if not any(code in waiting for code in n.after)]
        for node in ready:
            del waiting[node.code]
            last = max((c for c in node.after if c in done), key=lambda c: done[c], default=None)
            before[node.code] = last
            done[node.code] = finish(node.code, start if last is None else done[last])
    if not done:
        return start, ()
    latest: str | None = max(done, key=lambda code: done[code])
    end, path = done[latest or ""], []
    while latest is not None:
        path.append(latest)
        latest = before[latest]
    return end, tuple(reversed(path))


@dataclass(frozen=True, slots=True)
class Break:
    """A path of node promises that is longer than the promise for the whole process.

    `limit` is `commitment` or `tolerance`; `at` is a start of which it is true, for cases of
    `priority`; `excess` is time by the clock where calendars differ, else working time.
    """

    limit: str
    path: tuple[str, ...]
    promises: tuple[str, ...]
    priority: str | None
    at: datetime
    excess: timedelta


def breaks(
    processes: Versions[Process],
    whole: Promise,
    promises: Iterable[Promise],
    calendars: Calendars,
) -> Iterator[Break]:
    """Where the critical path of the node promises does not fit into the whole one.

    Looked at for every priority that a node promise tells apart, unless another promise for the
    whole process is made for it, and at every instant within the validity at which another set of
    promises comes into force. A node without a promise adds nothing. Of each limit, path and
    priority the first misfit is told.
    """
    others = [p for p in promises if p.process == whole.process]
    of_nodes = [p for p in others if p.node is not None]
    told: set[tuple[object, ...]] = set()
    for priority, at in product(_priorities(whole, of_nodes), _turns(whole, of_nodes)):
        covering = bind([*others, whole], None, whole.segment, priority, at)
        if covering is None or covering.code != whole.code:
            continue
        process = processes.in_force(at)
        bound = {
            node.code: found
            for node in process.nodes
            if (found := bind(of_nodes, node.code, whole.segment, priority, at))
        }
        for limit in ("commitment", "tolerance"):
            broken = _broken(process, whole, bound, limit, at, calendars)
            if broken and (key := (limit, broken.path, priority)) not in told:
                told.add(key)
                yield replace(broken, priority=priority)


def _priorities(whole: Promise, of_nodes: list[Promise]) -> list[str | None]:
    if whole.priority is not None:
        return [whole.priority]
    named = {p.priority for p in of_nodes if p.segment in (None, whole.segment)}
    return [None, *sorted(priority for priority in named if priority is not None)]


def _turns(whole: Promise, of_nodes: list[Promise]) -> list[datetime]:
    edges = {p.valid_from for p in of_nodes} | {p.valid_until for p in of_nodes if p.valid_until}
    return sorted({whole.valid_from, *(edge for edge in edges if whole.in_force(edge))})


def _broken(
    process: Process,
    whole: Promise,
    bound: Mapping[str, Promise],
    limit: str,
    at: datetime,
    calendars: Calendars,
) -> Break | None:
    limits = {code: _Limit(promise, limit, at, calendars) for code, promise in bound.items()}
    found = _misfit(process, _Limit(whole, limit, at, calendars), limits, at)
    if found is None:
        return None
    start, path, excess = found
    named = tuple(bound[code].code for code in path if code in bound)
    return Break(limit, path, named, None, start, excess)


class _Limit:
    """One limit of a promise, in the calendar that is in force when it is looked at."""

    __slots__ = ("calendar", "length", "name")

    def __init__(self, promise: Promise, limit: str, at: datetime, calendars: Calendars) -> None:
        self.length: timedelta = getattr(promise, limit)
        self.name = calendars.in_force(getattr(promise, f"{limit}_calendar"), at)
        self.calendar: Calendar = calendars[self.name]


def _misfit(
    process: Process, whole: _Limit, limits: Mapping[str, _Limit], at: datetime
) -> tuple[datetime, tuple[str, ...], timedelta] | None:
    """The start, path and excess of the worst misfit, None when the path fits."""
    if all(limit.name == whole.name for limit in limits.values()):
        length, path = slowest_path(process.nodes, timedelta(0), partial(_later, limits))
        return (at, path, length - whole.length) if length > whole.length else None
    worst: tuple[datetime, tuple[str, ...], timedelta] | None = None
    for start in _starts(whole, limits, at):
        try:
            due = whole.calendar.due(start, whole.length)
            end, path = slowest_path(process.nodes, start, partial(_due, limits))
        except (CalendarYearUnknown, NeverOpen, ValueError):
            # Of a start whose end no calendar can tell, nothing can be said.
            continue
        if end > due and (worst is None or end - due > worst[2]):
            worst = start, path, end - due
    return worst


def _later(limits: Mapping[str, _Limit], code: str, since: timedelta) -> timedelta:
    limit = limits.get(code)
    return since if limit is None else since + limit.length


def _due(limits: Mapping[str, _Limit], code: str, since: datetime) -> datetime:
    limit = limits.get(code)
    return since if limit is None else limit.calendar.due(since, limit.length)


def _starts(whole: _Limit, limits: Mapping[str, _Limit], at: datetime) -> list[datetime]:
    end = at + timedelta(days=SAMPLED_DAYS)
    edges = {at + n * _HOUR for n in range(_HOURS)}
    for limit in {each.name: each for each in (whole, *limits.values())}.values():
        with suppress(CalendarYearUnknown, ValueError):
            edges.update(edge for pair in limit.calendar.intervals(at, end) for edge in pair)
    return sorted(edges)
