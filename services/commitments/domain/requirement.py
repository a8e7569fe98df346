"""A service level requirement (服务级别需求) is met by a promise that is never due later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendars import Calendars
from .critical_path import misfit
from .promise import Promise, bind
from .working_limit import WorkingLimit


@dataclass(frozen=True, slots=True)
class Requirement:
    """What is asked of a process or a node, in working time; None is what is not asked.

    Without a calendar the times count in that of the promise that they are held against.
    """

    segment: str
    priority: str | None
    node: str | None
    wanted: timedelta | None
    bearable: timedelta | None
    calendar: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a promise keeps what is wanted and what can be borne, None where not asked."""

    wanted: bool | None
    bearable: bool | None

    @property
    def is_met(self) -> bool:
        return self.wanted is not False and self.bearable is not False


@dataclass(frozen=True, slots=True)
class _Whole:
    """The one step of a comparison of two limits."""

    code: str = ""
    after: tuple[str, ...] = ()


def answering(
    requirement: Requirement, promises: Iterable[Promise], now: datetime
) -> tuple[datetime, tuple[Promise, ...]]:
    """The promises that cases of the requirement bind from now on, and since when they do.

    A requirement without a priority speaks of all: every promise counts that some of them bind.
    Where none is in force yet, those that begin first.
    """
    about = [
        p for p in promises
        if p.node == requirement.node
        and p.segment in (None, requirement.segment)
        and (p.valid_until is None or p.valid_until > max(now, p.valid_from))
    ]  # fmt: skip
    at = min((max(now, p.valid_from) for p in about), default=now)
    priorities = {requirement.priority}
    if requirement.priority is None:
        priorities |= {p.priority for p in about}
    bound = (bind(about, requirement.node, requirement.segment, each, at) for each in priorities)
    found = {p.code: p for p in bound if p is not None}
    return at, tuple(found[code] for code in sorted(found))


def answer(
    requirement: Requirement, promise: Promise, at: datetime, calendars: Calendars
) -> Answer:
    """How a promise answers the requirement, for cases from `at` on."""

    def keeps(asked: timedelta | None, limit: str) -> bool | None:
        if asked is None:
            return None
        given = WorkingLimit.of(promise, limit, at, calendars)
        name = given.name
        if requirement.calendar is not None:
            name = calendars.in_force(requirement.calendar, at)
        wanted = WorkingLimit(asked, name, calendars[name])
        return misfit([_Whole()], {"": given}, wanted, at) is None

    return Answer(keeps(requirement.wanted, "commitment"), keeps(requirement.bearable, "tolerance"))


def is_met(requirement: Requirement, answers: Iterable[Answer]) -> bool | None:
    """Whether something is promised and all of it keeps what is asked; None without limits."""
    if requirement.wanted is None and requirement.bearable is None:
        return None
    told = [answer.is_met for answer in answers]
    return bool(told) and all(told)
