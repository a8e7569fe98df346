"""A recount of the incident log straight from its rows, which shares nothing with the domain."""

import csv
import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

ENDED = ("Resolved", "Closed")
_HOURS: dict[str, dict[str, tuple[float, float]]] = {
    "accept": {"1": (0.25, 0.5), "2": (0.5, 1), "3": (2, 4), "4": (4, 8)},
    "resolve": {"1": (4, 8), "2": (8, 24), "3": (24, 72), "4": (72, 120)},
    "close": dict.fromkeys("1234", (120, 168)),
}


class Row(NamedTuple):
    at: datetime
    state: str
    priority: str
    group: str
    opened_at: datetime


class Leg(NamedTuple):
    group: str
    seconds: int
    state: str


class Run(NamedTuple):
    number: str
    node: str
    visit: int
    end: datetime
    seconds: int
    state: str
    legs: tuple[Leg, ...]


def recount(log: Path) -> list[Run]:
    with log.open(encoding="utf-8", newline="") as file:
        raw = sorted(csv.DictReader(file), key=_order)
    runs: list[Run] = []
    for number, group in groupby(raw, key=lambda row: row["number"]):
        rows = [_row(row) for row in group]
        runs += [_run(number, "accept", 1, _accept(rows), rows)]
        for node, spans in (("resolve", _resolves(rows)), ("close", _closes(rows))):
            runs += [_run(number, node, n, span, rows) for n, span in enumerate(spans, 1)]
    return runs


def _order(row: dict[str, str]) -> tuple[str, datetime, int, str]:
    digest = hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()
    return row["number"], _at(row["sys_updated_at"]), int(row["sys_mod_count"]), digest


def _row(row: dict[str, str]) -> Row:
    return Row(
        _at(row["sys_updated_at"]),
        row["incident_state"],
        row["priority"][0],
        row["assignment_group"],
        _at(row["opened_at"]),
    )


def _at(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M")  # noqa: DTZ007 - one zone throughout


Span = tuple[int, int]


def _accept(rows: list[Row]) -> Span:
    return 0, next(n for n, row in enumerate(rows) if row.state != "New")


def _resolves(rows: list[Row]) -> Iterable[Span]:
    start = _accept(rows)[1]
    while True:
        end = next(n for n in range(start, len(rows)) if rows[n].state in ENDED)
        yield start, end
        left = [n for n in range(end, len(rows)) if rows[n].state not in ENDED]
        if not left:
            return
        start = left[0]


def _closes(rows: list[Row]) -> Iterable[Span]:
    n = 0
    while n < len(rows):
        if rows[n].state == "Resolved":
            end = next(m for m in range(n, len(rows)) if rows[m].state != "Resolved")
            yield n, end
            n = end
        n += 1


def _run(number: str, node: str, visit: int, span: Span, rows: list[Row]) -> Run:
    first, last = span
    stretches = [(a.group, _seconds(node, a, b)) for a, b in pairwise(rows[first : last + 1])]
    if not stretches:
        stretches = [(rows[first].group, 0)]
    if node == "accept":
        head = _between(rows[0].opened_at, max(rows[0].at, rows[0].opened_at))
        # A ticket that was never New was accepted before its first row by the group of that row.
        stretches[0] = (stretches[0][0], stretches[0][1] + head)
    commitment, tolerance = _HOURS[node][rows[first].priority]

    def verdict(seconds: int, *, ended: bool) -> str:
        if not ended:
            return "cancelled"
        if seconds <= commitment * 3600:
            return "completed_normal"
        return "completed_acceptable" if seconds <= tolerance * 3600 else "completed_warning"

    done = rows[last].state == "Closed" or node != "close"
    grouped = [(g, sum(s for _, s in part)) for g, part in groupby(stretches, lambda one: one[0])]
    legs = [Leg(group, seconds, verdict(seconds, ended=True)) for group, seconds in grouped]
    legs[-1] = legs[-1]._replace(state=verdict(legs[-1].seconds, ended=done))
    seconds = sum(leg.seconds for leg in legs)
    return Run(
        number, node, visit, rows[last].at, seconds, verdict(seconds, ended=done), tuple(legs)
    )


def _seconds(node: str, row: Row, following: Row) -> int:
    if node == "resolve" and row.state.startswith("Awaiting"):
        return 0
    if node == "accept":
        # Five tickets have rows from before they say that they were opened.
        return _between(max(row.at, row.opened_at), max(following.at, row.opened_at))
    return _between(row.at, following.at)


def _between(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())
