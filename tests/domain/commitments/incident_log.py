"""The incident log of the local sample as ticket events, with its process and promises."""

import csv
import hashlib
import json
import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.commitments.domain.calendar import ALWAYS, Calendar
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.process import Process
from services.commitments.domain.promise import Promise

ROOT = Path(__file__).parents[3]
LOG = ROOT / "deploy" / "local" / "sample" / "incidents.csv"
FIXTURES = ROOT / "tests" / "fixtures"

CALENDARS: dict[str, Calendar] = {"always@1": ALWAYS}


def rows() -> list[dict[str, str]]:
    with LOG.open(encoding="utf-8", newline="") as log:
        return list(csv.DictReader(log))


def incident_process() -> Process:
    return Process.of(json.loads((FIXTURES / "incident_process.json").read_text("utf-8")))


def incident_promises() -> list[Promise]:
    plain = json.loads((FIXTURES / "incident_promises.json").read_text("utf-8"))
    return [
        Promise(
            id=promise["id"],
            version=1,
            process="incident",
            node=promise["node"],
            segment=None,
            priority=promise["priority"],
            commitment=_duration(promise["commitment"]),
            tolerance=_duration(promise["tolerance"]),
            commitment_calendar="always@1",
            tolerance_calendar="always@1",
            valid_from=datetime(2016, 1, 1, tzinfo=UTC),
        )
        for promise in plain
    ]


def cases() -> dict[str, list[TicketEvent]]:
    """The events of every case, in the order of the file."""
    events: dict[str, list[TicketEvent]] = defaultdict(list)
    for row in rows():
        events[row["number"]].append(_event(row))
    return dict(events)


def fingerprint(row: dict[str, str]) -> str:
    return hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()


def _event(row: dict[str, str]) -> TicketEvent:
    opened_at = _instant(row["opened_at"])
    return TicketEvent(
        case_key=row["number"],
        event_id=fingerprint(row),
        at=_instant(row["sys_updated_at"]),
        sequence=int(row["sys_mod_count"]),
        state=row["incident_state"],
        priority=_known(row["priority"]),
        department=_known(row["assignment_group"]),
        times={"opened_at": opened_at},
    )


def _known(value: str) -> str | None:
    return None if value == "?" else value


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"PT(\d+)([HM])", text)
    assert match, text
    number = int(match[1])
    return timedelta(hours=number) if match[2] == "H" else timedelta(minutes=number)
