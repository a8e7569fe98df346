"""A promise (服务承诺) sets a commitment and a tolerance limit for a node or a whole process."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from .calendars import Calendars


@dataclass(frozen=True, slots=True)
class Promise:
    """One version of a promise: `code` names the promise for good, `id` this version of it.

    `node` None promises the whole process; `segment` and `priority` None promise to all. Limits
    are working time in calendars named by their code; `counted_in` fixes the versions. In force
    from `valid_from` until before `valid_until`. With a `department` it is what that department
    has promised inside (OLA): its legs are judged by it, and no run is.
    """

    id: str
    code: str
    version: int
    process: str
    node: str | None
    segment: str | None
    priority: str | None
    commitment: timedelta
    tolerance: timedelta
    commitment_calendar: str
    tolerance_calendar: str
    valid_from: datetime
    valid_until: datetime | None = None
    department: str | None = None

    def in_force(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)

    def counted_in(self, calendars: Calendars, at: datetime) -> Self:
        """This promise with the versions of its calendars that are in force at `at`."""
        return replace(
            self,
            commitment_calendar=calendars.in_force(self.commitment_calendar, at),
            tolerance_calendar=calendars.in_force(self.tolerance_calendar, at),
        )

    def covers(
        self,
        node: str | None,
        segment: str | None,
        priority: str | None,
        department: str | None = None,
    ) -> bool:
        return (
            (self.node, self.department) == (node, department)
            and self.segment in (None, segment)
            and self.priority in (None, priority)
        )


def bind(
    promises: Iterable[Promise],
    node: str | None,
    segment: str | None,
    priority: str | None,
    at: datetime,
    department: str | None = None,
) -> Promise | None:
    """The promise that a run binds when it starts at `at`, None when nothing is promised.

    With a department, what that department has promised for its legs.
    Of one promise the highest version in force counts. Of several promises the most specific
    wins: segment and priority, then segment, then priority; then the one in force last, then
    the smallest code.
    """
    in_force: dict[str, Promise] = {}
    for promise in promises:
        if promise.in_force(at):
            known = in_force.get(promise.code)
            if known is None or promise.version > known.version:
                in_force[promise.code] = promise
    covering = (p for p in in_force.values() if p.covers(node, segment, priority, department))
    return min(covering, key=_rank, default=None)


def takes_over(promise: Promise, bound: Promise | None) -> bool:
    """Whether a run that bound `bound` would bind this one, were it in force at its start."""
    return bound is None or bound.code == promise.code or _rank(promise) < _rank(bound)


def _rank(promise: Promise) -> tuple[bool, bool, bool, float, str]:
    return (
        promise.department is None,
        promise.segment is None,
        promise.priority is None,
        -promise.valid_from.timestamp(),
        promise.code,
    )
