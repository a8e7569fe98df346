"""The incident log of the local sample as ticket events, with its process and promises."""

import csv
import hashlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from deploy.local.sample import incidents
from services.commitments.domain.calendar import ALWAYS
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.process import Process
from services.commitments.domain.promise import Promise
from tests.domain.commitments.ticket_desk import first_versions

LOG = incidents.FOLDER / "incidents.csv"

CALENDARS = first_versions(always=ALWAYS)


def rows() -> list[dict[str, str]]:
    with LOG.open(encoding="utf-8", newline="") as log:
        return list(csv.DictReader(log))


def incident_process() -> Process:
    return Process.of({**incidents.process(), "version": 1})


def incident_promises() -> list[Promise]:
    return [
        Promise(
            id=plain["code"],
            code=plain["code"],
            version=1,
            process=plain["process"],
            node=plain["node"],
            segment=plain["segment"],
            priority=plain["priority"],
            commitment=timedelta(seconds=plain["commitment_seconds"]),
            tolerance=timedelta(seconds=plain["tolerance_seconds"]),
            commitment_calendar=plain["calendar"],
            tolerance_calendar=plain["calendar"],
            valid_from=datetime.fromisoformat(plain["valid_from"]),
        )
        for plain in incidents.promises()
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
        segment=incidents.SEGMENT,
        department=_known(row["assignment_group"]),
        times={"opened_at": opened_at},
    )


def _known(value: str) -> str | None:
    return None if value == "?" else value


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
