"""The shipped process by which processes change 流程变更: its nodes, promises and calendars."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

CODE = "process-change"
WORKING_DAYS = "process-change-working-days"
ALL_DAYS = "process-change-all-days"
Segment = Literal["within_department", "across_departments"]
WITHIN: Segment = "within_department"
ACROSS: Segment = "across_departments"
FILING, HANDLING = "filing", "handling"
DAY = 24 * 3600
WEEK = timedelta(days=7)

FOUND, FILED, WITHDRAWN = "found", "filed", "withdrawn"
FOLLOWING: Mapping[str, frozenset[str]] = {
    FOUND: frozenset({FILED, WITHDRAWN}),
    FILED: frozenset({"approved", "rejected", WITHDRAWN}),
    "approved": frozenset({"changed", WITHDRAWN}),
    "changed": frozenset({"published", WITHDRAWN}),
    "rejected": frozenset(),
    "published": frozenset(),
    WITHDRAWN: frozenset(),
}
"""What a change request can become, from what it is."""

ASKED = frozenset({FILED, "approved", "changed"})
"""What a request is while its department waits for the change."""


def resumed(found_at: datetime, filed_at: datetime, withdrawn_at: datetime) -> datetime:
    """Where the week of a demand begins anew when what was filed for it is withdrawn.

    Its clock stood still while the change was filed: what was left of the week is left.
    """
    return withdrawn_at - min(filed_at - found_at, WEEK)


def segment(departments: int) -> Segment:
    """Whether a change stays inside one department or goes across several."""
    return WITHIN if departments <= 1 else ACROSS


_FULL_DAY = [["00:00", "24:00"]]
_WORKWEEK = ("mon", "tue", "wed", "thu", "fri")


def calendars(time_zone: str) -> dict[str, dict[str, Any]]:
    """Working days by China's official holidays, and all days; every day is open around the clock.

    A working day counts 24 hours, so that two working days end at the hour at which they began.
    """
    workweek = dict.fromkeys(_WORKWEEK, _FULL_DAY)
    return {
        WORKING_DAYS: {
            "name": {"zh": "流程变更工作日", "en": "Working days of process changes"},
            "time_zone": time_zone,
            "weekly": workweek,
            "public_holidays": "CN",
        },
        ALL_DAYS: {
            "name": {"zh": "流程变更自然日", "en": "All days of process changes"},
            "time_zone": time_zone,
            "weekly": {**workweek, "sat": _FULL_DAY, "sun": _FULL_DAY},
        },
    }


def _node(code: str, zh: str, en: str, start: str, finish: object, **other: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": {"zh": zh, "en": en},
        "start": {"state": start},
        "finish": {"state": finish},
        "cancel": {"state": WITHDRAWN},
        **other,
    }


NAME = {"zh": "流程变更", "en": "Process change"}
NODES = [
    _node(FILING, "提出变更", "File the change", FOUND, FILED),
    _node(
        *(HANDLING, "审核、变更、发布", "Review, change and publish", FILED),
        {"in": ["rejected", "published"]},
        after=[FILING],
        finishes_when_later_starts=False,
    ),
    _node("review", "审核", "Review", FILED, {"in": ["approved", "rejected"]}, after=[FILING]),
    _node("change", "变更", "Change", "approved", "changed", after=["review"]),
    _node("publish", "发布", "Publish", "changed", "published", after=["change"]),
]

_SHARES = {"review": (1, 2), "change": (2, 4), "publish": (1, 1)}
"""Half days of the two working days, days of the week; the steps together fill what is promised."""


def promises() -> list[dict[str, Any]]:
    """What is promised: a week to file; then two working days, or a week across departments.

    The source sets the limits of filing and of the whole handling, and no tolerance beyond them.
    Each step aims at its share of the handling and has all of it as its tolerance.
    """
    week, two_days = 7 * DAY, 2 * DAY
    found = [
        _promise(FILING, None, (week, week), ALL_DAYS),
        _promise(HANDLING, WITHIN, (two_days, two_days), WORKING_DAYS),
        _promise(HANDLING, ACROSS, (week, week), ALL_DAYS),
    ]
    for node, (half_days, days) in _SHARES.items():
        found.append(_promise(node, WITHIN, (half_days * DAY // 2, two_days), WORKING_DAYS))
        found.append(_promise(node, ACROSS, (days * DAY, week), ALL_DAYS))
    return found


def _promise(
    node: str, of: Segment | None, within: tuple[int, int], calendar: str
) -> dict[str, Any]:
    suffix = "" if of is None else f"-{of.replace('_', '-')}"
    return {
        "code": f"{CODE}-{node}{suffix}",
        "process": CODE,
        "node": node,
        "segment": of,
        "commitment_seconds": within[0],
        "tolerance_seconds": within[1],
        "calendar": calendar,
        "tolerance_calendar": calendar,
        "no_objective_reason": "Shipped with the platform: source 003 sets these deadlines.",
    }
