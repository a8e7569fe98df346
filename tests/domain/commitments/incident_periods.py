"""A recount of the incident log at any instant, straight from its rows, domain unseen.

`incident_recount` says how every run ended; this says how every run, leg and case stood at an
instant, when only the rows up to then had happened.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from tests.domain.commitments.incident_recount import _HOURS, ENDED, Row, _order, _row

MICROSECOND = timedelta(microseconds=1)
WHOLE_CASE = (240.0, 480.0)
"""Hours that the tests promise for a whole case."""

Log = dict[str, list[Row]]


class Standing(NamedTuple):
    """How one run, leg or case stood."""

    level: str
    node: str
    department: str | None
    priority: str
    start: datetime
    end: datetime | None
    seconds: float
    state: str


def read(log: Path) -> Log:
    """The rows of every ticket in their order."""
    with log.open(encoding="utf-8", newline="") as file:
        raw = sorted(csv.DictReader(file), key=_order)
    return {n: [_row(row) for row in rows] for n, rows in groupby(raw, key=lambda r: r["number"])}


def standings(log: Log, since: datetime, until: datetime, as_of: datetime) -> list[Standing]:
    """Everything alive from `since` until before `until`, as it stood at the end of it."""
    at = min(until, as_of)
    last = min(until - MICROSECOND, as_of)
    found: list[Standing] = []
    for rows in log.values():
        known = [row for row in rows if row.at <= last]
        if known:
            found += [*_node_runs(known, at), *_cases(known, at)]
    return [
        one
        for one in found
        if (one.end is not None or one.start < until) and (one.end is None or one.end >= since)
    ]


def counts(
    found: Iterable[Standing], key: Callable[[Standing], object]
) -> dict[object, Counter[str]]:
    """How many stand in each state, by that key."""
    counted: dict[object, Counter[str]] = defaultdict(Counter)
    for one in found:
        counted[key(one)][one.state] += 1
    return dict(counted)


Span = tuple[int, int | None]


def _node_runs(rows: list[Row], at: datetime) -> Iterator[Standing]:
    accepted = _first(rows, 0, lambda row: row.state != "New")
    yield from _run("accept", (0, accepted), rows, at)
    if accepted is None:
        return
    for node, spans in (("resolve", _resolves(rows, accepted)), ("close", _closes(rows))):
        for span in spans:
            yield from _run(node, span, rows, at)


def _first(rows: list[Row], start: int, wanted: Callable[[Row], bool]) -> int | None:
    return next((n for n in range(start, len(rows)) if wanted(rows[n])), None)


def _resolves(rows: list[Row], start: int | None) -> Iterator[Span]:
    while start is not None:
        end = _first(rows, start, lambda row: row.state in ENDED)
        yield start, end
        if end is None:
            return
        start = _first(rows, end, lambda row: row.state not in ENDED)


def _closes(rows: list[Row]) -> Iterator[Span]:
    start = _first(rows, 0, lambda row: row.state == "Resolved")
    while start is not None:
        end = _first(rows, start, lambda row: row.state != "Resolved")
        yield start, end
        if end is None:
            return
        start = _first(rows, end, lambda row: row.state == "Resolved")


def _run(node: str, span: Span, rows: list[Row], at: datetime) -> Iterator[Standing]:
    first, last = span
    within = rows[first:] if last is None else rows[first : last + 1]
    started = rows[0].opened_at if node == "accept" else within[0].at
    stretches = _stretches(node, within, started, None if last is not None else at)
    cancelled = node == "close" and last is not None and rows[last].state != "Closed"
    end = None if last is None else rows[last].at
    hours = _HOURS[node][rows[first].priority]
    priority = rows[first].priority

    def standing(
        level: str, group: str, start: datetime, stop: datetime | None, total: float, *, off: bool
    ) -> Standing:
        state = "cancelled" if off else _verdict(total, hours, ended=stop is not None)
        known = None if group == "?" else group
        return Standing(level, node, known, priority, start, stop, total, state)

    total = sum(seconds for _, _, seconds in stretches)
    yield standing("run", stretches[-1][0], started, end, total, off=cancelled)
    legs = [list(part) for _, part in groupby(stretches, key=lambda one: one[0])]
    for leg, following in zip(legs, [*legs[1:], None], strict=True):
        stop = end if following is None else following[0][1]
        begun = started if leg is legs[0] else leg[0][1]
        used = sum(seconds for _, _, seconds in leg)
        yield standing("leg", leg[0][0], begun, stop, used, off=cancelled and following is None)


def _stretches(
    node: str, within: list[Row], started: datetime, now: datetime | None
) -> list[tuple[str, datetime, float]]:
    """Group, beginning and counted seconds between one row and the next, the last until now."""
    found = [
        (a.group, a.at, _counted(node, a, max(a.at, started), max(b.at, started)))
        for a, b in pairwise(within)
    ]
    if now is not None:
        tail = within[-1]
        found.append(
            (tail.group, tail.at, _counted(node, tail, max(tail.at, started), max(now, started)))
        )
    if not found:
        found = [(within[0].group, within[0].at, 0.0)]
    if started < within[0].at:
        group, begun, seconds = found[0]
        found[0] = (group, begun, seconds + (within[0].at - started).total_seconds())
    return found


def _counted(node: str, row: Row, start: datetime, end: datetime) -> float:
    if node == "resolve" and row.state.startswith("Awaiting"):
        return 0
    return (end - start).total_seconds()


def _cases(rows: list[Row], at: datetime) -> Iterator[Standing]:
    """A case runs from its first start until it is closed, less what it waits for others.

    A ticket that is Resolved after it was Closed without having been Resolved goes on as if it
    had not ended; any other row after Closed opens it again.
    """
    first, skipped = 0, False
    while first < len(rows):
        end = _end_of_case(rows, first)
        if end is not None and end + 1 < len(rows) and _goes_on(rows, end):
            skipped = True
        if skipped:
            raise AssertionError("the log has no such ticket; the recount would have to know it")
        yield _case(rows, first, end, at)
        if end is None:
            return
        following = _first(rows, end, lambda row: row.state != "Closed")
        if following is None:
            return
        first = following


def _end_of_case(rows: list[Row], first: int) -> int | None:
    return _first(rows, first, lambda row: row.state == "Closed")


def _goes_on(rows: list[Row], end: int) -> bool:
    return end > 0 and rows[end - 1].state != "Resolved" and rows[end + 1].state == "Resolved"


def _case(rows: list[Row], first: int, end: int | None, at: datetime) -> Standing:
    within = rows[first:] if end is None else rows[first : end + 1]
    started = rows[0].opened_at if first == 0 else within[0].at
    if first == 0 and within[0].state not in ("New", *ENDED):
        started = min(started, within[0].at)
    edges = [*((max(row.at, started), row) for row in within)]
    used = max((within[0].at - started).total_seconds(), 0)
    for (since, row), (until, _) in pairwise(edges):
        used += 0 if row.state.startswith("Awaiting") else (until - since).total_seconds()
    if end is None and not within[-1].state.startswith("Awaiting"):
        used += (max(at, started) - edges[-1][0]).total_seconds()
    stop = None if end is None else rows[end].at
    state = _verdict(used, WHOLE_CASE, ended=end is not None)
    return Standing("case", "", None, within[0].priority, started, stop, used, state)


def _verdict(seconds: float, hours: tuple[float, float], *, ended: bool) -> str:
    how = "completed" if ended else "running"
    if seconds <= hours[0] * 3600:
        return f"{how}_normal"
    return f"{how}_acceptable" if seconds <= hours[1] * 3600 else f"{how}_warning"
