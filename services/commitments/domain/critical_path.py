"""The critical path of a process is the slowest way through its nodes, as their promises go."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import TypeVar

from .calendars import Calendars
from .process import Ordered, Process
from .promise import Promise, bind
from .trial_starts import SAMPLED_DAYS, UNTOLD, trial_starts
from .versions import Versions
from .working_limit import LIMITS, WorkingLimit

T = TypeVar("T", int, timedelta, datetime)

Misfit = tuple[datetime, tuple[str, ...], timedelta]
"""A start at which the path does not fit, the path, and by how much."""


def slowest_path(
    nodes: Iterable[Ordered], start: T, finish: Callable[[str, T], T]
) -> tuple[T, tuple[str, ...]]:
    """When the last node is done at the latest, and the nodes on the way there, in order.

    A node begins when the last of those that it comes after is done; `finish` says when a node
    that begins then is done, and never earlier for a later beginning. The order has no ring.
    """
    done: dict[str, T] = {}
    before: dict[str, str | None] = {}
    for node in in_order(nodes):
        last = max(node.after, key=lambda c: done[c], default=None)
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


def in_order(nodes: Iterable[Ordered]) -> list[Ordered]:
    """The nodes, each behind everything that it comes after; the order has no ring."""
    waiting = {node.code: node for node in nodes}
    ordered: list[Ordered] = []
    while waiting:
        ready = [n for n in waiting.values() if not any(code in waiting for code in n.after)]
        for node in ready:
            del waiting[node.code]
        ordered += ready
    return ordered


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What paths are made of: the versions of one process, its promises, and the calendars."""

    processes: Versions[Process]
    promises: Sequence[Promise]
    calendars: Calendars


@dataclass(frozen=True, slots=True)
class Break:
    """A path of node promises that is longer than the promise for the whole process.

    `limit` is `commitment` or `tolerance`; `at` is a start of which it is true, for cases of
    `segment` and `priority`; `excess` is time by the clock where calendars differ, else working
    time.
    """

    limit: str
    path: tuple[str, ...]
    promises: tuple[str, ...]
    segment: str | None
    priority: str | None
    at: datetime
    excess: timedelta


def breaks(
    now: Arrangement,
    whole: Promise,
    before: Arrangement | None = None,
    since: datetime | None = None,
) -> Iterator[Break]:
    """Where the critical path of the node promises does not fit into the whole one.

    Looked at for every segment and priority that a node promise tells apart, unless another
    promise for the whole process is made for it, and at every instant within the validity at
    which another version of a promise, the process or a calendar comes into force. A node without
    a promise adds nothing. Of each limit, path, segment and priority the first misfit is told.

    With `before`, only what fits worse than it did with that; with `since`, only cases that start
    from then on.
    """
    looked_at = [now] if before is None else [now, before]
    classes = dict.fromkeys(each for a in looked_at for each in _classes(whole, a))
    turns = sorted({turn for a in looked_at for turn in _turns(whole, a, since)})
    told: set[tuple[object, ...]] = set()
    for kind, at, limit in product(classes, turns, LIMITS):
        broken = _broken(now, whole, kind, at, limit)
        if broken is None or (key := (limit, broken.path, kind)) in told:
            continue
        known = _broken(before, whole, kind, at, limit) if before is not None else None
        if known is None or known.excess < broken.excess:
            told.add(key)
            yield broken


def _classes(whole: Promise, its: Arrangement) -> Iterator[tuple[str | None, str | None]]:
    """The segments and priorities of cases that node promises tell apart, the general ones first.

    None stands for cases of a segment or priority that no promise names.
    """
    nodes = [p for p in its.promises if p.node is not None and p.process == whole.process]
    segments, priorities = [whole.segment], [whole.priority]
    if whole.segment is None:
        segments += sorted({p.segment for p in nodes if p.segment is not None})
    if whole.priority is None:
        of_segments = (p for p in nodes if p.segment is None or p.segment in segments)
        priorities += sorted({p.priority for p in of_segments if p.priority is not None})
    return product(segments, priorities)


def _turns(whole: Promise, its: Arrangement, since: datetime | None) -> Iterator[datetime]:
    first = max(whole.valid_from, since or whole.valid_from)
    edges = {first, *its.processes.beginnings}
    for promise in its.promises:
        if promise.process == whole.process:
            edges |= {promise.valid_from, promise.valid_until or promise.valid_from}
            for code in (promise.commitment_calendar, promise.tolerance_calendar):
                edges.update(its.calendars.beginnings(code))
    for code in (whole.commitment_calendar, whole.tolerance_calendar):
        edges.update(its.calendars.beginnings(code))
    return (edge for edge in edges if edge >= first and whole.in_force(edge))


def _broken(
    its: Arrangement,
    whole: Promise,
    kind: tuple[str | None, str | None],
    at: datetime,
    limit: str,
) -> Break | None:
    """The misfit of cases of one segment and priority that start from `at` on, if there is one."""
    promises = [p for p in its.promises if p.process == whole.process]
    covering = bind([*promises, whole], None, *kind, at)
    if covering is None or covering.id != whole.id:
        return None
    nodes = its.processes.in_force(at).nodes
    bound = {n.code: each for n in nodes if (each := bind(promises, n.code, *kind, at))}
    limits = {c: WorkingLimit.of(p, limit, at, its.calendars) for c, p in bound.items()}
    found = misfit(nodes, limits, WorkingLimit.of(whole, limit, at, its.calendars), at)
    if found is None:
        return None
    start, path, excess = found
    named = tuple(bound[code].code for code in path if code in bound)
    return Break(limit, path, named, *kind, start, excess)


def misfit(
    nodes: Iterable[Ordered],
    limits: Mapping[str, WorkingLimit],
    whole: WorkingLimit,
    at: datetime,
) -> Misfit | None:
    """The worst misfit of cases that start from `at` on, None when the path fits."""
    ordered = in_order(nodes)
    if all(limit.name == whole.name for limit in limits.values()):
        length, path = slowest_path(ordered, timedelta(0), partial(_later, limits))
        return (at, path, length - whole.length) if length > whole.length else None
    worst: Misfit | None = None
    for start in trial_starts(ordered, limits, whole, at, _reach(ordered, limits, whole, at)):
        try:
            due = whole.due(start)
            end, path = slowest_path(ordered, start, partial(_due, limits))
        except UNTOLD:
            # Of a start whose end no calendar can tell, nothing can be said.
            continue
        if end > due and (worst is None or end - due > worst[2]):
            worst = start, path, end - due
    return worst


def _reach(
    nodes: Iterable[Ordered],
    limits: Mapping[str, WorkingLimit],
    whole: WorkingLimit,
    at: datetime,
) -> datetime:
    """When the last case that is looked at is done, as far as calendars can tell."""
    last = at + timedelta(days=SAMPLED_DAYS)
    try:
        return max(last, whole.due(last), slowest_path(nodes, last, partial(_due, limits))[0])
    except UNTOLD:
        return last


def _later(limits: Mapping[str, WorkingLimit], code: str, since: timedelta) -> timedelta:
    limit = limits.get(code)
    return since if limit is None else since + limit.length


def _due(limits: Mapping[str, WorkingLimit], code: str, since: datetime) -> datetime:
    limit = limits.get(code)
    return since if limit is None else limit.due(since)
