"""Blame splits the excess of a broken end-to-end promise over what used the case's time.

The case's clock counts open time from its first start, less its own pauses. Every counted
instant belongs to exactly one line:

- a *node run* that was running; several that ran at once share the instant in equal parts;
- a *pause*, where the case's clock ran on although every run in progress was paused (shared in
  equal parts as well); the pauses of the case's own clock are not counted and have no excess;
- *before* the first run had started, or a *gap* between two nodes, when nobody had the case.

A run is allowed its own commitment; pauses, gaps and runs without a promise are allowed nothing.
The excess falls on what went beyond its allowance, in proportion. Where the allowances together
are longer than the end-to-end promise, what goes beyond them bears itself in full, and the rest
of the excess falls on the time within the allowances, in proportion. So no line bears more than
it used, and a line within its allowance bears nothing unless the promises did not fit together.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

Interval = tuple[datetime, datetime]

_MICROSECOND = timedelta(microseconds=1)


class Kind(StrEnum):
    NODE = "node"
    PAUSE = "pause"
    BEFORE = "before"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Part:
    """A node run on the line of its case; the last stretch ends where the case is looked at."""

    name: str
    ran: Sequence[Interval]
    paused: Sequence[Interval] = ()
    allowance: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Share:
    """What one line used of the case's time and what it bears of the excess, in microseconds."""

    kind: Kind
    name: str | None
    used: Fraction
    allowance: int
    excess: int


@dataclass(frozen=True, slots=True)
class Blame:
    """The counted time of a case against its limit; the shares' excesses add up to the excess."""

    running: int
    excess: int
    shares: Sequence[Share]


Line = tuple[Kind, str | None]


def blame(counted: Iterable[Interval], limit: timedelta, parts: Sequence[Part]) -> Blame:
    """Splits what the counted intervals, in order and apart, have beyond the limit.

    Shares come in the order in which they first used time. Exact: the time of a line is a
    fraction of microseconds, its excess a whole number, rounded by largest remainder.
    """
    used = _used(counted, parts)
    running = int(sum(used.values()))
    excess = max(running - limit // _MICROSECOND, 0)
    allowances: dict[Line, int] = {
        (Kind.NODE, part.name): part.allowance // _MICROSECOND for part in parts
    }
    over = {line: max(time - allowances.get(line, 0), Fraction(0)) for line, time in used.items()}
    borne = _rounded(_borne(excess, used, over), excess)
    shares = [
        Share(*line, time, allowances.get(line, 0), borne[line]) for line, time in used.items()
    ]
    return Blame(running, excess, shares)


def _borne(
    excess: int, used: Mapping[Line, Fraction], over: Mapping[Line, Fraction]
) -> dict[Line, Fraction]:
    beyond = sum(over.values(), Fraction(0))
    if beyond >= excess:
        return {line: excess * time / beyond if beyond else time for line, time in over.items()}
    within = sum(used.values(), Fraction(0)) - beyond
    rest = (excess - beyond) / within
    return {line: over[line] + (time - over[line]) * rest for line, time in used.items()}


def _rounded(exact: Mapping[Line, Fraction], total: int) -> dict[Line, int]:
    """Whole numbers that add up to the total, each within one of what it rounds."""
    floors = {line: int(value) for line, value in exact.items()}
    left = total - sum(floors.values())
    # Sorting is stable: of equal remainders the line that came first takes the microsecond.
    by_remainder = sorted(exact, key=lambda line: floors[line] - exact[line])
    for line in by_remainder[:left]:
        floors[line] += 1
    return floors


def _used(counted: Iterable[Interval], parts: Sequence[Part]) -> dict[Line, Fraction]:
    first = min((since for part in parts for since, _ in (*part.ran, *part.paused)), default=None)
    used: dict[Line, Fraction] = {}
    for since, until in _cut(counted, parts):
        length = (until - since) // _MICROSECOND
        lines = _lines(since, parts) or [
            (Kind.BEFORE if first is None or since < first else Kind.GAP, None)
        ]
        for line in lines:
            used[line] = used.get(line, Fraction(0)) + Fraction(length, len(lines))
    return used


def _lines(at: datetime, parts: Sequence[Part]) -> list[Line]:
    running: list[Line] = [(Kind.NODE, p.name) for p in parts if _covers(p.ran, at)]
    return running or [(Kind.PAUSE, p.name) for p in parts if _covers(p.paused, at)]


def _covers(intervals: Iterable[Interval], at: datetime) -> bool:
    return any(since <= at < until for since, until in intervals)


def _cut(counted: Iterable[Interval], parts: Sequence[Part]) -> Iterator[Interval]:
    """The counted intervals, cut wherever a run starts, pauses, resumes or ends."""
    edges = sorted({at for p in parts for both in (*p.ran, *p.paused) for at in both})
    for since, until in counted:
        within = [since, *(edge for edge in edges if since < edge < until), until]
        yield from pairwise(within)
