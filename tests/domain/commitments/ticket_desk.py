"""A small service desk for tests: ticket events by the minute, processes and promises in hours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.commitments.domain.calendar import ALWAYS, Calendar
from services.commitments.domain.calendars import SINCE_EVER, Calendars, CalendarVersion
from services.commitments.domain.events import TicketEvent
from services.commitments.domain.fold import fold
from services.commitments.domain.history import CaseHistory, ClockVersion
from services.commitments.domain.process import Process
from services.commitments.domain.promise import Promise

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def office(zone: str = "UTC") -> Calendar:
    """Monday to Friday, nine to twelve and one to six."""
    hours = [["09:00", "12:00"], ["13:00", "18:00"]]
    days = ("mon", "tue", "wed", "thu", "fri")
    return Calendar.of({"time_zone": zone, "weekly": dict.fromkeys(days, hours)})


def first_versions(**calendars: Calendar) -> Calendars:
    """Calendars that have only ever had one version."""
    return Calendars(CalendarVersion(c, 1, SINCE_EVER, its) for c, its in calendars.items())


CALENDARS = first_versions(
    always=ALWAYS,
    office=office(),
    berlin=office("Europe/Berlin"),
    china=office("Asia/Shanghai").following([2025], [], []),
)


def at(hours: float) -> datetime:
    return MONDAY + timedelta(hours=hours)


def event(hours: float, state: str, **told: Any) -> TicketEvent:
    """An event so many hours after Monday midnight; its id is its time and what it tells."""
    told = {"sequence": 0, "event_id": f"{hours}-{state}-{sorted(told.items())}", **told}
    return TicketEvent(case_key="T-1", at=at(hours), state=state, **told)


def node(code: str, start: str, finish: str | None = None, **rest: Any) -> dict[str, Any]:
    """A node between two states."""
    plain = {"code": code, "name": {"zh": code, "en": code}, "start": {"state": start}, **rest}
    return plain if finish is None else {**plain, "finish": {"state": finish}}


def process(*nodes: dict[str, Any]) -> Process:
    name = {"zh": "服务台", "en": "Service desk"}
    return Process.of({"code": "desk", "version": 1, "name": name, "nodes": list(nodes)})


def promise(
    node: str | None,
    commitment: float = 4,
    tolerance: float = 8,
    calendar: str = "always@1",
    tolerance_calendar: str | None = None,
    **rest: Any,
) -> Promise:
    """Limits in working hours, in force since ever unless told."""
    told: dict[str, Any] = {
        "code": rest.get("id", f"{node}"),
        "id": f"{node}",
        "version": 1,
        "process": "desk",
        "segment": None,
        "priority": None,
        "valid_from": datetime(2020, 1, 1, tzinfo=UTC),
        **rest,
    }
    return Promise(
        node=node,
        commitment=commitment * HOUR,
        tolerance=tolerance * HOUR,
        commitment_calendar=calendar,
        tolerance_calendar=tolerance_calendar or calendar,
        **told,
    )


WAITS = {
    "pause": {"state": {"starts_with": "Awaiting"}},
    "resume": {"state": {"not": {"starts_with": "Awaiting"}}},
}
FIX = node("fix", "Active", "Resolved", cancel={"state": "Withdrawn"}, **WAITS)
DESK = process(FIX)


def folded(
    *events: TicketEvent, of: Process = DESK, under: tuple[Promise, ...] = (promise("fix"),)
) -> CaseHistory:
    return fold(events, of, under, CALENDARS)


def run(history: CaseHistory, node: str | None, visit: int = 1) -> ClockVersion:
    """The newest version of a run."""
    return next(v for v in history.current if _is(v, node, visit) and v.key.leg is None)


def legs(history: CaseHistory, node: str, visit: int = 1) -> list[ClockVersion]:
    return [v for v in history.current if _is(v, node, visit) and v.key.leg is not None]


def _is(version: ClockVersion, node: str | None, visit: int) -> bool:
    return (version.key.node, version.key.visit) == (node, visit)
