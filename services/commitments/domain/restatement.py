"""A restatement judges history by other promises, as if these had always been in force."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from .calendars import SINCE_EVER, Calendars
from .promise import Promise


@dataclass(frozen=True, slots=True)
class Term:
    """One promise version of a restatement, and the calendars that it counts in.

    `always` false leaves it in force when it was; a calendar without a version is the one in
    force when a run starts.
    """

    promise_id: str
    commitment_calendar: str
    tolerance_calendar: str
    always: bool

    @classmethod
    def of(cls, promise: Promise, *, always: bool) -> Self:
        calendars = promise.commitment_calendar, promise.tolerance_calendar
        return cls(promise.id, *calendars, always)


def terms(
    promises: Iterable[Promise],
    calendars: Calendars,
    in_force_at: datetime | None,
    versions: Mapping[str, int],
) -> list[Term]:
    """What to judge by: the versions asked for, of the others those in force at the instant.

    Without an instant the other promises stay as they were. With one, calendars are those in
    force then as well, and a promise that was not in force then is left out.
    """
    chosen: list[Term] = []
    for code, of_code in _by_code(promises).items():
        asked = of_code.get(versions.get(code, 0))
        if asked is None and in_force_at is None:
            chosen += [Term.of(promise, always=False) for promise in of_code.values()]
            continue
        in_force = [p for p in of_code.values() if in_force_at and p.in_force(in_force_at)]
        promise = asked or max(in_force, key=lambda p: p.version, default=None)
        if promise is not None:
            at = in_force_at
            chosen.append(
                Term.of(promise.counted_in(calendars, at) if at else promise, always=True)
            )
    return sorted(chosen, key=lambda term: term.promise_id)


def restated(promises: Iterable[Promise], chosen: Iterable[Term]) -> list[Promise]:
    """The promises that a fold takes to judge by these terms."""
    by_id = {promise.id: promise for promise in promises}
    return [_promise(by_id[term.promise_id], term) for term in chosen if term.promise_id in by_id]


def _promise(promise: Promise, term: Term) -> Promise:
    counted = replace(
        promise,
        commitment_calendar=term.commitment_calendar,
        tolerance_calendar=term.tolerance_calendar,
    )
    if not term.always:
        return counted
    return replace(counted, valid_from=SINCE_EVER, valid_until=None)


def _by_code(promises: Iterable[Promise]) -> dict[str, dict[int, Promise]]:
    found: dict[str, dict[int, Promise]] = {}
    for promise in promises:
        found.setdefault(promise.code, {})[promise.version] = promise
    return found
