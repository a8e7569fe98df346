"""How a clock came to its running time, as its promise and its calendars tell it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from services.commitments import tables
from services.commitments.domain.calendar import ALWAYS
from services.commitments.domain.calendars import Calendars
from services.commitments.domain.explanation import Stretch, stretches
from services.commitments.schemas import cases as schemas

MAX_INTERVALS = 1000
SECOND = timedelta(seconds=1)

Promises = Mapping[str, tables.Promise]
"""The versions of promises that clocks are bound to, by id."""


def explained(
    clock: tables.ClockVersion, as_of: datetime, known: Calendars, promises: Promises
) -> schemas.ClockExplanation:
    """What the clock counted and skipped up to its end or `as_of`, for each of its limits.

    Tolerance is told apart only where it counts in another calendar.
    """
    promise = promises.get(clock.promise_id or "")
    names = ["commitment"]
    if clock.commitment_calendar != clock.tolerance_calendar:
        names.append("tolerance")
    limits: dict[str, Any] = {"tolerance": None}
    for name in names:
        seconds = getattr(promise, f"{name}_seconds", None)
        limits[name] = _limit(clock, name, seconds, as_of, known)
    return schemas.ClockExplanation.model_validate(limits)


def _limit(
    clock: tables.ClockVersion,
    name: str,
    seconds: int | None,
    as_of: datetime,
    known: Calendars,
) -> dict[str, Any]:
    calendar = getattr(clock, f"{name}_calendar")
    end = clock.finished_at or clock.cancelled_at or as_of
    pauses = [(_instant(since), _instant(until) if until else end) for since, until in clock.pauses]
    found = stretches(clock.started_at, end, pauses, known[calendar] if calendar else ALWAYS)
    every = [_shown(stretch) for stretch in found]
    skipped: dict[str, float] = {}
    for stretch in every:
        if stretch.reason is not None:
            skipped[stretch.reason] = skipped.get(stretch.reason, 0) + stretch.seconds
    return {
        "calendar": calendar,
        "limit_seconds": seconds,
        "counted_seconds": sum(stretch.seconds for stretch in every if stretch.counted),
        "skipped_seconds": skipped,
        "due_at": getattr(clock, f"{name}_due_at"),
        "intervals": every[:MAX_INTERVALS],
        "truncated": len(every) > MAX_INTERVALS,
    }


def _shown(stretch: Stretch) -> schemas.Stretch:
    return schemas.Stretch(
        since=stretch.since,
        until=stretch.until,
        seconds=(stretch.until - stretch.since) / SECOND,
        counted=stretch.skipped is None,
        reason=stretch.skipped,
    )


def _instant(text: str | None) -> datetime:
    return datetime.fromisoformat(text or "")
