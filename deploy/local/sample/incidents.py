"""The incident log of the sample: its events, its groups and what is promised for them."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TIME_FORMAT = "%d-%m-%Y %H:%M"
MINUTE, HOUR = 60, 3600

PRIORITIES = {
    "critical": "1 - Critical",
    "high": "2 - High",
    "moderate": "3 - Moderate",
    "low": "4 - Low",
}
LIMITS = {
    "accept": {
        "critical": (15 * MINUTE, 30 * MINUTE),
        "high": (30 * MINUTE, HOUR),
        "moderate": (2 * HOUR, 4 * HOUR),
        "low": (4 * HOUR, 8 * HOUR),
    },
    "resolve": {
        "critical": (4 * HOUR, 8 * HOUR),
        "high": (8 * HOUR, 24 * HOUR),
        "moderate": (24 * HOUR, 72 * HOUR),
        "low": (72 * HOUR, 120 * HOUR),
    },
}
"""Commitment and tolerance in seconds, by node and priority."""
CLOSE_LIMITS = (120 * HOUR, 168 * HOUR)

VALIDITY = {"valid_from": "2016-01-01T00:00:00Z", "valid_until": "2028-01-01T00:00:00Z"}
"""Of what is promised and agreed."""

SEGMENT = "employees"
"""Whom the IT company serves: the log has no other customers."""

MAPPING: dict[str, Any] = {
    "case_key": "number",
    "at": "sys_updated_at",
    "sequence": "sys_mod_count",
    "state": "incident_state",
    "priority": "priority",
    "department": "assignment_group",
    "times": {"opened_at": "opened_at"},
    "attributes": {
        "assigned_to": "assigned_to",
        "category": "category",
        "contact_type": "contact_type",
        "made_sla": "made_sla",
    },
    "constants": {"segment": SEGMENT},
    "unknown": ["", "?"],
    "time_format": TIME_FORMAT,
    "time_zone": "UTC",
}

CALENDAR: dict[str, Any] = {
    "code": "always",
    "name": {"zh": "全天候", "en": "Around the clock"},
    "time_zone": "UTC",
    "weekly": {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    },
}

SERVICE: dict[str, Any] = {
    "code": "it-support",
    "name": {"zh": "IT 支持", "en": "IT support"},
    "segments": [SEGMENT],
    "provider": "demo",
}

KPIS: list[dict[str, Any]] = [
    {
        "code": f"{node}-on-time",
        "name": name,
        "organisation_unit": "demo",
        "red_flag": "60",
        "target": "80",
        "challenge": "95",
        "binding": {"source": "attainment", "process": "incident", "node": node},
    }
    for node, name in {
        "accept": {"zh": "按承诺受理率", "en": "Accepted within commitment"},
        "resolve": {"zh": "按承诺解决率", "en": "Resolved within commitment"},
        "close": {"zh": "按承诺关闭率", "en": "Closed within commitment"},
    }.items()
]


def events() -> list[dict[str, str]]:
    """Every audit event as its row says, in the order in which they happened."""
    with (FOLDER / "incidents.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return sorted(rows, key=_updated_at)


def process() -> dict[str, Any]:
    """The incident process with its three nodes."""
    definition: dict[str, Any] = json.loads((FOLDER / "process.json").read_text("utf-8"))
    return definition


def promises() -> Iterator[dict[str, Any]]:
    """What is promised, for each node and priority."""
    for node, by_priority in LIMITS.items():
        for priority, limits in by_priority.items():
            yield promise(f"{node}-{priority}", node, PRIORITIES[priority], limits)
    yield promise("close", "close", None, CLOSE_LIMITS)


def departments() -> Iterator[dict[str, Any]]:
    """The company, and under it every assignment group of the log as a department."""
    yield {"code": "demo", "kind": "company", "name": {"zh": "示范公司", "en": "Demo Company"}}
    groups = {row["assignment_group"] for row in events()} - {"?"}
    for number in sorted(int(group.removeprefix("Group ")) for group in groups):
        yield {
            "code": f"group-{number}",
            "kind": "department",
            "name": {"zh": f"第 {number} 组", "en": f"Group {number}"},
            "parent": "demo",
        }


def _updated_at(row: dict[str, str]) -> datetime:
    return datetime.strptime(row["sys_updated_at"], TIME_FORMAT).replace(tzinfo=UTC)


def promise(
    code: str, node: str | None, priority: str | None, limits: tuple[int, int]
) -> dict[str, Any]:
    """A promise for a node, or for the whole process, as it can be published."""
    commitment, tolerance = limits
    return {
        "code": code,
        "process": "incident",
        "node": node,
        "segment": SEGMENT,
        "priority": priority,
        "commitment_seconds": commitment,
        "tolerance_seconds": tolerance,
        "calendar": "always",
        **VALIDITY,
        "service": SERVICE["code"],
        "no_objective_reason": "The demonstration has no scorecard of its own.",
        "customer_agreement": {"agreed_by": "Users' council", "agreed_on": "2015-12-01"},
    }
