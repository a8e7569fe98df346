"""The starts of a case at which a path of limits in different calendars may be slowest.

Between two of them the end of the path and the end of the whole move evenly or not at all, so that
what lies between is never worse. They are the starts with which a node begins or is done exactly
when its calendar opens or closes, and the instants after them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from .calendar import CalendarYearUnknown, NeverOpen
from .process import Ordered
from .working_limit import WorkingLimit

SAMPLED_DAYS = 28
"""For how long after an instant starts are looked at."""

INSTANT = timedelta(microseconds=1)

UNTOLD = (CalendarYearUnknown, NeverOpen, ValueError)
"""What a calendar raises that cannot tell when something is due, or was begun."""

Limits = Mapping[str, WorkingLimit]


def trial_starts(
    nodes: Sequence[Ordered], limits: Limits, whole: WorkingLimit, at: datetime, reach: datetime
) -> list[datetime]:
    """Starts within SAMPLED_DAYS from `at` on; by `reach` whatever starts in them is done."""
    end = at + timedelta(days=SAMPLED_DAYS)
    found = {at, end, *_of_whole(whole, at, reach)}
    for node in nodes:
        limit = limits.get(node.code)
        if limit is not None and not limit.calendar.always_open:
            found.update(_of_node(nodes, node.code, limits, at, reach))
    after = {start + INSTANT for start in found}
    return sorted(start for start in found | after if at <= start <= end)


def _of_whole(whole: WorkingLimit, at: datetime, reach: datetime) -> Iterator[datetime]:
    if whole.calendar.always_open:
        return
    for edge in _edges(whole, at, reach):
        yield edge
        with suppress(*UNTOLD):
            yield whole.latest_start(edge)


def _of_node(
    nodes: Sequence[Ordered], code: str, limits: Limits, at: datetime, reach: datetime
) -> Iterator[datetime]:
    for edge in _edges(limits[code], at, reach):
        with suppress(*UNTOLD):
            yield latest_start(nodes, code, edge, limits)
        with suppress(*UNTOLD):
            yield latest_start(nodes, code, limits[code].latest_start(edge), limits)


def _edges(limit: WorkingLimit, at: datetime, reach: datetime) -> Sequence[datetime]:
    """What the calendar tells of its openings; nothing beyond a year that it does not know."""
    with suppress(*UNTOLD):
        return list(limit.edges(at, reach))
    with suppress(*UNTOLD):
        return list(limit.edges(at, at + timedelta(days=SAMPLED_DAYS)))
    return []


def latest_start(nodes: Sequence[Ordered], code: str, begun: datetime, limits: Limits) -> datetime:
    """The last start of a case with which the node `code` begins by `begun`.

    `nodes` stand in their order: whatever a node comes after stands before it.
    """
    by = {code: begun}
    start = begun
    for node in reversed(nodes):
        if node.code not in by:
            continue
        if not node.after:
            start = min(start, by[node.code])
        for before in node.after:
            limit = limits.get(before)
            begins = by[node.code] if limit is None else limit.latest_start(by[node.code])
            by[before] = min(by.get(before, begins), begins)
    return start
